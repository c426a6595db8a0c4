// SPDX-License-Identifier: GPL-3.0-or-later
// Formats, decoding, resampling and walking folders.
#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <map>

#include "photo/decode.hpp"
#include "photo/photo_id.hpp"
#include "photo/resample.hpp"
#include "photo/thumbnail.hpp"
#include "photo/walk.hpp"
#include "tests/support/bitmap.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(Format, IsToldByContent) {
    using namespace std::string_view_literals;
    EXPECT_EQ(detect_format(bytes_of("\xFF\xD8\xFF\xE0"sv)), Format::kJpeg);
    EXPECT_EQ(detect_format(bytes_of("\x89PNG\r\n\x1A\n"sv)), Format::kPng);
    EXPECT_EQ(detect_format(bytes_of("RIFF\0\0\0\0WEBPVP8 "sv)), Format::kWebp);
    EXPECT_EQ(detect_format(bytes_of("\0\0\0\x20"
                                     "ftypheic\0\0\0\0mif1heic"sv)),
              Format::kHeif);
    EXPECT_EQ(detect_format(bytes_of("\0\0\0\x20"
                                     "ftypmif1\0\0\0\0mif1avif"sv)),
              Format::kAvif);
    EXPECT_EQ(detect_format(bytes_of("\0\0\0\x20"
                                     "ftypisom\0\0\0\0isomiso2"sv)),
              Format::kNone)
        << "a video";
    EXPECT_EQ(detect_format(bytes_of(test::plain_bitmap(2, 2, 0))), Format::kBmp);
    EXPECT_EQ(detect_format(bytes_of("BM is how this text starts, and it continues"sv)), Format::kNone);
    EXPECT_EQ(detect_format(bytes_of(""sv)), Format::kNone);
}

TEST(Decode, GivesUprightRgb) {
    const std::string file =
        test::bitmap(4, 3, [](int x, int y) { return static_cast<std::uint32_t>(x << 16 | y << 8 | 7); });
    const auto photo = decode_photo(bytes_of(file), 0);
    ASSERT_TRUE(photo) << photo.error().message;
    EXPECT_EQ(photo->width, 4);
    EXPECT_EQ(photo->height, 3);
    EXPECT_EQ(photo->image.row(2)[3 * 3], 3);
    EXPECT_EQ(photo->image.row(2)[3 * 3 + 1], 2);
    EXPECT_EQ(photo->image.row(2)[3 * 3 + 2], 7);
}

TEST(Decode, SaysWhyItFails) {
    EXPECT_THAT(decode_photo(bytes_of("hello"), 0).error().message, HasSubstr("not an image"));
    EXPECT_THAT(decode_photo(bytes_of("\xFF\xD8\xFF\xE0 broken"), 0).error().message,
                HasSubstr("damaged or unsupported jpeg"));
    EXPECT_THAT(decode_photo(bytes_of("\x89PNG\r\n\x1A\n broken"), 0).error().message,
                HasSubstr("damaged or unsupported png"));
    std::string cut = test::plain_bitmap(64, 64, 0x123456);
    cut.resize(200);
    EXPECT_FALSE(decode_photo(bytes_of(cut), 0));
}

TEST(MeanColor, IsTheMean) {
    const Image image{2, 1, {255, 0, 10, 1, 0, 20}};
    EXPECT_EQ(mean_color(image), 0x80000FU);
}

TEST(Resample, KeepsConstantsAndSizes) {
    const Image image{50, 30, std::vector<std::uint8_t>(50 * 30 * 3, 200)};
    for (const Filter filter : {Filter::kBilinear, Filter::kBicubic, Filter::kLanczos}) {
        for (const auto& [width, height] : {std::pair{7, 9}, {50, 30}, {120, 11}}) {
            const Image out = resample(image, width, height, filter);
            EXPECT_EQ(out.width, width);
            EXPECT_EQ(out.height, height);
            EXPECT_THAT(out.rgb, testing::Each(200));
        }
    }
}

