// SPDX-License-Identifier: GPL-3.0-or-later
// Parses the pairs of --map and translates paths in both directions.
#include "base/path_map.hpp"

namespace hone {

namespace {

// Returns an absolute path without . and .. and without a slash at the end.
fs::path folder(std::string_view text) {
    fs::path path = fs::path(text).lexically_normal();
    if (!path.has_filename() && path != path.root_path()) path = path.parent_path();
    return path;
}

fs::path moved(const fs::path& path, const fs::path& from, const fs::path& to) {
    std::string rest = path.native().substr(from.native().size());
    while (rest.starts_with('/')) rest.erase(0, 1);
    return rest.empty() ? to : to / rest;
}

}  // namespace

bool is_below(const fs::path& path, const fs::path& directory) {
    const std::string& text = path.native();
    const std::string& prefix = directory.native();
    return text.starts_with(prefix) &&
           (text.size() == prefix.size() || prefix.ends_with('/') || text[prefix.size()] == '/');
}

Result<PathMap> PathMap::parse(std::span<const std::string> pairs) {
    PathMap map;
    for (const std::string& text : pairs) {
        const std::size_t equals = text.find('=');
        const Pair pair{folder(text.substr(0, equals)),
                        folder(equals == std::string::npos ? "" : text.substr(equals + 1))};
        if (!pair.there.is_absolute() || !pair.here.is_absolute())
            return fail(ErrorKind::kUsage,
                        "--map {}: write two whole paths, for example --map /srv/photos=/mnt/photos",
                        printable(text));
        for (const Pair& known : map.pairs_) {
            if (is_below(pair.there, known.there) || is_below(known.there, pair.there) ||
                is_below(pair.here, known.here) || is_below(known.here, pair.here))
                return fail(ErrorKind::kUsage, "--map {}: it overlaps with {}={}", printable(text),
                            printable(known.there), printable(known.here));
        }
        map.pairs_.push_back(pair);
    }
    return map;
}

fs::path PathMap::there(const fs::path& here) const {
    for (const Pair& pair : pairs_)
        if (is_below(here, pair.here)) return moved(here, pair.here, pair.there);
    return here;
}

fs::path PathMap::here(const fs::path& there) const {
    for (const Pair& pair : pairs_)
        if (is_below(there, pair.there)) return moved(there, pair.there, pair.here);
    return there;
}

}  // namespace hone
