// SPDX-License-Identifier: GPL-3.0-or-later
// The sets of photos around each change.
#include "library/photo_groups.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace hone {

namespace {

// A time at midnight is a date without a time, or an unset clock.
constexpr std::int64_t kDaySeconds = 24 * 60 * 60;

class UnionFind {
  public:
    PhotoNumber find(PhotoNumber photo) {
        auto& parent = parents_.try_emplace(photo, photo).first->second;
        return parent == photo ? photo : parent = find(parent);
    }
    // The smaller number becomes the root.
    void join(PhotoNumber a, PhotoNumber b) {
        a = find(a);
        b = find(b);
        if (a == b) return;
        if (b < a) std::swap(a, b);
        parents_[b] = a;
        sizes_[a] = size(a) + size(b);
    }
    // Returns the size of a group. root: its root.
    std::size_t size(PhotoNumber root) const {
        const auto found = sizes_.find(root);
        return found == sizes_.end() ? 1 : found->second;
    }
    std::vector<std::vector<PhotoNumber>> groups() {
        std::map<PhotoNumber, std::vector<PhotoNumber>> by_root;
        std::vector<PhotoNumber> photos;
        for (const auto& [photo, parent] : parents_) photos.push_back(photo);
        for (const PhotoNumber photo : photos) by_root[find(photo)].push_back(photo);
        std::vector<std::vector<PhotoNumber>> out;
        for (auto& [root, members] : by_root) {
            if (members.size() > 1) out.push_back(std::move(members));
        }
        return out;
    }

  private:
    std::map<PhotoNumber, PhotoNumber> parents_;
    std::map<PhotoNumber, std::size_t> sizes_;
};

}  // namespace

std::vector<std::vector<PhotoNumber>> group_same_pictures(std::span<const SamePair> pairs) {
    UnionFind groups;
    // Sorted, so the order of `pairs` does not matter.
    std::set<std::pair<PhotoNumber, PhotoNumber>> uncertain;
    for (const SamePair& pair : pairs) {
        if (pair.certain) {
            groups.join(pair.a, pair.b);
        } else {
            uncertain.emplace(std::minmax(pair.a, pair.b));
        }
    }
    // A single photo is only single before its first join, so one pass suffices.
    for (const auto& [a, b] : uncertain) {
        const PhotoNumber root_a = groups.find(a), root_b = groups.find(b);
        if (groups.size(root_a) == 1 || groups.size(root_b) == 1) groups.join(root_a, root_b);
    }
    // Join groups that two independent pairs connect. A join may bring pairs together, so repeat until
    // nothing changes.
    using Pair = std::pair<PhotoNumber, PhotoNumber>;
    for (bool changed = true; changed;) {
        changed = false;
        std::map<Pair, std::vector<Pair>> witnesses;  // roots -> pairs, ordered by root
        for (const auto& [a, b] : uncertain) {
            const PhotoNumber root_a = groups.find(a), root_b = groups.find(b);
            if (root_a == root_b) continue;
            if (root_a < root_b) {
                witnesses[{root_a, root_b}].emplace_back(a, b);
            } else {
                witnesses[{root_b, root_a}].emplace_back(b, a);
            }
        }
        for (const auto& [roots, known] : witnesses) {
            const bool independent = std::ranges::any_of(known, [&](const Pair& one) {
                return std::ranges::any_of(known, [&](const Pair& other) {
                    return one.first != other.first && one.second != other.second;
                });
            });
            if (!independent) continue;
            groups.join(roots.first, roots.second);
            changed = true;
        }
    }
    return groups.groups();
}

std::vector<PhotoNumber> Partition::members(std::uint32_t group) const {
    const PhotoNumber first = first_[group] - 1;
    std::vector<PhotoNumber> members{first};
    for (PhotoNumber photo = after_[first]; photo != first; photo = after_[photo]) members.push_back(photo);
    return members;
}

std::vector<PhotoNumber> Partition::set_of(PhotoNumber photo) const {
    const std::uint32_t set = of(photo);
    if (set == kNone) return {photo};
    return members(set);
}

void Partition::replace(std::span<const PhotoNumber> photos,
                        const std::vector<std::vector<PhotoNumber>>& groups) {
    for (const PhotoNumber photo : photos) {
        const std::uint32_t set = of(photo);
        if (set == kNone) continue;
        for (const PhotoNumber member : members(set)) of_.set(member, 0);
        first_.set(set, 0);
    }
    for (const std::vector<PhotoNumber>& group : groups) {
        if (group.size() < 2) continue;
        std::vector<PhotoNumber> sorted = group;
        std::ranges::sort(sorted);
        for (std::size_t at = 0; at < sorted.size(); ++at) {
            of_.set(sorted[at], next_ + 1);
            after_.set(sorted[at], sorted[(at + 1) % sorted.size()]);
        }
        first_.set(next_, sorted.front() + 1);
        ++next_;
    }
}

