// SPDX-License-Identifier: GPL-3.0-or-later
// Reads metadata with Exiv2 (EXIF, IPTC, XMP), libheif (the blobs inside HEIC and AVIF, some of which Exiv2
// 0.27 refuses) and Brotli (JPEG XL's compressed boxes). Exiv2 only supplies raw values: its printing
// functions read configuration files and character set tables, which the sandbox forbids.
#include "photo/metadata.hpp"

#include <brotli/decode.h>
#include <libheif/heif.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <exiv2/exiv2.hpp>
#include <map>
#include <memory>
#include <mutex>

#include "photo/exiv2_start.hpp"
#include "photo/file_name_date.hpp"
#include "photo/metadata_text.hpp"

namespace hone {

namespace {

using namespace std::string_view_literals;

// Limits against hostile files, far above the values that people and cameras write.
constexpr std::size_t kLongestName = 256;            // bytes: camera, lens, keyword, person
constexpr std::size_t kLongestTitle = 1024;          // bytes
constexpr std::size_t kLongestDescription = 65'536;  // bytes
// At the start of a JPEG, the search range for the text block.
constexpr std::size_t kPictureInfoBytes = 65'536;
constexpr std::size_t kMostKeywords = 1000, kMostRegions = 500, kMostWarnings = 50;
constexpr std::size_t kLargestPacket = 32U << 20;  // bytes of one XMP packet or EXIF block, unpacked

// Receives Exiv2's log messages of this thread while read_metadata() runs.
thread_local std::vector<std::string>* current_warnings = nullptr;

void warn(std::string text) {
    if (current_warnings == nullptr || current_warnings->size() >= kMostWarnings) return;
    current_warnings->push_back(clean_text(text, kLongestTitle));
}

void lock_xmp(void* mutex, bool lock) {
    auto* const toolkit = static_cast<std::mutex*>(mutex);
    if (lock)
        toolkit->lock();
    else
        toolkit->unlock();
}

}  // namespace

void start_exiv2() {
    static std::once_flag once;
    std::call_once(once, [] {
        static std::mutex xmp_toolkit;
        Exiv2::LogMsg::setHandler([](int, const char* text) { warn(text); });
        Exiv2::XmpParser::initialize(&lock_xmp, &xmp_toolkit);
        Exiv2::XmpProperties::registerNs("http://ns.google.com/photos/1.0/camera/", "GCamera");
        Exiv2::enableBMFF(true);  // CR3
    });
}

Region turned(Region region, int orientation) {
    const double x = region.x, y = region.y;
    switch (orientation) {
        case 2:
            region.x = 1 - x;
            break;
        case 3:
            region.x = 1 - x, region.y = 1 - y;
            break;
        case 4:
            region.y = 1 - y;
            break;
        case 5:
            region.x = y, region.y = x;
            break;
        case 6:
            region.x = 1 - y, region.y = x;
            break;
        case 7:
            region.x = 1 - y, region.y = 1 - x;
            break;
        case 8:
            region.x = y, region.y = 1 - x;
            break;
        default:
            break;
    }
    if (orientation >= 5) std::swap(region.width, region.height);
    return region;
}

namespace {

// Runs one step of reading and turns Exiv2's exceptions into warnings.
template <typename Step>
void guarded(const char* what, Step step) {
    try {
        step();
    } catch (const std::exception& error) {
        warn(std::string(what) + ": " + error.what());
    } catch (...) {
        warn(std::string(what) + ": broken");
    }
}

void put_first(std::string& into, std::string text) {
    if (into.empty()) into = std::move(text);
}
template <typename T>
void put_first(std::optional<T>& into, std::optional<T> value) {
    if (!into) into = std::move(value);
}

std::optional<double> positive(std::optional<double> value) {
    return value && *value > 0 && std::isfinite(*value) ? value : std::nullopt;
}

// Cameras without the field write 0 or the largest short number.
std::optional<int> valid_iso(std::optional<double> value) {
    if (!value || !(*value >= 1 && *value < 1e8) || *value == 65535) return std::nullopt;
    return static_cast<int>(std::lround(*value));
}

struct Position {
    double latitude = 0, longitude = 0;
};

// 0,0 is in the sea; devices without a fix write it.
std::optional<Position> valid_position(std::optional<double> latitude, std::optional<double> longitude) {
    if (!latitude || !longitude || !(std::abs(*latitude) <= 90 && std::abs(*longitude) <= 180))
        return std::nullopt;
    if (*latitude == 0 && *longitude == 0) return std::nullopt;
    return Position{*latitude, *longitude};
}

// From below the deepest sea to above the highest aeroplanes and balloons, metres.
std::optional<double> valid_altitude(std::optional<double> metres) {
    return metres && *metres > -12'000 && *metres < 100'000 ? metres : std::nullopt;
}

void add_keyword(std::vector<std::string>& keywords, std::string_view raw) {
    std::string word = clean_text(raw, kLongestName);
    if (word.empty() || keywords.size() >= kMostKeywords) return;
    if (std::ranges::find(keywords, word) == keywords.end()) keywords.push_back(std::move(word));
}

void add_split_keywords(std::vector<std::string>& keywords, std::string_view text, char separator) {
    for (std::size_t from = 0; from <= text.size() && keywords.size() < kMostKeywords;) {
        const std::size_t to = std::min(text.find(separator, from), text.size());
        add_keyword(keywords, text.substr(from, to - from));
        from = to + 1;
    }
}

// EXIF.

const Exiv2::Exifdatum* find(const Exiv2::ExifData& exif, const char* key) {
    const auto found = exif.findKey(Exiv2::ExifKey(key));
    return found == exif.end() || found->count() == 0 ? nullptr : &*found;
}

// Returns the value at `index` of a field; std::nullopt for a missing one, other text, or a denominator of
// zero.
std::optional<double> number(const Exiv2::Exifdatum& field, long index) {
    const Exiv2::Value& value = field.value();
    if (index >= value.count()) return std::nullopt;
    const auto at = static_cast<std::size_t>(index);
    // Not toRational(): it folds unsigned fractions into signed ones.
    if (const auto* const fractions = dynamic_cast<const Exiv2::URationalValue*>(&value)) {
        const auto& [above, below] = fractions->value_[at];
        return below == 0 ? std::nullopt : std::optional(static_cast<double>(above) / below);
    }
    if (const auto* const fractions = dynamic_cast<const Exiv2::RationalValue*>(&value)) {
        const auto& [above, below] = fractions->value_[at];
        return below == 0 ? std::nullopt : std::optional(static_cast<double>(above) / below);
    }
    if (const auto* const words = dynamic_cast<const Exiv2::ULongValue*>(&value)) return words->value_[at];
    switch (value.typeId()) {
        case Exiv2::unsignedByte:
        case Exiv2::unsignedShort:
        case Exiv2::signedByte:
        case Exiv2::signedShort:
        case Exiv2::signedLong:
            return static_cast<double>(value.toLong(index));
        case Exiv2::tiffFloat:
        case Exiv2::tiffDouble:
            return static_cast<double>(value.toFloat(index));
        case Exiv2::asciiString:
            return index == 0 ? parse_number(value.toString()) : std::nullopt;
        default:
            return std::nullopt;
    }
}

std::optional<double> number(const Exiv2::ExifData& exif, const char* key, long index = 0) {
    const auto* const field = find(exif, key);
    return field == nullptr ? std::nullopt : number(*field, index);
}

std::string text(const Exiv2::ExifData& exif, const char* key, std::size_t limit = kLongestName) {
    const auto* const field = find(exif, key);
    if (field == nullptr || field->typeId() != Exiv2::asciiString) return "";
    return clean_text(field->toString(), limit);
}

std::vector<std::uint8_t> raw_bytes(const Exiv2::Exifdatum& field) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::max<long>(field.size(), 0)));
    if (!bytes.empty()) field.copy(bytes.data(), Exiv2::littleEndian);
    return bytes;
}

