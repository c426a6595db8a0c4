// SPDX-License-Identifier: GPL-3.0-or-later
// A filter for photos: a tree of terms as plain data. search/filter_parser.hpp parses it from text; each
// catalogue evaluates it in its own way (catalog/sqlite/filter_sql.hpp). docs/filters.md describes the
// language.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace hone {

enum class FilterField {
    kWords,     // text: prefixes of words, in order, in name, folder, title, keywords or camera
    kTaken,     // DayRange
    kCamera,    // text: part of "make model"
    kLens,      // text: part
    kRating,    // NumberRange; unrated counts as 0
    kFolder,    // text: one or more whole folder names; with a leading slash, the start of the path
    kName,      // text: part of the file name; the whole name when it contains a *
    kNear,      // Circle
    kFormat,    // text: a format's name (photo/format.hpp), or "raw"
    kTitle,     // text: part
    kKeyword,   // text: a whole keyword; * stands for any characters
    kPeople,    // text: the name of a person with a face in the photo
    kOnly,      // text: names; every person in the photo is among the values, and each value is in the photo
    kFaces,     // NumberRange: faces
    kAge,       // NumberRange: years; matches a face whose age range overlaps
    kHas,       // text: gps, title, keyword, rating, date, camera
    kIso,       // NumberRange
    kAperture,  // NumberRange: f-number
    kFocal,     // NumberRange: mm
    kExposure,  // NumberRange: seconds
    kWidth,     // NumberRange: pixels, upright
    kHeight,    // NumberRange: pixels, upright
    kMegapixels,   // NumberRange: million pixels
    kOrientation,  // text: landscape, portrait, square, panorama
    kCopies,       // NumberRange: files with these bytes that are not missing
    kIs            // text: raw, unreachable, motion
};

// An unset bound is open. A single number: both bounds equal and included.
struct NumberRange {
    std::optional<double> least, most;
    bool least_included = true, most_included = true;

    friend bool operator==(const NumberRange&, const NumberRange&) = default;
};

// Midnights of the camera's calendar, seconds since 1970 as if it were UTC. Matches from <= time < before.
struct DayRange {
    std::optional<std::int64_t> from, before;

    friend bool operator==(const DayRange&, const DayRange&) = default;
};

struct Circle {
    double latitude = 0, longitude = 0;  // degrees, -90..90, -180..180
    double radius_km = 0;                // > 0, along the Earth's surface

    friend bool operator==(const Circle&, const Circle&) = default;
};

// Text comparisons ignore case, in every script.
using FilterValue = std::variant<std::string, NumberRange, DayRange, Circle>;

struct FilterTerm {
    FilterField field = FilterField::kWords;
    std::vector<FilterValue> values;  // alternatives; at least one, each of the field's kind

    friend bool operator==(const FilterTerm&, const FilterTerm&) = default;
};

// (Not named Filter, which is the resampling filter of photo/resample.hpp.)
struct PhotoFilter {
    enum class Kind { kAnd, kOr, kNot, kTerm };
    Kind kind = Kind::kAnd;
    std::vector<PhotoFilter> parts;  // kAnd, kOr: any number; kNot: one. An empty kAnd matches every photo
    FilterTerm term;                 // kTerm

    friend bool operator==(const PhotoFilter&, const PhotoFilter&) = default;
};

}  // namespace hone
