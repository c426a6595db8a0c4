// The numbers of /metrics, in Prometheus' text format. Names follow Prometheus' conventions; no label holds
// what a person searches, a name or a path.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.hpp"
#include "ingest/indexer.hpp"

namespace hone {

// What holds at the moment of asking.
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

    void searched(double seconds);
    std::string text(const MetricsState& state);

  private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace hone
