// Claims as records on the server: hone_claim:KEY {key, holder, until}. The server's clock alone decides when
// one runs out, so the clocks of the processes do not matter.
#pragma once

#include <condition_variable>
#include <functional>
#include <set>
#include <thread>

#include "catalog/leases.hpp"
#include "catalog/surrealdb/client.hpp"

namespace hone::surreal {

class SurrealLeases final : public Leases {
  public:
    // catch_up: makes the catalogue show what is on the server.
    SurrealLeases(const Address& address, const Patience& patience, std::function<Result<>()> catch_up);
    // Releases what is held.
    ~SurrealLeases() override;

    Result<std::vector<bool>> take(std::span<const std::string> keys) override;
    void release(std::span<const std::string> keys) override;

  private:
    // Those of the keys that the server now has as ours.
    Result<std::set<std::string>> ask(std::span<const std::string> keys);
    void renew(const std::stop_token& stop);
    [[nodiscard]] Object named(std::span<const std::string> keys) const;

    Client client_;
    const std::string holder_, lease_;
    const std::chrono::milliseconds renewal_;
    const std::function<Result<>()> catch_up_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable_any wake_;
    std::set<std::string> held_, asked_;  // asked_: on the way to the server
    std::jthread renewer_;                // from the first claim on
};

}  // namespace hone::surreal