// Windows' own fields: UTF-16, little-endian in every file.
std::string windows_text(const Exiv2::ExifData& exif, const char* key, std::size_t limit) {
    const auto* const field = find(exif, key);
    if (field == nullptr || field->typeId() != Exiv2::unsignedByte) return "";
    return clean_text(utf8_from_utf16(raw_bytes(*field), false), limit);
}

// EXIF 2.3, UserComment: eight bytes name the character set.
std::string user_comment(const Exiv2::ExifData& exif, bool big_endian) {
    const auto* const field = find(exif, "Exif.Photo.UserComment");
    if (field == nullptr) return "";
    const std::vector<std::uint8_t> bytes = raw_bytes(*field);
    if (bytes.size() <= 8) return "";
    const std::string_view set(reinterpret_cast<const char*>(bytes.data()), 8);
    const auto rest = std::span(bytes).subspan(8);
    if (set == "ASCII\0\0\0"sv)
        return clean_text({reinterpret_cast<const char*>(rest.data()), rest.size()}, kLongestDescription);
    if (set == "UNICODE\0"sv) return clean_text(utf8_from_utf16(rest, big_endian), kLongestDescription);
    return "";
}

// Values that cameras write into ImageDescription by default.
bool is_camera_default(std::string_view description) {
    constexpr std::array kDefaults = {"OLYMPUS DIGITAL CAMERA"sv,
                                      "MINOLTA DIGITAL CAMERA"sv,
                                      "KONICA MINOLTA DIGITAL CAMERA"sv,
                                      "SANYO DIGITAL CAMERA"sv,
                                      "DIGITAL CAMERA"sv,
                                      "SONY DSC"sv,
                                      "KODAK Digital Still Camera"sv,
                                      "Exif_JPEG_PICTURE"sv,
                                      "Exif JPEG"sv,
                                      "DCIM"sv};
    return std::ranges::find(kDefaults, description) != kDefaults.end() || description.starts_with("DCIM\\");
}

std::optional<CalendarTime> plausible_time(std::string_view raw) {
    const auto time = parse_calendar_time(raw);
    return time && is_plausible(*time) ? time : std::nullopt;
}

// A time of the camera's clock, with the first available offset.
std::optional<CalendarTime> exif_time(const Exiv2::ExifData& exif, const char* key,
                                      std::initializer_list<const char*> offsets) {
    auto time = plausible_time(text(exif, key));
    if (!time) return std::nullopt;
    for (const char* offset : offsets) {
        if (!time->offset_minutes) time->offset_minutes = parse_offset(text(exif, offset));
    }
    return time;
}

std::optional<CalendarTime> exif_gps_time(const Exiv2::ExifData& exif) {
    auto time = plausible_time(text(exif, "Exif.GPSInfo.GPSDateStamp"));
    const auto hour = number(exif, "Exif.GPSInfo.GPSTimeStamp", 0),
               minute = number(exif, "Exif.GPSInfo.GPSTimeStamp", 1),
               second = number(exif, "Exif.GPSInfo.GPSTimeStamp", 2);
    if (!time || !hour || !minute || !second) return std::nullopt;
    if (!(*hour >= 0 && *hour < 24 && *minute >= 0 && *minute < 60 && *second >= 0 && *second < 61))
        return std::nullopt;
    time->local_seconds += static_cast<std::int64_t>(*hour * 3600 + *minute * 60 + *second);
    time->offset_minutes = 0;
    return time;
}

