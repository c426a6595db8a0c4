// SPDX-License-Identifier: GPL-3.0-or-later
// Maps paths that differ between machines: /srv/photos in the catalogue may be /mnt/photos here.
#pragma once

#include <span>

#include "base/file.hpp"

namespace hone {

// Returns true when `path` is `directory` or is below it. Compares the text only. Pure function.
bool is_below(const fs::path& path, const fs::path& directory);

// "there" is the path in the catalogue, "here" the path on this machine. Immutable after parse(), so safe
// from any thread.
class PathMap {
  public:
    // Parses texts of the form "FROM=TO", both absolute: FROM there, TO here. kUsage when one is not
    // absolute, or when a path would have two translations.
    static Result<PathMap> parse(std::span<const std::string> pairs);

    // Both return the path unchanged when it is below none of the mapped folders.
    [[nodiscard]] fs::path there(const fs::path& here) const;
    [[nodiscard]] fs::path here(const fs::path& there) const;
    [[nodiscard]] bool empty() const { return pairs_.empty(); }

  private:
    struct Pair {
        fs::path there, here;
    };
    std::vector<Pair> pairs_;
};

}  // namespace hone