// Pillow 12: Image.frombytes('L', (8, 1), bytes([0, 0, 0, 255, 255, 0, 0, 0])).resize((4, 1), BICUBIC) and so
// on, as RGB.
TEST(Resample, GivesPillowsBytes) {
    Image image{8, 1, {}};
    for (const int value : {0, 0, 0, 255, 255, 0, 0, 0})
        image.rgb.insert(image.rgb.end(), 3, static_cast<std::uint8_t>(value));
    const auto red = [](const Image& out) {
        std::vector<int> values;
        for (std::size_t at = 0; at < out.rgb.size(); at += 3) values.push_back(out.rgb[at]);
        return values;
    };
    EXPECT_THAT(red(resample(image, 4, 1, Filter::kBicubic)), ElementsAre(0, 138, 138, 0));
    EXPECT_THAT(red(resample(image, 4, 1, Filter::kBilinear)), ElementsAre(0, 128, 128, 0));
    EXPECT_THAT(red(resample(image, 4, 1, Filter::kLanczos)), ElementsAre(0, 147, 147, 0));
    EXPECT_THAT(red(resample(image, 11, 1, Filter::kBicubic)),
                ElementsAre(0, 0, 0, 7, 209, 255, 209, 7, 0, 0, 0));
}

TEST(Crop, FillsWhatIsOutside) {
    const Image image{2, 2, {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}};
    const std::uint8_t fill[3] = {9, 9, 9};
    const Image out = crop(image, -1, 1, 3, 2, fill);
    EXPECT_THAT(out.rgb, ElementsAre(9, 9, 9, 3, 3, 3, 4, 4, 4, 9, 9, 9, 9, 9, 9, 9, 9, 9));
}

