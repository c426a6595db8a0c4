// Which photos stand on one card: the same picture (copies, crops, re-encodings) and the shots of one burst.
#pragma once

#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "catalog/catalog.hpp"
#include "catalog/available_photos.hpp"

namespace hone {

// Shots of one camera, each at most kBurstSeconds after the one before; at least two each. Times at midnight
// are days without a time and belong to none. (search/duplicates.hpp says why.)
std::vector<std::vector<PhotoNumber>> burst_groups(std::span<const Catalog::Capture> captures);

class PhotoGroups {
  public:
    // kNone for a photo that stands alone.
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    [[nodiscard]] std::uint32_t of(PhotoNumber photo) const {
        return photo < group_.size() ? group_[photo] : kNone;
    }
    // Of the same picture only, bursts left out.
    [[nodiscard]] std::uint32_t picture_of(PhotoNumber photo) const {
        return photo < picture_.size() ? picture_[photo] : kNone;
    }
    [[nodiscard]] std::span<const PhotoNumber> members(std::uint32_t group) const { return members_[group]; }

    static Result<std::shared_ptr<const PhotoGroups>> read(Catalog& catalog,
                                                             const AvailablePhotos::Bits& available);

  private:
    std::vector<std::uint32_t> group_, picture_;  // by photo number
    std::vector<std::vector<PhotoNumber>> members_;
};

// When and where a photo was taken; NaN where that is not known.
struct Capture {
    double seconds = std::numeric_limits<double>::quiet_NaN();  // of the camera's calendar
    float latitude = std::numeric_limits<float>::quiet_NaN(),
          longitude = std::numeric_limits<float>::quiet_NaN();  // degrees
};

// What the engine keeps of the whole catalogue between searches, read anew when photos or pairs were added.
struct LibraryFacts {
    std::shared_ptr<const PhotoGroups> groups;
    std::vector<Capture> captures;                // by photo number; photos beyond the end are without
    std::vector<std::vector<PersonId>> people;  // by photo number: who is on it, each once
    [[nodiscard]] std::span<const PersonId> people_of(PhotoNumber photo) const {
        return photo < people.size() ? std::span<const PersonId>(people[photo]) : std::span<const PersonId>();
    }
    [[nodiscard]] Capture capture(PhotoNumber photo) const {
        return photo < captures.size() ? captures[photo] : Capture{};
    }
};

class LibraryFactsCache {
  public:
    Result<std::shared_ptr<const LibraryFacts>> get(
        Catalog& catalog, const std::shared_ptr<const AvailablePhotos::Bits>& available);

  private:
    std::mutex mutex_;
    std::shared_ptr<const AvailablePhotos::Bits> available_;  // what facts_ was read for
    std::uint64_t pairs_ = 0;
    std::string faces_;
    std::shared_ptr<const LibraryFacts> facts_;
};

}  // namespace hone
