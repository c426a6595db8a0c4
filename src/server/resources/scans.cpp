// SPDX-License-Identifier: GPL-3.0-or-later
// Scans: start, pause, resume, and the files that failed.
#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/route.hpp"
#include "wire/scan.hpp"

namespace hone {

namespace {

Result<Answer> start_scan(ServerContext& context, const Call& call) {
    HONE_TRY(const auto indexer, context.indexer());
    ScanRequest wish;
    if (!call.request.body.empty()) {
        HONE_TRY(const auto body, parse_body(call.request));
        HONE_TRY(wish, parse_scan_request(body));
    }
    if (wish.job.empty()) return Answer(202, scan_started(indexer->request_scan(wish.retry_failed)));
    HONE_TRY(const std::uint64_t scan, indexer->retry(wish.job));
    return Answer(202, scan_started(scan));
}

Result<Answer> pause(ServerContext& context, const Call& call, bool paused) {
    HONE_TRY(const auto indexer, context.indexer());
    std::string job;
    if (!call.request.body.empty()) {
        HONE_TRY(const auto body, parse_body(call.request));
        HONE_TRY(job, parse_pause_request(body));
    }
    if (job.empty())
        indexer->pause(paused);
    else
        HONE_CHECK(indexer->pause(job, paused));
    return Answer(202, state_document(indexer->progress()));
}

Result<Answer> pause_scan(ServerContext& context, const Call& call) {
    return pause(context, call, true);
}

Result<Answer> resume_scan(ServerContext& context, const Call& call) {
    return pause(context, call, false);
}

Result<Answer> list_failures(ServerContext& context, const Call&) {
    HONE_TRY(const std::vector<FileRecord> failed,
             context.library.catalog().failures(IndexSummary::kListedFailures));
    HONE_TRY(const auto snapshot, context.library.snapshot());
    std::vector<IndexFailure> analyses;
    if (const auto indexer = context.search.get()->indexer)
        analyses = indexer->failed_analyses(IndexSummary::kListedFailures);
    return Answer(200, failures_document(failed, analyses, snapshot->counts()));
}

}  // namespace

std::span<const Route> scan_routes() {
    static constexpr Route kRoutes[] = {
        {"POST", "/api/v1/scan", UserAction::kManage, start_scan},
        {"POST", "/api/v1/scan/pause", UserAction::kManage, pause_scan},
        {"POST", "/api/v1/scan/resume", UserAction::kManage, resume_scan},
        {"GET", "/api/v1/failures", UserAction::kManage, list_failures},
    };
    return kRoutes;
}

}  // namespace hone
