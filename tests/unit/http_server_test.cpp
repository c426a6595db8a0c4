// The server alone, over a real socket; tests/e2e/test_http.py speaks to all of Hone.
#include "server/http_server.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "server/events.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Client {
  public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    void send(std::string_view text) {
        EXPECT_EQ(::send(socket_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    }
    // What comes until the server closes, or until `end` has come.
    std::string receive(std::string_view end = "") {
        std::string text;
        char bytes[4096];
        while (end.empty() || text.find(end) == std::string::npos) {
            const ssize_t count = ::recv(socket_.get(), bytes, sizeof bytes, 0);
            if (count <= 0) break;
            text.append(bytes, static_cast<std::size_t>(count));
        }
        return text;
    }

  private:
    FileDescriptor socket_;
};

std::unique_ptr<HttpServer> serve(HttpServer::Handler handler) {
    HttpOptions options;
    options.port = 0;
    auto server = HttpServer::bind(std::move(options), std::move(handler));
    EXPECT_TRUE(server);
    return std::move(*server);
}

TEST(HttpServer, AnswersHeadOfAFileWithoutTheFile) {
    const test::TemporaryFolder folder;
    const fs::path file = folder.write("photo", "the bytes");
    const auto server = serve([&](const HttpRequest&) { return HttpResponse{200, {}, "", file, {}}; });
    const std::jthread running([&] { server->run(); });
    Client client(server->port());
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.receive("\r\n\r\n"), HasSubstr("Content-Length: 9\r\n"));
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string second = client.receive();
    EXPECT_THAT(second, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(second, HasSubstr("\r\n\r\nthe bytes"));
    server->stop();
}

TEST(HttpServer, HasNoHandlerRunningOnceItHasStopped) {
    std::atomic<bool> began = false, ended = false;
    const auto server = serve([&](const HttpRequest&) {
        began = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        ended = true;
        return HttpResponse{};
    });
    std::jthread running([&] { server->run(); });
    Client client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    while (!began) std::this_thread::yield();
    server->stop();
    running.join();
    EXPECT_TRUE(ended);
}

TEST(HttpServer, StopsWhileSomebodyListensToEvents) {
    EventHub hub;
    {
        const auto server = serve([&](const HttpRequest&) {
            HttpResponse response;
            response.events = [&](std::shared_ptr<EventStream> stream) { hub.add(std::move(stream), {}); };
            return response;
        });
        std::jthread running([&] { server->run(); });
        Client client(server->port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        while (hub.listeners() == 0) std::this_thread::yield();
        hub.publish("greeting", "hello", "hello");
        EXPECT_THAT(client.receive("hello"), HasSubstr("event: greeting\ndata: \"hello\"\n\n"));
        server->stop();
        running.join();
        hub.clear();
    }
    EXPECT_EQ(hub.listeners(), 0U);
}

}  // namespace
}  // namespace hone
