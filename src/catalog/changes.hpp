// SPDX-License-Identifier: GPL-3.0-or-later
// What one write changed in the catalogue, so that nobody has to read the library again. Plain data.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/analyses.hpp"

namespace hone {

// An available photo: where and when it was taken, and how much it is.
struct Capture {
    PhotoNumber photo = 0;
    // Seconds since 1970, the camera's calendar as if it were UTC; unset when only the file's time is known.
    std::optional<std::int64_t> local_seconds;
    std::string camera;  // maker and model
    struct Position {
        double latitude = 0, longitude = 0;  // degrees
    };
    std::optional<Position> position;
    std::uint64_t bytes = 0;   // of one file
    std::uint32_t pixels = 0;  // width x height
    bool raw = false;          // camera raw
    FolderId folder = 0;       // of its only file; of several, of one
};

// A file of a photo. Two names of one file (hard and symbolic links) have the same inode and time.
struct FileOfPhoto {
    FolderId folder = 0;
    std::uint64_t inode = 0;
    std::int64_t modified_ns = 0;

    friend bool operator==(const FileOfPhoto&, const FileOfPhoto&) = default;
};

// A photo with several files that are not missing, in the order of their records.
struct PhotoCopies {
    PhotoNumber photo = 0;
    std::uint64_t bytes = 0;  // of one file
    std::vector<FileOfPhoto> files;
};

struct ChangedPerson {
    PersonId id = 0;
    bool named = false, hidden = false;  // both false when the person was deleted
};

struct Changes {
    std::vector<Capture> shown;       // photos that can be found now; some could be found before
    std::vector<PhotoNumber> hidden;  // photos that cannot be found any more
    // Hidden photos with a file that another photo stands for: raw files with a finished photo.
    std::vector<PhotoNumber> represented;
    std::vector<PhotoCopies> copies;  // of all shown and represented photos that have several files
    // Photos whose faces or people changed, with the person of each face now (0: nobody), in ascending order.
    std::vector<std::pair<PhotoNumber, std::vector<PersonId>>> faces;
    std::vector<ChangedPerson> people;            // of the whole library, only those who are named or hidden
    std::map<std::int64_t, std::int64_t> files;   // folder -> difference of the number of its photo files
    std::vector<SamePicture> pairs;               // new pairs
    std::int64_t failed = 0;                      // difference of the number of failed files
    std::map<std::string, std::int64_t> skipped;  // kind -> difference of the number of skipped files
    // Photos whose vectors or style came or went; some were deleted. Empty in a local catalogue, where the
    // only writer knows them, and with `everything`.
    std::vector<PhotoNumber> vectors;
    // This is the whole library, not a difference to an earlier state.
    bool everything = false;
    // Another process made them, at least some of them.
    bool from_others = false;

    [[nodiscard]] bool empty() const {
        return shown.empty() && hidden.empty() && represented.empty() && copies.empty() && faces.empty() &&
               people.empty() && vectors.empty() && pairs.empty() && files.empty() && failed == 0 &&
               skipped.empty() && !everything;
    }
};

}  // namespace hone
