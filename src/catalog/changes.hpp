// SPDX-License-Identifier: GPL-3.0-or-later
// What one write changed in the catalogue, so that nobody has to read the library again. Plain data.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/analyses.hpp"

namespace hone {

// Where and when an available photo was taken.
struct Capture {
    PhotoNumber photo = 0;
    // Seconds since 1970, the camera's calendar as if it were UTC; unset when only the file's time is known.
    std::optional<std::int64_t> local_seconds;
    std::string camera;  // maker and model
    struct Position {
        double latitude = 0, longitude = 0;  // degrees
    };
    std::optional<Position> position;
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
        return shown.empty() && hidden.empty() && represented.empty() && faces.empty() && people.empty() &&
               vectors.empty() && pairs.empty() && files.empty() && failed == 0 && skipped.empty() &&
               !everything;
    }
};

}  // namespace hone
