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

// From the people of all faces, in ascending order, to the order of Snapshot::faces_.
std::vector<PersonId> each_person_first(const std::vector<PersonId>& faces) {
    std::vector<PersonId> ordered;
    ordered.reserve(faces.size());
    const auto is_first = [&](std::size_t at) {
        return faces[at] != 0 && (at == 0 || faces[at] != faces[at - 1]);
    };
    for (const bool first : {true, false}) {
        for (std::size_t at = 0; at < faces.size(); ++at) {
            if (is_first(at) == first) ordered.push_back(faces[at]);
        }
    }
    return ordered;
}

// The photos whose faces may count otherwise after the changes, each once.
std::vector<PhotoNumber> recounted(const Changes& changes) {
    std::vector<PhotoNumber> photos;
    for (const auto& [photo, faces] : changes.faces) photos.push_back(photo);
    if (changes.everything) return photos;  // the others have no faces
    for (const Capture& capture : changes.shown) photos.push_back(capture.photo);
    photos.insert(photos.end(), changes.hidden.begin(), changes.hidden.end());
    std::ranges::sort(photos);
    const auto again = std::ranges::unique(photos);
    photos.erase(again.begin(), again.end());
    return photos;
}

}  // namespace

std::span<const PersonId> Snapshot::people_of(PhotoNumber photo) const {
    const std::vector<PersonId>& faces = faces_[photo];
    // The other faces begin with 0 or with someone who has been listed.
    std::size_t people = 0;
    for (PersonId last = 0; people < faces.size() && faces[people] > last; ++people) last = faces[people];
    return std::span(faces).first(people);
}

std::shared_ptr<const Snapshot> SnapshotKeeper::snapshot() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
}

void SnapshotKeeper::count_faces(Snapshot& next, PhotoNumber photo, bool adds) {
    if (!next.is_available(photo) && !next.represented_[photo]) return;
    const auto count = [&](PersonId person, std::uint32_t PersonNumbers::* number) {
        PersonNumbers numbers = next.people_[static_cast<std::size_t>(person)];
        adds ? ++(numbers.*number) : --(numbers.*number);
        next.people_.set(static_cast<std::size_t>(person), numbers);
    };
    for (const PersonId person : next.people_of(photo)) count(person, &PersonNumbers::photos);
    for (const PersonId person : next.faces_[photo]) {
        if (person != 0) count(person, &PersonNumbers::faces);
    }
}

void SnapshotKeeper::change(Snapshot& next, const Changes& changes) {
    const std::vector<PhotoNumber> photos = recounted(changes);
    for (const PhotoNumber photo : photos) count_faces(next, photo, false);
    const auto represent = [&](PhotoNumber photo, bool represented) {
        if (next.represented_[photo] != represented) next.represented_.set(photo, represented);
    };
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
        const auto forget_copies = [&](PhotoNumber photo) {
            if (!next.copies_[photo].files.empty()) next.copies_.set(photo, {});
        };
        for (const Capture& capture : changes.shown) {
            set(capture.photo, true);
            next.sizes_.set(capture.photo, {capture.bytes, capture.folder, capture.pixels, capture.raw});
            forget_copies(capture.photo);
            CapturePoint point;
            if (capture.local_seconds) point.seconds = static_cast<double>(*capture.local_seconds);
            if (capture.position) {
                point.latitude = static_cast<float>(capture.position->latitude);
                point.longitude = static_cast<float>(capture.position->longitude);
            }
            set_capture(capture.photo, point);
            represent(capture.photo, false);
            keeper_.show(capture);
        }
        for (const PhotoNumber photo : changes.hidden) {
            set(photo, false);
            represent(photo, false);
            set_capture(photo, {});
            if (next.sizes_[photo].bytes != 0) next.sizes_.set(photo, {});
            forget_copies(photo);
            keeper_.hide(photo);
        }
        next.available_ = std::move(bits);
    }
    for (const PhotoNumber photo : changes.represented) represent(photo, true);
    for (const PhotoCopies& copies : changes.copies)
        next.copies_.set(copies.photo, {copies.bytes, copies.files});
    for (const auto& [photo, faces] : changes.faces) {
        const auto size = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
        add_difference(next.all_faces_, size(faces) - size(next.faces_[photo]));
        const bool had_people = !next.people_of(photo).empty();
        next.faces_.set(photo, each_person_first(faces));
        add_difference(next.with_people_, (next.people_of(photo).empty() ? 0 : 1) - (had_people ? 1 : 0));
    }
    for (const PhotoNumber photo : photos) count_faces(next, photo, true);
    for (const ChangedPerson& person : changes.people) {
        PersonNumbers numbers = next.people_[static_cast<std::size_t>(person.id)];
        numbers.named = person.named;
        numbers.hidden = person.hidden;
        next.people_.set(static_cast<std::size_t>(person.id), numbers);
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
    const std::size_t photos =
        std::max({now.size(), now.faces_.size(), now.represented_.size(), now.copies_.size()});
    for (std::size_t at = 0; at < photos; ++at) {
        const auto photo = static_cast<PhotoNumber>(at);
        if (!now.faces_[at].empty()) std::ranges::sort(all.faces.emplace_back(photo, now.faces_[at]).second);
        if (now.represented_[at]) all.represented.push_back(photo);
        if (const CopiesOfPhoto& copies = now.copies_[at]; !copies.files.empty())
            all.copies.push_back({photo, copies.bytes, copies.files});
        if (!now.is_available(photo)) continue;
        const CapturePoint& point = now.capture(photo);
        Capture& capture = all.shown.emplace_back();
        capture.photo = photo;
        capture.camera = keeper_.camera_of(photo);
        if (!std::isnan(point.seconds)) capture.local_seconds = static_cast<std::int64_t>(point.seconds);
        if (!std::isnan(point.latitude)) capture.position = {point.latitude, point.longitude};
        const PhotoSize& size = now.size_of(photo);
        capture.bytes = size.bytes;
        capture.pixels = size.pixels;
        capture.raw = size.raw;
        capture.folder = size.folder;
    }
    for (std::size_t id = 0; id < now.people_.size(); ++id) {
        const PersonNumbers& person = now.people_[id];
        if (person.named || person.hidden)
            all.people.push_back({static_cast<PersonId>(id), person.named, person.hidden});
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