// Reconyx's trail cameras write the time only into their maker notes: second, minute, hour, month, day, year,
// two bytes each.
std::optional<CalendarTime> reconyx_time(const Exiv2::ExifData& exif) {
    constexpr std::size_t kAt = 0x16, kWords = 6;
    const auto* const field = find(exif, "Exif.Photo.MakerNote");
    if (field == nullptr) return std::nullopt;
    const std::vector<std::uint8_t> note = raw_bytes(*field);
    if (note.size() < kAt + 2 * kWords || note[0] != 0x01 || note[1] != 0xF1) return std::nullopt;
    std::array<int, kWords> words{};
    for (std::size_t word = 0; word < kWords; ++word)
        words[word] = note[kAt + 2 * word] | note[kAt + 2 * word + 1] << 8;
    return plausible_time(fmt::format("{:04}:{:02}:{:02} {:02}:{:02}:{:02}", words[5], words[3], words[4],
                                      words[2], words[1], words[0]));
}

// Degrees, minutes, seconds; the last ones may be missing. A position without a hemisphere is ignored: it
// would be in the wrong half of the world as often as not.
std::optional<double> exif_angle(const Exiv2::ExifData& exif, const char* key, const char* hemisphere_key,
                                 std::string_view positive_letter, std::string_view negative_letter) {
    const std::string hemisphere = text(exif, hemisphere_key);
    const bool negative = hemisphere.starts_with(negative_letter);
    if (!negative && !hemisphere.starts_with(positive_letter)) return std::nullopt;
    const auto degrees = number(exif, key, 0);
    const double minutes = number(exif, key, 1).value_or(0), seconds = number(exif, key, 2).value_or(0);
    if (!degrees || !(*degrees >= 0 && minutes >= 0 && minutes <= 60 && seconds >= 0 && seconds <= 60))
        return std::nullopt;
    const double angle = *degrees + minutes / 60 + seconds / 3600;
    return negative ? -angle : angle;
}

// "24-105mm f/4", from the shortest and longest focal length and the f-number at each.
std::string lens_from_specification(const Exiv2::ExifData& exif, const char* key) {
    const auto shortest = positive(number(exif, key, 0)), longest = positive(number(exif, key, 1)),
               wide = positive(number(exif, key, 2)), tele = positive(number(exif, key, 3));
    if (!shortest || !longest || *longest > 5000 || *shortest > *longest) return "";
    std::string name = *shortest == *longest ? fmt::format("{:g}mm", *shortest)
                                             : fmt::format("{:g}-{:g}mm", *shortest, *longest);
    if (wide && *wide < 100) name += fmt::format(" f/{:g}", *wide);
    if (wide && tele && *tele < 100 && *tele != *wide) name += fmt::format("-{:g}", *tele);
    return name;
}

std::optional<int> exif_iso(const Exiv2::ExifData& exif) {
    for (const char* key :
         {"Exif.Photo.ISOSpeedRatings", "Exif.Photo.RecommendedExposureIndex",
          "Exif.Photo.StandardOutputSensitivity", "Exif.Photo.ISOSpeed", "Exif.Image.ISOSpeedRatings"}) {
        if (const auto iso = valid_iso(number(exif, key))) return iso;
    }
    // Maker notes with the plain number. Canon's is in APEX steps: 100 * 2^(n / 32 - 5).
    for (const char* key : {"Exif.Nikon1.ISOSpeed", "Exif.Nikon2.ISOSpeed", "Exif.Nikon3.ISOSpeed"}) {
        if (const auto iso = valid_iso(number(exif, key, 1))) return iso;
    }
    if (const auto apex = number(exif, "Exif.CanonSi.ISOSpeed"); apex && *apex > 0 && *apex < 1000)
        return valid_iso(100 * std::exp2(*apex / 32 - 5));
    return std::nullopt;
}

// Candidate times of a photo, ordered by how closely they describe the moment of capture.
struct Times {
    std::optional<CalendarTime> original, digitized, gps, changed;
};

void read_exif(const Exiv2::ExifData& exif, bool big_endian, PhotoMetadata& photo, Times& times) {
    photo.make = text(exif, "Exif.Image.Make");
    photo.model = text(exif, "Exif.Image.Model");
    put_first(photo.lens, text(exif, "Exif.Photo.LensModel"));
    put_first(photo.lens, text(exif, "Exif.Canon.LensModel"));
    put_first(photo.lens, lens_from_specification(exif, "Exif.Photo.LensSpecification"));
    put_first(photo.lens, lens_from_specification(exif, "Exif.Nikon3.Lens"));

    for (const char* key : {"Exif.Photo.ExposureTime", "Exif.Image.ExposureTime"})
        put_first(photo.exposure_seconds, positive(number(exif, key)));
    // APEX (EXIF 2.3, annex C): exposure time 2^-Tv, f-number 2^(Av / 2).
    if (const auto apex = number(exif, "Exif.Photo.ShutterSpeedValue");
        apex && std::abs(*apex) < 30 && !photo.exposure_seconds && *apex != 0)
        photo.exposure_seconds = std::exp2(-*apex);
    for (const char* key : {"Exif.Photo.FNumber", "Exif.Image.FNumber"})
        put_first(photo.aperture, positive(number(exif, key)));
    if (const auto apex = number(exif, "Exif.Photo.ApertureValue");
        apex && *apex > 0 && *apex < 20 && !photo.aperture)
        photo.aperture = std::exp2(*apex / 2);
    for (const char* key : {"Exif.Photo.FocalLength", "Exif.Image.FocalLength"})
        put_first(photo.focal_length_mm, positive(number(exif, key)));
    photo.iso = exif_iso(exif);
    if (const auto turn = number(exif, "Exif.Image.Orientation"); turn && *turn >= 1 && *turn <= 8)
        photo.orientation = static_cast<int>(*turn);

    const auto camera = {"Exif.Photo.OffsetTimeOriginal", "Exif.Photo.OffsetTimeDigitized"};
    times.original = exif_time(exif, "Exif.Photo.DateTimeOriginal", camera);
    put_first(times.original, exif_time(exif, "Exif.Image.DateTimeOriginal", camera));
    put_first(times.original, reconyx_time(exif));
    times.digitized = exif_time(exif, "Exif.Photo.DateTimeDigitized",
                                {"Exif.Photo.OffsetTimeDigitized", "Exif.Photo.OffsetTimeOriginal"});
    times.changed = exif_time(exif, "Exif.Image.DateTime", {"Exif.Photo.OffsetTime"});
    times.gps = exif_gps_time(exif);

    if (const auto position = valid_position(
            exif_angle(exif, "Exif.GPSInfo.GPSLatitude", "Exif.GPSInfo.GPSLatitudeRef", "N", "S"),
            exif_angle(exif, "Exif.GPSInfo.GPSLongitude", "Exif.GPSInfo.GPSLongitudeRef", "E", "W"))) {
        photo.latitude = position->latitude;
        photo.longitude = position->longitude;
        auto metres = number(exif, "Exif.GPSInfo.GPSAltitude");
        if (metres && number(exif, "Exif.GPSInfo.GPSAltitudeRef") == 1.0) metres = -*metres;
        photo.altitude_m = valid_altitude(metres);
    }
    if (const auto stars = number(exif, "Exif.Image.Rating"); stars && *stars >= 0 && *stars <= 5)
        photo.rating = static_cast<int>(*stars);

    photo.title = windows_text(exif, "Exif.Image.XPTitle", kLongestTitle);
    if (std::string words = text(exif, "Exif.Image.ImageDescription", kLongestDescription);
        !is_camera_default(words))
        photo.description = std::move(words);
    put_first(photo.description, windows_text(exif, "Exif.Image.XPSubject", kLongestDescription));
    put_first(photo.description, windows_text(exif, "Exif.Image.XPComment", kLongestDescription));
    put_first(photo.description, user_comment(exif, big_endian));
    add_split_keywords(photo.keywords, windows_text(exif, "Exif.Image.XPKeywords", kLongestDescription), ';');
}

