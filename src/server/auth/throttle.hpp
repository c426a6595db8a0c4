// SPDX-License-Identifier: GPL-3.0-or-later
// Slows down password guessing. In memory only: a restart forgets everything.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace hone {

// Safe from any thread. Times are seconds since 1970 and are passed with each call.
class Throttle {
  public:
    // Per address: five guesses at once, then a wait that doubles up to 15 minutes. Per user: ten, then a
    // wait of at most one minute, so a stranger cannot lock out a user for long.
    static constexpr int kFreePerAddress = 5, kFreePerUser = 10;
    static constexpr std::int64_t kLongestForAddress = 15 * 60, kLongestForUser = 60;
    static constexpr std::int64_t kForgottenAfter = 60 * 60;
    static constexpr std::size_t kMostEntries = 10'000;

    // Call it before a guess is checked. The guess counts as wrong until succeeded() is called, so concurrent
    // guesses count too. Returns the seconds to wait when the guess must not be checked, else std::nullopt.
    std::optional<std::int64_t> begin(const std::string& user, const std::string& address, std::int64_t now);
    // The guess was right: it no longer counts for the address, and the user starts at zero.
    void succeeded(const std::string& user, const std::string& address);

  private:
    struct Entry {
        int guesses = 0;
        std::int64_t last = 0, wait_until = 0;
    };
    using Entries = std::map<std::string, Entry>;
    static void count(Entries& entries, const std::string& key, int free, std::int64_t longest,
                      std::int64_t now);

    std::mutex mutex_;
    Entries users_, addresses_;
};

}  // namespace hone
