// SPDX-License-Identifier: GPL-3.0-or-later
// Progress, results and failures of scans.
#include "wire/scan.hpp"

#include <functional>

#include "base/path_map.hpp"

namespace hone {

using nlohmann::json;

json to_json(const IndexFailure& failure) {
    return {{"path", failure.path}, {"stage", failure.stage}, {"reason", failure.reason}};
}

json to_json(const IndexSummary& summary) {
    json failures = json::array();
    for (const IndexFailure& failure : summary.failures) failures.push_back(to_json(failure));
    return {{"files", summary.files},
            {"photos", summary.photos},
            {"new", summary.added},
            {"unchanged", summary.unchanged},
            {"moved", summary.moved},
            {"missing", summary.missing},
            {"failed", summary.failed},
            {"skipped", summary.skipped},
            {"skipped_kinds", summary.skipped_kinds},
            {"embedded", summary.embedded},
            {"failed_analyses", summary.failed_analyses},
            {"seconds", summary.seconds},
            {"photos_per_second", summary.photos_per_second},
            {"failures", failures}};
}

json to_json(const JobProgress& job) {
    static constexpr const char* kStates[] = {"idle", "waiting", "running", "paused", "broken"};
    return {{"name", job.name},
            {"state", kStates[static_cast<int>(job.state)]},
            {"done", job.done},
            {"total", job.total},
            {"per_second", job.per_second},
            {"seconds_left", job.seconds_left ? json(*job.seconds_left) : json()},
            {"analyzed", job.analyzed ? json(*job.analyzed) : json()},
            {"failed", job.failed},
            {"reason", job.reason}};
}

json to_json(const IndexProgress& progress) {
    json jobs = json::array();
    for (const JobProgress& job : progress.jobs) jobs.push_back(to_json(job));
    static constexpr const char* kStates[] = {"idle", "counting", "running", "paused"};
    return {{"state", kStates[static_cast<int>(progress.state)]},
            {"scan", progress.scan},
            {"share", progress.share},
            {"done", progress.done},
            {"total", progress.total},
            {"seconds_left", progress.seconds_left ? json(*progress.seconds_left) : json()},
            {"failed", progress.failed},
            {"skipped", progress.skipped},
            {"jobs", jobs}};
}

json skipped_json(const Counts& counts) {
    json skipped = json::object();
    for (const auto& [kind, files] : counts.skipped) skipped[kind] = files;
    return skipped;
}

json failures_json(std::span<const FileRecord> failed) {
    json list = json::array();
    for (const FileRecord& file : failed)
        list.push_back(to_json(IndexFailure{utf8_path(file.facts.path), file.stage, file.reason}));
    return list;
}

Document progress_event(const IndexProgress& progress) {
    return {"Progress", to_json(progress)};
}

Document scan_event(const IndexSummary& summary) {
    return {"Summary", to_json(summary)};
}

Document failure_event(const IndexFailure& failure) {
    return {"Failure", to_json(failure)};
}

Document problem_event(const Error& error) {
    return {"ScanProblem", {{"detail", error.message}}};
}

Document failures_document(std::span<const FileRecord> failed, std::span<const IndexFailure> analyses,
                           const Counts& counts) {
    json photos = json::array();
    for (const IndexFailure& failure : analyses) photos.push_back(to_json(failure));
    return {"Failures",
            {{"failures", failures_json(failed)},
             {"analyses", std::move(photos)},
             {"skipped", skipped_json(counts)}}};
}

Document scan_started(std::uint64_t scan) {
    return {"Scan", {{"state", "running"}, {"scan", scan}}};
}

Document state_document(const IndexProgress& progress) {
    return {"State", {{"state", to_json(progress)["state"]}}};
}

namespace {

// True for an object without members, or with this one alone.
bool holds_at_most(const json& document, const char* name, const std::function<bool(const json&)>& valid) {
    if (!document.is_object()) return false;
    return document.empty() || (document.size() == 1 && document.contains(name) && valid(document.at(name)));
}

bool is_name(const json& name) {
    return name.is_string() && name != "";
}

}  // namespace

Result<ScanRequest> parse_scan_request(const json& document) {
    bool valid = document.is_object();
    if (valid) {
        for (const auto& [name, value] : document.items())
            valid = valid && (name == "retry_failed" ? value.is_boolean() : name == "job" && is_name(value));
    }
    if (!valid)
        return fail(ErrorKind::kUsage,
                    "the body may be empty, {{\"retry_failed\": true}} or {{\"job\": \"faces\"}}");
    return ScanRequest{document.value("retry_failed", false), document.value("job", "")};
}

Result<std::string> parse_pause_request(const json& document) {
    if (!holds_at_most(document, "job", is_name))
        return fail(ErrorKind::kUsage, "the body may be empty or {{\"job\": \"faces\"}}");
    return document.value("job", "");
}

}  // namespace hone
