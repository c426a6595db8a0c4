// SPDX-License-Identifier: GPL-3.0-or-later
// Groups of photos that a page shows as one: the same picture (copies, crops, re-encodings) and the shots of
// one burst. Kept current by changes; a change costs what its groups hold, not what the library holds.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/chunked_array.hpp"
#include "catalog/changes.hpp"

namespace hone {

// Two shots of one camera belong to one burst when at most this many seconds lie between them.
inline constexpr std::int64_t kBurstSeconds = 2;  // EXIF times have whole seconds

// Disjoint sets of photos, each with a number. A copy never changes.
class Partition {
  public:
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;  // of a photo without others

    [[nodiscard]] std::uint32_t of(PhotoNumber photo) const { return of_[photo] - 1; }
    // Ascending. group: not kNone.
    [[nodiscard]] std::span<const PhotoNumber> members(std::uint32_t group) const { return *members_[group]; }
    // The photo's set; only itself when it has no others.
    [[nodiscard]] std::vector<PhotoNumber> set_of(PhotoNumber photo) const;
    // Dissolves every set of these photos and forms a set of each group; groups of one photo form none.
    void replace(std::span<const PhotoNumber> photos, const std::vector<std::vector<PhotoNumber>>& groups);
    // Number of sets that were ever formed; set numbers are below it.
    [[nodiscard]] std::uint32_t numbers() const { return next_; }
    [[nodiscard]] bool exists(std::uint32_t group) const { return members_[group] != nullptr; }

  private:
    ChunkedArray<std::uint32_t> of_;  // number + 1, so that 0 means none
    ChunkedArray<std::shared_ptr<const std::vector<PhotoNumber>>> members_;
    std::uint32_t next_ = 0;
};

// The groups at one moment. Safe from any thread.
class PhotoGroups {
  public:
    static constexpr std::uint32_t kNone = Partition::kNone;
    [[nodiscard]] std::uint32_t of(PhotoNumber photo) const { return groups_.of(photo); }
    // Groups of the same picture only, without bursts.
    [[nodiscard]] std::uint32_t picture_of(PhotoNumber photo) const { return pictures_.of(photo); }
    [[nodiscard]] std::span<const PhotoNumber> members(std::uint32_t group) const {
        return groups_.members(group);
    }
    [[nodiscard]] const Partition& pictures() const { return pictures_; }
    [[nodiscard]] const Partition& bursts() const { return bursts_; }

  private:
    friend class GroupKeeper;
    Partition pictures_, bursts_, groups_;
};

// Computes the groups from the changes. Not thread-safe.
class GroupKeeper {
  public:
    // Adds an available photo, or replaces its capture.
    void show(const Capture& capture);
    void hide(PhotoNumber photo);
    void add_pair(const SamePicture& pair);
    // Returns the groups after everything above.
    [[nodiscard]] PhotoGroups update();

  private:
    using Shots = std::set<std::pair<std::int64_t, PhotoNumber>>;  // time and photo
    struct Shown {
        Shots* camera = nullptr;  // null: the photo can belong to no burst
        std::int64_t seconds = 0;
    };
    void forget_capture(Shown& shown, PhotoNumber photo);
    std::vector<PhotoNumber> shots_around(const Shown& shown, PhotoNumber photo) const;
    void update_pictures(std::span<const PhotoNumber> photos);
    void update_bursts(std::span<const PhotoNumber> photos);
    void update_groups(std::span<const PhotoNumber> photos);

    PhotoGroups groups_;
    std::unordered_map<PhotoNumber, Shown> shown_;
    std::map<std::string, Shots> cameras_;
    std::unordered_map<PhotoNumber, std::vector<std::pair<PhotoNumber, bool>>> pairs_;  // the other, certain
    std::vector<PhotoNumber> changed_;
};

// Two photos that check_pair() found to be the same picture.
struct SamePair {
    PhotoNumber a = 0, b = 0;
    bool certain = false;  // PairCheck::certain
};

// Groups photos of the same picture. Each group is sorted by number; groups are ordered by their first photo;
// photos without a pair are omitted. Certain pairs join everything they connect, because a copy of a copy
// need not match the original directly (a corner cut out of a rotated crop). An uncertain pair, the kind that
// once in 4950 pairs confused two portraits of one studio, must not chain two groups of several photos each:
// it adds a single photo to a group, or two such pairs of four different photos together join two groups. The
// result depends only on the set of pairs, not on their order. Pure function.
std::vector<std::vector<PhotoNumber>> group_same_pictures(std::span<const SamePair> pairs);

}  // namespace hone
