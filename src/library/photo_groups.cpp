// SPDX-License-Identifier: GPL-3.0-or-later
// The sets of photos around each change.
#include "library/photo_groups.hpp"

#include <algorithm>
#include <unordered_set>

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

std::vector<PhotoNumber> Partition::set_of(PhotoNumber photo) const {
    const std::uint32_t set = of(photo);
    if (set == kNone) return {photo};
    const auto all = members(set);
    return {all.begin(), all.end()};
}

void Partition::replace(std::span<const PhotoNumber> photos,
                        const std::vector<std::vector<PhotoNumber>>& groups) {
    for (const PhotoNumber photo : photos) {
        const std::uint32_t set = of(photo);
        if (set == kNone) continue;
        const auto dissolved = members_[set];
        for (const PhotoNumber member : *dissolved) of_.set(member, 0);
        members_.set(set, nullptr);
    }
    for (const std::vector<PhotoNumber>& group : groups) {
        if (group.size() < 2) continue;
        auto sorted = std::make_shared<std::vector<PhotoNumber>>(group);
        std::ranges::sort(*sorted);
        for (const PhotoNumber member : *sorted) of_.set(member, next_ + 1);
        members_.set(next_, std::move(sorted));
        ++next_;
    }
}

void GroupKeeper::forget_capture(Shown& shown, PhotoNumber photo) {
    if (shown.camera == nullptr) return;
    // The shots before and after it may not belong together without it.
    for (const PhotoNumber other : groups_.bursts_.set_of(photo)) changed_.push_back(other);
    shown.camera->erase({shown.seconds, photo});
    shown.camera = nullptr;
}

void GroupKeeper::show(const Capture& capture) {
    const auto [entry, is_new] = shown_.try_emplace(capture.photo);
    Shown& shown = entry->second;
    const bool has_time = capture.local_seconds && *capture.local_seconds % kDaySeconds != 0 &&
                          capture.camera.find_first_not_of(' ') != std::string::npos;
    Shots* const camera = has_time ? &cameras_[capture.camera] : nullptr;
    if (!is_new && shown.camera == camera && (camera == nullptr || shown.seconds == *capture.local_seconds))
        return;
    forget_capture(shown, capture.photo);
    if (camera != nullptr) {
        shown = {camera, *capture.local_seconds};
        camera->emplace_hint(camera->end(), shown.seconds, capture.photo);
    }
    changed_.push_back(capture.photo);
}

void GroupKeeper::hide(PhotoNumber photo) {
    const auto found = shown_.find(photo);
    if (found == shown_.end()) return;
    for (const PhotoNumber other : groups_.groups_.set_of(photo)) changed_.push_back(other);
    forget_capture(found->second, photo);
    shown_.erase(found);
    changed_.push_back(photo);
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
    std::unordered_set<PhotoNumber> component;
    std::vector<PhotoNumber> open;
    const auto reach = [&](PhotoNumber photo) {
        if (component.insert(photo).second) open.push_back(photo);
    };
    for (const PhotoNumber photo : photos) {
        for (const PhotoNumber member : groups_.pictures_.set_of(photo)) reach(member);
    }
    std::vector<SamePair> pairs;
    while (!open.empty()) {
        const PhotoNumber photo = open.back();
        open.pop_back();
        const auto known = pairs_.find(photo);
        // A missing photo joins nothing: its two neighbours need not look alike.
        if (known == pairs_.end() || !shown_.contains(photo)) continue;
        for (const auto& [other, certain] : known->second) {
            if (!shown_.contains(other)) continue;
            reach(other);
            if (photo < other) pairs.push_back({photo, other, certain});
        }
    }
    const std::vector<PhotoNumber> members(component.begin(), component.end());
    groups_.pictures_.replace(members, group_same_pictures(pairs));
    changed_.insert(changed_.end(), members.begin(), members.end());
}

std::vector<PhotoNumber> GroupKeeper::shots_around(const Shown& shown, PhotoNumber photo) const {
    std::vector<PhotoNumber> shots{photo};
    const auto at = shown.camera->find({shown.seconds, photo});
    for (auto before = at; before != shown.camera->begin();) {
        const auto later = before--;
        if (later->first - before->first > kBurstSeconds) break;
        shots.push_back(before->second);
    }
    for (auto earlier = at, after = std::next(at); after != shown.camera->end(); earlier = after++) {
        if (after->first - earlier->first > kBurstSeconds) break;
        shots.push_back(after->second);
    }
    return shots;
}

void GroupKeeper::update_bursts(std::span<const PhotoNumber> photos) {
    std::unordered_set<PhotoNumber> placed;
    for (const PhotoNumber photo : photos) {
        if (placed.contains(photo)) continue;
        const auto found = shown_.find(photo);
        if (found == shown_.end() || found->second.camera == nullptr) {
            groups_.bursts_.replace(std::span(&photo, 1), {});
            continue;
        }
        const std::vector<PhotoNumber> shots = shots_around(found->second, photo);
        for (const PhotoNumber shot : shots) {
            // The rest of a burst that breaks apart is among the changed photos already.
            placed.insert(shot);
            changed_.push_back(shot);
        }
        groups_.bursts_.replace(shots, {shots});
    }
}

void GroupKeeper::update_groups(std::span<const PhotoNumber> photos) {
    std::unordered_set<PhotoNumber> done;
    std::vector<std::vector<PhotoNumber>> groups;
    std::vector<PhotoNumber> all;
    for (const PhotoNumber start : photos) {
        if (!done.insert(start).second) continue;
        std::vector<PhotoNumber> group{start};
        std::set<std::uint32_t> pictures, bursts;  // followed
        for (std::size_t at = 0; at < group.size(); ++at) {
            const auto follow = [&](const Partition& partition, std::set<std::uint32_t>& followed) {
                const std::uint32_t set = partition.of(group[at]);
                if (set == Partition::kNone || !followed.insert(set).second) return;
                for (const PhotoNumber member : partition.members(set)) {
                    if (done.insert(member).second) group.push_back(member);
                }
            };
            follow(groups_.pictures_, pictures);
            follow(groups_.bursts_, bursts);
        }
        all.insert(all.end(), group.begin(), group.end());
        groups.push_back(std::move(group));
    }
    groups_.groups_.replace(all, groups);
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
