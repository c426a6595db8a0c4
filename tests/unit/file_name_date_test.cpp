// SPDX-License-Identifier: GPL-3.0-or-later
// Dates in file names.
#include "photo/file_name_date.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/time.hpp"

namespace hone {
namespace {

// "2024-01-31T14:25:30Z", with " day" when only the day is known and " UTC" when the name declares it.
std::string read(std::string_view name) {
    const auto date = date_from_name(name);
    if (!date) return "none";
    return iso8601(date->local_seconds) + (date->has_time ? "" : " day") +
           (date->offset_minutes ? (*date->offset_minutes == 0 ? " UTC" : " ?") : "");
}

TEST(FileNameDate, ReadsCamerasAndPhones) {
    for (const char* name :
         {"IMG_20240131_142530.jpg", "20240131_142530.jpg", "VID_20240131_142530.mp4",
          "DSC_20240131_142530.JPG", "Screenshot_20240131-142530_Chrome.jpg", "IMG20240131142530.jpg",
          "20240131142530123.jpg", "DJI_20240131142530_0001_D.JPG", "IMG_20240131_142530~2.jpg",
          "20240131_142530(0).jpg", "00001IMG_00001_BURST20240131142530123_COVER.jpg",
          "WIN_20240131_14_25_30_Pro.jpg", "20240131T142530.jpg", "IMG_20240131_142530123_HDR.jpg"})
        EXPECT_EQ(read(name), "2024-01-31T14:25:30Z") << name;
}

TEST(FileNameDate, ReadsDatesWithSeparators) {
    for (const char* name :
         {"2024-01-31 14.25.30.jpg", "Screenshot_2024-01-31-14-25-30.png", "signal-2024-01-31-142530.jpg",
          "signal-2024-01-31-14-25-30-123.jpg", "Screenshot from 2024-01-31 14-25-30.png",
          "WhatsApp Image 2024-01-31 at 14.25.30.jpeg", "photo_2024-01-31_14-25-30.jpg",
          "2024_01_31_14_25_30.jpg", "2024.01.31 14:25:30.jpg", "2024-01-31T14:25:30.jpg",
          "Screen Shot 2024-01-31 at 2.25.30 PM.png", "Screenshot 2024-01-31 at 2.25.30\xE2\x80\xAFPM.png"})
        EXPECT_EQ(read(name), "2024-01-31T14:25:30Z") << name;
    EXPECT_EQ(read("Screen Shot 2024-01-31 at 12.05.00 AM.png"), "2024-01-31T00:05:00Z");
    EXPECT_EQ(read("Screen Shot 2024-01-31 at 12.05.00 PM.png"), "2024-01-31T12:05:00Z");
}

TEST(FileNameDate, ReadsDays) {
    for (const char* name : {"IMG-20240131-WA0001.jpg", "20240131.jpg", "2024-01-31 at the sea.jpg",
                             "scan_2024-01-31_003.tif", "IMG_20240131_999999.jpg", "20240131_25.30.00.jpg",
                             "2024-01-31 2.25.30.jpg", "2024-01-31 14.25-30.jpg"})
        EXPECT_EQ(read(name), "2024-01-31T00:00:00Z day") << name;
}

TEST(FileNameDate, KnowsNamesInUtc) {
    EXPECT_EQ(read("PXL_20240131_142530123.jpg"), "2024-01-31T14:25:30Z UTC");
    EXPECT_EQ(read("PXL_20240131_142530123.MP.jpg"), "2024-01-31T14:25:30Z UTC");
    EXPECT_EQ(read("FB_IMG_1706711130123.jpg"), "2024-01-31T14:25:30Z UTC");
    EXPECT_EQ(read("mmexport1706711130123.jpg"), "2024-01-31T14:25:30Z UTC");
    EXPECT_EQ(read("1706711130123.jpg"), "2024-01-31T14:25:30Z UTC");
}

TEST(FileNameDate, PrefersATimeToADay) {
    EXPECT_EQ(read("20231224 copy of IMG_20240131_142530.jpg"), "2024-01-31T14:25:30Z");
    EXPECT_EQ(read("20231224 and 20240131.jpg"), "2023-12-24T00:00:00Z day");
}

TEST(FileNameDate, KnowsLeapYears) {
    EXPECT_EQ(read("IMG_20240229_000000.jpg"), "2024-02-29T00:00:00Z");
    EXPECT_EQ(read("IMG_20230229_000000.jpg"), "none");
    EXPECT_EQ(read("IMG_19000101_000000.jpg"), "1900-01-01T00:00:00Z");
    EXPECT_EQ(read("IMG_21001231_235959.jpg"), "2100-12-31T23:59:59Z");
}

TEST(FileNameDate, DoesNotGuess) {
    for (const char* name : {"",
                             "IMG_0001.jpg",
                             "Photo 31-01-2024.jpg",
                             "31-01-2024-12-05.jpg",
                             "01.02.2024.jpg",
                             "IMG_20241331_142530.jpg",  // no month 13
                             "IMG_20240132_142530.jpg",  // no day 32
                             "IMG_18991231_142530.jpg",  // before photos on phones
                             "IMG_21010101_142530.jpg",  // after
                             "120240131.jpg",            // nine digits
                             "202401311.jpg",
                             "20240131142530123456789.jpg",
                             "20240131142560.jpg",
                             "2024-1-31.jpg",
                             "2024-01.jpg",
                             "2024-01_31.jpg",
                             "4006381333931.jpg",  // an article number
                             "2706711130123.jpg",
                             "ticket 1706711130123.jpg",
                             "12345678.jpg",
                             "10203040.jpg",
                             "DSC_0815.NEF",
                             "P1010123.JPG",
                             "\xFF\xFE\x32\x30.jpg",
                             "2024-",
                             "2024-01-3"})
        EXPECT_EQ(read(name), "none") << name;
}

}  // namespace
}  // namespace hone
