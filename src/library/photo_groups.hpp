// SPDX-License-Identifier: GPL-3.0-or-later
// Groups of photos that a page shows as one: the same picture (copies, crops, re-encodings) and the shots of
// one burst. Kept current by changes; a change costs what its groups hold, not what the library holds.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
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
    [[nodiscard]] std::vector<PhotoNumber> members(std::uint32_t group) const;
    // The photo's set; only itself when it has no others.
    [[nodiscard]] std::vector<PhotoNumber> set_of(PhotoNumber photo) const;
    // Dissolves every set of these photos and forms a set of each group; groups of one photo form none.
    void replace(std::span<const PhotoNumber> photos, const std::vector<std::vector<PhotoNumber>>& groups);
    // Number of sets that were ever formed; set numbers are below it.
    [[nodiscard]] std::uint32_t numbers() const { return next_; }
    [[nodiscard]] bool exists(std::uint32_t group) const { return first_[group] != 0; }

  private:
    // Three numbers per photo at most, so that a library of a million photos needs some megabytes.
    ChunkedArray<std::uint32_t> of_;     // by photo: number of the set + 1, so that 0 means none
    ChunkedArray<PhotoNumber> after_;    // by photo: the next one of its set; the last one leads to the first
    ChunkedArray<std::uint32_t> first_;  // by set: its first photo + 1; 0 for a dissolved set
    std::uint32_t next_ = 0;
};

// The groups at one moment. Safe from any thread.
class PhotoGroups {
  public:
    static constexpr std::uint32_t kNone = Partition::kNone;
    [[nodiscard]] std::uint32_t of(PhotoNumber photo) const { return groups_.of(photo); }
    // Groups of the same picture only, without bursts.
    [[nodiscard]] std::uint32_t picture_of(PhotoNumber photo) const { return pictures_.of(photo); }
    // Ascending. group: not kNone.
    [[nodiscard]] std::vector<PhotoNumber> members(std::uint32_t group) const {
        return groups_.members(group);
    }
    [[nodiscard]] const Partition& pictures() const { return pictures_; }
    [[nodiscard]] const Partition& bursts() const { return bursts_; }

  private:
    friend class GroupKeeper;
    Partition pictures_, bursts_, groups_;
};

// The shots of one camera in the order of time. Adding and removing one costs a search and moves at most one
// block. Not thread-safe.
class Shots {
  public:
    using Shot = std::pair<std::int64_t, PhotoNumber>;  // time and photo
    void add(const Shot& shot);
    void remove(const Shot& shot);
    // The photos between which and the shot's there is no gap of more than kBurstSeconds. shot: one of these.
    [[nodiscard]] std::vector<PhotoNumber> burst_around(const Shot& shot) const;

  private:
    static constexpr std::size_t kBlock = 512;
    // The block that holds the shot, or would.
    [[nodiscard]] std::size_t block_of(const Shot& shot) const;
    std::vector<std::vector<Shot>> blocks_;  // each of 1 to kBlock shots
};

// A set of photo numbers that costs one bit per photo and forgets in the time that adding took.
class VisitedPhotos {
  public:
    // Returns false for a photo that was added before.
    bool add(PhotoNumber photo);
    [[nodiscard]] bool contains(PhotoNumber photo) const { return photo < bits_.size() && bits_[photo]; }
    [[nodiscard]] const std::vector<PhotoNumber>& photos() const { return photos_; }
    void clear();

  private:
    std::vector<bool> bits_;
    std::vector<PhotoNumber> photos_;
};

// Computes the groups from the changes. Not thread-safe.
class GroupKeeper {
  public:
    // Adds an available photo, or replaces its capture.
    void show(const Capture& capture);
    void hide(PhotoNumber photo);
    void add_pair(const SamePicture& pair);
    // All pairs that were added, each once, with only `certain` of its values.
    [[nodiscard]] std::vector<SamePicture> pairs() const;
    // The camera of an available photo that can belong to a burst; else empty.
    [[nodiscard]] std::string_view camera_of(PhotoNumber photo) const;
    // Returns the groups after everything above.
    [[nodiscard]] PhotoGroups update();

  private:
    static constexpr std::uint32_t kNotShown = 0, kNoBurst = 1, kFirstCamera = 2;
    struct Shown {
        std::uint32_t camera = kNotShown;  // kFirstCamera and above: index of cameras_
        std::int64_t seconds = 0;
    };
    [[nodiscard]] Shown shown(PhotoNumber photo) const {
        return photo < shown_.size() ? shown_[photo] : Shown{};
    }
    [[nodiscard]] bool is_shown(PhotoNumber photo) const { return shown(photo).camera != kNotShown; }
    Shots& shots_of(std::uint32_t camera) { return cameras_[camera - kFirstCamera].shots; }
    void forget_capture(PhotoNumber photo);
    void update_pictures(std::span<const PhotoNumber> photos);
    void update_bursts(std::span<const PhotoNumber> photos);
    void update_groups(std::span<const PhotoNumber> photos);

    PhotoGroups groups_;
    std::vector<Shown> shown_;  // by photo number
    struct Camera {
        std::string_view name;  // the key in camera_numbers_
        Shots shots;
    };
    std::unordered_map<std::string, std::uint32_t> camera_numbers_;
    std::vector<Camera> cameras_;
    std::unordered_map<PhotoNumber, std::vector<std::pair<PhotoNumber, bool>>> pairs_;  // the other, certain
    std::vector<PhotoNumber> changed_;
    VisitedPhotos visited_;  // empty between calls
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
