// SPDX-License-Identifier: GPL-3.0-or-later
// `hone serve [FOLDER...]`: indexes and serves the web client.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <charconv>
#include <future>
#include <thread>

#include "base/config.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "cli/faces.hpp"
#include "cli/indexing_tools.hpp"
#include "cli/progress_bar.hpp"
#include "library/backup.hpp"
#include "server/api.hpp"
#include "server/auth/machine_key.hpp"
#include "wire/scan.hpp"

namespace hone {

namespace {

constexpr double kBackupCheck = 5;                     // seconds between two checks for a due backup
constexpr std::chrono::seconds kCertificateCheck(10);  // between two checks of the certificate's files
constexpr double kRestBeforeGrouping = 2;              // seconds without changes from other processes

struct ServeFlags {
    std::vector<std::string> folders;
    std::string listen = "127.0.0.1:3000";
    int rescan_minutes = 10;
    std::chrono::milliseconds patience = kBlockingCallPatience;
    bool no_watch = false, svg = false;
    ModelFlags model;
    std::string certificate, key;
    std::size_t connections = HttpOptions{}.connections_of_client;
    AuthenticatorOptions authenticator;
};

Result<HttpOptions> parse_listen(const std::string& text) {
    HttpOptions options;
    const std::size_t colon = text.rfind(':');
    int port = -1;
    if (colon != std::string::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    if (port < 0 || port > 65535)
        return fail(ErrorKind::kUsage,
                    "'{}' is not an ADDRESS:PORT to listen on; use for example 127.0.0.1:3000", text);
    options.address = text.substr(0, colon);
    if (options.address.starts_with('[') && options.address.ends_with(']'))
        options.address = options.address.substr(1, options.address.size() - 2);
    if (options.address == "localhost") options.address = "127.0.0.1";
    if (!is_address(options.address))
        return fail(ErrorKind::kUsage, "'{}' is not an address to listen on; use for example 127.0.0.1:3000",
                    options.address);
    options.port = static_cast<std::uint16_t>(port);
    options.workers = std::max(4U, processor_count());
    options.body_limit = body_limit;
    return options;
}

// When other machines can connect, there must be a user who can sign in.
Result<> check_users(Users& users, const AuthenticatorOptions& authenticator, const std::string& listen) {
    const bool named = !authenticator.host_names.empty() || !authenticator.proxies.empty();
    if (is_loopback(authenticator.address) && !named) return {};
    HONE_TRY(const bool any, users.any());
    if (any) return {};
    return fail(
        ErrorKind::kUsage,
        "{} lets in others than this machine, and no password is set: run `hone users add NAME` first",
        named ? "--host-name or --trusted-proxy" : "--listen " + listen);
}

// Raises the limit of open connections to the system's maximum. A shell's default (1024) is for programs that
// store descriptors in the bits of select().
void allow_many_connections() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Returns the URL of the server for commands on this machine.
std::string local_url(const AuthenticatorOptions& authenticator, bool tls, std::uint16_t port) {
    std::string host = authenticator.address == "0.0.0.0" ? "127.0.0.1"
                       : authenticator.address == "::"    ? "::1"
                                                          : authenticator.address;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    return fmt::format("{}://{}:{}", tls ? "https" : "http", host, port);
}

// Stops the API at the end of its scope.
struct ApiStop {
    Api& api;
    ~ApiStop() { api.stop(); }
};

Result<> serve(const GlobalOptions& options, const ServeFlags& flags) {
    HONE_TRY(HttpOptions http, parse_listen(flags.listen));
    if (flags.certificate.empty() != flags.key.empty())
        return fail(ErrorKind::kUsage, "--tls-certificate and --tls-key go together");
    http.certificate = flags.certificate;
    http.key = flags.key;
    AuthenticatorOptions sign_in = flags.authenticator;
    sign_in.address = http.address;
    HONE_TRY(const fs::path directory, library_of(options));
    std::vector<fs::path> folders;
    for (const std::string& name : flags.folders) {
        const fs::path folder = normal_folder(name);
        BlockingCalls calls(flags.patience);
        const auto checked = check_folder(folder, calls);
        // A server must start while a network drive is away; the scans find out when it is back.
        if (!checked && checked.error().kind != ErrorKind::kUnavailable) return checked;
        if (!checked) log::warning("{}", checked.error().message);
        folders.push_back(folder);
    }
    HONE_TRY(const auto library, open_for_writing(directory, "serve"));
    HONE_TRY(const auto users, Users::open(directory));
    HONE_CHECK(check_users(*users, sign_in, flags.listen));
    const std::string machine_secret = make_secret();
    HONE_TRY(const auto authenticator, Authenticator::make(*users, sign_in, machine_secret));
    for (const fs::path& folder : folders) {
        HONE_TRY(const Folder added, library->catalog().add_folder(folder));
    }
    // The catalogue is read while the networks and the vector files are opened.
    auto reading = std::async(std::launch::async, [&] { return library->snapshot(); });
    // One more than the readers, so that opening a photo does not wait for the indexing.
    DecoderPool decoders(processor_count() + 1);
    ThumbnailStore thumbnails(directory / "thumbs", decoders);
    Api api(*library, thumbnails, decoders, *users, *authenticator, HONE_VERSION);
    http.client_of = [&authenticator](const std::string& peer) {
        return authenticator->limited_client_of(peer);
    };
    http.connections_of_client = flags.connections;
    http.admit = [&](const HttpRequest& request) { return api.admit(request); };
    http.answer_at_once = [&](const HttpRequest& request) { return api.answer_at_once(request); };
    http.on_stop = [&] { api.request_stop(); };
    http.drives.patience = flags.patience;
    HONE_TRY(const auto server, HttpServer::bind(std::move(http), [&](const HttpRequest& request) {
                 return api.handle(request);
             }));
    api.count_connections([&server] { return server->connections(); });

    allow_many_connections();

    auto faces = open_faces(*library);
    const std::shared_ptr<FaceAnalyzer> face_analyzer = faces ? std::move(*faces) : nullptr;
    if (!faces) log::info("faces are not indexed: {}", faces.error().message);
    // Without a model, the pages still open and show what to do.
    const auto open_search = [&]() -> Result<SearchParts> {
        HONE_TRY(ModelChoice models, open_models(*library, flags.model));
        HONE_TRY(auto space, library->open_content(*models.in_use));
        HONE_CHECK(library->styles());
        auto engine = std::make_shared<SearchEngine>(*library, std::move(space), models.in_use);
        return SearchParts{std::move(models), std::move(engine), nullptr};
    };
    const auto add_indexer = [&](SearchParts& parts, std::uint64_t first_scan) -> Result<> {
        BackgroundOptions background;
        background.rescan = std::chrono::minutes(flags.rescan_minutes);
        background.watch = !flags.no_watch;
        background.first_scan = first_scan;
        background.index.svg = flags.svg;
        background.index.patience = flags.patience;
        HONE_TRY(IndexParts indexed,
                 index_parts(*library, thumbnails, decoders, api.observer(), parts.models, face_analyzer));
        indexed.group_people = [&api]() -> Result<> {
            api.group_faces();
            return {};
        };
        parts.indexer = std::make_shared<BackgroundIndexer>(std::move(indexed), api.observer(), background);
        return {};
    };
    // The indexer in `api` uses these, so it ends before them, however this function ends.
    const ApiStop stop_api{api};
    auto opened = open_search();
    if (!opened && opened.error().kind == ErrorKind::kUsage) return std::unexpected(opened.error());
    const auto model = opened ? opened->models.in_use : nullptr;
    // These need the whole library.
    std::atomic<bool> may_scan = false;
    {
        HONE_TRY(const auto photos, reading.get());
        may_scan = photos->counts().photos == 0;
    }
    HONE_CHECK(api.start_people(open_people(*library, face_analyzer.get()),
                                face_analyzer ? face_analyzer->pack().name : "",
                                faces ? "" : faces.error().message));
    std::shared_ptr<BackgroundIndexer> indexer;
    if (opened) {
        HONE_CHECK(add_indexer(*opened, 1));
        indexer = opened->indexer;
        api.start(std::move(*opened));
    } else {
        log::warning("{}", opened.error().message);
        api.without_model(opened.error().message);
    }
    api.reload_with(open_search, add_indexer);
    const std::string address = flags.listen.substr(0, flags.listen.rfind(':'));
    const bool tls = !flags.certificate.empty();
    const std::string url = fmt::format("{}://{}:{}", tls ? "https" : "http", address, server->port());
    auto described = write_machine_key(directory, {machine_secret, server->public_key()});
    if (described)
        described =
            library->describe_holder(describe_process("serve", local_url(sign_in, tls, server->port())));
    if (!described) return described;
    // The first scan of a large library begins when the network for texts is there: someone may search
    // already.
    ProgressBar bar(options.quiet);
    server->every(std::chrono::milliseconds(250), [&, requested = false]() mutable {
        api.tick();
        if (const auto progress = api.progress()) bar.show(to_json(*progress));
        if (indexer != nullptr && !requested && may_scan) {
            requested = true;
            indexer->request_scan();
        }
    });
    server->every(kCertificateCheck, [&, reported = std::string()]() mutable {
        Result<bool> renewed = server->renew_certificate();
        if (renewed && *renewed) {
            log::info("the certificate was renewed");
            if (const auto written = write_machine_key(directory, {machine_secret, server->public_key()});
                !written)
                renewed = std::unexpected(written.error());
        }
        const std::string wrong = renewed ? "" : renewed.error().message;
        if (!wrong.empty() && wrong != reported) log::warning("the old certificate stays in use: {}", wrong);
        reported = wrong;
    });
    fmt::print("Hone is ready at {}\n", url);
    std::fflush(stdout);
    // The first search should not wait for the network to load.
    std::jthread warm_up([&] {
        if (!model) return;
        const auto loaded = model->load_text();
        may_scan = true;
        if (!loaded)
            log::write(log::Level::kError, loaded.error().message);
        else if (const auto warm = api.warm_up(); !warm)
            log::write(log::Level::kError, warm.error().message);
    });
    // Follows the changes that other processes make in a catalogue on a server.
    std::jthread follower;
    if (!library->catalog().condition().address.empty()) {
        follower = std::jthread([&, since = Stopwatch()](const std::stop_token& stop) mutable {
            bool ungrouped = false;
            std::string trouble;
            while (!stop.stop_requested()) {
                const auto followed = catching("following other processes", [&]() -> Result<> {
                    HONE_TRY(const bool changed, library->follow());
                    if (changed) {
                        ungrouped = true;
                        since = {};
                    } else if (ungrouped && since.seconds() > kRestBeforeGrouping) {
                        api.group_faces();
                        ungrouped = false;
                    }
                    return {};
                });
                const std::string wrong = followed ? "" : followed.error().message;
                if (!wrong.empty() && wrong != trouble) log::warning("{}", wrong);
                trouble = wrong;
                // What failed (a full disk) is not better at once.
                sleep_for(followed ? std::chrono::milliseconds(250) : std::chrono::milliseconds(10'000),
                          stop);
            }
        });
    }
    std::jthread backups([&](const std::stop_token& stop) {
        for (Stopwatch since; !stop.stop_requested();
             std::this_thread::sleep_for(std::chrono::milliseconds(250))) {
            if (since.seconds() < kBackupCheck) continue;
            since = {};
            if (const auto written = write_scheduled_backup(*library, std::chrono::system_clock::now());
                !written)
                log::write(log::Level::kError, written.error().message);
        }
    });
    server->run();
    bar.clear();
    backups = {};
    remove_machine_key(directory);
    follower.request_stop();
    if (follower.joinable()) follower.join();
    api.stop();
    // Without it the next start takes longer, no more.
    if (const auto stored = library->store_snapshot(); !stored) log::warning("{}", stored.error().message);
    return {};
}

}  // namespace

void add_serve(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<ServeFlags>();
    CLI::App* command = app.add_subcommand("serve", "add folders, index them and serve the web client");
    command->add_option("FOLDER", flags->folders, "folders with photos");
    command->add_option("--listen", flags->listen, "ADDRESS:PORT to listen on; port 0 takes a free one")
        ->default_str("127.0.0.1:3000");
    command->add_option("--rescan", flags->rescan_minutes, "minutes between two scans for new photos")
        ->check(CLI::Range(1, 10'000))
        ->default_str("10");
    command->add_option(
        "--host-name", flags->authenticator.host_names,
        "a name under which others reach this server, for example photos.example.org; repeatable");
    command->add_option("--tls-certificate", flags->certificate,
                        "PEM file with the certificate and its chain");
    command->add_option("--tls-key", flags->key, "PEM file with its key");
    command->add_option(
        "--trusted-proxy", flags->authenticator.proxies,
        "address or network of a proxy whose X-Forwarded-For and -Proto to trust; repeatable");
    command
        ->add_option("--connections", flags->connections,
                     "open connections allowed per address; this machine and trusted proxies "
                     "have no limit")
        ->check(CLI::Range(1, 4096))
        ->default_str(std::to_string(flags->connections));
    command->add_flag("--no-watch", flags->no_watch, "do not watch folders; find new photos by scans only");
    command->add_flag("--svg", flags->svg, "index SVG drawings too");
    add_patience_flag(*command, flags->patience);
    add_model_flags(*command, flags->model);
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] { return run_command([&] { return serve(options, *flags); }); };
    });
}

}  // namespace hone
