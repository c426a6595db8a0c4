// SPDX-License-Identifier: GPL-3.0-or-later
// Shared questions of the resources.
#include "server/context.hpp"

#include "server/answer.hpp"

namespace hone {

Result<std::shared_ptr<BackgroundIndexer>> ServerContext::indexer() const {
    auto indexer = search.get()->indexer;
    if (!indexer) return std::unexpected(missing_model());
    return indexer;
}

Error ServerContext::missing_model() const {
    return {ErrorKind::kUnavailable, no_model};
}

Result<Photo> ServerContext::find_photo(const std::string& id) const {
    if (!is_photo_id_prefix(id))
        return fail(ErrorKind::kNotFound, "'{}' is not a photo id; ids come from a search", id.substr(0, 80));
    return library.catalog().resolve(id);
}

Result<> ServerContext::check_ready() const {
    if (!search.get()->engine) return std::unexpected(missing_model());
    if (const std::string trouble = library.catalog().condition().trouble; !trouble.empty())
        return fail(ErrorKind::kUnavailable, "{}", trouble);
    if (const auto folders = library.catalog().folders(); !folders)
        return fail(ErrorKind::kUnavailable, "{}", folders.error().message);
    return {};
}

std::string ServerContext::why_no_faces(const Principal& principal) const {
    return sees_paths(principal) ? no_faces : "faces are not indexed here";
}

}  // namespace hone
