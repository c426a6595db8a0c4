// SPDX-License-Identifier: GPL-3.0-or-later
// Connections, request parsing, limits, TLS and event streams on Boost.Beast.
#include "server/http_server.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log.hpp"
#include "base/sha256.hpp"

namespace hone {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Code = boost::system::error_code;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kQueuedEvents = 256;
constexpr auto kHeartbeat = std::chrono::seconds(15);
// Interval for checking whether the client still waits.
constexpr auto kCheckClient = std::chrono::milliseconds(50);
// For every response; one that needs other values (the pages) sets them itself.
constexpr std::pair<const char*, const char*> kSafetyHeaders[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"}};
constexpr std::size_t kFilePart = 128U << 10;       // bytes; a connection holds two parts of a file
constexpr auto kLinger = std::chrono::seconds(10);  // for a client that is still sending a refused body

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Decodes %XX, and + as a space in query strings.
std::string decode_url(std::string_view text, bool plus_is_space) {
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 &&
            hex_digit(text[at + 2]) >= 0) {
            decoded += static_cast<char>(16 * hex_digit(text[at + 1]) + hex_digit(text[at + 2]));
            at += 2;
        } else {
            decoded += plus_is_space && text[at] == '+' ? ' ' : text[at];
        }
    }
    return decoded;
}

// Returns the reason why another program on the way could read the same bytes as a different request, or
// null. (The parser refuses a length together with chunks, and conflicting lengths.)
const char* ambiguity(const http::request_header<>& head) {
    const auto [coding, end] = head.equal_range(http::field::transfer_encoding);
    if (coding != end && !(std::next(coding) == end && beast::iequals(coding->value(), "chunked")))
        return "the only Transfer-Encoding supported is chunked";
    if (head.count(http::field::host) > 1) return "the request names two hosts";
    return nullptr;
}

