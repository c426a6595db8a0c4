// SPDX-License-Identifier: GPL-3.0-or-later
// Leases as records on the server: hone_claim:KEY {key, holder, until}. Only the server's clock decides when
// a lease expires, so the clocks of the processes do not matter.
#pragma once

#include <condition_variable>
#include <functional>
#include <set>
#include <thread>

#include "catalog/leases.hpp"
#include "catalog/surrealdb/client.hpp"

namespace hone::surreal {

// Safe from any thread.
class SurrealLeases final : public Leases {
  public:
    // catch_up: brings the replica up to date with the server.
    SurrealLeases(const Address& address, const Patience& patience, std::function<Result<>()> catch_up);
    // Releases all leases.
    ~SurrealLeases() override;

    Result<std::vector<bool>> take(std::span<const std::string> keys) override;
    void release(std::span<const std::string> keys) override;

  private:
    // Returns those of the keys that this process now holds on the server.
    Result<std::set<std::string>> ask(std::span<const std::string> keys);
    void renew(const std::stop_token& stop);
    [[nodiscard]] Object named(std::span<const std::string> keys) const;

    Client client_;
    const std::string holder_, lease_;
    const std::chrono::milliseconds renewal_;
    const std::function<Result<>()> catch_up_;
    std::mutex mutex_;  // guards the members below
    std::condition_variable_any wake_;
    std::set<std::string> held_, asked_;  // asked_: requested, without an answer yet
    std::jthread renewer_;                // started with the first lease
};

}  // namespace hone::surreal