std::size_t Shots::block_of(const Shot& shot) const {
    // The last block that begins at or before the shot.
    const auto after =
        std::ranges::upper_bound(blocks_, shot, {}, [](const auto& block) { return block.front(); });
    return after == blocks_.begin() ? 0 : static_cast<std::size_t>(after - blocks_.begin()) - 1;
}

void Shots::add(const Shot& shot) {
    if (blocks_.empty()) {
        blocks_.push_back({shot});
        return;
    }
    const std::size_t index = block_of(shot);
    const auto next = blocks_.begin() + static_cast<std::ptrdiff_t>(index) + 1;
    if (blocks_[index].size() >= kBlock) {
        // Most shots come in the order of time, so full blocks stay full and the last one grows.
        if (shot > blocks_[index].back()) {
            if (next != blocks_.end() && next->size() < kBlock)
                next->insert(next->begin(), shot);
            else
                blocks_.insert(next, {shot});
            return;
        }
        const auto half = blocks_[index].begin() + kBlock / 2;
        std::vector<Shot> upper(half, blocks_[index].end());
        blocks_[index].erase(half, blocks_[index].end());
        blocks_.insert(next, std::move(upper));
        return add(shot);
    }
    std::vector<Shot>& block = blocks_[index];
    block.insert(std::ranges::lower_bound(block, shot), shot);
}

void Shots::remove(const Shot& shot) {
    if (blocks_.empty()) return;
    const std::size_t index = block_of(shot);
    std::vector<Shot>& block = blocks_[index];
    const auto found = std::ranges::lower_bound(block, shot);
    if (found == block.end() || *found != shot) return;
    block.erase(found);
    if (block.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(index));
}

std::vector<PhotoNumber> Shots::burst_around(const Shot& shot) const {
    std::vector<PhotoNumber> shots{shot.second};
    const std::size_t block = block_of(shot);
    const auto at =
        static_cast<std::size_t>(std::ranges::lower_bound(blocks_[block], shot) - blocks_[block].begin());
    std::int64_t seconds = shot.first;
    for (std::size_t in = block, before = at;;) {
        if (before == 0) {
            if (in == 0) break;
            before = blocks_[--in].size();
        }
        const Shot& other = blocks_[in][--before];
        if (seconds - other.first > kBurstSeconds) break;
        seconds = other.first;
        shots.push_back(other.second);
    }
    seconds = shot.first;
    for (std::size_t in = block, after = at;;) {
        if (++after >= blocks_[in].size()) {
            if (++in == blocks_.size()) break;
            after = 0;
        }
        const Shot& other = blocks_[in][after];
        if (other.first - seconds > kBurstSeconds) break;
        seconds = other.first;
        shots.push_back(other.second);
    }
    return shots;
}

bool VisitedPhotos::add(PhotoNumber photo) {
    if (photo >= bits_.size()) bits_.resize(std::size_t{photo} + 1);
    if (bits_[photo]) return false;
    bits_[photo] = true;
    photos_.push_back(photo);
    return true;
}

void VisitedPhotos::clear() {
    for (const PhotoNumber photo : photos_) bits_[photo] = false;
    photos_ = {};
}

void GroupKeeper::forget_capture(PhotoNumber photo) {
    Shown& shown = shown_[photo];
    if (shown.camera < kFirstCamera) return;
    // The shots before and after it may not belong together without it.
    for (const PhotoNumber other : groups_.bursts_.set_of(photo)) changed_.push_back(other);
    shots_of(shown.camera).remove({shown.seconds, photo});
    shown.camera = kNoBurst;
}

void GroupKeeper::show(const Capture& capture) {
    const bool has_time = capture.local_seconds && *capture.local_seconds % kDaySeconds != 0 &&
                          capture.camera.find_first_not_of(' ') != std::string::npos;
    Shown now{kNoBurst, 0};
    if (has_time) {
        const auto [number, is_new] = camera_numbers_.try_emplace(
            capture.camera, kFirstCamera + static_cast<std::uint32_t>(cameras_.size()));
        if (is_new) cameras_.push_back({number->first, {}});
        now = {number->second, *capture.local_seconds};
    }
    const Shown before = shown(capture.photo);
    if (before.camera == now.camera && before.seconds == now.seconds) return;
    if (capture.photo >= shown_.size()) shown_.resize(std::size_t{capture.photo} + 1);
    forget_capture(capture.photo);
    shown_[capture.photo] = now;
    if (has_time) shots_of(now.camera).add({now.seconds, capture.photo});
    changed_.push_back(capture.photo);
}

void GroupKeeper::hide(PhotoNumber photo) {
    if (!is_shown(photo)) return;
    for (const PhotoNumber other : groups_.groups_.set_of(photo)) changed_.push_back(other);
    forget_capture(photo);
    shown_[photo] = {};
    changed_.push_back(photo);
}

