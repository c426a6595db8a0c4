// SPDX-License-Identifier: GPL-3.0-or-later
// The folders of the library.
#include "wire/folders.hpp"

#include "photo/walk.hpp"
#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

Result<Answer> list_folders(ServerContext& context, const Call&) {
    HONE_TRY(Document folders, folders_document(context.library));
    return Answer(200, std::move(folders));
}

Result<Answer> add_folder(ServerContext& context, const Call& call) {
    HONE_TRY(const auto body, parse_body(call.request));
    HONE_TRY(const FolderRequest wish, parse_folder_request(body));
    return answer_from_drive(call.request, call.principal, "new folders",
                             [&context, scan = wish.scan,
                              path = normal_folder(wish.path)](BlockingCalls& calls) -> Result<Answer> {
                                 HONE_CHECK(check_folder(path, calls));
                                 HONE_TRY(const auto indexer, context.indexer());
                                 HONE_TRY(const Folder folder, context.library.catalog().add_folder(path));
                                 if (scan) indexer->request_scan();
                                 HONE_TRY(Document added, folder_document(context.library, folder));
                                 return Answer(201, std::move(added));
                             });
}

Result<Answer> remove_folder(ServerContext& context, const Call& call) {
    HONE_TRY(const FolderId folder, number_in_path(call.part, "folder"));
    HONE_CHECK(context.library.catalog().remove_folder(folder));
    return HttpResponse{204, {}, "", {}, {}};
}

}  // namespace

std::span<const Route> folder_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/folders", UserAction::kView, list_folders},
        {"POST", "/api/v1/folders", UserAction::kManage, add_folder, Route::kJsonBytes, RunsOn::kDrive},
        {"DELETE", "/api/v1/folders/{}", UserAction::kManage, remove_folder},
    };
    return kRoutes;
}

}  // namespace hone
