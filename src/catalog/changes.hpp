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

struct Changes {
    std::vector<Capture> shown;       // photos that can be found now; some could be found before
    std::vector<PhotoNumber> hidden;  // photos that cannot be found any more
    // Photos whose faces or people changed, with everyone on them now, in ascending order.
    std::vector<std::pair<PhotoNumber, std::vector<PersonId>>> people;
    std::map<std::int64_t, std::int64_t> files;   // folder -> difference of the number of its photo files
    std::vector<SamePicture> pairs;               // new pairs
    std::int64_t failed = 0;                      // difference of the number of failed files
    std::map<std::string, std::int64_t> skipped;  // kind -> difference of the number of skipped files
    // This is the whole library, not a difference to an earlier state.
    bool everything = false;

    [[nodiscard]] bool empty() const {
        return shown.empty() && hidden.empty() && people.empty() && pairs.empty() && files.empty() &&
               failed == 0 && skipped.empty() && !everything;
    }
};

}  // namespace hone
