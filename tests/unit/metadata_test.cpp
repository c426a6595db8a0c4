// SPDX-License-Identifier: GPL-3.0-or-later
// EXIF, XMP, IPTC and containers, on small files written by hand.
#include "photo/metadata.hpp"

#include "photo/sidecar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "photo/metadata_text.hpp"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Small files, written by hand.

// One EXIF field: TIFF type, count, and the value's bytes (big-endian).
struct Field {
    int tag, type, count;
    std::string value;
};

std::string be16(unsigned value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value)};
}
std::string be32(std::uint64_t value) {
    return be16(static_cast<unsigned>(value >> 16 & 0xFFFF)) + be16(static_cast<unsigned>(value & 0xFFFF));
}
Field ascii(int tag, std::string text) {
    text.push_back('\0');
    return {tag, 2, static_cast<int>(text.size()), text};
}
Field number(int tag, unsigned value) {
    return {tag, 3, 1, be16(value)};
}
Field fractions(int tag, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& values) {
    std::string bytes;
    for (const auto& [above, below] : values) bytes += be32(above) + be32(below);
    return {tag, 5, static_cast<int>(values.size()), bytes};
}
Field octets(int tag, const std::string& bytes) {
    return {tag, 1, static_cast<int>(bytes.size()), bytes};
}

// A directory that begins `at` bytes after the TIFF header; long values follow it.
std::string directory(std::vector<Field> fields, std::size_t at) {
    std::ranges::sort(fields, {}, &Field::tag);
    std::string head = be16(static_cast<unsigned>(fields.size())), tail;
    const std::size_t behind = at + 2 + 12 * fields.size() + 4;
    for (const Field& field : fields) {
        head += be16(static_cast<unsigned>(field.tag)) + be16(static_cast<unsigned>(field.type)) +
                be32(static_cast<std::uint64_t>(field.count));
        if (field.value.size() <= 4) {
            head += field.value + std::string(4 - field.value.size(), '\0');
        } else {
            head += be32(behind + tail.size());
            tail += field.value;
            if (tail.size() % 2 != 0) tail.push_back('\0');
        }
    }
    return head + be32(0) + tail;
}

struct Exif {
    std::vector<Field> image, photo, gps;
};

std::string tiff(const Exif& exif) {
    std::vector<Field> image = exif.image;
    image.push_back({0x8769, 4, 1, be32(0)});
    image.push_back({0x8825, 4, 1, be32(0)});
    const std::size_t photo_at = 8 + directory(image, 8).size();
    const std::size_t gps_at = photo_at + directory(exif.photo, photo_at).size();
    image[image.size() - 2].value = be32(photo_at);
    image[image.size() - 1].value = be32(gps_at);
    return std::string("MM\0*", 4) + be32(8) + directory(image, 8) + directory(exif.photo, photo_at) +
           directory(exif.gps, gps_at);
}

std::string segment(char marker, const std::string& content) {
    return std::string("\xFF") + marker + be16(static_cast<unsigned>(content.size() + 2)) + content;
}

// A JPEG of 40 x 30 pixels without pixel data: header, then the segments.
std::string jpeg(const std::string& segments) {
    return "\xFF\xD8" + segments + segment('\xC0', std::string("\x08\0\x1E\0\x28\x01\x01\x11\0", 9)) +
           segment('\xDA', std::string("\x01\x01\0\0\x3F\0", 6)) + "\xFF\xD9";
}
std::string exif_segment(const Exif& exif) {
    return segment('\xE1', std::string("Exif\0\0", 6) + tiff(exif));
}
std::string xmp_segment(const std::string& packet) {
    return segment('\xE1', std::string("http://ns.adobe.com/xap/1.0/\0", 29) + packet);
}
// IPTC in Photoshop's APP13: {record 2 data set, value}.
std::string iptc_segment(const std::vector<std::pair<int, std::string>>& fields) {
    std::string data;
    for (const auto& [tag, value] : fields)
        data += "\x1C\x02" + std::string(1, static_cast<char>(tag)) +
                be16(static_cast<unsigned>(value.size())) + value;
    if (data.size() % 2 != 0) data.push_back('\0');
    return segment('\xED', std::string("Photoshop 3.0\0", 14) + "8BIM\x04\x04" + std::string(2, '\0') +
                               be32(data.size()) + data);
}

std::string xmp(const std::string& attributes, const std::string& content = "") {
    return R"(<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF)"
           R"( xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="")"
           R"( xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/")"
           R"( xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/")"
           R"( xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/")"
           R"( xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/")"
           R"( xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#")"
           R"( xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#")"
           R"( xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#")"
           R"( xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#")"
           R"( xmlns:Camera="http://ns.google.com/photos/1.0/camera/" )" +
           attributes + ">" + content + R"(</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>)";
}
std::string bag(const std::string& name, const std::vector<std::string>& words) {
    std::string items;
    for (const std::string& word : words) items += "<rdf:li>" + word + "</rdf:li>";
    return "<" + name + "><rdf:Bag>" + items + "</rdf:Bag></" + name + ">";
}
std::string language(const std::string& name, const std::string& text) {
    return "<" + name + R"(><rdf:Alt><rdf:li xml:lang="x-default">)" + text + "</rdf:li></rdf:Alt></" + name +
           ">";
}
// x, y, w, h as texts; applied: the dimensions used by the program.
std::string mwg_face(const std::string& name, const std::string& area, const std::string& applied = "") {
    return R"(<mwg-rs:Regions rdf:parseType="Resource">)" + applied +
           R"(<mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name=")" + name +
           R"(" mwg-rs:Type="Face"><mwg-rs:Area )" + area +
           R"(/></rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>)";
}
const std::string kArea =
    R"(stArea:x="0.2" stArea:y="0.3" stArea:w="0.1" stArea:h="0.05" stArea:unit="normalized")";

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
PhotoMetadata read(const std::string& file, const std::vector<std::string>& sidecars = {},
                   std::vector<std::string>* warnings = nullptr) {
    return read_metadata(bytes_of(file), detect_format(bytes_of(file)), sidecars, warnings);
}
std::string taken(const PhotoMetadata& photo) {
    return photo.taken
               ? iso8601_local(*photo.taken) + " " + std::string(taken_source_name(photo.taken->source))
               : "none";
}

