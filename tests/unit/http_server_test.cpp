// SPDX-License-Identifier: GPL-3.0-or-later
// The server alone, over a real socket; tests/e2e/test_http.py tests all of Hone.
#include "server/http_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
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
    explicit Client(std::uint16_t port, const char* from = "127.0.0.1")
        : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        EXPECT_EQ(::inet_pton(AF_INET, from, &address.sin_addr), 1);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    void send(std::string_view text) {
        EXPECT_EQ(::send(socket_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    }
    // Returns false when the server has closed the connection.
    bool try_send(std::string_view text) {
        return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size());
    }
    // Receives until the server closes, or until `end` arrives.
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

std::unique_ptr<HttpServer> serve(HttpServer::Handler handler, HttpOptions options = {}) {
    options.port = 0;
    auto server = HttpServer::bind(std::move(options), std::move(handler));
    EXPECT_TRUE(server);
    return std::move(*server);
}

// Waits for the condition; the test runner ends a test that waits for ever.
template <typename Condition>
void wait_until(Condition condition) {
    while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

HttpResponse file_response(const fs::path& path) {
    HttpResponse response;
    response.file = {share_descriptor(FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC))),
                     fs::file_size(path), "drive"};
    return response;
}

TEST(HttpServer, AnswersHeadOfAFileWithoutTheFile) {
    const test::TemporaryFolder folder;
    const fs::path file = folder.write("photo", "the bytes");
    const auto server = serve([&](const HttpRequest&) { return file_response(file); });
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
            response.events = [&](std::shared_ptr<EventStream> stream) {
                hub.add(std::move(stream), {Role::kOwner, {}});
            };
            return response;
        });
        std::jthread running([&] { server->run(); });
        Client client(server->port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        while (hub.listeners() == 0) std::this_thread::yield();
        hub.publish("greeting", {"Greeting", {{"text", "hello"}}});
        EXPECT_THAT(client.receive("hello"), HasSubstr("event: greeting\ndata: {\"text\":\"hello\"}\n\n"));
        server->stop();
        running.join();
        hub.clear();
    }
    EXPECT_EQ(hub.listeners(), 0U);
}

TEST(HttpServer, TellsTheHandlerWhenTheClientHasLeft) {
    std::atomic<bool> began = false, told = false;
    const auto server = serve([&](const HttpRequest& request) {
        began = true;
        wait_until([&] { return request.gone.stop_requested(); });
        told = true;
        return HttpResponse{};
    });
    const std::jthread running([&] { server->run(); });
    {
        Client client(server->port());
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nand more that nobody reads before the answer");
        wait_until([&] { return began.load(); });
    }
    wait_until([&] { return told.load(); });
    server->stop();
}

