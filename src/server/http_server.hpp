// SPDX-License-Identifier: GPL-3.0-or-later
// HTTP/1.1 on Boost.Beast: connections, limits, time-outs. Independent of photos. (Not RESTinio: version 0.6
// drops a connection with too large a body without an answer; here the client gets 413 with a reason.)
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/blocking_pool.hpp"

namespace hone {

struct HttpRequest {
    std::string method;                                       // "GET"
    std::string path;                                         // decoded, without the query string
    std::map<std::string, std::string, std::less<>> query;    // decoded
    std::map<std::string, std::string, std::less<>> headers;  // names in lower case
    std::string body;
    std::string peer;  // address of the other end, which may be a proxy
    bool tls = false;
    // Stops when the answer is no longer needed: the client has left, or the time limit has passed.
    std::stop_token gone;

    // Returns the header, or "" when it is missing.
    [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
    // True when If-None-Match matches this tag (RFC 9110, 13.1.2: a list, compared weakly, or *).
    [[nodiscard]] bool has_etag(std::string_view etag) const;
};

// A stream of server-sent events to one client. Safe from any thread. Must be destroyed before the server.
class EventStream {
  public:
    virtual ~EventStream() = default;
    // Queues the text. A client that does not read loses the oldest texts.
    virtual void send(std::string text) = 0;
    [[nodiscard]] virtual bool closed() const = 0;
    virtual void close() = 0;  // ends the answer
};

struct HttpResponse;

// An open file as a body. The server reads it in parts on threads that may wait for its drive, and answers a
// Range of it (RFC 9110, 14) with status 206 or 416; If-Range is compared with the response's ETag.
struct FileBody {
    std::shared_ptr<const FileDescriptor> file;  // from share_descriptor(); null: no file
    std::uint64_t size = 0;                      // bytes to send
    std::string drive;                           // for BlockingPool
};

// The rest of a handler, for a thread that may wait for a drive. Must not throw.
struct DriveWork {
    std::string drive;                                // for BlockingPool
    std::function<HttpResponse(BlockingCalls&)> run;  // empty: there is none
};

struct HttpResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    FileBody file = {};  // instead of body
    // Instead of body: called with the open stream; the response then continues until one side ends it.
    std::function<void(std::shared_ptr<EventStream>)> events = {};
    // Instead of everything else: returns the response, which may again have work for another drive. 503 when
    // too many requests wait for the drive.
    DriveWork work = {};
};

struct HttpOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 3000;  // 0: any free port
    fs::path certificate, key;  // PEM, the whole chain; both for TLS, or none
    unsigned io_threads = 1, workers = 4;
    std::chrono::seconds idle{60};      // a connection without a request
    std::chrono::seconds transfer{60};  // of one request's header, body or answer
    std::chrono::seconds answer{60};    // until a handler is asked to stop (HttpRequest::gone)
    std::size_t header_bytes = 16 << 10;
    std::size_t connections = 4096;
    // Limit for the connections of one client. client_of: returns the key under which the connections of a
    // peer are counted, "" for no limit. Without client_of there is no limit.
    std::size_t connections_of_client = 64;
    std::function<std::string(const std::string& peer)> client_of;
    // Returns the largest body of a request in bytes, by method and path.
    std::function<std::uint64_t(std::string_view method, std::string_view path)> body_limit;
    // Sees a request with a body before its body is read (HttpRequest::body is empty). Returns a response to
    // refuse the request; the body is then not read. Called on worker threads, concurrently; must not throw.
    std::function<std::optional<HttpResponse>(const HttpRequest&)> admit;
    // Sees a request without a body before the handler does. Returns the response if it needs no worker: a
    // probe must get an answer even while all workers are busy. Called on the threads of the connections, so
    // it must not wait for anything; must not throw.
    std::function<std::optional<HttpResponse>(const HttpRequest&)> answer_at_once;
    // Called by run() once it ends: makes handlers that are still running end soon.
    std::function<void()> on_stop;
    BlockingPoolLimits drives = {};  // for file bodies and DriveWork
};

// Not thread-safe, except port(), connections() and stop().
class HttpServer {
  public:
    // Called on worker threads, concurrently; must not throw.
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    // Binds the address. Serves once run() is called. kUsage when the address or the certificate is wrong or
    // the port is taken.
    static Result<std::unique_ptr<HttpServer>> bind(HttpOptions options, Handler handler);
    ~HttpServer();

    // The bound port. Safe from any thread.
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::size_t connections() const;  // open ones; safe from any thread
    // The certificate's public key as "sha256//..." (libcurl's pin format); empty without TLS.
    [[nodiscard]] std::string public_key() const;
    // Reads certificate and key again when their files have changed. Returns true when new connections use
    // the new ones. On an error the old ones stay in use. One caller at a time.
    Result<bool> renew_certificate();
    // Calls `tick` on a server thread every `period` while the server runs.
    void every(std::chrono::milliseconds period, std::function<void()> tick);
    // Serves until stop(), SIGINT or SIGTERM. No handler runs after it returns.
    void run();
    // Makes run() return. Safe from any thread.
    void stop();

  private:
    struct State;
    explicit HttpServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Returns a problem document, application/problem+json (RFC 9457). Pure function.
HttpResponse problem(int status, std::string_view detail);

}  // namespace hone