constexpr int kMake = 0x010F, kModel = 0x0110, kOrientation = 0x0112, kChanged = 0x0132, kRating = 0x4746,
              kXpTitle = 0x9C9B, kXpKeywords = 0x9C9E, kDescription = 0x010E, kExposure = 0x829A,
              kFNumber = 0x829D, kIso = 0x8827, kRecommendedIndex = 0x8832, kOriginal = 0x9003,
              kDigitized = 0x9004, kOffset = 0x9011, kShutterValue = 0x9201, kUserComment = 0x9286,
              kFocal = 0x920A, kLensSpecification = 0xA432, kLensModel = 0xA434;

// Texts and dates.

std::string time(std::string_view text) {
    const auto time = parse_calendar_time(text);
    return time ? iso8601_local({time->local_seconds, time->offset_minutes, TakenSource::kExif}) : "none";
}

TEST(CalendarTime, ReadsExifAndIso) {
    EXPECT_EQ(time("2019:05:01 12:30:05"), "2019-05-01T12:30:05");
    EXPECT_EQ(time("2019-05-01T12:30:05.250+02:00"), "2019-05-01T12:30:05+02:00");
    EXPECT_EQ(time("2019-05-01T12:30:05Z"), "2019-05-01T12:30:05+00:00");
    EXPECT_EQ(time("2019-05-01T12:30-0930"), "2019-05-01T12:30:00-09:30");
    EXPECT_EQ(time("2019/05/01 12:30:05"), "2019-05-01T12:30:05");
    EXPECT_EQ(time("2019"), "2019-01-01T00:00:00");
    EXPECT_EQ(time("2019-05"), "2019-05-01T00:00:00");
    EXPECT_EQ(time("1899-12-31 23:59:60"), "1899-12-31T23:59:59");
    EXPECT_EQ(time(std::string_view("2019:05:01 12:30:05\0rest", 24)), "2019-05-01T12:30:05");
}

TEST(CalendarTime, BrokenDatesAreNone) {
    for (const char* text :
         {"", "0000:00:00 00:00:00", "    :  :     :  :  ", "2019:02:29 12:00:00", "2019:13:01 12:00:00",
          "2019:05:00 12:00:00", "2019:05:01 24:00:00", "2019:05:01 12:60:00", "2019:05:01 12:00:61",
          "2019:5:1 12:00:00", "20190501", "19:05:01", "yesterday", "2019:05:01 noon", "2019:05:01_12:00:00"})
        EXPECT_EQ(time(text), "none") << text;
    EXPECT_TRUE(is_plausible(*parse_calendar_time("1970:01:01 00:00:01")));
    for (const char* text :
         {"1970:01:01 00:00:00", "1904:01:01 00:00:00", "1825:12:31 12:00:00", "2101:01:01"})
        EXPECT_FALSE(is_plausible(*parse_calendar_time(text))) << text;
}

TEST(Offset, IsAtMostFourteenHours) {
    EXPECT_EQ(parse_offset("+05:45"), 345);
    EXPECT_EQ(parse_offset("-08"), -480);
    EXPECT_EQ(parse_offset("+14:00"), 840);
    for (const char* text : {"", "+14:01", "05:00", "+5:00", "+05:60", "+05:00x", "   :  "})
        EXPECT_EQ(parse_offset(text), std::nullopt) << text;
}