std::vector<SamePicture> GroupKeeper::pairs() const {
    std::vector<SamePicture> all;
    for (const auto& [photo, others] : pairs_) {
        for (const auto& [other, certain] : others) {
            if (photo < other) all.push_back({photo, other, 0, 0, certain});
        }
    }
    return all;
}

std::string_view GroupKeeper::camera_of(PhotoNumber photo) const {
    const std::uint32_t camera = shown(photo).camera;
    return camera < kFirstCamera ? "" : cameras_[camera - kFirstCamera].name;
}

void GroupKeeper::add_pair(const SamePicture& pair) {
    const auto add = [&](PhotoNumber photo, PhotoNumber other) {
        auto& known = pairs_[photo];
        const auto same = std::ranges::find(known, other, [](const auto& one) { return one.first; });
        if (same == known.end())
            known.emplace_back(other, pair.certain);
        else
            same->second = pair.certain;
    };
    add(pair.first, pair.second);
    add(pair.second, pair.first);
    changed_.push_back(pair.first);
    changed_.push_back(pair.second);
}

void GroupKeeper::update_pictures(std::span<const PhotoNumber> photos) {
    // Everything that available pairs connect with these photos, and the sets that they had.
    std::vector<PhotoNumber> open;
    const auto reach = [&](PhotoNumber photo) {
        if (visited_.add(photo)) open.push_back(photo);
    };
    for (const PhotoNumber photo : photos) {
        // Most photos have no pair.
        const bool alone = groups_.pictures_.of(photo) == Partition::kNone && !pairs_.contains(photo);
        if (alone) continue;
        for (const PhotoNumber member : groups_.pictures_.set_of(photo)) reach(member);
    }
    std::vector<SamePair> pairs;
    while (!open.empty()) {
        const PhotoNumber photo = open.back();
        open.pop_back();
        const auto known = pairs_.find(photo);
        // A missing photo joins nothing: its two neighbours need not look alike.
        if (known == pairs_.end() || !is_shown(photo)) continue;
        for (const auto& [other, certain] : known->second) {
            if (!is_shown(other)) continue;
            reach(other);
            if (photo < other) pairs.push_back({photo, other, certain});
        }
    }
    const std::vector<PhotoNumber>& members = visited_.photos();
    groups_.pictures_.replace(members, group_same_pictures(pairs));
    changed_.insert(changed_.end(), members.begin(), members.end());
    visited_.clear();
}

void GroupKeeper::update_bursts(std::span<const PhotoNumber> photos) {
    for (const PhotoNumber photo : photos) {
        if (visited_.contains(photo)) continue;
        const Shown shown = this->shown(photo);
        if (shown.camera < kFirstCamera) {
            groups_.bursts_.replace(std::span(&photo, 1), {});
            continue;
        }
        const std::vector<PhotoNumber> shots = shots_of(shown.camera).burst_around({shown.seconds, photo});
        for (const PhotoNumber shot : shots) {
            // The rest of a burst that breaks apart is among the changed photos already.
            visited_.add(shot);
            changed_.push_back(shot);
        }
        groups_.bursts_.replace(shots, {shots});
    }
    visited_.clear();
}

void GroupKeeper::update_groups(std::span<const PhotoNumber> photos) {
    std::vector<std::vector<PhotoNumber>> groups;
    for (const PhotoNumber start : photos) {
        if (!visited_.add(start)) continue;
        std::vector<PhotoNumber> group{start};
        std::set<std::pair<const Partition*, std::uint32_t>> followed;
        for (std::size_t at = 0; at < group.size(); ++at) {
            for (const Partition* partition : {&groups_.pictures_, &groups_.bursts_}) {
                const std::uint32_t set = partition->of(group[at]);
                if (set == Partition::kNone || !followed.emplace(partition, set).second) continue;
                for (const PhotoNumber member : partition->members(set)) {
                    if (visited_.add(member)) group.push_back(member);
                }
            }
        }
        if (group.size() > 1) groups.push_back(std::move(group));
    }
    groups_.groups_.replace(visited_.photos(), groups);
    visited_.clear();
}

PhotoGroups GroupKeeper::update() {
    // Each step may reach further photos, whose groups then change too. Members of a group that one of these
    // photos leaves are reached by way of its old sets.
    const auto changed = [&] {
        std::ranges::sort(changed_);
        const auto twice = std::ranges::unique(changed_);
        changed_.erase(twice.begin(), twice.end());
        return changed_;
    };
    for (const PhotoNumber photo : changed()) {
        for (const Partition* partition : {&groups_.pictures_, &groups_.bursts_, &groups_.groups_}) {
            if (partition->of(photo) == Partition::kNone) continue;
            for (const PhotoNumber member : partition->members(partition->of(photo)))
                changed_.push_back(member);
        }
    }
    update_pictures(changed());
    update_bursts(changed());
    update_groups(changed());
    changed_.clear();
    return groups_;
}

}  // namespace hone
