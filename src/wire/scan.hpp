// SPDX-License-Identifier: GPL-3.0-or-later
// Scans as JSON: progress, results, failures and requests (docs/http.md). Pure functions.
#pragma once

#include "ingest/indexer.hpp"
#include "wire/document.hpp"

namespace hone {

nlohmann::json to_json(const IndexFailure& failure);
nlohmann::json to_json(const IndexSummary& summary);
nlohmann::json to_json(const JobProgress& job);
nlohmann::json to_json(const IndexProgress& progress);
// Number of skipped files per kind.
nlohmann::json skipped_json(const Counts& counts);
// Files that could not be indexed, as a list.
nlohmann::json failures_json(std::span<const FileRecord> failed);

// The events of GET /events.
Document progress_event(const IndexProgress& progress);
Document scan_event(const IndexSummary& summary);
Document failure_event(const IndexFailure& failure);
Document problem_event(const Error& error);

// The answers of the routes.
// analyses: photos that an analyzer could not analyse.
Document failures_document(std::span<const FileRecord> failed, std::span<const IndexFailure> analyses,
                           const Counts& counts);
Document scan_started(std::uint64_t scan);
Document state_document(const IndexProgress& progress);

struct ScanRequest {
    bool retry_failed = false;  // damaged files and failed analyses are tried again
    std::string job;            // only what this job failed on; "": of no certain job
};
// Reads the body of POST /scan, which may be empty. kUsage names the form.
Result<ScanRequest> parse_scan_request(const nlohmann::json& document);
// Reads the body of POST /scan/pause and /scan/resume, which may be empty. Returns the name of a job, ""
// for all of them. kUsage names the form.
Result<std::string> parse_pause_request(const nlohmann::json& document);

}  // namespace hone