TEST(Number, IsAFractionOrADecimal) {
    EXPECT_EQ(parse_number("28/10"), 2.8);
    EXPECT_EQ(parse_number(" +0.5 "), 0.5);
    for (const char* text : {"", "1/0", "0/0", "1/", "x", "1,5", "nan", "inf", "1e400"})
        EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

TEST(PictureInfo, IsReadUpToTheNextPart) {
    constexpr char kBlock[] =
        "OLYMPUS\0[picture info]\r\nTimeDate=909698819\r\nShutter=33363\r\nFNumber=F2.8\r\n[diag info]\r\n"
        "Shutter=1\r\n";
    const auto whole = parse_picture_info({kBlock, sizeof kBlock - 1});
    ASSERT_TRUE(whole.time);
    EXPECT_EQ(whole.time->local_seconds, 909'698'819);
    EXPECT_EQ(whole.exposure_seconds, .033363);
    EXPECT_EQ(whole.aperture, 2.8);
}

TEST(PictureInfo, NonsenseIsNone) {
    for (const char* text :
         {"", "[picture info]", "[picture info]\nTimeDate=\nShutter=-1\nFNumber=F", "[picture info]=\n=[",
          "[picture info]\nTimeDate=1e300\nShutter=inf\nFNumber=nan", "TimeDate=909698819"}) {
        const auto info = parse_picture_info(text);
        EXPECT_FALSE(info.time || info.exposure_seconds || info.aperture) << text;
    }
}

TEST(CleanText, IsUtf8) {
    EXPECT_EQ(clean_text(" K\xC3\xB6ln \n", 100), "Köln");
    EXPECT_EQ(clean_text("K\xF6ln", 100), "Köln") << "Latin-1";
    EXPECT_EQ(clean_text("caf\xC3\xA9", 4), "caf") << "not half a character";
    EXPECT_EQ(clean_text("caf\xC3\xA9!", 5), "café");
    EXPECT_EQ(clean_text(std::string_view("a\0b", 3), 100), "a");
    EXPECT_EQ(utf8_from_utf16(bytes_of(std::string_view("\xD8\x3D\xDE\x00\xD8\x3D", 6)), true), "😀\uFFFD");
    for (const char* text : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"})
        EXPECT_FALSE(is_utf8(text));
}

// EXIF.

TEST(Metadata, ReadsTheCamera) {
    const PhotoMetadata photo = read(jpeg(exif_segment(
        {{ascii(kMake, "Canon "), ascii(kModel, "EOS R5"), number(kOrientation, 6), number(kRating, 4)},
         {fractions(kExposure, {{1, 250}}), fractions(kFNumber, {{28, 10}}), number(kIso, 400),
          fractions(kFocal, {{35, 1}}), ascii(kLensModel, "RF35mm F1.8")},
         {}})));
    EXPECT_EQ(photo.make, "Canon");
    EXPECT_EQ(photo.model, "EOS R5");
    EXPECT_EQ(photo.lens, "RF35mm F1.8");
    EXPECT_EQ(photo.exposure_seconds, 0.004);
    EXPECT_EQ(photo.aperture, 2.8);
    EXPECT_EQ(photo.iso, 400);
    EXPECT_EQ(photo.focal_length_mm, 35);
    EXPECT_EQ(photo.orientation, 6);
    EXPECT_EQ(photo.rating, 4);
    EXPECT_EQ(photo.width, 40);
    EXPECT_EQ(photo.height, 30);
    EXPECT_FALSE(photo.motion);
}

TEST(Metadata, UnknownNumbersAreAbsent) {
    const PhotoMetadata photo = read(jpeg(exif_segment(
        {{number(kOrientation, 0), number(kRating, 6)},
         {fractions(kExposure, {{0, 1}}), fractions(kFNumber, {{28, 0}}), number(kIso, 65535),
          fractions(kFocal, {{0, 0}}), fractions(kLensSpecification, {{0, 0}, {0, 0}, {0, 0}, {0, 0}})},
         {}})));
    EXPECT_EQ(to_json(photo), (nlohmann::json{{"width", 40}, {"height", 30}}));
}

TEST(Metadata, FallsBackToOtherFields) {
    const PhotoMetadata photo =
        read(jpeg(exif_segment({{},
                                {{kShutterValue, 10, 1, be32(5) + be32(1)},
                                 number(kIso, 65535),
                                 {kRecommendedIndex, 4, 1, be32(102400)},
                                 fractions(kLensSpecification, {{24, 1}, {105, 1}, {4, 1}, {4, 1}})},
                                {}})));
    EXPECT_EQ(photo.exposure_seconds, 1.0 / 32);
    EXPECT_EQ(photo.iso, 102400);
    EXPECT_EQ(photo.lens, "24-105mm f/4");
}

TEST(Metadata, ReadsWindowsFieldsAndComments) {
    using namespace std::string_literals;
    const PhotoMetadata photo = read(jpeg(
        exif_segment({{octets(kXpTitle, "K\0\xF6\0l\0n\0\0\0"s), octets(kXpKeywords, "a\0;\0b\0;\0a\0\0\0"s),
                       ascii(kDescription, "OLYMPUS DIGITAL CAMERA")},
                      {{kUserComment, 7, 13, "ASCII\0\0\0hello"s}},
                      {}})));
    EXPECT_EQ(photo.title, "Köln");
    EXPECT_THAT(photo.keywords, ElementsAre("a", "b"));
    EXPECT_EQ(photo.description, "hello") << "the camera's own words are none";
}

// The time.

TEST(Metadata, TakesTheFirstTimeThatIsOne) {
    const auto file = [](const std::vector<Field>& image, const std::vector<Field>& photo) {
        return jpeg(exif_segment({image, photo, {}}));
    };
    const Field changed = ascii(kChanged, "2024:01:01 00:00:01");
    EXPECT_EQ(taken(read(file({changed}, {ascii(kOriginal, "2019:05:01 12:30:00"), ascii(kOffset, "+02:00"),
                                          ascii(kDigitized, "2020:05:01 12:30:00")}))),
              "2019-05-01T12:30:00+02:00 exif");
    EXPECT_EQ(
        taken(read(file({changed}, {ascii(kOriginal, "0000:00:00 00:00:00"),
                                    ascii(kDigitized, "2020:05:01 12:30:00"), ascii(kOffset, "   :  ")}))),
        "2020-05-01T12:30:00 exif");
    EXPECT_EQ(taken(read(file({changed}, {ascii(kOriginal, "    :  :     :  :  ")}))),
              "2024-01-01T00:00:01 exif");
    EXPECT_EQ(taken(read(file({}, {ascii(kOriginal, "2019:02:30 12:30:00")}))), "none");
    EXPECT_EQ(taken(read(jpeg(exif_segment({{changed}, {}, {}}) +
                              iptc_segment({{55, "20180203"}, {60, "040506+0000"}})))),
              "2018-02-03T04:05:06 iptc")
        << "the last change says less, and +00:00 says nothing";
    EXPECT_EQ(
        taken(read(jpeg(exif_segment({{changed}, {}, {}}) +
                        xmp_segment(xmp(R"(photoshop:DateCreated="1985-07" xmp:CreateDate="2023-01-01")"))))),
        "1985-07-01T00:00:00 xmp");
}

TEST(Metadata, TakesTheOffsetOfWhoTellsTheSameTime) {
    const std::string exif = exif_segment({{}, {ascii(kOriginal, "2019:05:01 12:30:00")}, {}});
    EXPECT_EQ(
        taken(read(jpeg(exif + xmp_segment(xmp(R"(exif:DateTimeOriginal="2019-05-01T12:30:00-05:00")"))))),
        "2019-05-01T12:30:00-05:00 exif");
    EXPECT_EQ(
        taken(read(jpeg(exif + xmp_segment(xmp(R"(exif:DateTimeOriginal="2019-05-01T12:30:01-05:00")"))))),
        "2019-05-01T12:30:00 exif");
}

TEST(Metadata, GpsTimeIsUtc) {
    const std::string file = jpeg(
        exif_segment({{}, {}, {ascii(0x1D, "2022:01:10"), fractions(7, {{21, 1}, {15, 1}, {33519, 1000}})}}));
    EXPECT_EQ(taken(read(file)), "2022-01-10T21:15:33+00:00 gps");
    EXPECT_EQ(taken(read(jpeg(exif_segment({{}, {}, {ascii(0x1D, "2022:01:10")}})))), "none")
        << "a day without a time is not a capture time";
    EXPECT_EQ(taken(read(jpeg(xmp_segment(xmp(R"(exif:GPSTimeStamp="2022-01-10T23:15:33+02:00")"))))),
              "2022-01-10T21:15:33+00:00 gps");
}

TEST(Metadata, ResolvesTheTimeFromNameAndFile) {
    const PhotoMetadata none;
    PhotoMetadata known;
    known.taken = TakenAt{1, 60, TakenSource::kXmp};
    EXPECT_EQ(resolve_taken(known, "IMG_20240131_142530.jpg", 5), *known.taken);
    EXPECT_EQ(resolve_taken(none, "IMG_20240131_142530.jpg", 5),
              (TakenAt{1706711130, std::nullopt, TakenSource::kName}));
    EXPECT_EQ(resolve_taken(none, "PXL_20240131_142530123.jpg", 5),
              (TakenAt{1706711130, 0, TakenSource::kName}));
    EXPECT_EQ(resolve_taken(none, "beach.jpg", 5), (TakenAt{5, 0, TakenSource::kModified}));
}

// The position.

std::vector<Field> gps(const std::string& north, std::uint32_t latitude, const std::string& east,
                       std::uint32_t longitude) {
    return {ascii(1, north), fractions(2, {{latitude, 1}, {30, 1}, {36, 1}}), ascii(3, east),
            fractions(4, {{longitude, 1}, {0, 1}, {0, 1}})};
}

TEST(Metadata, ReadsThePlace) {
    std::vector<Field> fields = gps("S", 33, "W", 70);
    fields.push_back({5, 1, 1, "\x01"});
    fields.push_back(fractions(6, {{125, 10}}));
    const PhotoMetadata photo = read(jpeg(exif_segment({{}, {}, fields})));
    EXPECT_DOUBLE_EQ(photo.latitude.value_or(0), -33.51);
    EXPECT_EQ(photo.longitude, -70);
    EXPECT_EQ(photo.altitude_m, -12.5);
}

TEST(Metadata, BrokenPlacesAreNone) {
    const auto placed = [](const std::vector<Field>& fields) {
        const PhotoMetadata photo = read(jpeg(exif_segment({{}, {}, fields})));
        return photo.latitude.has_value() || photo.longitude.has_value() || photo.altitude_m.has_value();
    };
    EXPECT_TRUE(placed(gps("N", 89, "E", 180)));
    EXPECT_FALSE(placed(gps("N", 90, "E", 16))) << "90 degrees and a half";
    EXPECT_FALSE(placed(gps("N", 48, "E", 181)));
    EXPECT_FALSE(placed(gps("", 48, "E", 16))) << "which half of the world?";
    EXPECT_FALSE(placed(gps("N", 48, "N", 16)));
    EXPECT_FALSE(placed({ascii(1, "N"), fractions(2, {{48, 1}, {0, 1}, {0, 1}})})) << "half a position";
    EXPECT_FALSE(placed({ascii(1, "N"), fractions(2, {{0, 1}, {0, 1}, {0, 1}}), ascii(3, "E"),
                         fractions(4, {{0, 1}, {0, 1}, {0, 1}})}))
        << "the sea at 0, 0";
    EXPECT_FALSE(placed({ascii(1, "N"), fractions(2, {{0, 0}, {0, 0}, {0, 0}}), ascii(3, "E"),
                         fractions(4, {{0, 0}, {0, 0}, {0, 0}})}));
}

TEST(Metadata, ReadsThePlaceFromXmp) {
    const auto placed = [](const std::string& latitude, const std::string& longitude) {
        const PhotoMetadata photo =
            read(jpeg(""), {xmp("exif:GPSLatitude=\"" + latitude + "\" exif:GPSLongitude=\"" + longitude +
                                R"(" exif:GPSAltitude="1239/10")")});
        return photo.latitude
                   ? fmt::format("{:.4f} {:.4f} {}", *photo.latitude, *photo.longitude, *photo.altitude_m)
                   : "none";
    };
    EXPECT_EQ(placed("48,12.5N", "16,22.2W"), "48.2083 -16.3700 123.9");
    EXPECT_EQ(placed("48,12,30S", "16,22,12E"), "-48.2083 16.3700 123.9");
    EXPECT_EQ(placed("48.2083", "-16.37"), "48.2083 -16.3700 123.9");
    EXPECT_EQ(placed("48,12.5", "16,22.2W"), "none");
    EXPECT_EQ(placed("N", "E"), "none");
    EXPECT_EQ(placed("-48,12.5N", "16,22.2E"), "none");
    EXPECT_EQ(placed("1,2,3,4N", "16,22.2E"), "none");
}

// Titles, descriptions and keywords.

TEST(Metadata, CollectsKeywordsOnce) {
    const std::string packet =
        xmp("", bag("dc:subject", {"Falke", "Wien"}) + bag("lr:hierarchicalSubject", {"Orte|Europa|Wien"}) +
                    bag("digiKam:TagsList", {"Tiere/Falke"}));
    const PhotoMetadata photo =
        read(jpeg(xmp_segment(packet) + iptc_segment({{25, "Wien"}, {25, "K\xF6ln"}, {25, " "}})));
    EXPECT_THAT(photo.keywords, ElementsAre("Falke", "Wien", "Orte", "Europa", "Tiere", "Köln"));
}

TEST(Metadata, PrefersXmpThenIptcThenExif) {
    const std::string exif = exif_segment({{ascii(kDescription, "from exif"), number(kRating, 1)}, {}, {}});
    const std::string iptc = iptc_segment({{5, "iptc title"}, {120, "from iptc"}});
    EXPECT_EQ(read(jpeg(exif)).description, "from exif");
    EXPECT_EQ(read(jpeg(exif + iptc)).description, "from iptc");
    EXPECT_EQ(read(jpeg(exif + iptc)).title, "iptc title");
    const PhotoMetadata photo =
        read(jpeg(exif + iptc +
                  xmp_segment(xmp(R"(xmp:Rating="-1")", language("dc:title", "xmp title") +
                                                            language("dc:description", "x &amp; y")))));
    EXPECT_EQ(photo.title, "xmp title");
    EXPECT_EQ(photo.description, "x & y");
    EXPECT_EQ(photo.rating, -1);
}

TEST(Metadata, SidecarsWin) {
    const std::string file =
        jpeg(exif_segment({{number(kRating, 1)}, {ascii(kOriginal, "2019:05:01 12:30:00")}, {}}) +
             xmp_segment(xmp(R"(xmp:Rating="2")", language("dc:title", "inside") +
                                                      language("dc:description", "inside") +
                                                      bag("dc:subject", {"inside"}))));
    const std::string first = xmp(R"(xmp:Rating="5")",
                                  language("dc:title", "first") + bag("dc:subject", {"first"})),
                      second = xmp(R"(xmp:Rating="3" xmp:CreateDate="2001-02-03T04:05:06Z")",
                                   language("dc:title", "second") + bag("dc:subject", {"second", "inside"}));
    const PhotoMetadata photo = read(file, {first, second});
    EXPECT_EQ(photo.rating, 5);
    EXPECT_EQ(photo.title, "first");
    EXPECT_EQ(photo.description, "inside");
    EXPECT_EQ(taken(photo), "2001-02-03T04:05:06+00:00 xmp");
    EXPECT_THAT(photo.keywords, ElementsAre("first", "second", "inside"));
    EXPECT_EQ(read(file, {"", "<broken", second}).rating, 3) << "a broken sidecar costs itself only";
}

TEST(Metadata, SidecarsMayBeUtf16) {
    const std::string packet = xmp(R"(xmp:Rating="5")", language("dc:title", "Tom"));
    std::string little = "\xFF\xFE", big = "\xFE\xFF";
    for (const char c : packet) little += {c, '\0'}, big += {'\0', c};
    EXPECT_EQ(read(jpeg(""), {little}).title, "Tom");
    EXPECT_EQ(read(jpeg(""), {big}).rating, 5);
    EXPECT_EQ(read(jpeg(""), {"\xEF\xBB\xBF" + packet}).title, "Tom");
}

TEST(Metadata, RefusesRatingsOutOfRange) {
    for (const char* stars : {"6", "-2", "many", "nan", ""})
        EXPECT_EQ(read(jpeg(""), {xmp("xmp:Rating=\"" + std::string(stars) + "\"")}).rating, std::nullopt)
            << stars;
    EXPECT_EQ(read(jpeg(""), {xmp(R"(xmp:Rating="4.0")")}).rating, 4);
}

// Faces.

PhotoMetadata with_face(int orientation, const std::string& face) {
    return read(jpeg(exif_segment({{number(kOrientation, static_cast<unsigned>(orientation))}, {}, {}}) +
                     xmp_segment(xmp("", face))));
}

TEST(Metadata, TurnsFacesUpright) {
    struct Turn {
        double x, y, width, height;
    };
    const Turn turns[] = {{0.2, 0.3, 0.1, 0.05}, {0.8, 0.3, 0.1, 0.05}, {0.8, 0.7, 0.1, 0.05},
                          {0.2, 0.7, 0.1, 0.05}, {0.3, 0.2, 0.05, 0.1}, {0.7, 0.2, 0.05, 0.1},
                          {0.7, 0.8, 0.05, 0.1}, {0.3, 0.8, 0.05, 0.1}};
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const PhotoMetadata photo = with_face(orientation, mwg_face("Ada", kArea));
        ASSERT_EQ(photo.regions.size(), 1U);
        const Region& face = photo.regions[0];
        EXPECT_EQ(face.name, "Ada");
        EXPECT_EQ(face.type, "Face");
        EXPECT_NEAR(face.x, turns[orientation - 1].x, 1e-12) << orientation;
        EXPECT_NEAR(face.y, turns[orientation - 1].y, 1e-12) << orientation;
        EXPECT_NEAR(face.width, turns[orientation - 1].width, 1e-12) << orientation;
        EXPECT_NEAR(face.height, turns[orientation - 1].height, 1e-12) << orientation;
    }
}

TEST(Sidecar, IsReadAsItWasWritten) {
    const std::vector<Region> regions{{"Ada", "Face", 0.2, 0.3, 0.1, 0.05},
                                      {"Jos\xC3\xA9 <\"&'> Mar\xC3\xADn", "Face", 0.75, 0.5, 0.25, 0.5}};
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const std::string file =
            jpeg(exif_segment({{number(kOrientation, static_cast<unsigned>(orientation))}, {}, {}}));
        const PhotoMetadata stored = read(file);
        ASSERT_NE(stored.width, stored.height);
        const int width = orientation >= 5 ? stored.height : stored.width,
                  height = orientation >= 5 ? stored.width : stored.height;
        const auto packet = write_sidecar(regions, width, height, orientation);
        ASSERT_TRUE(packet) << packet.error().message;
        EXPECT_TRUE(is_own_sidecar(*packet));
        const PhotoMetadata photo = read(file, {*packet});
        ASSERT_EQ(photo.regions.size(), 2U) << *packet;
        for (std::size_t at = 0; at < regions.size(); ++at) {
            EXPECT_EQ(photo.regions[at].name, regions[at].name);
            EXPECT_EQ(photo.regions[at].type, "Face");
            EXPECT_NEAR(photo.regions[at].x, regions[at].x, 1e-6) << orientation;
            EXPECT_NEAR(photo.regions[at].y, regions[at].y, 1e-6) << orientation;
            EXPECT_NEAR(photo.regions[at].width, regions[at].width, 1e-6) << orientation;
            EXPECT_NEAR(photo.regions[at].height, regions[at].height, 1e-6) << orientation;
        }
        EXPECT_EQ(*write_sidecar(regions, width, height, orientation), *packet) << "the same on every run";
    }
    EXPECT_FALSE(is_own_sidecar(xmp(R"(xmp:CreatorTool="digiKam-8")")));
}

TEST(Metadata, SeesFacesThatWereMeasuredUpright) {
    const auto applied = [](const std::string& width, const std::string& height) {
        return R"(<mwg-rs:AppliedToDimensions stDim:w=")" + width + R"(" stDim:h=")" + height +
               R"(" stDim:unit="pixel"/>)";
    };
    EXPECT_NEAR(with_face(6, mwg_face("Ada", kArea, applied("30", "40"))).regions.at(0).x, 0.2, 1e-12)
        << "the file is 40 x 30";
    EXPECT_NEAR(with_face(6, mwg_face("Ada", kArea, applied("40", "30"))).regions.at(0).x, 0.7, 1e-12);
    const std::string pixels = R"(stArea:x="8" stArea:y="9" stArea:w="4" stArea:h="3" stArea:unit="pixel")";
    EXPECT_EQ(with_face(1, mwg_face("Ada", pixels, applied("40", "30"))).regions.at(0),
              (Region{"Ada", "Face", 0.2, 0.3, 0.1, 0.1}));
}

