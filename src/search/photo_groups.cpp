// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the groups of pictures and bursts, and the cache of library facts.
#include "search/photo_groups.hpp"

#include <algorithm>
#include <map>

#include "ingest/near_duplicates.hpp"
#include "search/duplicates.hpp"

namespace hone {

namespace {

constexpr std::int64_t kDaySeconds = 24 * 60 * 60;

// Disjoint sets of photos.
class Union {
  public:
    std::uint32_t& find(std::uint32_t at) {
        while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
        return parent_[at];
    }
    void join(PhotoNumber a, PhotoNumber b) {
        const PhotoNumber most = std::max(a, b);
        for (auto next = static_cast<std::uint32_t>(parent_.size()); next <= most; ++next)
            parent_.push_back(next);
        const std::uint32_t first = find(a), second = find(b);
        parent_[std::max(first, second)] = std::min(first, second);
    }
    [[nodiscard]] std::size_t size() const { return parent_.size(); }

  private:
    std::vector<std::uint32_t> parent_;
};

}  // namespace

std::vector<std::vector<PhotoNumber>> burst_groups(std::span<const Catalog::Capture> captures) {
    std::map<std::string, std::vector<Catalog::Capture>> by_camera;
    for (const Catalog::Capture& shot : captures) {
        const bool knows_time = shot.local_seconds % kDaySeconds != 0;
        if (knows_time && shot.camera.find_first_not_of(' ') != std::string::npos)
            by_camera[shot.camera].push_back(shot);
    }
    std::vector<std::vector<PhotoNumber>> groups;
    for (const auto& [camera, shots] : by_camera) {
        std::vector<PhotoNumber> burst;
        for (std::size_t shot = 0; shot < shots.size(); ++shot) {
            if (shot > 0 && shots[shot].local_seconds - shots[shot - 1].local_seconds > kBurstSeconds) {
                if (burst.size() > 1) groups.push_back(burst);
                burst.clear();
            }
            burst.push_back(shots[shot].photo);
        }
        if (burst.size() > 1) groups.push_back(burst);
    }
    return groups;
}

Result<std::shared_ptr<const PhotoGroups>> PhotoGroups::read(Catalog& catalog,
                                                             const AvailablePhotos::Bits& available) {
    auto groups = std::make_shared<PhotoGroups>();
    HONE_TRY(const std::vector<SamePicture> known, catalog.same_pictures());
    const auto there = [&](PhotoNumber photo) { return photo < available.size() && available[photo]; };
    std::vector<SamePair> pairs;
    for (const SamePicture& pair : known) {
        if (there(pair.first) && there(pair.second)) pairs.push_back({pair.first, pair.second, pair.certain});
    }
    Union joined;
    const auto pictures = group_same_pictures(pairs);
    for (std::uint32_t picture = 0; picture < pictures.size(); ++picture) {
        for (const PhotoNumber photo : pictures[picture]) {
            if (photo >= groups->picture_.size()) groups->picture_.resize(std::size_t{photo} + 1, kNone);
            groups->picture_[photo] = picture;
            joined.join(pictures[picture].front(), photo);
        }
    }
    HONE_TRY(const std::vector<Catalog::Capture> captures, catalog.captures());
    for (const auto& burst : burst_groups(captures)) {
        for (const PhotoNumber photo : burst) joined.join(burst.front(), photo);
    }
    groups->group_.assign(joined.size(), kNone);
    std::vector<std::vector<PhotoNumber>> by_root(joined.size());
    for (std::uint32_t photo = 0; photo < joined.size(); ++photo)
        by_root[joined.find(photo)].push_back(photo);
    for (auto& members : by_root) {
        if (members.size() < 2) continue;
        for (const PhotoNumber photo : members)
            groups->group_[photo] = static_cast<std::uint32_t>(groups->members_.size());
        groups->members_.push_back(std::move(members));
    }
    return groups;
}

Result<std::shared_ptr<const LibraryFacts>> LibraryFactsCache::get(
    Catalog& catalog, const std::shared_ptr<const AvailablePhotos::Bits>& available) {
    HONE_TRY(const std::uint64_t pairs, catalog.count_same_pictures());
    HONE_TRY(const std::string faces, catalog.faces_state());
    const std::lock_guard lock(mutex_);
    if (facts_ && available_ == available && pairs_ == pairs && faces_ == faces) return facts_;
    auto facts = std::make_shared<LibraryFacts>();
    HONE_TRY(facts->groups, PhotoGroups::read(catalog, *available));
    HONE_TRY(const std::vector<Catalog::Capture> captures, catalog.captures());
    for (const Catalog::Capture& capture : captures) {
        if (capture.photo >= facts->captures.size()) facts->captures.resize(std::size_t{capture.photo} + 1);
        Capture& known = facts->captures[capture.photo];
        known.seconds = static_cast<double>(capture.local_seconds);
        if (!capture.position) continue;
        known.latitude = static_cast<float>(capture.position->latitude);
        known.longitude = static_cast<float>(capture.position->longitude);
    }
    HONE_CHECK(catalog.for_each_person_on_photo([&](PhotoNumber photo, PersonId person) {
        if (photo >= facts->people.size()) facts->people.resize(std::size_t{photo} + 1);
        facts->people[photo].push_back(person);
    }));
    available_ = available;
    pairs_ = pairs;
    faces_ = faces;
    facts_ = std::move(facts);
    return facts_;
}

}  // namespace hone