// IPTC.

struct IptcFacts {
    std::string title, headline, description;
    std::vector<std::string> keywords;
    std::optional<CalendarTime> created;
};

// Texts may be Latin-1 or UTF-8, and the field that declares it is often wrong, so clean_text() examines the
// bytes.
IptcFacts read_iptc(const Exiv2::IptcData& iptc) {
    IptcFacts facts;
    std::string date, time;
    for (const Exiv2::Iptcdatum& field : iptc) {
        if (field.record() != Exiv2::IptcDataSets::application2) continue;
        const std::string value = field.toString();
        switch (field.tag()) {
            case Exiv2::IptcDataSets::ObjectName:
                put_first(facts.title, clean_text(value, kLongestTitle));
                break;
            case Exiv2::IptcDataSets::Headline:
                put_first(facts.headline, clean_text(value, kLongestTitle));
                break;
            case Exiv2::IptcDataSets::Caption:
                put_first(facts.description, clean_text(value, kLongestDescription));
                break;
            case Exiv2::IptcDataSets::Keywords:
                add_keyword(facts.keywords, value);
                break;
            case Exiv2::IptcDataSets::DateCreated:
                put_first(date, clean_text(value, kLongestName));
                break;
            case Exiv2::IptcDataSets::TimeCreated:
                put_first(time, clean_text(value, kLongestName));
                break;
            default:
                break;
        }
    }
    facts.created = plausible_time(time.empty() ? date : date + "T" + time);
    if (!facts.created) facts.created = plausible_time(date);
    // The field cannot express "unknown", so programs write +00:00.
    if (facts.created && facts.created->offset_minutes == 0) facts.created->offset_minutes.reset();
    return facts;
}

// XMP.

struct XmpFacts {
    std::string make, model, lens, title, headline, description;
    std::optional<double> exposure_seconds, aperture, focal_length_mm, altitude_m;
    std::optional<int> iso, rating;
    std::optional<Position> position;
    std::optional<CalendarTime> original, created, gps;
    std::vector<std::string> keywords;
    std::vector<Region> regions;  // in the coordinates of the stored image
    bool regions_upright = false;
    bool motion = false;
};

std::string text(const Exiv2::XmpData& xmp, const char* key, std::size_t limit = kLongestName) {
    const auto found = xmp.findKey(Exiv2::XmpKey(key));
    if (found == xmp.end() || found->count() == 0) return "";
    if (const auto* const languages = dynamic_cast<const Exiv2::LangAltValue*>(&found->value())) {
        const auto& all = languages->value_;
        const auto standard = all.find("x-default");
        return clean_text(standard != all.end() ? standard->second : all.begin()->second, limit);
    }
    return clean_text(found->toString(0), limit);
}

std::optional<double> number(const Exiv2::XmpData& xmp, const char* key) {
    return parse_number(text(xmp, key));
}

std::optional<CalendarTime> xmp_time(const Exiv2::XmpData& xmp, const char* key) {
    return plausible_time(text(xmp, key));
}

// "48,12.5N", "48,12,30N" (XMP specification part 2, GPSCoordinate), or the plain degrees of some programs.
std::optional<double> xmp_angle(std::string_view raw, char positive_letter, char negative_letter) {
    if (raw.empty()) return std::nullopt;
    const char letter = raw.back();
    if (letter != positive_letter && letter != negative_letter) return parse_number(raw);
    raw.remove_suffix(1);
    double angle = 0, unit = 1;
    for (int part = 0; part < 3; ++part) {
        const std::size_t comma = std::min(raw.find(','), raw.size());
        const auto value = parse_number(raw.substr(0, comma));
        if (!value || *value < 0) return std::nullopt;
        angle += *value / unit;
        unit *= 60;
        if (comma == raw.size()) return letter == negative_letter ? -angle : angle;
        raw.remove_prefix(comma + 1);
    }
    return std::nullopt;
}

