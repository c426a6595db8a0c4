// SPDX-License-Identifier: GPL-3.0-or-later
// A SurrealDB server for one test (engine.mjs), or the one in HONE_TEST_SURREALDB.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "base/config.hpp"
#include "base/sha256.hpp"
#include "catalog/surrealdb/surreal_catalog.hpp"
#include "tests/contract/needs.hpp"

namespace hone::test {

class Engine {
  public:
    // storage: mem:// or rocksdb://FOLDER. Not running when it could not be started: see problem().
    explicit Engine(std::string storage = "mem://") : storage_(std::move(storage)) { start(); }
    ~Engine() { kill(); }
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Starts it again on the same port. largest_file: bytes, as on an almost full disk; 0: no limit.
    void start(rlim_t largest_file = 0) {
        int out[2];
        if (::pipe2(out, O_CLOEXEC) != 0) return;
        const std::string script = std::string(HONE_SOURCE_DIR) + "/tests/contract/surrealdb/engine.mjs";
        const std::string port = std::to_string(port_);
        child_ = ::fork();
        if (child_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (const rlimit limit{largest_file, largest_file}; largest_file != 0)
                ::setrlimit(RLIMIT_FSIZE, &limit);
            ::dup2(out[1], 1);
            const int nothing = ::open("/dev/null", O_RDWR);
            ::dup2(nothing, 0);
            ::dup2(nothing, 2);
            ::execlp("node", "node", script.c_str(), "--storage", storage_.c_str(), "--port", port.c_str(),
                     nullptr);
            ::_exit(127);
        }
        ::close(out[1]);
        std::string line;
        for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';) line += c;
        ::close(out[0]);
        if (line.starts_with("ready "))
            port_ = std::stoi(line.substr(6));
        else
            problem_ = "the engine does not start (node, and deps/surrealdb of script/bootstrap, are needed)";
    }
    // kill -9.
    void kill() {
        if (child_ <= 0) return;
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
        child_ = -1;
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }
    [[nodiscard]] surreal::Address address(const std::string& database) const {
        surreal::Address address;
        address.host = "127.0.0.1";
        address.port = static_cast<std::uint16_t>(port_);
        address.user = address.password = "root";
        address.name_space = "hone_test";
        address.database = database;
        return address;
    }

  private:
    const std::string storage_;
    std::string problem_;
    pid_t child_ = -1;
    int port_ = 0;
};

// One engine for all tests of a process, with a separate database per name.
inline Result<surreal::Address> server_database(const std::string& name) {
    const std::string database = "t" + to_hex(sha256(name)).substr(0, 20);
    if (const auto named = environment("HONE_TEST_SURREALDB")) {
        HONE_TRY(surreal::Address address, surreal::parse_address(*named));
        address.database = database;
        return address;
    }
    static Engine engine;
    if (!engine.problem().empty()) return fail("{}", engine.problem());
    return engine.address(database);
}

inline Result<std::unique_ptr<Catalog>> open_on_server(const fs::path& folder, bool writable) {
    HONE_TRY(const surreal::Address address, server_database(folder.native()));
    return open_surreal_catalog(address, folder, writable);
}

}  // namespace hone::test

// Ends the test, with the reason, where there is no engine (HONE_SKIP).
#define HONE_NEEDS_ENGINE()                                                 \
    if (const auto engine = hone::test::server_database("none"); !engine) { \
        HONE_SKIP(engine.error().message);                                  \
    }