TEST(Thumbnail, FitsAndNeverGrows) {
    const Image large{300, 100, std::vector<std::uint8_t>(90'000, 50)};
    const auto small = decode_photo(bytes_of(*make_thumbnail(large, 240)), 0);
    ASSERT_TRUE(small) << small.error().message;
    EXPECT_EQ(small->format, Format::kWebp);
    EXPECT_EQ(small->width, 240);
    EXPECT_EQ(small->height, 80);
    EXPECT_EQ(decode_photo(bytes_of(*make_thumbnail(large, 480)), 0)->width, 300);
}

bool is_stored(const std::string& file, int size) {
    return is_thumbnail_head(bytes_of(file).first(std::min(kThumbnailHead, file.size())), file.size(), size);
}

TEST(Thumbnail, IsToldFromEverythingElse) {
    for (const int width : {1, 3, 240, 241}) {  // also chunks of an odd length
        const Image image{width, 5, std::vector<std::uint8_t>(std::size_t{15} * width, 90)};
        const std::string webp = *make_thumbnail(image, 1080);
        EXPECT_TRUE(decode_photo(bytes_of(webp), 0)) << width;
        EXPECT_TRUE(is_thumbnail(webp, 480)) << width;
        EXPECT_TRUE(is_stored(webp, 480)) << width;
        EXPECT_EQ(is_thumbnail(webp, 240), width <= 240) << width;
        EXPECT_EQ(is_stored(webp, 240), width <= 240) << width;
        for (std::size_t cut = 0; cut < webp.size(); ++cut) {
            EXPECT_FALSE(is_thumbnail(webp.substr(0, cut), 480)) << cut;
            EXPECT_FALSE(is_stored(webp.substr(0, cut), 480)) << cut;
        }
        EXPECT_FALSE(is_thumbnail(webp + "x", 480));
        EXPECT_FALSE(is_stored(webp + "x", 480));
        for (const std::size_t at : {0U, 8U, 15U, 16U, 20U, 23U}) {  // each field
            std::string other = webp;
            other[at] = static_cast<char>(other[at] ^ 2 ^ (at == 20 ? 3 : 0));
            EXPECT_FALSE(is_thumbnail(other, 480)) << at;
            EXPECT_FALSE(is_stored(other, 480)) << at;
        }
    }
    EXPECT_FALSE(is_thumbnail("", 480));
    EXPECT_FALSE(is_stored("", 480));
}

// libvips 8.14 copies a photo's EXIF, with its position, into the thumbnail; older versions of Hone stored
// that.
TEST(Thumbnail, OfAnOlderVersionIsKeptUnlessItIsCut) {
    const Image image{240, 160, std::vector<std::uint8_t>(std::size_t{3} * 240 * 160, 90)};
    const std::string made = *make_thumbnail(image, 240);
    const auto with_flags = [&](char flags) {
        std::string file = made.substr(0, 12) + std::string("VP8X\x0A\0\0\0", 8) + flags +
                           std::string("\0\0\0\xEF\0\0\x9F\0\0", 9) + made.substr(12) +
                           std::string("EXIF\x02\0\0\0ab", 10);
        const auto rest = static_cast<std::uint32_t>(file.size() - 8);
        for (std::size_t byte = 0; byte < 4; ++byte) file[4 + byte] = static_cast<char>(rest >> (8 * byte));
        return file;
    };
    for (const char flags : {'\x08', '\x2C'}) {
        const std::string older = with_flags(flags);
        EXPECT_TRUE(is_stored(older, 240));
        EXPECT_FALSE(is_stored(older, 239));
        EXPECT_FALSE(is_stored(older.substr(0, older.size() - 1), 240));
        EXPECT_FALSE(is_thumbnail(older, 240)) << "no decoder may return it";
    }
    EXPECT_FALSE(is_stored(with_flags('\x0A'), 240)) << "an animation";
}

TEST(PhotoId, PrefixesHave8To64Digits) {
    EXPECT_TRUE(is_photo_id_prefix("abcdef01"));
    EXPECT_TRUE(is_photo_id_prefix(std::string(64, 'F')));
    EXPECT_FALSE(is_photo_id_prefix("abcdef0"));
    EXPECT_FALSE(is_photo_id_prefix(std::string(65, 'a')));
    EXPECT_FALSE(is_photo_id_prefix("photo.jpg"));
}

std::vector<std::string> walked(const fs::path& root, std::vector<std::string>* unreadable = nullptr) {
    std::vector<std::string> names;
    Walker walker({[&](const FileFacts& facts) {
                       names.push_back(facts.path.lexically_relative(root));
                       return true;
                   },
                   [&](const fs::path& path, const std::string&) {
                       if (unreadable != nullptr) unreadable->push_back(path.lexically_relative(root));
                   }});
    EXPECT_TRUE(walker.walk(root, root, true));
    EXPECT_TRUE(walker.walk_links());
    return names;
}

TEST(Walk, SkipsHiddenAndSystemFolders) {
    const test::TemporaryFolder folder;
    for (const char* name : {"b.jpg", "a/2.jpg", "a/1.jpg", ".hidden.jpg", ".cache/x.jpg", "@eaDir/x.jpg",
                             "$RECYCLE.BIN/x.jpg", "a/\xff.jpg"})
        folder.write(name, "x");
    EXPECT_THAT(walked(folder.path()), ElementsAre("b.jpg", "a/1.jpg", "a/2.jpg", "a/\xff.jpg"));
}

TEST(Walk, DoesNotRunInCircles) {
    const test::TemporaryFolder folder;
    folder.write("a/1.jpg", "x");
    fs::create_directory_symlink(folder.path(), folder.path() / "a/loop");
    fs::create_symlink(folder.path() / "a/1.jpg", folder.path() / "link.jpg");
    fs::create_symlink(folder.path() / "nowhere", folder.path() / "dangling.jpg");
    EXPECT_THAT(walked(folder.path()), ElementsAre("link.jpg", "a/1.jpg"));
}

TEST(Walk, LinksToFoldersAreFollowedOnce) {
    const test::TemporaryFolder folder, elsewhere;
    folder.write("z/1.jpg", "x");
    elsewhere.write("2.jpg", "x");
    fs::create_directory_symlink(folder.path() / "z", folder.path() / "a");  // the real path wins
    fs::create_directory_symlink(elsewhere.path(), folder.path() / "b");
    fs::create_directory_symlink(elsewhere.path(), folder.path() / "c");
    fs::create_directory_symlink(folder.path(), elsewhere.path() / "back");
    fs::create_directory_symlink("/", folder.path() / "everything");
    EXPECT_THAT(walked(folder.path()), ElementsAre("z/1.jpg", "b/2.jpg"));
}

TEST(Walk, EachFolderOnceInARun) {
    const test::TemporaryFolder folder;
    folder.write("1.jpg", "x");
    folder.write("in/2.jpg", "x");
    std::vector<std::string> names;
    Walker walker({[&](const FileFacts& facts) {
                       names.push_back(facts.path.filename());
                       return true;
                   },
                   [](const fs::path&, const std::string&) {}});
    EXPECT_EQ(*walker.walk(folder.path() / "in", folder.path() / "in", true), Walker::Outcome::kWalked);
    EXPECT_EQ(*walker.walk(folder.path(), folder.path(), true), Walker::Outcome::kWalked);
    EXPECT_EQ(*walker.walk(folder.path() / "in", folder.path() / "in", true), Walker::Outcome::kCovered);
    EXPECT_THAT(names, ElementsAre("2.jpg", "1.jpg"));
}

TEST(Walk, SidecarsChangeWhatIsSeenOfTheirPhoto) {
    const test::TemporaryFolder folder;
    folder.write("1.jpg", "x");
    folder.write("2.jpg", "x");
    folder.write("2.xmp", "old");
    folder.write("3.jpg", "x");
    folder.write("3.jpg.xmp", "old");
    const auto stamps = [&] {
        std::map<std::string, std::uint64_t> found;
        Walker walker({[&](const FileFacts& facts) {
                           found[facts.path.filename()] = facts.sidecar;
                           return true;
                       },
                       [](const fs::path&, const std::string&) {}});
        EXPECT_TRUE(walker.walk(folder.path(), folder.path(), true));
        return found;
    };
    auto before = stamps();
    EXPECT_EQ(before["1.jpg"], 0U);
    EXPECT_NE(before["2.jpg"], 0U);
    EXPECT_NE(before["3.jpg"], 0U);
    folder.write("2.xmp", "newer");
    auto after = stamps();
    EXPECT_NE(after["2.jpg"], before["2.jpg"]);
    EXPECT_EQ(after["3.jpg"], before["3.jpg"]);
}

TEST(Walk, ObeysHoneignore) {
    const test::TemporaryFolder folder;
    for (const char* name :
         {"1.jpg", "1.tmp.jpg", "private/2.jpg", "trips/private/3.jpg", "trips/raw/old/4.jpg",
          "trips/keep.tmp.jpg", "trips/x [1]/drop.jpg", "trips/x [1]/sub/drop.jpg", "other/drop.jpg"})
        folder.write(name, "x");
    folder.write(kIgnoreFile, "# not these\n*.tmp.jpg\r\n/private/\nraw/**/4.jpg\ntrips/raw/**\n");
    folder.write(std::string("trips/") + kIgnoreFile, "!keep.tmp.jpg\n");
    folder.write(std::string("trips/x [1]/") + kIgnoreFile, "drop.jpg\n");
    EXPECT_THAT(walked(folder.path()),
                ElementsAre("1.jpg", "other/drop.jpg", "trips/keep.tmp.jpg", "trips/private/3.jpg"));
}

TEST(IgnoreRules, OfADeeperFolderAreSeenFromTheRoot) {
    EXPECT_EQ(rebase_ignore_rules("a\n/b\nc/d\n!e\n# f\n\ng/\n", "x/y/"),
              "/x/y/**/a\n/x/y/b\n/x/y/c/d\n!/x/y/**/e\n/x/y/**/g/\n");
    EXPECT_EQ(rebase_ignore_rules("!\n/\n!/\n", "x/"), "") << "these would be rules for all of the folder";
    EXPECT_EQ(rebase_ignore_rules("/a", "x\n*.jpg/"), "/x?\\*.jpg/a\n") << "a folder's name is not a rule";
}

TEST(Walk, GoesOnAfterAnUnreadableFolder) {
    const test::TemporaryFolder folder;
    folder.write("closed/1.jpg", "x");
    folder.write("open/1.jpg", "x");
    ::chmod((folder.path() / "closed").c_str(), 0);
    // Root reads every folder: as root this test becomes user nobody until its end.
    const bool as_root = ::geteuid() == 0;
    if (as_root) {
        ::chmod(folder.path().c_str(), 0755);
        ASSERT_EQ(::seteuid(65534), 0);
    }
    std::vector<std::string> unreadable;
    const auto found = walked(folder.path(), &unreadable);
    if (as_root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    EXPECT_THAT(found, ElementsAre("open/1.jpg"));
    EXPECT_THAT(unreadable, ElementsAre("closed"));
    ::chmod((folder.path() / "closed").c_str(), 0700);
}

TEST(CheckFolder, SaysWhatIsWrong) {
    const test::TemporaryFolder folder;
    EXPECT_TRUE(check_folder(folder.path()));
    EXPECT_THAT(check_folder(folder.path() / "none").error().message, HasSubstr("No such file"));
    EXPECT_THAT(check_folder(folder.write("file", "x")).error().message,
                HasSubstr("is a file, not a folder"));
    EXPECT_EQ(normal_folder(folder.path() / "a/../b/"), folder.path() / "b");
}

}  // namespace
}  // namespace hone
