// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers of /metrics in Prometheus' text format, named by its conventions. No label contains a search
// text, a name or a path.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.hpp"
#include "ingest/indexer.hpp"

namespace hone {

// The values at the time of the request.
struct MetricsState {
    Counts counts;
    std::size_t searchable = 0, event_listeners = 0, connections = 0;
    std::uint64_t scans = 0;
    IndexProgress progress;
    bool ready = false;
};

// Safe from any thread.
class Metrics {
  public:
    explicit Metrics(const std::string& version);
    ~Metrics();

    // Counts a request as running while the value lives. The Metrics must outlive it.
    [[nodiscard]] std::shared_ptr<void> running();
    // Counts one search. seconds: its duration.
    void searched(double seconds);
    // Returns the page of /metrics.
    std::string text(const MetricsState& state);

  private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace hone
