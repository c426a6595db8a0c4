// SPDX-License-Identifier: GPL-3.0-or-later
// The WebSocket connection, with a time limit for every operation.
#include "catalog/surrealdb/connection.hpp"

#include <openssl/ssl.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "base/blocking_calls.hpp"

namespace hone::surreal {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Code = boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kLargestMessage = 128U << 20;  // the server's limit, bytes

}  // namespace

class Connection::Socket {
  public:
    virtual ~Socket() = default;
    virtual Code open(const Address& address, milliseconds patience) = 0;
    virtual Code send(const Bytes& message, milliseconds patience) = 0;
    virtual Code receive(Bytes& message, milliseconds patience) = 0;
    virtual void close() = 0;
};

namespace {

// start(handler) begins one asynchronous operation. Waits for it, at most for the given patience.
template <typename Layer, typename Start>
Code wait_for(asio::io_context& context, Layer& lowest, milliseconds patience, Start start) {
    Code outcome = beast::error::timeout;
    lowest.expires_after(patience);
    start([&outcome](Code code, auto&&...) { outcome = code; });
    context.restart();
    context.run();
    lowest.expires_never();
    return outcome;
}

template <typename Stream>
class SocketOver {
  public:
    template <typename... Args>
    explicit SocketOver(asio::io_context& context, Args&... args)
        : context_(context), stream_(context, args...) {}

    Code connect(const Address& address, milliseconds patience) {
        // The system's resolver may block for minutes, so it runs on a thread that can be left behind.
        struct Resolved {
            Code code = asio::error::timed_out;
            asio::ip::tcp::resolver::results_type found;
        };
        const auto resolved = std::make_shared<Resolved>();
        BlockingCalls calls(patience);
        const bool answered =
            calls.run([resolved, host = address.host, port = std::to_string(address.port)](Heartbeat&) {
                asio::io_context context;
                asio::ip::tcp::resolver resolver(context);
                resolved->found = resolver.resolve(host, port, resolved->code);
            });
        if (!answered) return asio::error::timed_out;
        if (resolved->code) return resolved->code;
        Code code;
        const auto& found = resolved->found;
        auto& lowest = beast::get_lowest_layer(stream_);
        code = wait_for(context_, lowest, patience,
                        [&](auto handler) { lowest.async_connect(found, std::move(handler)); });
        if (!code) lowest.socket().set_option(asio::ip::tcp::no_delay(true), code);
        return code;
    }
    Code handshake(const Address& address, milliseconds patience) {
        stream_.read_message_max(kLargestMessage);
        stream_.binary(true);
        stream_.auto_fragment(false);
        stream_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
            request.set(beast::http::field::sec_websocket_protocol, "cbor");
            request.set(beast::http::field::user_agent, "hone");
        }));
        const std::string host = address.host + ":" + std::to_string(address.port);
        return wait_for(context_, beast::get_lowest_layer(stream_), patience,
                        [&](auto handler) { stream_.async_handshake(host, "/rpc", std::move(handler)); });
    }
    Code send(const Bytes& message, milliseconds patience) {
        return wait_for(context_, beast::get_lowest_layer(stream_), patience, [&](auto handler) {
            stream_.async_write(asio::buffer(message), std::move(handler));
        });
    }
    Code receive(Bytes& message, milliseconds patience) {
        beast::flat_buffer buffer;
        const Code code = wait_for(context_, beast::get_lowest_layer(stream_), patience,
                                   [&](auto handler) { stream_.async_read(buffer, std::move(handler)); });
        const auto* data = static_cast<const std::uint8_t*>(buffer.data().data());
        message.assign(data, data + buffer.size());
        return code;
    }
    void close() {
        Code ignored;
        beast::get_lowest_layer(stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
        beast::get_lowest_layer(stream_).close();
    }
    Stream& stream() { return stream_; }

  private:
    asio::io_context& context_;
    Stream stream_;
};

}  // namespace

