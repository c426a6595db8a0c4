// SPDX-License-Identifier: GPL-3.0-or-later
// Real photos from some thirty cameras compared with exiftool's reading of the same files (exif-truth.json,
// exiftool 12.57). Every difference is printed. Where exiftool's answer is not useful to people, kKnown lists
// the photo with the reason; everything else counts against the field, including sources that Hone does not
// read (kMisses).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "photo/metadata.hpp"
#include "photo/metadata_text.hpp"
#include "tests/contract/needs.hpp"

namespace hone {
namespace {

constexpr double kPromised = 0.99;  // fraction of the photos on which each field agrees

const char* const kChanged =
    "only DateTime (last change) or the GPS clock is there; better than the file's date";
const char* const kApex = "no ExposureTime or FNumber: ours is computed from the APEX value";
const char* const kNotes = "the maker's notes contradict EXIF, which is what the camera tells other programs";
const char* const kCiff = "Canon's CIFF block in a JPEG of 2000, which Exiv2 does not read";
const char* const kBareJxl = "a bare JPEG XL codestream; the size comes from decoding";
const char* const kXmpTurn =
    "only XMP says so (tiff:Orientation); no decoder turns by it, so that it is not the pixels' orientation";
const char* const kXmpOffset = "EXIF has no offset, XMP tells the same local time with one";
const char* const kXmpLens =
    "exiftool's list has only EXIF LensModel; ours is from XMP, LensSpecification or the maker's notes";
const char* const kLevels = "the upper levels of hierarchical keywords are keywords too";
const char* const kNoIso = "0 and 65535 stand for unknown";

// file name/field -> reason for the difference
const std::map<std::string, std::string> kKnown = {
    {"HMD_Nokia_8.3_5G_hdr.heif/taken", kChanged},
    {"HMD_Nokia_8.3_5G_hdr.heif/offset", kChanged},
    {"Canon_40D_photoshop_import.jpg/taken", kChanged},
    {"67-0_length_string.jpg/taken", kChanged},
    {"Crémieux11.tiff/taken", kChanged},
    {"DudleyLeavittUtah.tiff/taken", kChanged},
    {"gps-datetime.jpg/taken", kChanged},
    {"gps-datetime.jpg/offset", kChanged},
    {"Canon_DIGITAL_IXUS_400.jpg/offset", kXmpOffset},
    {"Nikon_D70.jpg/offset", kXmpOffset},
    {"Pentax_K10D.jpg/offset", kXmpOffset},
    {"jolla.jpg/offset", kXmpOffset},
    {"cyclamen_persicum.jpg/offset", kXmpOffset},
    {"Canon_DIGITAL_IXUS_400.jpg/orientation", kXmpTurn},
    {"image00971.jpg/orientation", kXmpTurn},
    {"image01088.jpg/orientation", kXmpTurn},
    {"image01137.jpg/orientation", kXmpTurn},
    {"image01713.jpg/orientation", kXmpTurn},
    {"thompson-springs.jpg/orientation", kXmpTurn},
    {"Fujifilm_FinePix6900ZOOM.jpg/exposure", kApex},
    {"fujifilm-dx10.jpg/exposure", kApex},
    {"fujifilm-finepix40i.jpg/exposure", kApex},
    {"fujifilm-mx1700.jpg/exposure", kApex},
    {"ricoh-rdc5300.jpg/exposure", kApex},
    {"ricoh-rdc5300.jpg/aperture", kApex},
    {"sony-d700.jpg/exposure", kApex},
    {"sony-d700.jpg/aperture", kApex},
    {"kodak-dc240.jpg/exposure", kNotes},
    {"kodak-dc240.jpg/aperture", kNotes},
    {"kodak-dc240.jpg/iso", kNoIso},
    {"36-memory_error.jpg/iso", kNoIso},
    {"sony-powershota5.jpg/make", kCiff},
    {"sony-powershota5.jpg/model", kCiff},
    {"sony-powershota5.jpg/taken", kCiff},
    {"sony-powershota5.jpg/focal", kCiff},
    {"Nikon_D70.jpg/lens", kXmpLens},
    {"32-lens_data.jpeg/lens", kXmpLens},
    {"el_torcal_rocks.jpg/lens", kXmpLens},
    {"el_torcal_rocks.jpeg/lens", kXmpLens},
    {"prairie_falcon.jpg/lens", kXmpLens},
    {"tanners_ridge.jpg/lens", kXmpLens},
    {"thompson-springs.jpg/lens", kXmpLens},
    {"prairie_falcon.jpg/keywords", kLevels},
    {"tanners_ridge.jpg/keywords", kLevels},
    {"portrait-orientation-6.jpg/keywords", kLevels},
    {"portrait.jpg/keywords", kLevels},
    {"long_description.jpg/taken",
     "exiftool has only xmp:CreateDate; photoshop:DateCreated is the day of the picture"},
    {"long_description.jpg/offset", "as above: that day has no offset"},
    {"8bit-sRGB.jxl/width", kBareJxl},
    {"8bit-sRGB.jxl/height", kBareJxl}};

const std::set<std::string> kMisses = {kCiff, kBareJxl};

struct Agreement {
    int photos = 0, agree = 0, known = 0;
};

class TruthTest : public testing::Test {
  protected:
    void compare_set(const fs::path& folder) {
        const auto text = read_text(folder / "exif-truth.json");
        ASSERT_TRUE(text) << text.error().message;
        for (const auto& truth : nlohmann::json::parse(*text)) {
            if (!truth.value("MIMEType", "").starts_with("image/")) continue;
            file_ = truth["file"].get<std::string>();
            const auto bytes = read_file(folder / file_);
            ASSERT_TRUE(bytes) << bytes.error().message;
            const PhotoMetadata photo = read_metadata(*bytes, detect_format(*bytes));
            compare(photo, truth);
            const auto again = parse_metadata(to_json(photo));
            ASSERT_TRUE(again) << file_ << ": " << again.error().message;
            EXPECT_TRUE(*again == photo) << file_ << ": " << to_json(photo).dump();
        }
    }