TEST(Metadata, DropsFacesOutsideOfThePicture) {
    for (const char* area :
         {R"(stArea:x="1.2" stArea:y="0.3" stArea:w="0.1" stArea:h="0.1")",
          R"(stArea:x="0.2" stArea:y="0.3" stArea:w="0" stArea:h="0.1")", R"(stArea:x="0.2" stArea:y="0.3")",
          R"(stArea:x="nan" stArea:y="0.3" stArea:w="0.1" stArea:h="0.1")"})
        EXPECT_THAT(with_face(1, mwg_face("Ada", area)).regions, IsEmpty()) << area;
}

TEST(Metadata, ReadsMicrosoftFaces) {
    const auto face = [](const std::string& name, const std::string& rectangle) {
        return R"(<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:PersonDisplayName=")" +
               name + R"(" MPReg:Rectangle=")" + rectangle +
               R"("/></rdf:Bag></MPRI:Regions></MP:RegionInfo>)";
    };
    const PhotoMetadata photo = with_face(1, face("Ada", "0.25, 0.5, 0.25, 0.25"));
    ASSERT_EQ(photo.regions.size(), 1U);
    EXPECT_EQ(photo.regions[0], (Region{"Ada", "Face", 0.375, 0.625, 0.25, 0.25}));
    EXPECT_THAT(with_face(1, face("Ada", "0.25, 0.5, 0.25")).regions, IsEmpty());
    EXPECT_THAT(with_face(1, face("Ada", "")).regions, IsEmpty());
    EXPECT_EQ(with_face(1, mwg_face("Ada", kArea) + face("Ada", "0.6, 0.6, 0.1, 0.1")).regions.size(), 1U);
    EXPECT_EQ(with_face(1, mwg_face("Ada", kArea) + face("Bob", "0.6, 0.6, 0.1, 0.1")).regions.size(), 2U);
    EXPECT_EQ(with_face(1, mwg_face("Ada", kArea) + face("", "0.15, 0.275, 0.1, 0.05")).regions.size(), 1U);
}

