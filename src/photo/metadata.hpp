// SPDX-License-Identifier: GPL-3.0-or-later
// Metadata of a photo file: camera, time, position, rating, texts, faces. Read from EXIF, XMP and IPTC inside
// the file and from XMP sidecars next to it; docs/metadata.md says which source wins for which field. These
// functions open no file and decode no pixel, so they can run in the sandboxed worker. One exception, seen
// with strace on Exiv2 0.27.6: the XMP toolkit calls mktime(), which looks at /etc/localtime unless TZ is
// set. A process without the right to open files sets TZ=UTC0 and calls tzset() first. Safe from any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "base/result.hpp"
#include "photo/format.hpp"

namespace hone {

enum class TakenSource { kExif, kGps, kXmp, kIptc, kName, kModified };
std::string_view taken_source_name(TakenSource source);  // "exif"

struct TakenAt {
    std::int64_t local_seconds = 0;     // the camera's calendar, seconds since 1970 as if it were UTC
    std::optional<int> offset_minutes;  // of that calendar, east of UTC, -840..840; unset when unknown
    TakenSource source = TakenSource::kExif;

    friend bool operator==(const TakenAt&, const TakenAt&) = default;
};

// A marked part of the image. x, y: its centre, from the left and the top. All four are fractions of the
// upright image's width and height, 0..1.
struct Region {
    std::string name;  // empty for a face without a name
    std::string type;  // as written: "Face", "Pet", "Focus", "BarCode"; "" when not given
    double x = 0, y = 0, width = 0, height = 0;

    friend bool operator==(const Region&, const Region&) = default;
};

// Converts a region of the stored image into one of the upright image. orientation: EXIF 2.3, tag 0x0112,
// 1..8. Pure function.
Region turned(Region region, int orientation);

// Texts are valid UTF-8, trimmed, without control characters at their ends. Empty means unknown.
struct PhotoMetadata {
    std::string make, model, lens;           // as the camera writes them
    std::optional<double> exposure_seconds;  // > 0
    std::optional<double> aperture;          // f-number, > 0
    std::optional<double> focal_length_mm;   // > 0, not converted to 35 mm film
    std::optional<int> iso;                  // > 0
    std::optional<int> orientation;          // EXIF, 1..8
    std::optional<TakenAt> taken;
    std::optional<double> latitude, longitude;  // WGS 84 degrees, -90..90 and -180..180; both or none
    std::optional<double> altitude_m;           // above sea level
    std::optional<int> rating;                  // 0..5 stars, -1 rejected
    std::string title, description;
    std::vector<std::string> keywords;  // each once, in the order found
    std::vector<Region> regions;
    bool motion = false;        // contains a short video (Google, Samsung)
    int width = 0, height = 0;  // pixels as the container stores them, before any rotation; 0 when unknown

    friend bool operator==(const PhotoMetadata&, const PhotoMetadata&) = default;
};

// Reads everything that is readable. A broken part costs that part only and adds one line to `warnings`,
// which may be null. sidecars: XMP packets (UTF-8, UTF-16 or UTF-32), the one named after the whole file name
// first. Never fails, never throws.
PhotoMetadata read_metadata(std::span<const std::uint8_t> bytes, Format format,
                            std::span<const std::string> sidecars = {},
                            std::vector<std::string>* warnings = nullptr);

// Returns the time inside the file, else the one in its name, else modified_seconds: the file's modification
// time, seconds since 1970, UTC.
TakenAt resolve_taken(const PhotoMetadata& metadata, std::string_view file_name,
                      std::int64_t modified_seconds);

// Returns the candidate paths of a photo's XMP sidecar: IMG_1.jpg.xmp, then IMG_1.xmp, each also as .XMP.
// Opens nothing.
std::vector<fs::path> sidecar_names(const fs::path& photo);

// Writes names in snake_case and omits unknown values:
//   {"make": "Canon", "exposure_seconds": 0.01, "taken_at": "2019-05-01T12:30:00+02:00",
//    "taken_from": "exif", "regions": [{"name": "Ada", "type": "Face", "x": 0.5, "y": 0.5, "width": 0.1,
//    "height": 0.1}], ...}
nlohmann::json to_json(const PhotoMetadata& metadata);
// Inverse of to_json(); ignores unknown fields. kFailed when the type, form or range of a field is wrong; the
// message names the field.
Result<PhotoMetadata> parse_metadata(const nlohmann::json& document);

// "2019-05-01T12:30:00+02:00"; without the offset when it is unknown.
std::string iso8601_local(const TakenAt& taken);

}  // namespace hone
