// SPDX-License-Identifier: GPL-3.0-or-later
// The filter language: valid filters, canonical forms and error messages.
#include "search/filter_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "photo/format.hpp"

namespace hone {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Returns the canonical form, or the error.
std::string parsed(std::string_view text) {
    const auto filter = parse_filter(text);
    if (!filter) {
        EXPECT_EQ(filter.error().kind, ErrorKind::kUsage);
        return filter.error().message;
    }
    const std::string canonical = to_string(*filter);
    const auto again = parse_filter(canonical);
    EXPECT_TRUE(again && *again == *filter) << text << " -> " << canonical;
    return canonical;
}

template <typename Value>
Value only_value(std::string_view text) {
    const auto filter = parse_filter(text);
    if (!filter || filter->kind != PhotoFilter::Kind::kTerm || filter->term.values.size() != 1 ||
        !std::holds_alternative<Value>(filter->term.values[0])) {
        ADD_FAILURE() << text << ": " << (filter ? "another kind" : filter.error().message);
        return {};
    }
    return std::get<Value>(filter->term.values[0]);
}

TEST(FilterParser, BindsAndCloserThanOr) {
    EXPECT_EQ(parsed("a b OR c d"), "a b OR c d");
    EXPECT_EQ(parsed("a AND (b OR c) AND d"), "a (b OR c) d");
    EXPECT_EQ(parsed("(a b) OR (c)"), "a b OR c");
    EXPECT_EQ(parsed("a (b (c OR (d OR e)))"), "a b (c OR d OR e)");
    const auto filter = parse_filter("a b OR c");
    ASSERT_TRUE(filter);
    EXPECT_EQ(filter->kind, PhotoFilter::Kind::kOr);
    ASSERT_EQ(filter->parts.size(), 2U);
    EXPECT_EQ(filter->parts[0].kind, PhotoFilter::Kind::kAnd);
}

TEST(FilterParser, Negates) {
    EXPECT_EQ(parsed("-a"), "-a");
    EXPECT_EQ(parsed("NOT a b"), "-a b");
    EXPECT_EQ(parsed("NOT (a b)"), "-(a b)");
    EXPECT_EQ(parsed("-(a OR b) c"), "-(a OR b) c");
    EXPECT_EQ(parsed("NOT -a"), "a");
    EXPECT_EQ(parsed("-rating:3"), "-rating:3");
    EXPECT_EQ(parsed("well-known"), "\"well-known\"") << "a - inside of a word is a part of it";
}

TEST(FilterParser, NothingIsEverything) {
    for (const char* text : {"", "  \t\n "}) {
        const auto filter = parse_filter(text);
        ASSERT_TRUE(filter);
        EXPECT_EQ(*filter, PhotoFilter{});
        EXPECT_EQ(to_string(*filter), "");
    }
}

TEST(FilterParser, ReadsWords) {
    EXPECT_EQ(parsed("Beach or sea"), "Beach or sea") << "only capitals join";
    EXPECT_EQ(parsed(R"("at the sea")"), R"("at the sea")");
    EXPECT_EQ(parsed(R"("OR")"), R"("OR")");
    EXPECT_EQ(parsed("OREGON"), "OREGON");
    EXPECT_EQ(parsed("12:30"), R"("12:30")");
    EXPECT_EQ(parsed(R"("say \"hi\" \\ bye")"), R"("say \"hi\" \\ bye")");
    EXPECT_EQ(parsed("Größe 東京"), "Größe 東京");
    EXPECT_EQ(parsed("words:a,b"), "words:a,b");
    EXPECT_EQ(parsed("words:a"), "a");
}

TEST(FilterParser, ReadsTexts) {
    EXPECT_EQ(parsed("CAMERA:Canon,\"Nikon Z\""), "camera:Canon,\"Nikon Z\"");
    EXPECT_EQ(parsed(R"(title:"a,b",c)"), R"(title:"a,b",c)");
    EXPECT_EQ(parsed("folder:/photos/2019 name:IMG_*.jpg"), "folder:/photos/2019 name:IMG_*.jpg");
    EXPECT_EQ(only_value<std::string>("people:Ada"), "Ada");
    EXPECT_EQ(parsed("format:JPG,heic,tif,jp2"), "format:jpeg,heif,tiff,jpeg2000");
    EXPECT_EQ(parsed("has:GPS is:raw orientation:panorama"), "has:gps is:raw orientation:panorama");
}

TEST(FilterParser, ReadsNumbers) {
    EXPECT_EQ(only_value<NumberRange>("rating:3"), (NumberRange{3, 3}));
    EXPECT_EQ(only_value<NumberRange>("rating:>=3"), (NumberRange{3, std::nullopt}));
    EXPECT_EQ(only_value<NumberRange>("rating:>3"), (NumberRange{3, std::nullopt, false, true}));
    EXPECT_EQ(only_value<NumberRange>("rating:<2"), (NumberRange{std::nullopt, 2, true, false}));
    EXPECT_EQ(only_value<NumberRange>("rating:<=2"), (NumberRange{std::nullopt, 2}));
    EXPECT_EQ(only_value<NumberRange>("rating:3..5"), (NumberRange{3, 5}));
    EXPECT_EQ(only_value<NumberRange>("rating:3.."), (NumberRange{3, std::nullopt}));
    EXPECT_EQ(only_value<NumberRange>("rating:..5"), (NumberRange{std::nullopt, 5}));
    EXPECT_EQ(only_value<NumberRange>("exposure:1/250..1/60s"), (NumberRange{1.0 / 250, 1.0 / 60}));
    EXPECT_EQ(only_value<NumberRange>("aperture:f/1.8..f/2.8"), (NumberRange{1.8, 2.8}));
    EXPECT_EQ(only_value<NumberRange>("focal:>=200mm"), (NumberRange{200, std::nullopt}));
    for (const char* text : {"exposure:1/3", "megapixels:>0.1", "iso:<100", "width:1e9..", "copies:2,4..6"})
        parsed(text);
}

TEST(FilterParser, ReadsDays) {
    constexpr std::int64_t k2019 = 1546300800, k2020 = 1577836800, kMay = 1556668800, kJune = 1559347200;
    EXPECT_EQ(only_value<DayRange>("taken:2019"), (DayRange{k2019, k2020}));
    EXPECT_EQ(only_value<DayRange>("taken:2019-05"), (DayRange{kMay, kJune}));
    EXPECT_EQ(only_value<DayRange>("taken:2019-05-01"), (DayRange{kMay, kMay + 86'400}));
    EXPECT_EQ(only_value<DayRange>("taken:2019-05..2019"), (DayRange{kMay, k2020}));
    EXPECT_EQ(only_value<DayRange>("taken:..2018"), (DayRange{std::nullopt, k2019}));
    EXPECT_EQ(only_value<DayRange>("taken:2020.."), (DayRange{k2020, std::nullopt}));
    EXPECT_EQ(only_value<DayRange>("taken:>=2019-05"), (DayRange{kMay, std::nullopt}));
    EXPECT_EQ(only_value<DayRange>("taken:>2019"), (DayRange{k2020, std::nullopt}));
    EXPECT_EQ(only_value<DayRange>("taken:<2019"), (DayRange{std::nullopt, k2019}));
    EXPECT_EQ(only_value<DayRange>("taken:<=2019"), (DayRange{std::nullopt, k2020}));
    EXPECT_EQ(parsed("taken:2019-01-01..2019-12-31,2020-02..2020-02-29"), "taken:2019,2020-02");
    EXPECT_EQ(parsed("taken:2019-05..2019-08-15"), "taken:2019-05-01..2019-08-15");
    EXPECT_EQ(parsed("taken:<0001,>9999,0001,9999-12-31"), "taken:<0001,>9999,0001,9999-12-31");
}

TEST(FilterParser, ReadsCircles) {
    EXPECT_EQ(only_value<Circle>("near:48.2,16.37,5km"), (Circle{48.2, 16.37, 5}));
    EXPECT_EQ(only_value<Circle>("near:-48.2,-16.37,5"), (Circle{-48.2, -16.37, 5}));
    EXPECT_EQ(only_value<Circle>(R"(near:"48.2, 16.37, 500m")"), (Circle{48.2, 16.37, 0.5}));
    EXPECT_EQ(parsed("near:48.2,16.37,5km,0,0,1"), "near:48.2,16.37,5km,0,0,1km");
}

TEST(FilterParser, SaysWhatIsWrongAndWhere) {
    EXPECT_EQ(parsed("camera:Canon raiting:3"),
              "filter, column 14: there is no field 'raiting'; did you mean rating?");
    EXPECT_EQ(parsed("Größe raiting:3"),
              "filter, column 7: there is no field 'raiting'; did you mean rating?")
        << "columns are characters";
    EXPECT_THAT(parsed("colour:red"),
                StartsWith("filter, column 1: there is no field 'colour'; the fields are words, taken, "));
    EXPECT_THAT(parsed("http://example.org"), HasSubstr("put a text with a colon in quotation marks"));
    EXPECT_EQ(parsed("a (b OR c"), "filter, column 3: this bracket is not closed");
    EXPECT_EQ(parsed("a) b"), "filter, column 2: this closing bracket has no opening one");
    EXPECT_EQ(parsed("a ()"), "filter, column 3: these brackets are empty");
    EXPECT_EQ(parsed("a OR"), "filter, column 5: a term is missing after OR");
    EXPECT_EQ(parsed("OR a"), "filter, column 1: a term is missing before OR");
    EXPECT_EQ(parsed("a OR OR b"), "filter, column 6: a term is missing after OR");
    EXPECT_EQ(parsed("(a OR )"), "filter, column 7: a term is missing after OR");
    EXPECT_EQ(parsed("AND a"), "filter, column 1: a term is missing before AND");
    EXPECT_EQ(parsed("a AND"), "filter, column 6: a term is missing after AND");
    EXPECT_EQ(parsed("a AND AND b"), "filter, column 7: a term is missing before AND");
    EXPECT_EQ(parsed("a NOT"), "filter, column 3: a term is missing after NOT");
    EXPECT_EQ(parsed("a - b"), "filter, column 3: a term is missing after -");
    EXPECT_EQ(parsed("camera:"), "filter, column 8: a value is missing after camera:");
    EXPECT_EQ(parsed("camera:Canon,"), "filter, column 14: a value is missing after ,");
    EXPECT_EQ(parsed("camera: Canon"), "filter, column 8: a value is missing after camera:");
    EXPECT_EQ(parsed("title:\"open"), "filter, column 7: this quotation mark is not closed");
    EXPECT_EQ(parsed("title:\"\""), "filter, column 7: a text is empty");
    EXPECT_EQ(parsed("title:\"a\"b"), "filter, column 10: a blank is missing after the quotation mark");
    EXPECT_EQ(parsed("title:a\"b\""),
              "filter, column 8: a quotation mark inside a word; put it before the whole value");
    EXPECT_EQ(parsed("folder:Wien(1)"),
              "filter, column 12: a bracket inside a word; put the word in quotation marks");
    EXPECT_EQ(parsed("folder:/"), "filter, column 8: '/' names no folder");
    EXPECT_EQ(parsed("!!"), "filter, column 1: '!!' has no letter or digit to look for");
}

TEST(FilterParser, SaysWhichValueIsWrong) {
    EXPECT_THAT(parsed("rating:three"),
                StartsWith("filter, column 8: rating cannot be 'three'; write rating:3, "));
    for (const char* text : {"rating:..", "rating:>", "rating:>=", "rating:-1", "rating:3..x", "rating:1/0",
                             "rating:nan", "rating:1e99", "rating:3..4..5", "iso:100mm"})
        EXPECT_THAT(parsed(text), HasSubstr(" cannot be '")) << text;
    EXPECT_EQ(parsed("rating:5..3"), "filter, column 8: '5..3' begins above its end");
    EXPECT_EQ(parsed("taken:2021..2019"), "filter, column 7: '2021..2019' begins after its end");
    EXPECT_THAT(parsed("taken:2019-13"),
                StartsWith("filter, column 7: '2019-13' is not a day, month or year; write"));
    EXPECT_THAT(parsed("taken:2019,2019-02-30"), StartsWith("filter, column 12: '2019-02-30' is not a day"));
    for (const char* text : {"taken:19", "taken:..", "taken:0000", "taken:2019-5", "taken:2019/05", "taken:>",
                             "taken:2019-00", "taken:2019-05-00", "taken:yesterday", "taken:20190501"})
        EXPECT_THAT(parsed(text), HasSubstr("is not a day, month or year")) << text;
    EXPECT_EQ(parsed("orientation:flat"),
              "filter, column 13: orientation cannot be 'flat'; it is one of landscape, portrait, square, "
              "panorama");
    EXPECT_THAT(parsed("format:mp4"), HasSubstr("format cannot be 'mp4'; it is one of jpeg, "));
    EXPECT_THAT(parsed("format:pef"), HasSubstr("format cannot be 'pef'")) << "stored as raw";
    EXPECT_THAT(parsed("has:faces"), HasSubstr("it is one of gps, title"));
    EXPECT_THAT(parsed("is:keyword"), HasSubstr("it is one of raw, unreachable, motion"));
    EXPECT_EQ(parsed("near:48.2,16.37"),
              "filter, column 6: near needs latitude, longitude and radius, as in near:48.2,16.37,5km");
    EXPECT_EQ(parsed("near:91,16.37,5km"),
              "filter, column 6: the latitude must be between -90 and 90 degrees, not '91'");
    EXPECT_EQ(parsed("near:48.2,181,5km"),
              "filter, column 11: the longitude must be between -180 and 180 degrees, not '181'");
    for (const char* text :
         {"near:1,2,0km", "near:1,2,-5km", "near:1,2,km", "near:1,2,30000km", "near:1,2,5miles"})
        EXPECT_THAT(parsed(text), StartsWith("filter, column 10: the radius must be a distance")) << text;
    EXPECT_THAT(parsed("near:nan,2,5km"), HasSubstr("latitude"));
}

TEST(FilterParser, HasLimits) {
    EXPECT_EQ(parsed(std::string(kLongestFilter + 1, 'a')),
              "filter: 4001 characters are too many; the limit is 4000");
    std::string umlauts;
    for (std::size_t letter = 0; letter < kLongestFilter; ++letter) umlauts += "ä";
    EXPECT_TRUE(parse_filter(umlauts));
    const auto nested = [](int depth) { return std::string(depth, '(') + "a" + std::string(depth, ')'); };
    EXPECT_EQ(parsed(nested(kDeepestFilter - 1)), "a");
    EXPECT_EQ(parsed(nested(kDeepestFilter)),
              "filter, column 33: more than 32 brackets and NOTs within each other");
    EXPECT_THAT(parsed(std::string(2000, '-') + "a"), HasSubstr("column 33: more than 32"));
    std::string many;
    for (std::size_t word = 0; word < kMostFilterValues; ++word) many += "a ";
    EXPECT_TRUE(parse_filter(many));
    EXPECT_EQ(parsed(many + "b"), "filter, column 601: more than 300 values in one filter");
    EXPECT_EQ(parsed("caf\xC3"), "filter: the text is not valid UTF-8");
}

// Every format that is detected can be filtered by its stored name.
TEST(FilterParser, KnowsEveryFormat) {
    for (int format = static_cast<int>(Format::kJpeg); format <= static_cast<int>(Format::kOtherRaw);
         ++format) {
        if (static_cast<Format>(format) == Format::kSvg) continue;  // skipped, never a photo
        const std::string term = "format:" + std::string(format_name(static_cast<Format>(format)));
        EXPECT_EQ(parsed(term), term);
    }
}

}  // namespace
}  // namespace hone