void add_all(const Exiv2::XmpData& xmp, const char* key, char levels, std::vector<std::string>& keywords) {
    const auto found = xmp.findKey(Exiv2::XmpKey(key));
    if (found == xmp.end()) return;
    for (long entry = 0; entry < found->count(); ++entry) {
        const std::string word = found->toString(entry);
        // Every level is a separate keyword: Places|Europe|Vienna.
        if (levels != '\0')
            add_split_keywords(keywords, word, levels);
        else
            add_keyword(keywords, word);
    }
}

// Fields of the structures in a list, keyed by list position: "Xmp.a.B/a:List[2]/a:Area/x:y" -> 2,
// "a:Area/x:y".
using Structures = std::map<int, std::map<std::string, std::string, std::less<>>>;
Structures structures(const Exiv2::XmpData& xmp, std::string_view list) {
    Structures found;
    for (const Exiv2::Xmpdatum& field : xmp) {
        const std::string key = field.key();
        if (!key.starts_with(list)) continue;
        const char* const end = key.data() + key.size();
        int number = 0;
        const auto [after, error] = std::from_chars(key.data() + list.size(), end, number);
        if (error != std::errc() || end - after < 3 || std::string_view(after, 2) != "]/"sv) continue;
        if (!found.contains(number) && found.size() >= kMostRegions) continue;
        if (field.count() > 0) found[number][std::string(after + 2, end)] = field.toString(0);
    }
    return found;
}

// True for a region inside the image with an extent. The centre decides when it crosses the border.
bool is_inside(const Region& region) {
    return region.x >= 0 && region.x <= 1 && region.y >= 0 && region.y <= 1 && region.width > 0 &&
           region.width <= 1 && region.height > 0 && region.height <= 1;
}

double overlap_share(const Region& one, const Region& other) {
    const auto shared = [](double a, double a_size, double b, double b_size) {
        return std::max(0.0,
                        std::min(a + a_size / 2, b + b_size / 2) - std::max(a - a_size / 2, b - b_size / 2));
    };
    const double both =
        shared(one.x, one.width, other.x, other.width) * shared(one.y, one.height, other.y, other.height);
    return both / (one.width * one.height + other.width * other.height - both);
}

// Metadata Working Group, Guidelines 2.0, "Image Regions"; and Microsoft's People Tagging.
void read_regions(const Exiv2::XmpData& xmp, int stored_width, int stored_height, int orientation,
                  XmpFacts& facts) {
    const std::string base = "Xmp.mwg-rs.Regions/mwg-rs:";
    const double applied_width = number(xmp, (base + "AppliedToDimensions/stDim:w").c_str()).value_or(0),
                 applied_height = number(xmp, (base + "AppliedToDimensions/stDim:h").c_str()).value_or(0);
    // The guidelines mean the stored image. For an image on its side, the dimensions reveal a program that
    // measured the upright one.
    facts.regions_upright = orientation >= 5 && stored_width != stored_height && applied_width > 0 &&
                            applied_height > 0 && applied_width != applied_height &&
                            (applied_width > applied_height) != (stored_width > stored_height);
    for (auto& [number_in_list, fields] : structures(xmp, base + "RegionList[")) {
        const auto measure = [&](const char* name) {
            return parse_number(fields["mwg-rs:Area/stArea:" + std::string(name)]).value_or(-1);
        };
        Region region{clean_text(fields["mwg-rs:Name"], kLongestName),
                      clean_text(fields["mwg-rs:Type"], kLongestName),
                      measure("x"),
                      measure("y"),
                      measure("w"),
                      measure("h")};
        if (fields["mwg-rs:Area/stArea:unit"] == "pixel" && applied_width > 0 && applied_height > 0) {
            region.x /= applied_width, region.width /= applied_width;
            region.y /= applied_height, region.height /= applied_height;
        }
        if (is_inside(region)) facts.regions.push_back(std::move(region));
    }
    for (auto& [number_in_list, fields] : structures(xmp, "Xmp.MP.RegionInfo/MPRI:Regions[")) {
        double measures[4];  // left, top, width, height
        const std::string rectangle = fields["MPReg:Rectangle"];
        std::string_view rest = rectangle;
        bool complete = true;
        for (double& measure : measures) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            const auto value = parse_number(rest.substr(0, comma));
            complete = complete && value;
            measure = value.value_or(-1);
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
        Region region{clean_text(fields["MPReg:PersonDisplayName"], kLongestName),
                      "Face",
                      measures[0] + measures[2] / 2,
                      measures[1] + measures[3] / 2,
                      measures[2],
                      measures[3]};
        // Programs that write both forms update only the first when they rotate an image.
        const bool known = std::ranges::any_of(facts.regions, [&](const Region& other) {
            return (!region.name.empty() && other.name == region.name) || overlap_share(other, region) > 0.5;
        });
        if (complete && is_inside(region) && !known) facts.regions.push_back(std::move(region));
    }
}

