// HTTP/1.1 on Boost.Beast: connections, limits, time-outs. Knows nothing of photos. (Beast instead of
// RESTinio: RESTinio 0.6 drops a connection whose body is too large without an answer; a person gets 413 and
// a reason here.)
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace hone {

struct HttpRequest {
    std::string method;                                       // "GET"
    std::string path;                                         // decoded, without the query
    std::map<std::string, std::string, std::less<>> query;    // decoded
    std::map<std::string, std::string, std::less<>> headers;  // names in lower case
    std::string body;
    std::string peer;  // address of the other end, which may be a proxy's
    bool tls = false;
    // Nobody waits for the answer any more: the client has left, or the time for answers is over.
    std::stop_token gone;

    [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
    // If-None-Match names this tag (RFC 9110, 13.1.2: a list, compared weakly, or *).
    [[nodiscard]] bool has_etag(std::string_view etag) const;
};

// A stream of server-sent events to one client. Safe from any thread. Nobody may hold one when the server
// goes.
class EventStream {
  public:
    virtual ~EventStream() = default;
    // Queues the text; a client that does not read loses the oldest.
    virtual void send(std::string text) = 0;
    [[nodiscard]] virtual bool closed() const = 0;
    virtual void close() = 0;  // ends the answer
};

struct HttpResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    fs::path file;  // instead of body
    // Instead of body: called with the open stream; the answer then goes on until one side ends.
    std::function<void(std::shared_ptr<EventStream>)> events;
};

struct HttpOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 3000;  // 0: any free one
    fs::path certificate, key;  // PEM, the whole chain; both or none: TLS
    unsigned io_threads = 1, workers = 4;
    std::chrono::seconds idle{60};      // a connection without a request
    std::chrono::seconds transfer{60};  // of one request's header, body or answer
    std::chrono::seconds answer{60};    // until a handler is told to give up (HttpRequest::gone)
    std::size_t header_bytes = 16 << 10;
    std::size_t connections = 4096;
    // Of one client, of those that client_of names: whose connections count together; "" for one without a
    // limit. Without client_of none has one.
    std::size_t connections_of_client = 64;
    std::function<std::string(const std::string& peer)> client_of;
    // Largest body of a request, by method and path.
    std::function<std::uint64_t(std::string_view method, std::string_view path)> body_limit;
};

class HttpServer {
  public:
    // handler: called on worker threads, several at a time; must not throw.
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    // Binds; kUsage when the address or the certificate is wrong or the port is taken. Serves once run() is
    // called.
    static Result<std::unique_ptr<HttpServer>> bind(HttpOptions options, Handler handler);
    ~HttpServer();

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::size_t connections() const;  // open ones; from any thread
    // Of the certificate, as "sha256//..." (what libcurl pins); empty without TLS.
    [[nodiscard]] std::string public_key() const;
    // Reads certificate and key again when their files have changed since: true when new connections get the
    // new ones. An error leaves the old ones in use. From one thread at a time.
    Result<bool> renew_certificate();
    // Calls `tick` on a server thread every `period` while it runs.
    void every(std::chrono::milliseconds period, std::function<void()> tick);
    // Until stop(), SIGINT or SIGTERM. When it returns no handler runs any more.
    void run();
    void stop();

  private:
    struct State;
    explicit HttpServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// application/problem+json, RFC 9457.
HttpResponse problem(int status, std::string_view detail);

}  // namespace hone
