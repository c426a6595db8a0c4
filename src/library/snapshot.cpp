// SPDX-License-Identifier: GPL-3.0-or-later
// Makes one snapshot from the one before and the changes.
#include "library/snapshot.hpp"

#include <algorithm>
#include <cmath>

namespace hone {

namespace {

void add_difference(std::uint64_t& count, std::int64_t difference) {
    count =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(count) + difference));
}

void sort_kinds(Counts& counts) {
    std::erase_if(counts.skipped, [](const auto& kind) { return kind.second == 0; });
    std::ranges::stable_sort(counts.skipped, [](const auto& a, const auto& b) {
        return std::pair(b.second, a.first) < std::pair(a.second, b.first);
    });
}

}  // namespace

std::shared_ptr<const Snapshot> SnapshotKeeper::snapshot() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
}

void SnapshotKeeper::change(Snapshot& next, const Changes& changes) {
    if (!changes.shown.empty() || !changes.hidden.empty()) {
        // One bit per photo: 125 KB for a million, less than any chunk of anything else.
        auto bits = std::make_shared<Snapshot::Bits>(*next.available_);
        const auto set = [&](PhotoNumber photo, bool available) {
            if (photo >= bits->size()) {
                if (!available) return;
                bits->resize(std::size_t{photo} + 1);
            }
            if ((*bits)[photo] == available) return;
            (*bits)[photo] = available;
            next.counts_.photos += available ? 1 : -1;
        };
        const auto set_capture = [&](PhotoNumber photo, const CapturePoint& point) {
            const CapturePoint& before = next.captures_[photo];
            add_difference(next.with_time_,
                           (std::isnan(before.seconds) ? 0 : -1) + (std::isnan(point.seconds) ? 0 : 1));
            add_difference(next.with_position_,
                           (std::isnan(before.latitude) ? 0 : -1) + (std::isnan(point.latitude) ? 0 : 1));
            next.captures_.set(photo, point);
        };
        for (const Capture& capture : changes.shown) {
            set(capture.photo, true);
            CapturePoint point;
            if (capture.local_seconds) point.seconds = static_cast<double>(*capture.local_seconds);
            if (capture.position) {
                point.latitude = static_cast<float>(capture.position->latitude);
                point.longitude = static_cast<float>(capture.position->longitude);
            }
            set_capture(capture.photo, point);
            keeper_.show(capture);
        }
        for (const PhotoNumber photo : changes.hidden) {
            set(photo, false);
            set_capture(photo, {});
            keeper_.hide(photo);
        }
        next.available_ = std::move(bits);
    }
    for (const auto& [photo, people] : changes.people) {
        add_difference(next.with_people_, (next.people_[photo].empty() ? 0 : -1) + (people.empty() ? 0 : 1));
        next.people_.set(photo, people);
    }
    for (const SamePicture& pair : changes.pairs) keeper_.add_pair(pair);
    next.groups_ = keeper_.update();
    for (const auto& [folder, difference] : changes.files) add_difference(next.files_[folder], difference);
    add_difference(next.counts_.failed, changes.failed);
    for (const auto& [kind, difference] : changes.skipped) {
        const auto known =
            std::ranges::find(next.counts_.skipped, kind, [](const auto& one) { return one.first; });
        if (known != next.counts_.skipped.end())
            add_difference(known->second, difference);
        else if (difference > 0)
            next.counts_.skipped.emplace_back(kind, static_cast<std::uint64_t>(difference));
    }
    if (!changes.skipped.empty()) sort_kinds(next.counts_);
    ++next.version_;
}

Changes SnapshotKeeper::everything() {
    const std::lock_guard changing(changing_);
    const Snapshot& now = *snapshot_;  // only apply() changes the pointer, and it needs changing_
    Changes all;
    all.everything = true;
    for (std::size_t at = 0; at < now.size(); ++at) {
        const auto photo = static_cast<PhotoNumber>(at);
        if (!now.people_of(photo).empty()) {
            const auto people = now.people_of(photo);
            all.people.emplace_back(photo, std::vector<PersonId>(people.begin(), people.end()));
        }
        if (!now.is_available(photo)) continue;
        const CapturePoint& point = now.capture(photo);
        Capture& capture = all.shown.emplace_back();
        capture.photo = photo;
        capture.camera = keeper_.camera_of(photo);
        if (!std::isnan(point.seconds)) capture.local_seconds = static_cast<std::int64_t>(point.seconds);
        if (!std::isnan(point.latitude)) capture.position = {point.latitude, point.longitude};
    }
    all.pairs = keeper_.pairs();
    for (const auto& [folder, files] : now.files_) all.files[folder] = static_cast<std::int64_t>(files);
    all.failed = static_cast<std::int64_t>(now.counts_.failed);
    for (const auto& [kind, files] : now.counts_.skipped)
        all.skipped[kind] = static_cast<std::int64_t>(files);
    return all;
}

void SnapshotKeeper::apply(const Changes& changes) {
    const std::lock_guard changing(changing_);
    const auto before = snapshot();
    auto next = std::make_shared<Snapshot>(changes.everything ? Snapshot{} : *before);
    next->version_ = before->version_;
    if (changes.everything) keeper_ = {};
    change(*next, changes);
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(next);
}

}  // namespace hone