// Other containers.

TEST(Metadata, KnowsMotionPhotos) {
    EXPECT_TRUE(read(jpeg(xmp_segment(xmp(R"(Camera:MotionPhoto="1")")))).motion);
    EXPECT_TRUE(read(jpeg(xmp_segment(xmp(R"(Camera:MicroVideo="1")")))).motion);
    EXPECT_FALSE(read(jpeg(xmp_segment(xmp(R"(Camera:MotionPhoto="0")")))).motion);
    EXPECT_TRUE(read(jpeg("") + "MotionPhoto_Data....SEFT").motion);
    EXPECT_FALSE(read(jpeg("") + "MotionPhoto_Data....").motion);
}

TEST(Metadata, ReadsJpegXlBoxes) {
    const std::string start("\0\0\0\x0CJXL \r\n\x87\n", 12);
    const auto box = [](const std::string& type, const std::string& content) {
        return be32(content.size() + 8) + type + content;
    };
    const std::string exif = be32(0) + tiff({{ascii(kMake, "Canon")}, {}, {}});
    EXPECT_EQ(read(start + box("Exif", exif)).make, "Canon");
    EXPECT_EQ(read(start + box("xml ", xmp(R"(xmp:Rating="3")"))).rating, 3);
    EXPECT_EQ(read(start + be32(0) + "Exif" + exif).make, "Canon") << "the last box may say size 0";
    EXPECT_EQ(read(start + be32(1) + "Exif" + be32(0) + be32(16 + exif.size()) + exif).make, "Canon");
    EXPECT_EQ(read(start + be32(7) + "Exif" + exif).make, "") << "a size below the header's";
    EXPECT_EQ(read(start + box("Exif", be32(0xFFFFFFF0) + exif)).make, "");
    // "brob": RFC 7932 stream with one uncompressed part: window 16 bits, then the length, then the bytes.
    const std::string packet = xmp(R"(xmp:Rating="3")");
    const auto length = static_cast<unsigned>(packet.size() - 1);
    // Bits from the lowest: 0 (window 16), 0 (not last), 00 (4 nibbles), 16 bits of length, 1 (uncompressed).
    const std::uint32_t header = length << 4 | 1U << 20;
    std::string stream;
    for (int byte = 0; byte < 3; ++byte) stream.push_back(static_cast<char>(header >> 8 * byte));
    stream += packet + "\x03";  // the last part, empty
    EXPECT_EQ(read(start + box("brob", "xml " + stream)).rating, 3);
    std::vector<std::string> warnings;
    EXPECT_EQ(read(start + box("brob", "xml \x80\x80"), {}, &warnings).rating, std::nullopt);
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("compressed box")));
}

