// SPDX-License-Identifier: GPL-3.0-or-later
// The library at one moment, as searches and pages need it: which photos can be found, when and where they
// were taken, who is on them, which belong together, and how many there are. It is read once, when the
// library is opened; afterwards each change costs what it changes.
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/chunked_array.hpp"
#include "catalog/catalog.hpp"
#include "library/photo_groups.hpp"

namespace hone {

// Time and position of a photo; NaN where unknown.
struct CapturePoint {
    // The camera's calendar, seconds since 1970 as if it were UTC.
    double seconds = std::numeric_limits<double>::quiet_NaN();
    float latitude = std::numeric_limits<float>::quiet_NaN(),
          longitude = std::numeric_limits<float>::quiet_NaN();  // degrees
};

// How much an available photo is, and where it lies.
struct PhotoSize {
    std::uint64_t bytes = 0;  // of one file
    FolderId folder = 0;      // of its only file; of several, of one
    std::uint32_t pixels = 0;
    bool raw = false;  // camera raw
};

// The files of a photo that has several.
struct CopiesOfPhoto {
    std::uint64_t bytes = 0;         // of one file
    std::vector<FileOfPhoto> files;  // empty for a photo with one file, or none
};

// One person in numbers. Faces count while their photo has a file, also a raw file that its finished photo
// stands for.
struct PersonNumbers {
    std::uint32_t faces = 0, photos = 0;
    bool named = false, hidden = false;

    friend bool operator==(const PersonNumbers&, const PersonNumbers&) = default;
};

// Immutable, so safe from any thread.
class Snapshot {
  public:
    using Bits = std::vector<bool>;

    // Bits by photo number; photos beyond its size cannot be found.
    [[nodiscard]] const Bits& available() const { return *available_; }
    [[nodiscard]] bool is_available(PhotoNumber photo) const {
        return photo < available_->size() && (*available_)[photo];
    }
    // One more than the largest photo number with facts.
    [[nodiscard]] std::size_t size() const { return available_->size(); }
    [[nodiscard]] const CapturePoint& capture(PhotoNumber photo) const { return captures_[photo]; }
    [[nodiscard]] const PhotoSize& size_of(PhotoNumber photo) const { return sizes_[photo]; }
    // By photo number; also of raw files that a finished photo stands for.
    [[nodiscard]] const ChunkedArray<CopiesOfPhoto>& copies() const { return copies_; }
    // The people on an available photo, in ascending order, each once.
    [[nodiscard]] std::span<const PersonId> people_of(PhotoNumber photo) const;
    // By PersonId; a person without a face and flags is all zero.
    [[nodiscard]] const ChunkedArray<PersonNumbers>& people() const { return people_; }
    // All faces of the library.
    [[nodiscard]] std::uint64_t faces() const { return all_faces_; }
    [[nodiscard]] const PhotoGroups& groups() const { return groups_; }
    // Available photos, failed and skipped files.
    [[nodiscard]] const Counts& counts() const { return counts_; }
    // Photo files that were found through this folder and are not missing.
    [[nodiscard]] std::uint64_t files_of(FolderId folder) const {
        const auto found = files_.find(folder);
        return found == files_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::uint64_t photos_with_time() const { return with_time_; }
    [[nodiscard]] std::uint64_t photos_with_position() const { return with_position_; }
    [[nodiscard]] std::uint64_t photos_with_people() const { return with_people_; }
    // Grows with every change.
    [[nodiscard]] std::uint64_t version() const { return version_; }

  private:
    friend class SnapshotKeeper;

    std::shared_ptr<const Bits> available_ = std::make_shared<const Bits>();
    ChunkedArray<CapturePoint> captures_;
    ChunkedArray<PhotoSize> sizes_;
    ChunkedArray<CopiesOfPhoto> copies_;
    // The people of a photo's faces: everyone once, in ascending order, then those of the other faces, in
    // ascending order, where 0 is nobody.
    ChunkedArray<std::vector<PersonId>> faces_;
    ChunkedArray<bool> represented_;  // as Changes::represented
    ChunkedArray<PersonNumbers> people_;
    PhotoGroups groups_;
    Counts counts_;
    std::map<FolderId, std::uint64_t> files_;
    std::uint64_t with_time_ = 0, with_position_ = 0, with_people_ = 0, all_faces_ = 0, version_ = 0;
};

// Publishes snapshots. Safe from any thread.
class SnapshotKeeper {
  public:
    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;
    // Makes the next snapshot from the last one and the changes. Asks nobody.
    void apply(const Changes& changes);
    // Returns the changes that lead from nothing to the present snapshot. Of pairs, only whether they are
    // certain.
    [[nodiscard]] Changes everything();

  private:
    void change(Snapshot& next, const Changes& changes);
    // Counts the faces of this photo for their people, or discounts them.
    static void count_faces(Snapshot& next, PhotoNumber photo, bool adds);

    std::mutex changing_;  // guards keeper_; held while a snapshot is made
    GroupKeeper keeper_;
    mutable std::mutex mutex_;  // guards the pointer
    std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

}  // namespace hone
