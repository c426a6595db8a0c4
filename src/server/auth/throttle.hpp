// Slows down whoever guesses passwords. In memory: a restart forgets it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace hone {

// Safe from any thread. Times are seconds since 1970 and come with each call.
class Throttle {
  public:
    // An address: five guesses at once, then a wait that doubles up to 15 minutes. A user: ten, then up to
    // one minute only, so that a stranger cannot lock anybody out for long.
    static constexpr int kFreePerAddress = 5, kFreePerUser = 10;
    static constexpr std::int64_t kLongestForAddress = 15 * 60, kLongestForUser = 60;
    static constexpr std::int64_t kForgottenAfter = 60 * 60;
    static constexpr std::size_t kMostEntries = 10'000;

    // Before a guess is looked at; it counts as wrong until succeeded() is called, so that guesses sent side
    // by side count as well. Gives the seconds to wait when it must not be looked at.
    std::optional<std::int64_t> begin(const std::string& user, const std::string& address, std::int64_t now);
    // The guess was right: it does not count for the address, and the user starts anew.
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