XmpFacts read_xmp(const Exiv2::XmpData& xmp, int stored_width, int stored_height, int orientation) {
    XmpFacts facts;
    facts.make = text(xmp, "Xmp.tiff.Make");
    facts.model = text(xmp, "Xmp.tiff.Model");
    put_first(facts.lens, text(xmp, "Xmp.exifEX.LensModel"));
    put_first(facts.lens, text(xmp, "Xmp.aux.Lens"));
    facts.exposure_seconds = positive(number(xmp, "Xmp.exif.ExposureTime"));
    facts.aperture = positive(number(xmp, "Xmp.exif.FNumber"));
    facts.focal_length_mm = positive(number(xmp, "Xmp.exif.FocalLength"));
    put_first(facts.iso, valid_iso(number(xmp, "Xmp.exifEX.PhotographicSensitivity")));
    put_first(facts.iso, valid_iso(number(xmp, "Xmp.exif.ISOSpeedRatings")));

    facts.original = xmp_time(xmp, "Xmp.exif.DateTimeOriginal");
    put_first(facts.original, xmp_time(xmp, "Xmp.photoshop.DateCreated"));
    facts.created = xmp_time(xmp, "Xmp.xmp.CreateDate");
    put_first(facts.created, xmp_time(xmp, "Xmp.exif.DateTimeDigitized"));
    facts.gps = xmp_time(xmp, "Xmp.exif.GPSTimeStamp");
    if (facts.gps) {
        facts.gps->local_seconds -= 60 * facts.gps->offset_minutes.value_or(0);
        facts.gps->offset_minutes = 0;
    }

    facts.position = valid_position(xmp_angle(text(xmp, "Xmp.exif.GPSLatitude"), 'N', 'S'),
                                    xmp_angle(text(xmp, "Xmp.exif.GPSLongitude"), 'E', 'W'));
    auto metres = number(xmp, "Xmp.exif.GPSAltitude");
    if (metres && text(xmp, "Xmp.exif.GPSAltitudeRef") == "1") metres = -*metres;
    facts.altitude_m = valid_altitude(metres);

    if (const auto stars = number(xmp, "Xmp.xmp.Rating"); stars && *stars >= -1 && *stars <= 5)
        facts.rating = static_cast<int>(std::lround(*stars));
    facts.title = text(xmp, "Xmp.dc.title", kLongestTitle);
    facts.headline = text(xmp, "Xmp.photoshop.Headline", kLongestTitle);
    facts.description = text(xmp, "Xmp.dc.description", kLongestDescription);
    if (is_camera_default(facts.description)) facts.description.clear();
    add_all(xmp, "Xmp.dc.subject", '\0', facts.keywords);
    add_all(xmp, "Xmp.lr.hierarchicalSubject", '|', facts.keywords);
    add_all(xmp, "Xmp.digiKam.TagsList", '/', facts.keywords);
    read_regions(xmp, stored_width, stored_height, orientation, facts);
    facts.motion = number(xmp, "Xmp.GCamera.MotionPhoto").value_or(0) >= 1 ||
                   number(xmp, "Xmp.GCamera.MicroVideo").value_or(0) >= 1;
    return facts;
}

// Containers.

struct Blocks {
    Exiv2::ExifData exif;
    Exiv2::IptcData iptc;
    Exiv2::XmpData xmp;
    bool big_endian = false;
    int width = 0, height = 0;
    bool motion = false;
};

void decode_exif_block(std::span<const std::uint8_t> tiff, Blocks& blocks) {
    const std::string_view bytes(reinterpret_cast<const char*>(tiff.data()), tiff.size());
    if (bytes.starts_with("Exif\0\0"sv)) tiff = tiff.subspan(6);
    if (tiff.size() < 8 || tiff.size() > kLargestPacket) return;
    guarded("EXIF", [&] {
        const auto order =
            Exiv2::ExifParser::decode(blocks.exif, tiff.data(), static_cast<std::uint32_t>(tiff.size()));
        blocks.big_endian = order == Exiv2::bigEndian;
        if (order == Exiv2::invalidByteOrder) warn("EXIF: not readable");
    });
}

// ISO/IEC 23008-12 and 18181-2: four bytes give the distance from their end to the TIFF header.
void decode_offset_exif(std::span<const std::uint8_t> block, Blocks& blocks) {
    if (block.size() < 4) return;
    const std::size_t offset = std::size_t{block[0]} << 24 | block[1] << 16 | block[2] << 8 | block[3];
    if (offset < block.size() - 4) decode_exif_block(block.subspan(4 + offset), blocks);
}

// Accepts every Unicode encoding of the packet; the toolkit gets UTF-8.
void decode_xmp_packet(std::string_view packet, Exiv2::XmpData& xmp) {
    if (packet.size() > kLargestPacket) return warn("XMP: too large");
    std::string utf8;
    if (packet.starts_with("\xFE\xFF"sv) || packet.starts_with("\xFF\xFE"sv)) {
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(packet.data());
        utf8 = utf8_from_utf16(std::span(bytes, packet.size()).subspan(2), packet[0] == '\xFE');
    } else {
        utf8 = packet.starts_with("\xEF\xBB\xBF"sv) ? packet.substr(3) : packet;
    }
    if (utf8.find_first_not_of(" \t\r\n") == std::string::npos) return;
    guarded("XMP", [&] {
        if (Exiv2::XmpParser::decode(xmp, utf8) != 0) warn("XMP: not readable");
    });
}

// Visits the boxes of an ISO base media file, each [begin, end): size, type, content. Returning false ends
// the walk.
template <typename Visit>
void for_each_box(std::span<const std::uint8_t> bytes, Visit visit) {
    const auto be = [&](std::size_t at, int count) {
        std::uint64_t value = 0;
        for (int byte = 0; byte < count; ++byte) value = value << 8 | bytes[at + byte];
        return value;
    };
    for (std::size_t at = 0; at + 8 <= bytes.size();) {
        std::uint64_t size = be(at, 4);
        std::size_t header = 8;
        if (size == 1) {
            if (at + 16 > bytes.size()) return;
            size = be(at + 8, 8);
            header = 16;
        } else if (size == 0) {
            size = bytes.size() - at;
        }
        if (size < header || size > bytes.size() - at) return;
        const std::string_view type(reinterpret_cast<const char*>(bytes.data()) + at + 4, 4);
        visit(type, bytes.subspan(at + header, size - header));
        at += size;
    }
}

std::vector<std::uint8_t> unpack_brotli(std::span<const std::uint8_t> packed) {
    const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
        BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), &BrotliDecoderDestroyInstance);
    if (!state) return {};
    std::vector<std::uint8_t> unpacked;
    std::size_t in = packed.size();
    const std::uint8_t* next_in = packed.data();
    std::array<std::uint8_t, 65'536> part{};
    while (unpacked.size() < kLargestPacket) {
        std::size_t out = part.size();
        std::uint8_t* next_out = part.data();
        const auto result =
            BrotliDecoderDecompressStream(state.get(), &in, &next_in, &out, &next_out, nullptr);
        unpacked.insert(unpacked.end(), part.begin(), part.end() - static_cast<std::ptrdiff_t>(out));
        if (result == BROTLI_DECODER_RESULT_SUCCESS) return unpacked;
        if (result != BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) break;
    }
    warn("JPEG XL: a compressed box is broken or too large");
    return {};
}

