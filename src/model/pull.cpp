// SPDX-License-Identifier: GPL-3.0-or-later
// A pull: files into a separate folder, then the model as a whole.
#include "model/pull.hpp"

#include "model/import.hpp"

namespace hone {

namespace {

fs::path folder_of(const ModelStore& store, const PullRequest& request) {
    return store.own_directory() /
           fmt::format(".pull-{}-{}", request.name, model_name_from(request.hub.revision));
}

}  // namespace

Result<PullRequest> plan_pull(const ModelStore& store, const std::string& source,
                              const std::string& precision, const std::string& name) {
    PullRequest request;
    HONE_TRY(request.hub, parse_repository(source));
    if (!precision.empty()) {
        HONE_TRY(request.hub.precision, parse_precision(precision));
    }
    request.name = name.empty() ? model_name_of(request.hub.repository) : name;
    if (!is_model_name(request.name))
        return fail(ErrorKind::kUsage, "'{}' is not a model name; use a-z, 0-9, '.', '_' and '-'",
                    request.name);
    HONE_TRY(const bool exists, path_exists(store.own_directory() / request.name));
    if (exists)
        return fail(ErrorKind::kUsage, "a model named {} already exists; choose another name with --name",
                    request.name);
    return request;
}

Result<Manifest> pull_model(const ModelStore& store, PullRequest request,
                            std::function<void(const HubProgress&)> progress, const std::stop_token& stop) {
    request.hub.directory = folder_of(store, request);
    request.hub.progress = std::move(progress);
    request.hub.stop = stop;
    HONE_CHECK(make_directories(request.hub.directory));
    HONE_TRY(const fs::path fetched, fetch_repository(request.hub));
    HONE_TRY(Manifest manifest, add_model(fetched, request.name, store.own_directory()));
    manifest.source = fmt::format("{}@{}", request.hub.repository, request.hub.revision);
    HONE_CHECK(write_manifest(manifest));
    (void)remove_tree(fetched);  // only takes space
    return manifest;
}

Result<> discard_pull(const ModelStore& store, const PullRequest& request) {
    return remove_tree(folder_of(store, request));
}

}  // namespace hone