TEST(Metadata, ReadsTiffAndPng) {
    EXPECT_EQ(read(tiff({{ascii(kMake, "Canon")}, {}, {}})).make, "Canon");
    const auto chunk = [](const std::string& type, const std::string& content) {
        // Readers check the checksum (PNG 1.2, annex D).
        std::uint32_t crc = 0xFFFFFFFF;
        for (const char c : type + content) {
            crc ^= static_cast<unsigned char>(c);
            for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
        }
        return be32(content.size()) + type + content + be32(~crc);
    };
    const PhotoMetadata photo =
        read("\x89PNG\r\n\x1A\n" + chunk("IHDR", be32(7) + be32(5) + std::string("\x08\x02\0\0\0", 5)) +
             chunk("eXIf", tiff({{ascii(kMake, "Canon")}, {}, {}})) + chunk("IEND", ""));
    EXPECT_EQ(photo.make, "Canon");
    EXPECT_EQ(photo.width, 7);
    EXPECT_EQ(photo.height, 5);
}

TEST(Metadata, SurvivesTruncation) {
    const std::string file =
        jpeg(exif_segment({{ascii(kMake, "Canon"), ascii(kModel, "EOS R5")},
                           {ascii(kOriginal, "2019:05:01 12:30:00")},
                           gps("N", 48, "E", 16)}) +
             iptc_segment({{25, "Wien"}}) + xmp_segment(xmp("", mwg_face("Ada", kArea))));
    int with_make = 0;
    for (std::size_t length = 0; length <= file.size(); ++length) {
        std::vector<std::string> warnings;
        const std::string part = file.substr(0, length);
        const PhotoMetadata photo = read_metadata(bytes_of(part), Format::kJpeg, {}, &warnings);
        with_make += photo.make == "Canon" ? 1 : 0;
    }
    EXPECT_GT(with_make, 200) << "what comes after EXIF does not cost EXIF";
    EXPECT_EQ(to_json(read("no picture")), nlohmann::json::object());
}