    void compare(const PhotoMetadata& photo, const nlohmann::json& truth) {
        note("make", photo.make, text(truth, "Make"));
        note("model", photo.model, text(truth, "Model"));
        note("lens", photo.lens, text(truth, "LensModel"));
        compare_dates(photo, truth);
        // exiftool passes on the 0 of broken writers, and XMP's tiff:Orientation, which no viewer applies.
        const int turn = truth.value("Orientation", 0);
        note("orientation", std::to_string(photo.orientation.value_or(0)), std::to_string(turn));
        note("latitude", photo.latitude, number(truth, "GPSLatitude"), 1e-6);
        note("longitude", photo.longitude, number(truth, "GPSLongitude"), 1e-6);
        note("altitude", photo.altitude_m, number(truth, "GPSAltitude"), 1e-2);
        note("iso", photo.iso ? std::optional<double>(*photo.iso) : std::nullopt, number(truth, "ISO"), 0.5);
        note("exposure", photo.exposure_seconds, number(truth, "ExposureTime"), 1e-6);
        note("aperture", photo.aperture, number(truth, "FNumber"), 1e-6);
        note("focal", photo.focal_length_mm, number(truth, "FocalLength"), 1e-4);
        note("rating", photo.rating ? std::optional<double>(*photo.rating) : std::nullopt,
             number(truth, "Rating"), 0);
        note("width", photo.width > 0 ? std::optional<double>(photo.width) : std::nullopt,
             number(truth, "ImageWidth"), 0);
        note("height", photo.height > 0 ? std::optional<double>(photo.height) : std::nullopt,
             number(truth, "ImageHeight"), 0);
        std::set<std::string> ours(photo.keywords.begin(), photo.keywords.end()), theirs;
        for (const char* field : {"Keywords", "Subject"}) {
            if (!truth.contains(field)) continue;
            for (const auto& word : truth[field].is_array() ? truth[field] : nlohmann::json{truth[field]})
                theirs.insert(word.get<std::string>());
        }
        note("keywords", joined(ours), joined(theirs));
    }

