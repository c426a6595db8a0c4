// SPDX-License-Identifier: GPL-3.0-or-later
// The metric families and their values.
#include "server/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <mutex>

#include "catalog/sqlite/statement_counts.hpp"

namespace hone {

namespace {

using prometheus::Gauge;
using prometheus::Registry;

// Seconds; a scan takes under a millisecond for 10,000 photos, a second for millions.
const prometheus::Histogram::BucketBoundaries kSearchBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                                0.1,   0.25,   0.5,   1,    2.5,   10};

constexpr std::array<std::pair<IndexState, const char*>, 4> kStates = {{{IndexState::kIdle, "idle"},
                                                                        {IndexState::kCounting, "counting"},
                                                                        {IndexState::kRunning, "running"},
                                                                        {IndexState::kPaused, "paused"}}};

Gauge& gauge(Registry& registry, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

double resident_bytes() {
    // The second number of statm is the resident pages (proc(5)).
    const auto statm = read_text("/proc/self/statm", 4096);
    if (!statm) return 0;
    const std::size_t space = statm->find(' ');
    std::uint64_t pages = 0;
    if (space != std::string::npos)
        std::from_chars(statm->data() + space + 1, statm->data() + statm->size(), pages);
    return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double processor_seconds() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double open_descriptors() {
    std::error_code error;
    double count = -1;  // excludes the descriptor of this listing
    for (fs::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error))
        ++count;
    return std::max(0.0, count);
}

}  // namespace

struct Metrics::Families {
    Registry registry;
    Gauge& photos = gauge(registry, "hone_photos", "Photos with at least one available file.");
    Gauge& searchable = gauge(registry, "hone_photos_searchable", "Photos that a search can find.");
    Gauge& failed = gauge(registry, "hone_files_failed", "Files that failed.");
    prometheus::Family<Gauge>& skipped = prometheus::BuildGauge()
                                             .Name("hone_files_skipped")
                                             .Help("Skipped files, by reason.")
                                             .Register(registry);
    prometheus::Family<Gauge>& state = prometheus::BuildGauge()
                                           .Name("hone_scan_state")
                                           .Help("1 for the current state of indexing.")
                                           .Register(registry);
    Gauge& scan_done = gauge(registry, "hone_scan_files_done", "Files that the current scan has handled.");
    Gauge& scan_total = gauge(registry, "hone_scan_files", "Files of the current scan.");
    prometheus::Counter& scans = prometheus::BuildCounter()
                                     .Name("hone_scans_total")
                                     .Help("Finished scans.")
                                     .Register(registry)
                                     .Add({});
    prometheus::Histogram& search_seconds = prometheus::BuildHistogram()
                                                .Name("hone_search_duration_seconds")
                                                .Help("Time per search in the engine.")
                                                .Register(registry)
                                                .Add({}, kSearchBuckets);
    prometheus::Counter& statements = prometheus::BuildCounter()
                                          .Name("hone_catalog_statements_total")
                                          .Help("Statements that the catalogue's SQLite has run.")
                                          .Register(registry)
                                          .Add({});
    prometheus::Counter& steps = prometheus::BuildCounter()
                                     .Name("hone_catalog_steps_total")
                                     .Help("Steps of SQLite's virtual machine, a few per row.")
                                     .Register(registry)
                                     .Add({});
    Gauge& running =
        gauge(registry, "hone_requests_running", "Requests that workers are answering, this one included.");
    Gauge& connections = gauge(registry, "hone_http_connections", "Open connections.");
    Gauge& listeners = gauge(registry, "hone_event_listeners", "Clients that listen to events.");
    Gauge& ready = gauge(registry, "hone_ready", "1 if /readyz answers ready.");
    Gauge& memory = gauge(registry, "process_resident_memory_bytes", "Resident memory size in bytes.");
    Gauge& descriptors = gauge(registry, "process_open_fds", "Number of open file descriptors.");
    prometheus::Counter& processor = prometheus::BuildCounter()
                                         .Name("process_cpu_seconds_total")
                                         .Help("Total user and system CPU time spent in seconds.")
                                         .Register(registry)
                                         .Add({});
    std::mutex filling;
};

Metrics::Metrics(const std::string& version) : families_(std::make_unique<Families>()) {
    prometheus::BuildGauge()
        .Name("hone_build_info")
        .Help("1; the version is its label.")
        .Register(families_->registry)
        .Add({{"version", version}})
        .Set(1);
}

Metrics::~Metrics() = default;

std::shared_ptr<void> Metrics::running() {
    Gauge& running = families_->running;
    running.Increment();
    return {&running, [](Gauge* gauge) { gauge->Decrement(); }};
}

void Metrics::searched(double seconds) {
    families_->search_seconds.Observe(seconds);
}

std::string Metrics::text(const MetricsState& state) {
    Families& all = *families_;
    const std::lock_guard lock(all.filling);
    all.photos.Set(static_cast<double>(state.counts.photos));
    all.searchable.Set(static_cast<double>(state.searchable));
    all.failed.Set(static_cast<double>(state.counts.failed));
    for (const auto& [reason, files] : state.counts.skipped)
        all.skipped.Add({{"reason", reason}}).Set(static_cast<double>(files));
    for (const auto& [value, name] : kStates)
        all.state.Add({{"state", name}}).Set(state.progress.state == value ? 1 : 0);
    const auto found = static_cast<double>(state.progress.job(job::kFinding).done);
    all.scan_done.Set(found - static_cast<double>(state.progress.job(job::kIndexing).left()));
    all.scan_total.Set(found);
    all.scans.Increment(static_cast<double>(state.scans) - all.scans.Value());
    const StatementCounts counted = statement_counts();
    all.statements.Increment(static_cast<double>(counted.statements) - all.statements.Value());
    all.steps.Increment(static_cast<double>(counted.steps) - all.steps.Value());
    all.connections.Set(static_cast<double>(state.connections));
    all.listeners.Set(static_cast<double>(state.event_listeners));
    all.ready.Set(state.ready ? 1 : 0);
    all.memory.Set(resident_bytes());
    all.descriptors.Set(open_descriptors());
    all.processor.Increment(processor_seconds() - all.processor.Value());
    return prometheus::TextSerializer().Serialize(all.registry.Collect());
}

}  // namespace hone