void split_target(std::string_view target, HttpRequest& request) {
    const std::size_t mark = target.find('?');
    request.path = decode_url(target.substr(0, mark), false);
    if (mark == std::string_view::npos) return;
    std::string_view rest = target.substr(mark + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        const std::size_t equals = std::min(pair.find('='), pair.size());
        request.query[decode_url(pair.substr(0, equals), true)] =
            equals < pair.size() ? decode_url(pair.substr(equals + 1), true) : "";
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

class Stream final : public EventStream, public std::enable_shared_from_this<Stream> {
  public:
    explicit Stream(const asio::any_io_executor& executor) : timer_(executor) {}

    void send(std::string text) override {
        {
            const std::lock_guard lock(mutex_);
            if (queue_.size() == kQueuedEvents) queue_.pop_front();
            queue_.push_back(std::move(text));
        }
        asio::post(timer_.get_executor(), [self = shared_from_this()] { self->timer_.cancel(); });
    }
    [[nodiscard]] bool closed() const override { return closed_; }
    void close() override {
        closed_ = true;
        asio::post(timer_.get_executor(), [self = shared_from_this()] { self->timer_.cancel(); });
    }

    // Returns the next text, or a comment when there was none for a while.
    asio::awaitable<std::string> next() {
        if (auto text = take()) co_return std::move(*text);
        timer_.expires_after(kHeartbeat);
        co_await timer_.async_wait(kAwait);
        co_return take().value_or(": still here\n\n");
    }

  private:
    std::optional<std::string> take() {
        const std::lock_guard lock(mutex_);
        if (queue_.empty()) return std::nullopt;
        std::string text = std::move(queue_.front());
        queue_.pop_front();
        return text;
    }

    asio::steady_timer timer_;
    std::mutex mutex_;
    std::deque<std::string> queue_;
    std::atomic<bool> closed_ = false;
};

// A value that another thread makes for a coroutine on a strand.
template <typename Value>
class Delivery : public std::enable_shared_from_this<Delivery<Value>> {
  public:
    explicit Delivery(const asio::any_io_executor& strand) : timer_(strand) {}

    // Safe from any thread.
    void put(Value value) {
        asio::post(timer_.get_executor(),
                   [self = this->shared_from_this(), value = std::move(value)]() mutable {
                       self->value_ = std::move(value);
                       self->timer_.cancel();
                   });
    }
    // Returns std::nullopt when the value does not arrive in time. On the strand only.
    asio::awaitable<std::optional<Value>> take(std::chrono::seconds limit) {
        if (!value_) {
            timer_.expires_after(limit);
            co_await timer_.async_wait(kAwait);
        }
        co_return std::exchange(value_, std::nullopt);
    }

  private:
    asio::steady_timer timer_;
    std::optional<Value> value_;
};

// The part of a file that a request asks for.
struct FilePart {
    std::uint64_t first = 0, bytes = 0;
    bool partial = false, outside = false;  // outside: the file has no such part
};

// Reads "bytes=5-9", "bytes=5-" or "bytes=-5". A server may ignore a range: this one ignores malformed and
// multiple ones.
FilePart part_of(std::string_view range, std::uint64_t size) {
    const FilePart whole{0, size, false, false}, outside{0, 0, false, true};
    constexpr std::string_view kUnit = "bytes=";
    if (range.size() < kUnit.size() || !beast::iequals(range.substr(0, kUnit.size()), kUnit)) return whole;
    range.remove_prefix(kUnit.size());
    const std::size_t dash = range.find('-');
    if (dash == std::string_view::npos) return whole;
    // A number that does not fit is behind the end of every file.
    const auto number = [](std::string_view text) -> std::optional<std::uint64_t> {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (end != text.data() + text.size() || error == std::errc::invalid_argument) return std::nullopt;
        return error == std::errc{} ? value : UINT64_MAX;
    };
    const auto first = number(range.substr(0, dash)), last = number(range.substr(dash + 1));
    if (dash == 0) {
        if (!last) return whole;
        const std::uint64_t bytes = std::min(*last, size);
        return bytes == 0 ? outside : FilePart{size - bytes, bytes, true, false};
    }
    if (!first || (dash + 1 < range.size() && !last) || (last && *last < *first)) return whole;
    if (*first >= size) return outside;
    return {*first, std::min(last.value_or(UINT64_MAX), size - 1) - *first + 1, true, false};
}

// Reads up to `count` bytes; fewer at the end of the file, none on an error.
std::string read_part(int file, std::uint64_t at, std::size_t count) {
    std::string part(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got =
            ::pread(file, part.data() + filled, count - filled, static_cast<off_t>(at + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        filled += static_cast<std::size_t>(got);
    }
    part.resize(filled);
    return part;
}

// Requests a stop when the client has left, `until` has passed, or the server stops. Lives on the
// connection's strand.
class Absence : public std::enable_shared_from_this<Absence> {
  public:
    Absence(const asio::any_io_executor& executor, int socket, std::chrono::seconds patience,
            const std::stop_token& server)
        : timer_(executor),
          socket_(socket),
          until_(std::chrono::steady_clock::now() + patience),
          on_server_stop_(server, [this] { stop_.request_stop(); }) {}

    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
    static asio::awaitable<void> watch(std::shared_ptr<Absence> self) {
        while (!self->answered_) {
            self->timer_.expires_after(kCheckClient);
            co_await self->timer_.async_wait(kAwait);
            if (self->answered_) co_return;
            if (self->client_left() || std::chrono::steady_clock::now() >= self->until_) {
                self->stop_.request_stop();
                co_return;
            }
        }
    }
    // Call it before the socket is destroyed.
    void end() {
        answered_ = true;
        timer_.cancel();
    }

  private:
    // True when the client has closed its end, even if it sent more data before.
    [[nodiscard]] bool client_left() const {
        pollfd state{socket_, POLLRDHUP, 0};
        return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
    }

    asio::steady_timer timer_;
    const int socket_;
    const std::chrono::steady_clock::time_point until_;
    std::stop_source stop_;
    bool answered_ = false;
    std::stop_callback<std::function<void()>> on_server_stop_;
};

// Counts the open connections per client. Safe from any thread.
class OpenConnections {
  public:
    bool enter(const std::string& client, std::size_t most) {
        const std::lock_guard lock(mutex_);
        std::size_t& count = open_[client];
        if (count >= most) return false;
        ++count;
        return true;
    }
    void leave(const std::string& client) {
        const std::lock_guard lock(mutex_);
        if (--open_[client] == 0) open_.erase(client);
    }

  private:
    std::mutex mutex_;
    std::map<std::string, std::size_t> open_;
};

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

bool HttpRequest::has_etag(std::string_view etag) const {
    std::string_view tags = header("if-none-match");
    while (!tags.empty()) {
        const std::size_t end = std::min(tags.find(','), tags.size());
        std::string_view tag = tags.substr(0, end);
        while (tag.starts_with(' ')) tag.remove_prefix(1);
        while (tag.ends_with(' ')) tag.remove_suffix(1);
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == etag || tag == "*") return true;
        tags.remove_prefix(std::min(end + 1, tags.size()));
    }
    return false;
}

namespace {

// A message as a sentence: a capital letter first, a full stop last. Messages that begin with a quotation or
// the name of a field keep their beginning.
std::string sentence(std::string_view message) {
    std::string text(message);
    if (text.empty()) return text;
    const std::string_view first = std::string_view(text).substr(0, text.find_first_of(" ="));
    const bool word = std::ranges::all_of(first, [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; });
    if (word && text.front() != '\'' && text[std::min(first.size(), text.size() - 1)] != '=')
        text.front() = static_cast<char>(text.front() - ('a' - 'A'));
    if (std::string_view(".?!").find(text.back()) == std::string_view::npos) text += '.';
    return text;
}

}  // namespace

HttpResponse problem(int status, std::string_view detail) {
    const auto title = http::obsolete_reason(static_cast<http::status>(status));
    const nlohmann::json body = {{"type", "about:blank"},
                                 {"title", std::string(title)},
                                 {"status", status},
                                 {"detail", sentence(detail)}};
    return {status,
            {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}},
            body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
            {},
            {}};
}

struct HttpServer::State {
    State(HttpOptions chosen, Handler function)
        : options(std::move(chosen)),
          handler(std::move(function)),
          io(static_cast<int>(options.io_threads)),
          acceptor(io),
          signals(io, SIGINT, SIGTERM),
          pool(options.workers),
          drives(options.drives) {}

    HttpOptions options;
    Handler handler;
    asio::io_context io;
    tcp::acceptor acceptor;
    asio::signal_set signals;
    asio::thread_pool pool;
    BlockingPool drives;
    std::stop_source stopping;
    std::mutex tls_mutex;
    std::shared_ptr<asio::ssl::context> tls;  // connections keep the context they began with
    std::pair<fs::file_time_type, fs::file_time_type> tls_times;
    std::atomic<std::size_t> connections = 0;
    OpenConnections by_client;

    [[nodiscard]] std::shared_ptr<asio::ssl::context> current_tls() {
        const std::lock_guard lock(tls_mutex);
        return tls;
    }

    asio::awaitable<void> accept_loop() {
        while (acceptor.is_open()) {
            auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(io), kAwait);
            if (error == asio::error::operation_aborted) co_return;
            if (error) {
                // Out of descriptors: wait for connections to end.
                asio::steady_timer pause(io, std::chrono::milliseconds(100));
                co_await pause.async_wait(kAwait);
                continue;
            }
            const auto end = socket.remote_endpoint(error);
            const std::string peer = error ? "" : end.address().to_string();
            const std::string client = options.client_of ? options.client_of(peer) : "";
            // Close it without an answer: the machine is busy, or this client has reached its limit.
            if (connections >= options.connections) continue;
            if (!client.empty() && !by_client.enter(client, options.connections_of_client)) continue;
            ++connections;
            auto executor = socket.get_executor();
            asio::co_spawn(executor, serve(std::move(socket), peer),
                           [this, client](const std::exception_ptr&) {
                               --connections;
                               if (!client.empty()) by_client.leave(client);
                           });
        }
    }

    asio::awaitable<void> tick_loop(std::chrono::milliseconds period, std::function<void()> tick) {
        asio::steady_timer timer(io);
        while (true) {
            timer.expires_after(period);
            auto [error] = co_await timer.async_wait(kAwait);
            if (error) co_return;
            tick();
        }
    }

    asio::awaitable<void> serve(tcp::socket socket, std::string peer) {
        Code error;
        socket.set_option(tcp::no_delay(true), error);
        beast::flat_buffer buffer;
        bool keep = true;
        if (const auto context = current_tls()) {
            beast::ssl_stream<beast::tcp_stream> stream(std::move(socket), *context);
            beast::get_lowest_layer(stream).expires_after(options.transfer);
            auto [refused] = co_await stream.async_handshake(asio::ssl::stream_base::server, kAwait);
            if (refused) co_return;
            while (keep) keep = co_await serve_one(stream, buffer, peer);
            beast::get_lowest_layer(stream).expires_after(kLinger);
            co_await stream.async_shutdown(kAwait);
        } else {
            beast::tcp_stream stream(std::move(socket));
            while (keep) keep = co_await serve_one(stream, buffer, peer);
            stream.socket().shutdown(tcp::socket::shutdown_send, error);
        }
    }

    // Handles one request and its response. Returns false when the connection ends.
    template <typename Connection>
    asio::awaitable<bool> serve_one(Connection& stream, beast::flat_buffer& buffer, const std::string& peer) {
        beast::tcp_stream& time_limit = beast::get_lowest_layer(stream);
        http::request_parser<http::string_body> parser;
        parser.header_limit(static_cast<std::uint32_t>(options.header_bytes));
        parser.body_limit(boost::none);  // checked below, once the path is known
        time_limit.expires_after(options.idle);
        auto [header_error, header_bytes] = co_await http::async_read_header(stream, buffer, parser, kAwait);
        if (header_error == http::error::header_limit)
            co_return co_await refuse(stream, 431, "the request's header is too large");
        if (header_error == http::error::end_of_stream || header_error == beast::error::timeout ||
            header_error == asio::error::connection_reset ||
            header_error == asio::ssl::error::stream_truncated)
            co_return false;
        if (header_error) co_return co_await refuse(stream, 400, "this is not an HTTP request");
        HttpRequest request;
        request.peer = peer;
        request.tls = !options.certificate.empty();
        const auto& head = parser.get();
        if (const char* why = ambiguity(head)) co_return co_await refuse(stream, 400, why);
        request.method = std::string(head.method_string());
        split_target({head.target().data(), head.target().size()}, request);
        for (const auto& field : head) {
            std::string name(field.name_string());
            std::ranges::transform(name, name.begin(), [](unsigned char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
            });
            request.headers[name] = std::string(field.value());
        }
        const bool head_only = request.method == "HEAD";
        const bool has_body = parser.chunked() || parser.content_length().value_or(0) > 0;
        if (!has_body && options.answer_at_once) {
            if (std::optional<HttpResponse> response = options.answer_at_once(request)) {
                time_limit.expires_after(options.transfer);
                co_return co_await write(stream, *response, head_only, head.keep_alive(), head.version());
            }
        }
        const std::uint64_t limit =
            options.body_limit ? options.body_limit(request.method, request.path) : 1 << 20;
        const std::string too_large =
            fmt::format("the body is larger than {} bytes, which is the limit for this address", limit);
        if (parser.content_length() && *parser.content_length() > limit)
            co_return co_await refuse(stream, 413, too_large);
        parser.body_limit(limit);
        if (has_body && options.admit) {
            std::optional<HttpResponse> refused =
                co_await asio::co_spawn(pool, admit(request), asio::use_awaitable);
            if (refused) co_return co_await refuse(stream, std::move(*refused), head_only);
        }
        if (beast::iequals(head[http::field::expect], "100-continue")) {
            co_await asio::async_write(
                stream, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), kAwait);
        }
        time_limit.expires_after(options.transfer);
        auto [body_error, body_bytes] = co_await http::async_read(stream, buffer, parser, kAwait);
        if (body_error == http::error::body_limit) co_return co_await refuse(stream, 413, too_large);
        if (body_error) co_return false;
        const bool keep = parser.get().keep_alive();
        const unsigned version = parser.get().version();
        request.body = std::move(parser.get().body());

        time_limit.expires_never();
        const auto absence = std::make_shared<Absence>(
            stream.get_executor(), time_limit.socket().native_handle(), options.answer, stopping.get_token());
        request.gone = absence->token();
        asio::co_spawn(stream.get_executor(), Absence::watch(absence), asio::detached);
        HttpResponse response = co_await asio::co_spawn(pool, handle(request), asio::use_awaitable);
        while (response.work.run) {
            DriveWork work = std::move(response.work);
            response = co_await run_on_drive(stream.get_executor(), std::move(work), request.gone);
        }
        absence->end();
        time_limit.expires_after(options.transfer);
        if (response.events && !head_only) co_return co_await stream_events(stream, response);
        if (response.file.file) co_return co_await send_file(stream, response, request, keep, version);
        co_return co_await write(stream, response, head_only, keep, version);
    }

    // Does not occupy a worker while the drive is awaited.
    asio::awaitable<HttpResponse> run_on_drive(asio::any_io_executor strand, DriveWork work,
                                               std::stop_token gone) {
        const auto delivery = std::make_shared<Delivery<HttpResponse>>(strand);
        const bool accepted =
            drives.try_run(work.drive, [delivery, gone, run = std::move(work.run)](BlockingCalls& calls) {
                if (!gone.stop_requested()) delivery->put(run(calls));
            });
        if (!accepted)
            co_return problem(503, "too many requests wait for the drive of this file; try again later");
        std::optional<HttpResponse> response = co_await delivery->take(options.answer);
        if (!response) co_return problem(503, "the drive of this file does not answer; try again later");
        co_return std::move(*response);
    }

    // Sends the file, or the requested part of it. The next part is read while one is sent.
    template <typename Connection>
    asio::awaitable<bool> send_file(Connection& stream, HttpResponse& response, const HttpRequest& request,
                                    bool keep, unsigned version) {
        const bool head_only = request.method == "HEAD";
        FilePart part = part_of(head_only || !same_version(request, response) ? "" : request.header("range"),
                                response.file.size);
        if (part.outside) {
            HttpResponse refused = problem(416, "the file has no such part");
            refused.headers.emplace_back("Content-Range", fmt::format("bytes */{}", response.file.size));
            co_return co_await write(stream, refused, false, keep, version);
        }
        response.headers.emplace_back("Accept-Ranges", "bytes");
        if (part.partial) {
            response.status = 206;
            response.headers.emplace_back(
                "Content-Range",
                fmt::format("bytes {}-{}/{}", part.first, part.first + part.bytes - 1, response.file.size));
        }
        http::response<http::empty_body> message;
        message.version(version);
        fill_header(message, response, keep);
        message.content_length(part.bytes);
        if (!co_await send(stream, message, true)) co_return false;
        if (head_only) co_return keep;
        auto next = read_next(stream.get_executor(), response.file, part);
        while (part.bytes > 0) {
            const std::optional<std::string> bytes = co_await next->take(options.answer);
            // The client sees that the connection ends before the announced length.
            if (!bytes || bytes->empty()) co_return false;
            part.first += bytes->size();
            part.bytes -= bytes->size();
            if (part.bytes > 0) next = read_next(stream.get_executor(), response.file, part);
            auto [error, written] = co_await asio::async_write(stream, asio::buffer(*bytes), kAwait);
            if (error) co_return false;
        }
        co_return keep;
    }

    // Without If-Range a part is always welcome.
    static bool same_version(const HttpRequest& request, const HttpResponse& response) {
        const std::string_view wanted = request.header("if-range");
        return wanted.empty() || std::ranges::any_of(response.headers, [&](const auto& header) {
                   return header.first == "ETag" && header.second == wanted;
               });
    }

    std::shared_ptr<Delivery<std::string>> read_next(const asio::any_io_executor& strand,
                                                     const FileBody& body, const FilePart& part) {
        auto delivery = std::make_shared<Delivery<std::string>>(strand);
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(part.bytes, kFilePart));
        drives.run(body.drive, [waiting = std::weak_ptr(delivery), file = body.file, at = part.first,
                                count](BlockingCalls& calls) {
            if (waiting.expired()) return;  // the client has left
            const auto bytes = std::make_shared<std::string>();
            const bool answered = calls.run(
                [bytes, file, at, count](Heartbeat&) { *bytes = read_part(file->get(), at, count); });
            if (const auto receiver = waiting.lock()) receiver->put(answered ? std::move(*bytes) : "");
        });
        return delivery;
    }

    asio::awaitable<std::optional<HttpResponse>> admit(const HttpRequest& request) {
        co_return options.admit(request);
    }

    asio::awaitable<HttpResponse> handle(const HttpRequest& request) {
        // It may have waited for other requests.
        if (request.gone.stop_requested()) co_return problem(503, "the server is too busy; try again later");
        co_return handler(request);
    }

    template <typename Body>
    static void fill_header(http::response<Body>& message, const HttpResponse& response, bool keep) {
        message.result(static_cast<unsigned>(response.status));
        message.set(http::field::server, "hone");
        for (const auto& [name, value] : kSafetyHeaders) message.set(name, value);
        for (const auto& [name, value] : response.headers) message.set(name, value);
        message.keep_alive(keep);
    }

    template <typename Connection>
    static asio::awaitable<bool> write(Connection& stream, HttpResponse& response, bool head_only, bool keep,
                                       unsigned version) {
        http::response<http::string_body> message;
        message.version(version);
        fill_header(message, response, keep);
        const std::size_t length = response.body.size();
        if (!head_only) message.body() = std::move(response.body);
        if (response.status != 304 && response.status != 204) message.content_length(length);
        co_return co_await send(stream, message, head_only) && keep;
    }

    // The response to HEAD ends after its header, whatever its length field: a body would be read as the next
    // response.
    template <typename Connection, typename Body>
    static asio::awaitable<bool> send(Connection& stream, http::response<Body>& message, bool head_only) {
        http::response_serializer<Body> serializer(message);
        if (head_only) {
            auto [error, bytes] = co_await http::async_write_header(stream, serializer, kAwait);
            co_return !error;
        }
        auto [error, bytes] = co_await http::async_write(stream, serializer, kAwait);
        co_return !error;
    }

    template <typename Connection>
    static asio::awaitable<bool> refuse(Connection& stream, int status, std::string detail) {
        HttpResponse response = problem(status, detail);
        co_return co_await refuse(stream, std::move(response), false);
    }

    // Sends the response, then reads the rest of the client's data for a while: closing at once would discard
    // the response.
    template <typename Connection>
    static asio::awaitable<bool> refuse(Connection& stream, HttpResponse response, bool head_only) {
        beast::get_lowest_layer(stream).expires_after(kLinger);
        co_await write(stream, response, head_only, false, 11);
        Code ignored;
        beast::get_lowest_layer(stream).socket().shutdown(tcp::socket::shutdown_send, ignored);
        std::vector<char> scrap(64 << 10);
        while (true) {
            auto [error, bytes] = co_await stream.async_read_some(asio::buffer(scrap), kAwait);
            if (error) co_return false;
        }
    }

    template <typename Connection>
    static asio::awaitable<bool> stream_events(Connection& stream, HttpResponse& response) {
        std::string head =
            "HTTP/1.1 200 OK\r\nServer: hone\r\nContent-Type: text/event-stream\r\nCache-Control: "
            "no-store\r\nConnection: close\r\n";
        for (const auto& [name, value] : kSafetyHeaders) head += fmt::format("{}: {}\r\n", name, value);
        head += "\r\n";
        auto [error, bytes] = co_await asio::async_write(stream, asio::buffer(head), kAwait);
        if (error) co_return false;
        auto events = std::make_shared<Stream>(stream.get_executor());
        response.events(events);
        while (true) {
            beast::get_lowest_layer(stream).expires_never();
            const std::string text = co_await events->next();
            if (events->closed()) co_return false;
            beast::get_lowest_layer(stream).expires_after(std::chrono::seconds(30));
            auto [write_error, written] = co_await asio::async_write(stream, asio::buffer(text), kAwait);
            if (write_error) {
                events->close();
                co_return false;
            }
        }
    }
};