    void compare_dates(const PhotoMetadata& photo, const nlohmann::json& truth) {
        std::string expected = text(truth, "DateTimeOriginal");
        if (expected.empty()) expected = text(truth, "CreateDate");
        std::string day, offset;
        if (const auto time = parse_calendar_time(expected)) {
            day = iso8601_local({time->local_seconds, std::nullopt, TakenSource::kExif});
            std::optional<int> minutes = time->offset_minutes;
            if (!minutes) minutes = parse_offset(text(truth, "OffsetTimeOriginal"));
            if (minutes) offset = std::to_string(*minutes);
        }
        std::string our_day, our_offset;
        if (photo.taken) {
            our_day = iso8601_local({photo.taken->local_seconds, std::nullopt, photo.taken->source});
            if (photo.taken->offset_minutes) our_offset = std::to_string(*photo.taken->offset_minutes);
        }
        note("taken", our_day, day);
        note("offset", our_offset, offset);
    }

    void note(const std::string& field, const std::optional<double>& ours,
              const std::optional<double>& theirs, double tolerance) {
        const bool same =
            ours.has_value() == theirs.has_value() && (!ours || std::abs(*ours - *theirs) <= tolerance);
        const auto shown = [](const std::optional<double>& value) {
            return value ? fmt::format("{}", *value) : std::string();
        };
        record(field, shown(ours), shown(theirs), same);
    }
    void note(const std::string& field, const std::string& ours, const std::string& theirs) {
        record(field, ours, theirs, ours == theirs);
    }

    void record(const std::string& field, const std::string& ours, const std::string& theirs, bool same) {
        Agreement& agreement = agreements_[field];
        ++agreement.photos;
        if (same) {
            ++agreement.agree;
            return;
        }
        const auto known = kKnown.find(fs::path(file_).filename().string() + "/" + field);
        if (known != kKnown.end()) {
            if (!kMisses.contains(known->second)) ++agreement.known;
            used_.insert(known->first);
        }
        std::cout << fmt::format("{:9} {:45} ours [{}] exiftool [{}]{}\n", field, file_, ours, theirs,
                                 known != kKnown.end() ? "  known: " + known->second : "");
    }

    static std::string text(const nlohmann::json& truth, const char* field) {
        const auto value = truth.find(field);
        return value != truth.end() && value->is_string() ? value->get<std::string>() : "";
    }
    static std::optional<double> number(const nlohmann::json& truth, const char* field) {
        const auto value = truth.find(field);
        return value != truth.end() && value->is_number() ? std::optional(value->get<double>())
                                                          : std::nullopt;
    }
    static std::string joined(const std::set<std::string>& words) {
        std::string all;
        for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
        return all;
    }

    std::string file_;
    std::map<std::string, Agreement> agreements_;
    std::set<std::string> used_;
};

// Facts that exiftool wrote (tests/reference/facts_album.py).
TEST_F(TruthTest, FieldsOfTheFactsAlbumAgreeWithExiftool) {
    HONE_NEEDS(test::source_directory() / "deps/golden/facts/exif-truth.json");
    ASSERT_NO_FATAL_FAILURE(compare_set(test::source_directory() / "deps/golden/facts"));
    EXPECT_GE(agreements_.size(), 15U);
    for (const auto& [field, agreement] : agreements_) {
        EXPECT_GT(agreement.photos, 100);
        EXPECT_GE(agreement.agree, kPromised * agreement.photos) << field;
    }
}

// Facts that cameras wrote; only where ../shared has the photos.
class CameraTruthTest : public TruthTest, public testing::WithParamInterface<fs::path> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CameraTruthTest);

std::vector<fs::path> camera_photos() {
    const fs::path photos = test::shared_directory() / "photos";
    return test::exists(photos) ? std::vector{photos} : std::vector<fs::path>{};
}
INSTANTIATE_TEST_SUITE_P(Shared, CameraTruthTest, testing::ValuesIn(camera_photos()));

TEST_P(CameraTruthTest, FieldsAgreeWithExiftool) {
    const fs::path& photos = GetParam();
    for (const char* set : {"exif-samples", "immich-test-assets", "exif-orientation"})
        ASSERT_NO_FATAL_FAILURE(compare_set(photos / set));
    for (const auto& [field, agreement] : agreements_) {
        std::cout << fmt::format("{:12} {} of {} agree, {} known\n", field, agreement.agree, agreement.photos,
                                 agreement.known);
        EXPECT_GT(agreement.photos, 100);
        EXPECT_GE(agreement.agree + agreement.known, kPromised * agreement.photos) << field;
    }
    for (const auto& [photo, reason] : kKnown)
        EXPECT_TRUE(used_.contains(photo)) << photo << " agrees by now: take it off the list";
}

}  // namespace
}  // namespace hone