TEST(Metadata, ReadsSideBySide) {
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&, thread] {
            const std::string name = "Ada " + std::to_string(thread);
            const std::string file = jpeg(exif_segment({{ascii(kMake, name)}, {}, {}}) +
                                          xmp_segment(xmp("", mwg_face(name, kArea))));
            for (int round = 0; round < 50; ++round) {
                std::vector<std::string> warnings;
                const PhotoMetadata photo = read(file, {"<broken " + name}, &warnings);
                const bool own_warnings = warnings.size() <= 3 && !warnings.empty();
                right += photo.make == name && photo.regions.size() == 1 && photo.regions[0].name == name &&
                                 own_warnings
                             ? 1
                             : 0;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(right, 200);
}

TEST(Metadata, SaysWhatIsBroken) {
    std::vector<std::string> warnings;
    EXPECT_EQ(read(jpeg(segment('\xE1', std::string("Exif\0\0garbage!", 14))), {}, &warnings).make, "");
    EXPECT_FALSE(warnings.empty());
    warnings.clear();
    EXPECT_EQ(read(jpeg(exif_segment({{ascii(kMake, "Canon")}, {}, {}})), {}, &warnings).make, "Canon");
    EXPECT_THAT(warnings, IsEmpty());
}

// JSON.

TEST(MetadataJson, KeepsEverything) {
    PhotoMetadata photo;
    photo.make = "Canon", photo.model = "EOS R5", photo.lens = "RF35mm";
    photo.exposure_seconds = 0.004, photo.aperture = 2.8, photo.focal_length_mm = 35, photo.iso = 400;
    photo.orientation = 6;
    photo.taken = TakenAt{1556713800, 120, TakenSource::kExif};
    photo.latitude = 48.2, photo.longitude = 16.37, photo.altitude_m = 171.5;
    photo.rating = -1, photo.title = "Falke", photo.description = "über Wien";
    photo.keywords = {"Wien", "Falke"};
    photo.regions = {{"Ada", "Face", 0.5, 0.25, 0.1, 0.2}, {"", "", 0.1, 0.1, 0.1, 0.1}};
    photo.motion = true, photo.width = 4000, photo.height = 3000;
    const nlohmann::json document = to_json(photo);
    EXPECT_EQ(document["taken_at"], "2019-05-01T12:30:00+02:00");
    EXPECT_EQ(document["taken_from"], "exif");
    EXPECT_EQ(document["regions"][1].contains("name"), false);
    const auto again = parse_metadata(nlohmann::json::parse(document.dump()));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(*again == photo);
    EXPECT_EQ(to_json({}), nlohmann::json::object());
    EXPECT_TRUE(*parse_metadata(nlohmann::json::object()) == PhotoMetadata{});
    photo.taken = TakenAt{-86400 * 365, -570, TakenSource::kModified};
    EXPECT_EQ(to_json(photo)["taken_at"], "1969-01-01T00:00:00-09:30");
}

TEST(MetadataJson, NamesTheWrongField) {
    const auto message = [](const char* text) {
        const auto parsed = parse_metadata(nlohmann::json::parse(text));
        return parsed ? "fine" : parsed.error().message;
    };
    EXPECT_THAT(message("[]"), HasSubstr("not a JSON object"));
    EXPECT_THAT(message(R"({"make": 1})"), HasSubstr("make must be a text"));
    EXPECT_THAT(message(R"({"iso": 1.5})"), HasSubstr("iso must be a whole number"));
    EXPECT_THAT(message(R"({"iso": 18446744073709551615})"), HasSubstr("iso must be a whole number"));
    EXPECT_THAT(message(R"({"orientation": 9})"), HasSubstr("orientation must be between 1 and 8"));
    EXPECT_THAT(message(R"({"latitude": 91, "longitude": 0})"), HasSubstr("latitude must be between"));
    EXPECT_THAT(message(R"({"latitude": 9})"), HasSubstr("together"));
    EXPECT_THAT(message(R"({"aperture": "2.8"})"), HasSubstr("aperture must be a number"));
    EXPECT_THAT(message(R"({"taken_at": "2019-05-01T12:30:00"})"), HasSubstr("taken_from"));
    EXPECT_THAT(message(R"({"taken_at": "2019-05-01", "taken_from": "exif"})"),
                HasSubstr("taken_at must look like"));
    EXPECT_THAT(message(R"({"taken_at": "soon", "taken_from": "exif"})"),
                HasSubstr("taken_at must look like"));
    EXPECT_THAT(message(R"({"keywords": "Wien"})"), HasSubstr("keywords must be a list"));
    EXPECT_THAT(message(R"({"keywords": [1]})"), HasSubstr("keywords must be a list"));
    EXPECT_THAT(message(R"({"regions": [{"x": 2}]})"), HasSubstr("x must be between 0 and 1"));
    EXPECT_THAT(message(R"({"regions": {}})"), HasSubstr("regions must be a list"));
    EXPECT_THAT(message(R"({"motion": 1})"), HasSubstr("motion must be true or false"));
    EXPECT_EQ(message(R"({"from_the_future": 1})"), "fine");
}

TEST(Sidecar, HasBothNames) {
    EXPECT_THAT(sidecar_names("/a/IMG_1.jpg"),
                ElementsAre("/a/IMG_1.jpg.xmp", "/a/IMG_1.jpg.XMP", "/a/IMG_1.xmp", "/a/IMG_1.XMP"));
    EXPECT_THAT(sidecar_names("/a.b/photo"), ElementsAre("/a.b/photo.xmp", "/a.b/photo.XMP"));
    EXPECT_THAT(sidecar_names("/a/x.xmp"), ElementsAre("/a/x.xmp.xmp", "/a/x.xmp.XMP", "/a/x.XMP"));
    EXPECT_THAT(sidecar_names("/a/\xFF.jpg"), testing::Contains(fs::path("/a/\xFF.xmp")));
}

}  // namespace
}  // namespace hone