namespace {

using FileTimes = std::pair<fs::file_time_type, fs::file_time_type>;

FileTimes times_of(const HttpOptions& options) {
    std::error_code ignored;
    return {fs::last_write_time(options.certificate, ignored), fs::last_write_time(options.key, ignored)};
}

// TLS 1.2 and newer, with the library's default ciphers.
Result<std::shared_ptr<asio::ssl::context>> load_certificate(const fs::path& certificate,
                                                             const fs::path& key) {
    auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    asio::ssl::context& context = *made;
    Code error;
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.native_handle(), SSL_OP_NO_RENEGOTIATION);
    context.use_certificate_chain_file(certificate.string(), error);
    if (error)
        return fail(ErrorKind::kUsage, "{} cannot be read as a certificate in PEM form: {}",
                    printable(certificate), error.message());
    // A service cannot ask anyone for the key's password.
    context.set_password_callback([](std::size_t, asio::ssl::context::password_purpose) { return ""; },
                                  error);
    context.use_private_key_file(key.string(), asio::ssl::context::pem, error);
    if (error)
        return fail(ErrorKind::kUsage, "{} is not the key of {}, or cannot be read, or has a password: {}",
                    printable(key), printable(certificate), error.message());
    return made;
}

}  // namespace

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
    stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::bind(HttpOptions options, Handler handler) {
    auto state = std::make_unique<State>(std::move(options), std::move(handler));
    const HttpOptions& chosen = state->options;
    if (!chosen.certificate.empty()) {
        state->tls_times = times_of(chosen);
        HONE_TRY(state->tls, load_certificate(chosen.certificate, chosen.key));
    }
    Code error;
    const auto address = asio::ip::make_address(chosen.address, error);
    if (error)
        return fail(ErrorKind::kUsage, "'{}' is not an address to listen on; use for example 127.0.0.1:3000",
                    chosen.address);
    const tcp::endpoint endpoint(address, chosen.port);
    tcp::acceptor& acceptor = state->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
        return fail("port {} of {} is taken by another program; choose another with --listen {}:{}",
                    chosen.port, chosen.address, chosen.address, chosen.port + 1);
    }
    if (error) return fail("cannot listen on {}:{}: {}", chosen.address, chosen.port, error.message());
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