void read_jxl(std::span<const std::uint8_t> bytes, Blocks& blocks) {
    const auto read_box = [&](std::string_view type, std::span<const std::uint8_t> content) {
        if (type == "Exif"sv) decode_offset_exif(content, blocks);
        if (type == "xml "sv)
            decode_xmp_packet({reinterpret_cast<const char*>(content.data()), content.size()}, blocks.xmp);
    };
    if (bytes.size() < 2 || bytes[0] == 0xFF) return;  // a bare codestream has no place for metadata
    for_each_box(bytes, [&](std::string_view type, std::span<const std::uint8_t> content) {
        if (type != "brob"sv) return read_box(type, content);
        if (content.size() < 4) return;
        const std::string inner(content.begin(), content.begin() + 4);
        if (inner == "Exif" || inner == "xml ") read_box(inner, unpack_brotli(content.subspan(4)));
    });
}

void read_heif(std::span<const std::uint8_t> bytes, Blocks& blocks) {
    for_each_box(bytes, [&](std::string_view type, std::span<const std::uint8_t>) {
        if (type == "mpvd"sv) blocks.motion = true;  // the video of a motion photo (Google, Samsung)
    });
    const std::unique_ptr<heif_context, decltype(&heif_context_free)> context(heif_context_alloc(),
                                                                              &heif_context_free);
    heif_error error =
        heif_context_read_from_memory_without_copy(context.get(), bytes.data(), bytes.size(), nullptr);
    heif_image_handle* raw = nullptr;
    if (error.code == heif_error_Ok) error = heif_context_get_primary_image_handle(context.get(), &raw);
    if (error.code != heif_error_Ok) return warn(std::string("HEIF: ") + error.message);
    const std::unique_ptr<heif_image_handle, decltype(&heif_image_handle_release)> handle(
        raw, &heif_image_handle_release);
    blocks.width = heif_image_handle_get_ispe_width(raw);
    blocks.height = heif_image_handle_get_ispe_height(raw);
    std::array<heif_item_id, 16> ids{};
    const int count = heif_image_handle_get_list_of_metadata_block_IDs(raw, nullptr, ids.data(),
                                                                       static_cast<int>(ids.size()));
    for (int block = 0; block < count; ++block) {
        const std::size_t size = heif_image_handle_get_metadata_size(raw, ids[block]);
        if (size == 0 || size > kLargestPacket) continue;
        std::vector<std::uint8_t> content(size);
        if (heif_image_handle_get_metadata(raw, ids[block], content.data()).code != heif_error_Ok) continue;
        const std::string_view type = heif_image_handle_get_metadata_type(raw, ids[block]);
        const std::string_view kind = heif_image_handle_get_metadata_content_type(raw, ids[block]);
        if (type == "Exif"sv) decode_offset_exif(content, blocks);
        if (type == "mime"sv && kind == "application/rdf+xml"sv)
            decode_xmp_packet({reinterpret_cast<const char*>(content.data()), size}, blocks.xmp);
    }
}

void read_with_exiv2(std::span<const std::uint8_t> bytes, Blocks& blocks) {
    auto image = decltype(Exiv2::ImageFactory::open(nullptr, 0))();
    guarded("the file", [&] {
        image = Exiv2::ImageFactory::open(bytes.data(), static_cast<long>(bytes.size()));
        if (image.get() != nullptr) image->readMetadata();
    });
    if (image.get() == nullptr) return;
    // After an error in the middle, the values read before it remain.
    guarded("the file", [&] {
        blocks.exif = image->exifData();
        blocks.iptc = image->iptcData();
        blocks.xmp = image->xmpData();
        blocks.big_endian = image->byteOrder() == Exiv2::bigEndian;
        blocks.width = image->pixelWidth();
        blocks.height = image->pixelHeight();
    });
}

// Samsung appends the video to a JPEG, in a trailer that ends in SEFT and lists its parts.
bool has_samsung_video(std::span<const std::uint8_t> bytes) {
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return all.ends_with("SEFT"sv) && all.find("MotionPhoto_Data"sv) != std::string_view::npos;
}

// Tries the sources in order. A later one with the same time of day supplies the offset that an earlier one
// lacks.
std::optional<TakenAt> choose_time(
    std::initializer_list<std::pair<std::optional<CalendarTime>, TakenSource>> candidates) {
    std::optional<TakenAt> taken;
    for (const auto& [time, source] : candidates) {
        if (!time) continue;
        if (!taken)
            taken = TakenAt{time->local_seconds, time->offset_minutes, source};
        else if (!taken->offset_minutes && source != TakenSource::kGps &&
                 time->local_seconds == taken->local_seconds)
            taken->offset_minutes = time->offset_minutes;
    }
    return taken;
}

