// SPDX-License-Identifier: GPL-3.0-or-later
// Finds terms on folders and names in a filter.
#include "server/path_filter.hpp"

#include <algorithm>

#include "server/answer.hpp"

namespace hone {

namespace {

bool asks_for_paths(const PhotoFilter& filter) {
    if (filter.kind == PhotoFilter::Kind::kTerm)
        return filter.term.field == FilterField::kFolder || filter.term.field == FilterField::kName;
    return std::ranges::any_of(filter.parts, asks_for_paths);
}

}  // namespace

Result<PhotoFilter> parse_filter_of(const Principal& principal, const std::string& text) {
    HONE_TRY(PhotoFilter filter, parse_filter(text));
    if (!sees_paths(principal) && asks_for_paths(filter))
        return fail(ErrorKind::kUsage, "only the owner may filter by folder and name");
    return filter;
}

}  // namespace hone