std::uint16_t HttpServer::port() const {
    return state_->acceptor.local_endpoint().port();
}

std::size_t HttpServer::connections() const {
    return state_->connections;
}

std::string HttpServer::public_key() const {
    const auto tls = state_->current_tls();
    if (!tls) return "";
    const X509* certificate = SSL_CTX_get0_certificate(tls->native_handle());
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(X509_get0_pubkey(certificate), &der);
    if (size <= 0) return "";
    const Sha256 hash = sha256(std::span(der, static_cast<std::size_t>(size)));
    OPENSSL_free(der);
    std::array<unsigned char, 4 * ((std::tuple_size_v<Sha256> + 2) / 3) + 1> text{};
    EVP_EncodeBlock(text.data(), hash.data(), static_cast<int>(hash.size()));
    return fmt::format("sha256//{}", reinterpret_cast<const char*>(text.data()));
}

Result<bool> HttpServer::renew_certificate() {
    if (state_->options.certificate.empty()) return false;
    const FileTimes times = times_of(state_->options);
    if (times == state_->tls_times) return false;
    HONE_TRY(auto renewed, load_certificate(state_->options.certificate, state_->options.key));
    // Only after success: if only one of the two files is new, both are read again later.
    state_->tls_times = times;
    const std::lock_guard lock(state_->tls_mutex);
    state_->tls = std::move(renewed);
    return true;
}

void HttpServer::every(std::chrono::milliseconds period, std::function<void()> tick) {
    asio::co_spawn(state_->io, state_->tick_loop(period, std::move(tick)), asio::detached);
}

void HttpServer::run() {
    state_->signals.async_wait([this](const Code& error, int) {
        if (!error) stop();
    });
    asio::co_spawn(state_->io, state_->accept_loop(), asio::detached);
    std::vector<std::jthread> threads;
    for (unsigned thread = 1; thread < state_->options.io_threads; ++thread)
        threads.emplace_back([this] { state_->io.run(); });
    state_->io.run();
    threads.clear();
    state_->stopping.request_stop();
    if (state_->options.on_stop) state_->options.on_stop();
    state_->pool.join();
    state_->drives.stop();
}

void HttpServer::stop() {
    state_->io.stop();
    state_->pool.stop();
}

}  // namespace hone