TEST(HttpServer, DoesNotBeginWhatNobodyWaitsForAnyMore) {
    std::atomic<int> begun = 0;
    std::atomic<bool> go_on = false;
    HttpOptions options;
    options.workers = 1;
    const auto server = serve(
        [&](const HttpRequest&) {
            ++begun;
            wait_until([&] { return go_on.load(); });
            return HttpResponse{};
        },
        std::move(options));
    const std::jthread running([&] { server->run(); });
    Client first(server->port());
    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until([&] { return begun == 1; });
    {
        Client second(server->port());  // waits behind the first, then leaves
        second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        wait_until([&] { return server->connections() == 2; });
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    go_on = true;
    EXPECT_THAT(first.receive("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    wait_until([&] { return server->connections() == 1; });
    EXPECT_EQ(begun, 1);
    server->stop();
}

TEST(HttpServer, TellsTheHandlerWhenItsTimeIsOver) {
    HttpOptions options;
    options.answer = std::chrono::seconds(1);
    const auto server = serve(
        [&](const HttpRequest& request) {
            wait_until([&] { return request.gone.stop_requested(); });
            return problem(503, "too long");
        },
        std::move(options));
    const std::jthread running([&] { server->run(); });
    Client client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.receive(), HasSubstr("Too long"));
    server->stop();
}

TEST(HttpServer, EndsSlowClients) {
    HttpOptions options;
    options.idle = options.transfer = std::chrono::seconds(1);
    std::atomic<int> handled = 0;
    const auto server = serve(
        [&](const HttpRequest&) {
            ++handled;
            return HttpResponse{200, {}, std::string(32 << 20, 'x')};
        },
        std::move(options));
    const std::jthread running([&] { server->run(); });
    // A header and a body that arrive byte by byte, for as long as the server accepts them.
    for (const char* begin : {"GET / HTTP/1.1\r\nHost: x\r\nX: ",
                              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"}) {
        Client client(server->port());
        client.send(begin);
        while (client.try_send("a")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(handled, 0);
    // A response that the client does not read.
    Client client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until([&] { return handled == 1; });
    wait_until([&] { return server->connections() == 0; });
    server->stop();
}

TEST(HttpServer, LimitsTheConnectionsOfOneClient) {
    HttpOptions options;
    options.connections_of_client = 2;
    options.client_of = [](const std::string& peer) { return peer; };
    const auto server = serve([](const HttpRequest&) { return HttpResponse{}; }, std::move(options));
    const std::jthread running([&] { server->run(); });
    constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    {
        Client first(server->port()), second(server->port());
        for (Client* client : {&first, &second}) {
            client->send(kRequest);
            EXPECT_THAT(client->receive("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
        }
        Client third(server->port());
        EXPECT_EQ(third.receive(), "");
        Client other(server->port(), "127.0.0.2");  // another client is not affected
        other.send(kRequest);
        EXPECT_THAT(other.receive("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    }
    wait_until([&] { return server->connections() == 0; });
    Client again(server->port());
    again.send(kRequest);
    EXPECT_THAT(again.receive("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    server->stop();
}

TEST(HttpServer, SendsThePartOfAFileThatIsAskedFor) {
    const test::TemporaryFolder folder;
    std::string bytes(300'000, ' ');  // more than one read
    for (std::size_t at = 0; at < bytes.size(); ++at) bytes[at] = static_cast<char>('a' + at % 23);
    const fs::path file = folder.write("photo", bytes);
    const fs::path empty = folder.write("empty", "");
    const auto server = serve([&](const HttpRequest& request) {
        HttpResponse response = file_response(request.path == "/empty" ? empty : file);
        response.headers.emplace_back("ETag", "\"tag\"");
        return response;
    });
    const std::jthread running([&] { server->run(); });
    const auto answer = [&](const std::string& headers, const std::string& path = "/") {
        Client client(server->port());
        client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n");
        return client.receive();
    };
    const auto body = [](const std::string& text) { return text.substr(text.find("\r\n\r\n") + 4); };
    EXPECT_EQ(body(answer("")), bytes);
    EXPECT_THAT(answer(""), HasSubstr("Accept-Ranges: bytes\r\n"));
    struct Case {
        const char* range;
        std::size_t first, count;
    };
    for (const auto& [range, first, count] :
         {Case{"bytes=0-0", 0, 1}, Case{"bytes=5-9", 5, 5}, Case{"BYTES=299990-", 299'990, 10},
          Case{"bytes=-7", 299'993, 7}, Case{"bytes=10-999999", 10, 299'990},
          Case{"bytes=-999999", 0, 300'000}, Case{"bytes=7-99999999999999999999999", 7, 299'993}}) {
        const std::string part = answer(std::string("Range: ") + range + "\r\n");
        EXPECT_THAT(part, StartsWith("HTTP/1.1 206")) << range;
        EXPECT_THAT(
            part, HasSubstr(fmt::format("Content-Range: bytes {}-{}/300000\r\n", first, first + count - 1)));
        EXPECT_THAT(part, HasSubstr(fmt::format("Content-Length: {}\r\n", count)));
        EXPECT_EQ(body(part), bytes.substr(first, count)) << range;
    }
    for (const char* outside : {"bytes=300000-", "bytes=-0", "bytes=99999999999999999999999-"}) {
        const std::string refused = answer(std::string("Range: ") + outside + "\r\n");
        EXPECT_THAT(refused, StartsWith("HTTP/1.1 416")) << outside;
        EXPECT_THAT(refused, HasSubstr("Content-Range: bytes */300000\r\n"));
    }
    for (const char* whole : {"bytes=9-5", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,5-6", "bytes=+1-2",
                              "lines=1-2", "bytes=1", "bytes=1 -2"})
        EXPECT_EQ(body(answer(std::string("Range: ") + whole + "\r\n")), bytes) << whole;
    EXPECT_THAT(answer("Range: bytes=1-2\r\nIf-Range: \"tag\"\r\n"), StartsWith("HTTP/1.1 206"));
    EXPECT_THAT(answer("Range: bytes=1-2\r\nIf-Range: \"other\"\r\n"), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(body(answer("", "/empty")), "");
    EXPECT_THAT(answer("Range: bytes=0-\r\n", "/empty"), StartsWith("HTTP/1.1 416"));
    server->stop();
}

TEST(HttpServer, EndsTheConnectionWhenAFileIsShorterThanAnnounced) {
    const test::TemporaryFolder folder;
    const fs::path file = folder.write("photo", "the bytes");
    const auto server = serve([&](const HttpRequest&) {
        HttpResponse response = file_response(file);
        response.file.size = 100;
        return response;
    });
    const std::jthread running([&] { server->run(); });
    Client client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string text = client.receive();
    EXPECT_THAT(text, HasSubstr("Content-Length: 100\r\n"));
    EXPECT_THAT(text, testing::EndsWith("\r\n\r\nthe bytes"));
    server->stop();
}

TEST(HttpServer, RefusesARequestBeforeItReadsTheBody) {
    std::atomic<int> handled = 0;
    HttpOptions options;
    options.admit = [](const HttpRequest& request) -> std::optional<HttpResponse> {
        EXPECT_EQ(request.body, "");
        if (request.header("authorization") == "yes") return std::nullopt;
        HttpResponse refused = problem(401, "sign in first");
        refused.headers.emplace_back("WWW-Authenticate", "Bearer");
        return refused;
    };
    const auto server = serve(
        [&](const HttpRequest& request) {
            ++handled;
            return HttpResponse{200, {}, "got " + request.body};
        },
        std::move(options));
    const std::jthread running([&] { server->run(); });
    // The body never arrives. The answer comes nevertheless, and no invitation to send the body.
    for (const char* body : {"Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n",
                             "Content-Length: 1000\r\nExpect: 100-continue\r\n"}) {
        Client client(server->port());
        client.send(std::string("POST / HTTP/1.1\r\nHost: x\r\n") + body + "\r\n");
        const std::string text = client.receive("Sign in first");
        EXPECT_THAT(text, StartsWith("HTTP/1.1 401")) << body;
        EXPECT_THAT(text, HasSubstr("WWW-Authenticate: Bearer\r\n"));
    }
    EXPECT_EQ(handled, 0);
    Client client(server->port());
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: yes\r\nContent-Length: 3\r\nExpect: "
        "100-continue\r\n\r\n");
    EXPECT_THAT(client.receive("\r\n\r\n"), StartsWith("HTTP/1.1 100"));
    client.send("abc");
    EXPECT_THAT(client.receive("got abc"), StartsWith("HTTP/1.1 200"));
    server->stop();
}

TEST(HttpServer, AnswersAProbeWhileAllWorkersAreBusy) {
    std::atomic<bool> go_on = false;
    std::atomic<int> begun = 0;
    HttpOptions options;
    options.workers = 2;
    options.answer_at_once = [](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.path != "/healthz") return std::nullopt;
        return HttpResponse{200, {}, "ok"};
    };
    const auto server = serve(
        [&](const HttpRequest&) {
            ++begun;
            wait_until([&] { return go_on.load(); });
            return HttpResponse{};
        },
        std::move(options));
    const std::jthread running([&] { server->run(); });
    Client first(server->port()), second(server->port());
    for (Client* client : {&first, &second}) client->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until([&] { return begun == 2; });
    Client probe(server->port());
    for (int again = 0; again < 2; ++again) {
        probe.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_THAT(probe.receive("\r\n\r\nok"), StartsWith("HTTP/1.1 200"));
    }
    go_on = true;
    EXPECT_THAT(first.receive("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    server->stop();
}

// A call that hangs like a dead drive until it is released. Outlives the test, as its thread may.
struct HangingCall {
    std::atomic<bool> released = false;
    std::atomic<int> begun = 0;
    void operator()(Heartbeat&) {
        ++begun;
        wait_until([this] { return released.load(); });
    }
};

TEST(HttpServer, WorksForOtherDrivesWhileOneHangs) {
    const auto hanging = std::make_shared<HangingCall>();
    HttpOptions options;
    options.workers = 1;
    options.drives = {3, 2, 0, std::chrono::hours(1)};
    std::atomic<bool> answered = false;
    const auto server = serve(
        [&](const HttpRequest& request) {
            HttpResponse response;
            response.work = {request.path, [&, hanging, path = request.path](BlockingCalls& calls) {
                                 if (path != "/dead") return HttpResponse{200, {}, "from " + path};
                                 answered =
                                     calls.run([hanging](Heartbeat& heartbeat) { (*hanging)(heartbeat); });
                                 return problem(503, "no answer");
                             }};
            return response;
        },
        std::move(options));
    std::jthread running([&] { server->run(); });
    const auto ask = [&](const std::string& path) {
        auto client = std::make_unique<Client>(server->port());
        client->send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        return client;
    };
    // Two are in the drive, the third is refused.
    const auto first = ask("/dead"), second = ask("/dead");
    wait_until([&] { return hanging->begun == 2; });
    EXPECT_THAT(ask("/dead")->receive(), HasSubstr("Too many requests wait"));
    EXPECT_THAT(ask("/good")->receive(), HasSubstr("from /good"));
    server->stop();
    running.join();  // does not wait for the drive
    EXPECT_FALSE(answered);
    EXPECT_EQ(hanging->begun, 2);
    hanging->released = true;
}

}  // namespace
}  // namespace hone
