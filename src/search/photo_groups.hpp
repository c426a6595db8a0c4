// SPDX-License-Identifier: GPL-3.0-or-later
// Groups the photos that a page shows as one: the same picture (copies, crops, re-encodings) and the shots of
// one burst.
#pragma once

#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "catalog/available_photos.hpp"
#include "catalog/catalog.hpp"

namespace hone {

// Returns groups of shots from one camera, each at most kBurstSeconds after the previous one, at least two
// per group. Times at midnight are dates without a time and belong to no group (see search/duplicates.hpp).
// Pure function.
std::vector<std::vector<PhotoNumber>> burst_groups(std::span<const Catalog::Capture> captures);

// Immutable, so safe from any thread. Numbers of groups are indices.
class PhotoGroups {
  public:
    // The group of a photo without others.
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    [[nodiscard]] std::uint32_t of(PhotoNumber photo) const {
        return photo < group_.size() ? group_[photo] : kNone;
    }
    // Groups of the same picture only, without bursts.
    [[nodiscard]] std::uint32_t picture_of(PhotoNumber photo) const {
        return photo < picture_.size() ? picture_[photo] : kNone;
    }
    [[nodiscard]] std::span<const PhotoNumber> members(std::uint32_t group) const { return members_[group]; }

    // Fails as the catalogue does. Safe from any thread.
    static Result<std::shared_ptr<const PhotoGroups>> read(Catalog& catalog,
                                                           const AvailablePhotos::Bits& available);

  private:
    std::vector<std::uint32_t> group_, picture_;  // by photo number
    std::vector<std::vector<PhotoNumber>> members_;
};

// The time and position of a capture; NaN where unknown.
struct Capture {
    // The camera's calendar, seconds since 1970 as if it were UTC.
    double seconds = std::numeric_limits<double>::quiet_NaN();
    float latitude = std::numeric_limits<float>::quiet_NaN(),
          longitude = std::numeric_limits<float>::quiet_NaN();  // degrees
};

// Facts about the whole catalogue that the engine caches between searches. Immutable.
struct LibraryFacts {
    std::shared_ptr<const PhotoGroups> groups;
    std::vector<Capture> captures;              // by photo number; photos beyond the end have none
    std::vector<std::vector<PersonId>> people;  // by photo number: the people in it, each once
    [[nodiscard]] std::span<const PersonId> people_of(PhotoNumber photo) const {
        return photo < people.size() ? std::span<const PersonId>(people[photo]) : std::span<const PersonId>();
    }
    [[nodiscard]] Capture capture(PhotoNumber photo) const {
        return photo < captures.size() ? captures[photo] : Capture{};
    }
};

// Safe from any thread. get() reads the facts again after photos, pairs or faces have changed.
class LibraryFactsCache {
  public:
    Result<std::shared_ptr<const LibraryFacts>> get(
        Catalog& catalog, const std::shared_ptr<const AvailablePhotos::Bits>& available);

  private:
    std::mutex mutex_;
    std::shared_ptr<const AvailablePhotos::Bits> available_;  // the photos that facts_ was read for
    std::uint64_t pairs_ = 0;
    std::string faces_;
    std::shared_ptr<const LibraryFacts> facts_;
};

}  // namespace hone
