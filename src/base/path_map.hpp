// Paths that lie elsewhere on this machine: /srv/photos of the catalogue is /mnt/photos here.
#pragma once

#include <span>

#include "base/file.hpp"

namespace hone {

// The folder itself counts.
bool is_below(const fs::path& path, const fs::path& directory);

class PathMap {
  public:
    // "FROM=TO", both absolute. kUsage when one is not, or when a path would have two places.
    static Result<PathMap> parse(std::span<const std::string> pairs);

    // Paths below none of the folders are the same on both sides.
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