namespace {

using Plain = SocketOver<websocket::stream<beast::tcp_stream>>;
using Secure = SocketOver<websocket::stream<beast::ssl_stream<beast::tcp_stream>>>;

}  // namespace

class PlainSocket final : public Connection::Socket {
  public:
    Code open(const Address& address, milliseconds patience) override {
        const Code code = socket_.connect(address, patience);
        return code ? code : socket_.handshake(address, patience);
    }
    Code send(const Bytes& message, milliseconds patience) override {
        return socket_.send(message, patience);
    }
    Code receive(Bytes& message, milliseconds patience) override {
        return socket_.receive(message, patience);
    }
    void close() override { socket_.close(); }

  private:
    asio::io_context context_;
    Plain socket_{context_};
};

class SecureSocket final : public Connection::Socket {
  public:
    Code open(const Address& address, milliseconds patience) override {
        if (const Code code = socket_.connect(address, patience)) return code;
        auto& tls = socket_.stream().next_layer();
        ::SSL_set_tlsext_host_name(tls.native_handle(), address.host.c_str());
        tls.set_verify_callback(asio::ssl::host_name_verification(address.host));
        const Code code = wait_for(context_, beast::get_lowest_layer(tls), patience, [&](auto handler) {
            tls.async_handshake(asio::ssl::stream_base::client, std::move(handler));
        });
        return code ? code : socket_.handshake(address, patience);
    }
    Code send(const Bytes& message, milliseconds patience) override {
        return socket_.send(message, patience);
    }
    Code receive(Bytes& message, milliseconds patience) override {
        return socket_.receive(message, patience);
    }
    void close() override { socket_.close(); }

  private:
    asio::io_context context_;
    // Complete before a stream is made from it, because the stream copies its mode.
    static asio::ssl::context checking() {
        asio::ssl::context tls(asio::ssl::context::tls_client);
        Code ignored;
        tls.set_default_verify_paths(ignored);
        tls.set_verify_mode(asio::ssl::verify_peer);
        return tls;
    }
    asio::ssl::context tls_ = checking();
    Secure socket_{context_, tls_};
};

Connection::Connection(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}
Connection::~Connection() {
    socket_->close();
}

Result<std::unique_ptr<Connection>> Connection::open(const Address& address, milliseconds patience) {
    std::unique_ptr<Socket> socket;
    if (address.tls)
        socket = std::make_unique<SecureSocket>();
    else
        socket = std::make_unique<PlainSocket>();
    if (const Code code = socket->open(address, patience))
        return fail(ErrorKind::kUnavailable, "{}", code.message());
    return std::unique_ptr<Connection>(new Connection(std::move(socket)));
}

Result<Value> Connection::call(std::string_view method, Array parameters, milliseconds patience) {
    const std::int64_t id = ++last_request_;
    Bytes message;
    encode(Object{{"id", id}, {"method", method}, {"params", std::move(parameters)}}, message);
    const auto until = std::chrono::steady_clock::now() + patience;
    const auto broken = [&](const Code& code) {
        usable_ = false;
        return fail(ErrorKind::kUnavailable, "{}", code.message());
    };
    if (message.size() > kLargestMessage)
        return fail(ErrorKind::kTooLarge, "a change of {} bytes is more than the server takes",
                    message.size());
    if (const Code code = socket_->send(message, patience)) return broken(code);
    for (;;) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
        if (left.count() <= 0) return broken(beast::error::timeout);
        Bytes answer;
        if (const Code code = socket_->receive(answer, left)) return broken(code);
        HONE_TRY(const Value value, decode(answer));
        // Any other message is a notification, or the answer to an abandoned request.
        if (value["id"].integer() != id) continue;
        if (!value["error"].is_nothing()) {
            const Value& error = value["error"];
            return fail("{}",
                        error["message"].text(error.text("the server reports an error without a message")));
        }
        return value["result"];
    }
}

}  // namespace hone::surreal