PhotoMetadata assemble(std::span<const std::uint8_t> bytes, Format format,
                       std::span<const std::string> sidecars) {
    Blocks blocks;
    guarded("the file", [&] {
        if (format == Format::kHeif || format == Format::kAvif)
            read_heif(bytes, blocks);
        else if (format == Format::kJxl)
            read_jxl(bytes, blocks);
        else
            read_with_exiv2(bytes, blocks);
    });

    PhotoMetadata photo;
    Times exif;
    guarded("EXIF", [&] { read_exif(blocks.exif, blocks.big_endian, photo, exif); });
    if (format == Format::kJpeg && blocks.exif.empty()) {
        const PictureInfo info = parse_picture_info(
            {reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kPictureInfoBytes)});
        if (info.time && is_plausible(*info.time)) exif.original = info.time;
        photo.exposure_seconds = info.exposure_seconds;
        photo.aperture = info.aperture;
    }
    if (blocks.width > 0 && blocks.height > 0) {
        photo.width = blocks.width;
        photo.height = blocks.height;
    }
    IptcFacts iptc;
    guarded("IPTC", [&] { iptc = read_iptc(blocks.iptc); });
    const int orientation = photo.orientation.value_or(1);
    XmpFacts inside;
    guarded("XMP", [&] { inside = read_xmp(blocks.xmp, photo.width, photo.height, orientation); });
    XmpFacts beside;  // the sidecars combined; the first one with a field wins
    std::vector<std::string> keywords;
    for (const std::string& sidecar : sidecars) {
        XmpFacts facts;
        guarded("XMP sidecar", [&] {
            Exiv2::XmpData xmp;
            decode_xmp_packet(sidecar, xmp);
            facts = read_xmp(xmp, photo.width, photo.height, orientation);
        });
        for (const std::string& word : facts.keywords) add_keyword(keywords, word);
        put_first(beside.title, facts.title.empty() ? facts.headline : facts.title);
        put_first(beside.description, facts.description);
        put_first(beside.rating, facts.rating);
        put_first(beside.original, facts.original);
        put_first(beside.created, facts.created);
        put_first(beside.gps, facts.gps);
        put_first(beside.altitude_m, facts.position && !beside.position ? facts.altitude_m : std::nullopt);
        put_first(beside.position, facts.position);
        if (beside.regions.empty()) {
            beside.regions = std::move(facts.regions);
            beside.regions_upright = facts.regions_upright;
        }
        put_first(beside.make, facts.make);
        put_first(beside.model, facts.model);
        put_first(beside.lens, facts.lens);
        put_first(beside.exposure_seconds, facts.exposure_seconds);
        put_first(beside.aperture, facts.aperture);
        put_first(beside.focal_length_mm, facts.focal_length_mm);
        put_first(beside.iso, facts.iso);
    }

    photo.taken = choose_time({{beside.original, TakenSource::kXmp},
                               {beside.created, TakenSource::kXmp},
                               {exif.original, TakenSource::kExif},
                               {exif.digitized, TakenSource::kExif},
                               {inside.original, TakenSource::kXmp},
                               {inside.created, TakenSource::kXmp},
                               {iptc.created, TakenSource::kIptc},
                               {exif.gps, TakenSource::kGps},
                               {inside.gps, TakenSource::kGps},
                               {beside.gps, TakenSource::kGps},
                               {exif.changed, TakenSource::kExif}});

    // Texts by a person: from the sidecar, else from XMP, IPTC, EXIF, in the order in which programs maintain
    // them.
    const auto choose = [](std::initializer_list<std::string> texts) {
        std::string chosen;
        for (const std::string& words : texts) put_first(chosen, words);
        return chosen;
    };
    photo.title =
        choose({beside.title, inside.title, iptc.title, photo.title, inside.headline, iptc.headline});
    photo.description = choose({beside.description, inside.description, iptc.description, photo.description});
    if (inside.rating) photo.rating = inside.rating;
    if (beside.rating) photo.rating = beside.rating;
    for (const auto* source : {&inside.keywords, &iptc.keywords, &photo.keywords}) {
        for (const std::string& word : *source) add_keyword(keywords, word);
    }
    photo.keywords = std::move(keywords);
    XmpFacts& faces = beside.regions.empty() ? inside : beside;
    for (Region& region : faces.regions)
        photo.regions.push_back(faces.regions_upright ? std::move(region)
                                                      : turned(std::move(region), orientation));

    // Measurements of the camera: EXIF, else its copy in XMP.
    for (const XmpFacts* xmp : {&inside, &beside}) {
        put_first(photo.make, xmp->make);
        put_first(photo.model, xmp->model);
        put_first(photo.lens, xmp->lens);
        put_first(photo.exposure_seconds, xmp->exposure_seconds);
        put_first(photo.aperture, xmp->aperture);
        put_first(photo.focal_length_mm, xmp->focal_length_mm);
        put_first(photo.iso, xmp->iso);
        if (!photo.latitude && xmp->position) {
            photo.latitude = xmp->position->latitude;
            photo.longitude = xmp->position->longitude;
            photo.altitude_m = xmp->altitude_m;
        }
    }
    photo.motion = blocks.motion || inside.motion || (format == Format::kJpeg && has_samsung_video(bytes));
    return photo;
}

}  // namespace

PhotoMetadata read_metadata(std::span<const std::uint8_t> bytes, Format format,
                            std::span<const std::string> sidecars, std::vector<std::string>* warnings) {
    PhotoMetadata photo;
    current_warnings = warnings;
    guarded("the file", [&] {
        start_exiv2();
        photo = assemble(bytes, format, sidecars);
    });
    current_warnings = nullptr;
    return photo;
}

TakenAt resolve_taken(const PhotoMetadata& metadata, std::string_view file_name,
                      std::int64_t modified_seconds) {
    if (metadata.taken) return *metadata.taken;
    if (const auto date = date_from_name(file_name))
        return {date->local_seconds, date->offset_minutes, TakenSource::kName};
    return {modified_seconds, 0, TakenSource::kModified};
}

std::vector<fs::path> sidecar_names(const fs::path& photo) {
    std::vector<fs::path> names;
    for (const char* ending : {".xmp", ".XMP"}) names.emplace_back(photo.native() + ending);
    if (!photo.has_extension()) return names;
    for (const char* ending : {".xmp", ".XMP"}) {
        fs::path name = photo;
        // A file whose own name ends in .xmp is not its own sidecar.
        if (name.replace_extension(ending) != photo) names.push_back(std::move(name));
    }
    return names;
}

}  // namespace hone
