// SPDX-License-Identifier: GPL-3.0-or-later
// Takes, renews and releases leases on the server.
#include "catalog/surrealdb/surreal_leases.hpp"

#include "base/log.hpp"
#include "catalog/surrealdb/schema.hpp"

namespace hone::surreal {

namespace {

// Removes leases of processes that never returned.
constexpr const char* kForget = "DELETE hone_claim WHERE until < time::now() - 1d RETURN NONE";

// Keeps existing rows, and takes over those that have expired. Both happen in one transaction, so two
// processes that ask at once conflict, and one of them asks again.
constexpr const char* kTake =
    "BEGIN;\n"
    "INSERT IGNORE INTO hone_claim $rows RETURN NONE;\n"
    "UPDATE $ids SET holder = $holder, until = time::now() + <duration>$lease\n"
    "  WHERE holder = $holder OR until < time::now() RETURN NONE;\n"
    "SELECT * FROM $ids;\n"
    "COMMIT;";
constexpr const char* kRenew =
    "UPDATE $ids SET until = time::now() + <duration>$lease WHERE holder = $holder RETURN AFTER";
constexpr const char* kRelease = "DELETE $ids WHERE holder = $holder RETURN NONE";

}  // namespace

SurrealLeases::SurrealLeases(const Address& address, const Patience& patience,
                             std::function<Result<>()> catch_up)
    : client_(address, patience),
      holder_(random_name()),
      lease_(fmt::format("{}ms", patience.lease.count())),
      renewal_(patience.lease / 3),
      catch_up_(std::move(catch_up)) {}

SurrealLeases::~SurrealLeases() {
    client_.stop();
    renewer_ = {};
    const std::vector<std::string> left(held_.begin(), held_.end());
    release(left);
}

Object SurrealLeases::named(std::span<const std::string> keys) const {
    Array ids;
    for (const std::string& key : keys) ids.emplace_back(RecordId{"hone_claim", key});
    return {{"ids", std::move(ids)}, {"holder", holder_}, {"lease", lease_}};
}

Result<std::vector<bool>> SurrealLeases::take(std::span<const std::string> keys) {
    std::vector<std::string> wanted;
    {
        const std::lock_guard lock(mutex_);
        for (const std::string& key : keys)
            if (!held_.contains(key) && asked_.insert(key).second) wanted.push_back(key);
        if (!renewer_.joinable()) {
            renewer_ = std::jthread([this](const std::stop_token& stop) { renew(stop); });
        }
    }
    const auto asked = wanted.empty() ? Result<std::set<std::string>>() : ask(wanted);
    std::set<std::string> taken = asked.value_or(std::set<std::string>());
    {
        const std::lock_guard lock(mutex_);
        for (const std::string& key : wanted) asked_.erase(key);
        held_.insert(taken.begin(), taken.end());
    }
    if (!asked) return std::unexpected(asked.error());
    if (!taken.empty()) {
        if (const auto caught_up = catch_up_(); !caught_up) {
            release(wanted);
            return std::unexpected(caught_up.error());
        }
    }
    std::vector<bool> granted;
    for (const std::string& key : keys) granted.push_back(taken.erase(key) > 0);
    return granted;
}

Result<std::set<std::string>> SurrealLeases::ask(std::span<const std::string> keys) {
    Array rows;
    for (const std::string& key : keys)
        rows.emplace_back(Object{{"id", RecordId{"hone_claim", key}}, {"key", key}, {"holder", holder_}});
    Object variables = named(keys);
    variables.emplace_back("rows", std::move(rows));
    HONE_TRY(const Array results, client_.query(kTake, variables));
    std::set<std::string> ours;
    for (const Value& result : results) {
        for (const Value& lease : result.items())
            if (lease["holder"].text() == holder_) ours.insert(lease["key"].text());
    }
    return ours;
}

void SurrealLeases::release(std::span<const std::string> keys) {
    std::vector<std::string> mine;
    {
        const std::lock_guard lock(mutex_);
        for (const std::string& key : keys)
            if (held_.erase(key) > 0) mine.push_back(key);
    }
    if (mine.empty()) return;
    if (const auto released = client_.query_once(kRelease, named(mine)); !released)
        log::debug("{}; its leases expire", released.error().message);
}

void SurrealLeases::renew(const std::stop_token& stop) {
    if (const auto forgotten = client_.query_once(kForget); !forgotten)
        log::debug("{}; expired leases of others stay for now", forgotten.error().message);
    for (;;) {
        std::vector<std::string> keys;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, renewal_, [] { return false; });
            if (stop.stop_requested()) return;
            keys.assign(held_.begin(), held_.end());
        }
        if (keys.empty()) continue;
        const auto renewed = client_.query_once(kRenew, named(keys));
        if (!renewed) {
            log::debug("leases cannot be renewed: {}", renewed.error().message);
            continue;
        }
        // No longer ours: this process was unavailable for longer than its lease. Its work continues, because
        // writing a result twice is harmless.
        std::set<std::string> kept;
        for (const Value& lease : renewed->empty() ? std::span<const Value>() : renewed->front().items())
            kept.insert(lease["key"].text());
        const std::lock_guard lock(mutex_);
        for (const std::string& key : keys)
            if (!kept.contains(key)) held_.erase(key);
    }
}

}  // namespace hone::surreal
