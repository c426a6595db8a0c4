// SPDX-License-Identifier: GPL-3.0-or-later
// Counts guesses per user and per address.
#include "server/auth/throttle.hpp"

#include <algorithm>

namespace hone {

std::optional<std::int64_t> Throttle::begin(const std::string& user, const std::string& address,
                                            std::int64_t now) {
    const std::lock_guard lock(mutex_);
    std::int64_t wait = 0;
    for (const auto& [entries, key] : {std::pair{&users_, &user}, std::pair{&addresses_, &address}}) {
        if (const auto known = entries->find(*key); known != entries->end())
            wait = std::max(wait, known->second.wait_until - now);
    }
    if (wait > 0) return wait;
    count(users_, user, kFreePerUser, kLongestForUser, now);
    count(addresses_, address, kFreePerAddress, kLongestForAddress, now);
    return std::nullopt;
}

void Throttle::succeeded(const std::string& user, const std::string& address) {
    const std::lock_guard lock(mutex_);
    users_.erase(user);
    const auto known = addresses_.find(address);
    if (known == addresses_.end()) return;
    // Not erased: otherwise a user with an account could guess at other accounts without limit.
    known->second.wait_until = 0;
    if (--known->second.guesses == 0) addresses_.erase(known);
}

void Throttle::count(Entries& entries, const std::string& key, int free, std::int64_t longest,
                     std::int64_t now) {
    if (entries.size() >= kMostEntries && !entries.contains(key)) {
        std::erase_if(entries, [&](const auto& known) { return now - known.second.last > kForgottenAfter; });
        if (entries.size() >= kMostEntries) {
            entries.erase(
                std::ranges::min_element(entries, {}, [](const auto& known) { return known.second.last; }));
        }
    }
    Entry& entry = entries[key];
    if (now - entry.last > kForgottenAfter) entry = {};
    entry.last = now;
    ++entry.guesses;
    if (entry.guesses >= free) {
        const int doublings = std::min(entry.guesses - free, 20);
        entry.wait_until = now + std::min(longest, std::int64_t{1} << doublings);
    }
}

}  // namespace hone
