// SPDX-License-Identifier: GPL-3.0-or-later
// `hone bench [scan|embed|ingest]`: measures this machine, each value next to its reference. bench/README.md.
#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>

#include "analyze/content.hpp"
#include "base/config.hpp"
#include "base/time.hpp"
#include "cli/bench_catalog.hpp"
#include "cli/bench_faces.hpp"
#include "cli/bench_feedback.hpp"
#include "cli/bench_ingest.hpp"
#include "cli/bench_near.hpp"
#include "cli/commands.hpp"
#include "cli/median.hpp"
#include "photo/sandbox/decoder_pool.hpp"
#include "photo/walk.hpp"
#include "search/feedback/method.hpp"
#include "vector/vector_space.hpp"
#include "wire/document.hpp"

namespace hone {

using nlohmann::json;

namespace {

struct BenchFlags {
    std::size_t rows = 1'000'000, dimension = 768;
    FeedbackBenchFlags feedback;
    FacesBenchFlags faces;
    std::string folder, scratch = "/tmp";
    std::size_t photos = 64, catalog_photos = 20'000;
    std::size_t near_photos = 1'000'000;
    int runs = 11, rounds = 5;
    ModelFlags model;
};

// Sums 64-bit words with the widest loads of this processor, to measure reading alone. ThreadSanitizer
// instruments the resolver of the clones, which runs before the sanitizer's library is loaded.
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx512f", "avx2", "default"), optimize("O3")))
#endif
std::uint64_t
sum_words(const std::uint64_t* words, std::size_t count) {
    std::uint64_t sums[32] = {};
    for (std::size_t at = 0; at + 32 <= count; at += 32) {
        __builtin_prefetch(words + at + 512);
        __builtin_prefetch(words + at + 520);
        __builtin_prefetch(words + at + 528);
        __builtin_prefetch(words + at + 536);
        for (std::size_t lane = 0; lane < 32; ++lane) sums[lane] += words[at + lane];
    }
    std::uint64_t sum = 0;
    for (const std::uint64_t lane : sums) sum += lane;
    return sum;
}

// Returns the bytes per second that all cores together read from memory, the best of the runs.
double memory_bandwidth(unsigned threads, int runs) {
    constexpr std::size_t kWords =
        (std::size_t{1} << 30) / sizeof(std::uint64_t);  // 1 GiB, far beyond every cache
    const std::vector<std::uint64_t> memory(kWords, 1);
    std::atomic<std::uint64_t> sink = 0;
    double best = 0;
    for (int run = 0; run < runs; ++run) {
        const Stopwatch watch;
        {
            std::vector<std::jthread> readers;
            for (unsigned thread = 0; thread < threads; ++thread) {
                readers.emplace_back([&, thread] {
                    const std::size_t first = kWords * thread / threads;
                    sink += sum_words(memory.data() + first, kWords * (thread + 1) / threads - first);
                });
            }
        }
        best = std::max(best, static_cast<double>(kWords * sizeof(std::uint64_t)) / watch.seconds());
    }
    return best;
}

Result<> bench_scan(const BenchFlags& flags, const GlobalOptions& options) {
    const unsigned threads = processor_count();
    std::mt19937_64 random(1);
    const auto noise = [&] { return static_cast<float>(static_cast<std::int64_t>(random()) * 0x1p-63); };
    std::vector<float> query(flags.dimension);
    std::ranges::generate(query, noise);
    normalize(query);
    const double bandwidth = memory_bandwidth(threads, flags.runs);
    json report = {{"rows", flags.rows},
                   {"dimension", flags.dimension},
                   {"threads", threads},
                   {"kernels", best_kernels().name},
                   {"memory_gb_per_s", bandwidth / 1e9},
                   {"scans", json::array()}};
    if (!options.json)
        fmt::print("{} x {}, {} threads, {}; memory {:.1f} GB/s\n", flags.rows, flags.dimension, threads,
                   best_kernels().name, bandwidth / 1e9);
    for (const ScanElement element : {ScanElement::kInt8, ScanElement::kF16, ScanElement::kF32}) {
        const fs::path folder =
            fs::path(flags.scratch) / fmt::format("hone-bench-{}", static_cast<int>(element));
        std::error_code ignored;
        fs::remove_all(folder, ignored);
        HONE_TRY(const auto space,
                 VectorSpace::open(folder, "content", "bench", flags.dimension, true, element));
        // Similar to each other, like photos: noise around a common direction.
        std::vector<float> block(kRowsPerBlock * flags.dimension);
        std::vector<std::uint32_t> labels(kRowsPerBlock);
        for (std::size_t first = 0; first < flags.rows; first += kRowsPerBlock) {
            const std::size_t count = std::min(kRowsPerBlock, flags.rows - first);
            for (std::size_t row = 0; row < count; ++row) {
                const auto vector = std::span(block).subspan(row * flags.dimension, flags.dimension);
                std::ranges::generate(vector, noise);
                vector[0] += 3;
                normalize(vector);
                labels[row] = static_cast<std::uint32_t>(first + row);
            }
            HONE_CHECK(space->append(std::span(labels).first(count),
                                     std::span(block).first(count * flags.dimension)));
        }
        const SpaceView view = space->view();
        const RowSpec spec{flags.dimension, view.scanned_element(), "bench"};
        const auto scores = view.scores(query, threads);  // also loads the file into memory
        double worst = 0;
        for (std::size_t row = 0; row < scores.size(); row += 97)
            worst =
                std::max(worst, std::abs(static_cast<double>(scores[row]) - view.exact_score(query, row)));
        std::vector<double> seconds;
        for (int run = 0; run < flags.runs; ++run) {
            const Stopwatch watch;
            const auto again = view.scores(query, threads);
            seconds.push_back(watch.seconds());
        }
        const double bytes = static_cast<double>(flags.rows * spec.stride());
        const double rate = bytes / median(seconds);
        report["scans"].push_back({{"element", element_name(spec.element)},
                                   {"ms", median(seconds) * 1e3},
                                   {"gb_per_s", rate / 1e9},
                                   {"of_memory", rate / bandwidth},
                                   {"worst_error", worst}});
        if (!options.json) {
            fmt::print("{:4}  {:7.1f} ms  {:5.1f} GB/s  {:3.0f} % of memory  largest error {:.4f}\n",
                       element_name(spec.element), median(seconds) * 1e3, rate / 1e9, 100 * rate / bandwidth,
                       worst);
        }
        fs::remove_all(folder, ignored);
    }
    if (options.json) fmt::print("{}\n", dump(report, 2));
    return {};
}

// Runs work(n) for n in [0, count) on `threads` threads. Returns items per second.
template <typename Work>
double rate_of(std::size_t count, unsigned threads, Work work) {
    std::atomic<std::size_t> next = 0;
    const Stopwatch watch;
    {
        std::vector<std::jthread> workers;
        for (unsigned thread = 0; thread < threads; ++thread) {
            workers.emplace_back([&] {
                for (std::size_t at = next++; at < count; at = next++) work(at);
            });
        }
    }
    return static_cast<double>(count) / watch.seconds();
}

Result<> bench_embed(const BenchFlags& flags, const GlobalOptions& options) {
    HONE_TRY(const fs::path directory, library_of(options));
    std::optional<std::string> name;
    if (const auto library = Library::open(directory, Access::kRead)) {
        HONE_TRY(name, (*library)->catalog().setting(kModelSetting));
    }
    HONE_TRY(Manifest manifest, open_store(directory).find(name));
    const auto model =
        std::make_shared<ImageTextModel>(manifest, ModelOptions{Device::kCpu, std::nullopt, {}});
    HONE_CHECK(model->load_image());
    std::vector<fs::path> files;
    Walker walker({[&](const FileFacts& facts) {
                       files.push_back(facts.path);
                       return files.size() < flags.photos;
                   },
                   [](const fs::path&, const std::string&) {}});
    HONE_TRY(const auto walked, walker.walk(flags.folder, flags.folder, true));
    (void)walked;
    const unsigned threads = processor_count();
    DecoderPool decoders(threads);
    PhotoWork work;
    work.network_side = model->wanted_side();
    const auto decode = [&](const fs::path& file) -> Result<Image> {
        const FileDescriptor photo(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!photo) return fail("cannot open {}", printable(file));
        HONE_TRY(PreparedPhoto prepared, decoders.prepare(photo.get(), {}, work));
        return std::move(prepared.network);
    };
    std::vector<Image> images;
    for (const fs::path& file : files) {
        if (auto image = decode(file)) images.push_back(std::move(*image));
    }
    if (images.empty()) return fail("no photo in {} can be read", flags.folder);
    ContentAnalyzer analyzer(model);
    const fs::path network = manifest.directory / manifest.image.files.at(model->image_precision()).path;
    const std::vector<float> tensor = analyzer.prepare(images.front());
    const std::vector<std::int64_t> shape{1, 3, manifest.image.height, manifest.image.width};
    const auto run_bare = [&](Session& session) {
        const TensorView input{manifest.image.input, shape, std::span<const float>(tensor)};
        (void)session.run(std::span(&input, 1), manifest.image.output);
    };
    HONE_TRY(const auto one_thread, open_session(network, {Device::kCpu, 1}));
    HONE_TRY(const auto all_threads, open_session(network, {Device::kCpu, threads}));
    std::vector<double> hone_rates, bare_rates, bare_inside_rates, whole_rates;
    for (int round = 0; round < 5;
         ++round) {  // alternately, so that a slow moment of the machine affects all
        hone_rates.push_back(rate_of(images.size(), threads, [&](std::size_t at) {
            (void)analyzer.embed({analyzer.prepare(images[at])});
        }));
        bare_rates.push_back(rate_of(images.size(), threads, [&](std::size_t) { run_bare(*one_thread); }));
        bare_inside_rates.push_back(rate_of(images.size(), 1, [&](std::size_t) { run_bare(*all_threads); }));
        whole_rates.push_back(rate_of(files.size(), threads, [&](std::size_t at) {
            if (const auto image = decode(files[at])) (void)analyzer.embed({analyzer.prepare(*image)});
        }));
    }
    const double hone_rate = median(hone_rates), bare = median(bare_rates),
                 bare_inside = median(bare_inside_rates), whole = median(whole_rates);
    if (options.json) {
        fmt::print("{}\n", dump({{"model", manifest.name},
                                 {"photos", images.size()},
                                 {"threads", threads},
                                 {"hone", hone_rate},
                                 {"network_side_by_side", bare},
                                 {"network_threads_inside", bare_inside},
                                 {"with_reading", whole}},
                                2));
        return {};
    }
    fmt::print("{}, {} photos, {} threads, photos per second (medians of 5)\n", manifest.name, images.size(),
               threads);
    fmt::print("hone: prepare and network            {:6.1f}\n", hone_rate);
    fmt::print("bare network, one run per thread      {:6.1f}   hone is at {:3.0f} %\n", bare,
               100 * hone_rate / bare);
    fmt::print("bare network, all threads in a run   {:6.1f}   hone is at {:3.0f} %\n", bare_inside,
               100 * hone_rate / bare_inside);
    fmt::print("hone: read, decode, prepare, network {:6.1f}   {:3.0f} % of one run per thread\n", whole,
               100 * whole / bare);
    return {};
}

}  // namespace

void add_bench(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<BenchFlags>();
    CLI::App* command = app.add_subcommand("bench", "measure this machine");
    command->require_subcommand(1);
    CLI::App* scan = command->add_subcommand("scan", "compare the exact scan with the memory's bandwidth");
    scan->add_option("--rows", flags->rows)->check(CLI::Range(1, 100'000'000))->default_str("1000000");
    scan->add_option("--dimension", flags->dimension)->check(CLI::Range(1, 8192))->default_str("768");
    scan->add_option("--runs", flags->runs)->check(CLI::Range(1, 1000))->default_str("11");
    scan->add_option("--scratch", flags->scratch, "folder for temporary files")->default_str("/tmp");
    CLI::App* embed = command->add_subcommand("embed", "compare indexing with the network alone");
    embed->add_option("FOLDER", flags->folder, "folder with photos")->required();
    embed->add_option("--photos", flags->photos, "number of photos")
        ->check(CLI::Range(1, 100'000))
        ->default_str("64");
    CLI::App* ingest =
        command->add_subcommand("ingest", "compare indexing without networks with libvips alone");
    ingest->add_option("FOLDER", flags->folder, "folder with photos")->required();
    ingest->add_option("--rounds", flags->rounds, "repetitions")->check(CLI::Range(1, 100))->default_str("5");
    CLI::App* catalog =
        command->add_subcommand("catalog", "compare the catalogue on a server with the server's own limit");
    catalog->add_option("--photos", flags->catalog_photos, "number of photos")
        ->check(CLI::Range(10, 10'000'000))
        ->default_str("20000");
    CLI::App* near = command->add_subcommand("near", "measure the search for near duplicates of one photo");
    near->add_option("--photos", flags->near_photos, "number of made photos")
        ->check(CLI::Range(1, 100'000'000))
        ->default_str("1000000");
    FeedbackBenchFlags& feedback_flags = flags->feedback;
    CLI::App* feedback = command->add_subcommand(
        "feedback", "measure feedback methods with simulated people (docs/feedback.md)");
    feedback->add_option("--embeddings", feedback_flags.embeddings, "folder with vectors, texts and queries");
    feedback
        ->add_option("--synthetic", feedback_flags.synthetic,
                     "time a round over this many synthetic photos instead")
        ->check(CLI::Range(1'000, 100'000'000));
    std::vector<std::string> methods{"all"};
    for (const std::string_view name : feedback_methods()) methods.emplace_back(name);
    feedback->add_option("--method", feedback_flags.method, "one method, or all")
        ->check(CLI::IsMember(methods))
        ->default_str("all");
    feedback->add_option("--user", feedback_flags.user, "kind of simulated person")
        ->check(CLI::IsMember({"oracle", "lazy", "noisy", "rank", "all"}))
        ->default_str("oracle");
    feedback->add_option("--page", feedback_flags.page, "photos per page")
        ->check(CLI::Range(1, 1000))
        ->default_str("20");
    feedback->add_option("--rounds", feedback_flags.rounds, "pages")
        ->check(CLI::Range(1, 100))
        ->default_str("6");
    feedback
        ->add_option("--protocol", feedback_flags.protocol,
                     "mark whole pages, or one photo per round (seesaw)")
        ->check(CLI::IsMember({"pages", "seesaw"}))
        ->default_str("pages");
    feedback->add_option("--seed", feedback_flags.seed, "seed of the noisy people")->default_str("1");
    feedback->add_option("--per-query", feedback_flags.per_query, "CSV file to write, one line per query");
    CLI::App* faces = command->add_subcommand("faces", "measure face recognition and the cost of grouping");
    faces->add_option("--pairs", flags->faces.pairs,
                      "file with lines \"path_a path_b same|different\", separated by blanks or tabs");
    faces->add_option("--photos", flags->faces.photos,
                      "folder of photos: measure photos per second of every face model on one thread");
    faces->add_option("--models", flags->faces.models, "folder of model folders");
    faces->add_option("--model", flags->faces.model, "name of a face model");
    faces->add_option("--synthetic", flags->faces.synthetic, "group this many synthetic faces");
    command->callback([&options, &chosen, flags, scan, ingest, catalog, near, feedback, faces] {
        chosen = [&options, flags, scan, ingest, catalog, near, feedback, faces] {
            return run_command([&] {
                if (*feedback) return bench_feedback(flags->feedback, options);
                if (*faces) return bench_faces(flags->faces, options);
                if (*near) return bench_near(options, flags->near_photos);
                if (*catalog) return bench_catalog(options, flags->catalog_photos);
                if (*ingest) return bench_ingest(options, flags->folder, flags->rounds);
                return *scan ? bench_scan(*flags, options) : bench_embed(*flags, options);
            });
        };
    });
}

}  // namespace hone
