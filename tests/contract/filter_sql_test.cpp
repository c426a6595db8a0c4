// SPDX-License-Identifier: GPL-3.0-or-later
// Every field and operator of the filter language on a small library with known facts.
#include "catalog/sqlite/filter_sql.hpp"
#include "catalog/sqlite/filter_functions.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/filter_parser.hpp"

namespace hone {
namespace {

using testing::HasSubstr;

// The part of schema 2 that filters read.
constexpr const char* kSchema = R"sql(
CREATE TABLE folder (id INTEGER PRIMARY KEY, path BLOB NOT NULL, reachable INTEGER NOT NULL DEFAULT 1);
CREATE TABLE photo (id INTEGER PRIMARY KEY, sha BLOB, bytes INTEGER, width INTEGER NOT NULL, height INTEGER NOT NULL,
  format TEXT NOT NULL, color INTEGER, added_at INTEGER);
CREATE TABLE place (id INTEGER PRIMARY KEY, folder_id INTEGER NOT NULL REFERENCES folder(id), path BLOB NOT NULL,
  state INTEGER NOT NULL, photo_id INTEGER REFERENCES photo(id));
CREATE TABLE metadata (photo_id INTEGER PRIMARY KEY REFERENCES photo(id), taken_at INTEGER, taken_offset INTEGER,
  taken_source TEXT, make TEXT, model TEXT, lens TEXT, exposure REAL, aperture REAL, focal REAL, iso INTEGER,
  latitude REAL, longitude REAL, altitude REAL, rating INTEGER, title TEXT, description TEXT,
  motion INTEGER NOT NULL DEFAULT 0, document TEXT NOT NULL);
CREATE TABLE keyword (photo_id INTEGER NOT NULL REFERENCES photo(id), word TEXT NOT NULL, PRIMARY KEY (photo_id, word)) WITHOUT ROWID;
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, hidden INTEGER NOT NULL);
CREATE TABLE face (id INTEGER PRIMARY KEY, photo_id INTEGER NOT NULL, person_id INTEGER, age_low INTEGER, age_high INTEGER);
CREATE VIRTUAL TABLE words USING fts5(name, folder, title, keywords, camera, tokenize = "unicode61 remove_diacritics 2");
)sql";

// 1 a falcon in Vienna, 2019-05-01; 2 a raw file of 2020-12-31 on an unplugged disk; 3 a panorama on Fiji's
// side of the date line, one copy; 4 only its name is known; 5 the north pole, only missing files.
constexpr const char* kPhotos = R"sql(
INSERT INTO folder VALUES (1, CAST('/photos' AS BLOB), 1), (2, CAST('/usb' AS BLOB), 0);
INSERT INTO photo VALUES (1, NULL, 1, 6000, 4000, 'jpeg', 0, 0), (2, NULL, 1, 4000, 6000, 'nef', 0, 0),
  (3, NULL, 1, 9000, 3000, 'heif', 0, 0), (4, NULL, 1, 1000, 1010, 'png', 0, 0), (5, NULL, 1, 100, 80, 'jpeg', 0, 0);
INSERT INTO place VALUES (1, 1, CAST('/photos/2019/KÖLN Trip/IMG_0001.JPG' AS BLOB), 0, 1),
  (2, 2, CAST('/usb/Raw/dsc_0815.nef' AS BLOB), 0, 2), (3, 1, CAST('/photos/fiji/pano.heic' AS BLOB), 0, 3),
  (4, 1, CAST('/photos/fiji/copy/pano 2.heic' AS BLOB), 0, 3), (5, 1, CAST('/photos/screen_100%.png' AS BLOB), 0, 4),
  (6, 1, CAST('/photos/2019/pole.jpg' AS BLOB), 1, 5), (7, 1, CAST('/photos/broken.jpg' AS BLOB), 2, NULL);
INSERT INTO metadata VALUES
  (1, 1556713800, 120, 'exif', 'Canon', 'EOS R5', 'RF100-500mm F4.5-7.1', 0.004, 2.8, 50, 400, 48.2, 16.37, 171, 5,
   'Der Fälke', 'x', 1, '{}'),
  (2, 1609459199, NULL, 'modified', 'NIKON CORPORATION', 'NIKON Z 6', NULL, 2, 11, 200, 64, NULL, NULL, NULL, -1, NULL, NULL, 0, '{}'),
  (3, 1577836800, NULL, 'name', NULL, NULL, NULL, NULL, 1.797, NULL, NULL, -17, 179.9, NULL, 3, '', NULL, 0, '{}'),
  (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 89.9, -120, NULL, NULL, NULL, NULL, 0, '{}');
INSERT INTO keyword VALUES (1, 'Falke'), (1, 'ΜΆΙΟΣ'), (3, 'Sea side'), (3, 'Falkenstein');
INSERT INTO words (rowid, name, folder, title, keywords, camera) VALUES
  (1, 'IMG_0001.JPG', '/photos/2019/KÖLN Trip', 'Der Fälke', 'Falke ΜΆΙΟΣ', 'Canon EOS R5'),
  (2, 'dsc_0815.nef', '/usb/Raw', '', '', 'NIKON CORPORATION NIKON Z 6'), (3, 'pano.heic', '/photos/fiji', '', 'Sea side Falkenstein', ''),
  (4, 'screen_100%.png', '/photos', '', '', ''), (5, 'pole.jpg', '/photos/2019', '', '', '');
)sql";

class FilterSql : public testing::Test {
  protected:
    FilterSql() : database_(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
        database_.exec(kSchema);
        database_.exec(kPhotos);
        register_filter_functions(database_);
    }

    // Returns the photos that match the filter, as "1 3"; checks that its negation has all others.
    std::string found(const std::string& text) {
        const auto filter = parse_filter(text);
        if (!filter) return filter.error().message;
        PhotoFilter opposite{PhotoFilter::Kind::kNot, {*filter}, {}};
        const std::string numbers = run(*filter);
        EXPECT_EQ(run(opposite).size() + numbers.size() + (numbers.empty() || numbers.size() == 9 ? 0 : 1),
                  9U)
            << text << " and its opposite do not add up";
        return numbers;
    }

    std::string run(const PhotoFilter& filter) {
        const auto condition = to_sql(filter);
        if (!condition) return condition.error().message;
        SQLite::Statement query(database_, "SELECT id FROM photo WHERE " + condition->where + " ORDER BY id");
        int index = 0;
        for (const auto& parameter : condition->parameters)
            std::visit([&](const auto& value) { query.bind(++index, value); }, parameter);
        std::string numbers;
        while (query.executeStep()) numbers += (numbers.empty() ? "" : " ") + query.getColumn(0).getString();
        return numbers;
    }

    SQLite::Database database_;
};

TEST_F(FilterSql, Taken) {
    EXPECT_EQ(found("taken:2019"), "1");
    EXPECT_EQ(found("taken:2019-05"), "1");
    EXPECT_EQ(found("taken:2019-05-01"), "1");
    EXPECT_EQ(found("taken:2019-05-02"), "");
    EXPECT_EQ(found("taken:2020"), "2 3") << "the first and the last second of the year";
    EXPECT_EQ(found("taken:2019..2020"), "1 2 3");
    EXPECT_EQ(found("taken:..2019"), "1");
    EXPECT_EQ(found("taken:2020-02.."), "2");
    EXPECT_EQ(found("taken:2019-05,2020-12"), "1 2");
}

TEST_F(FilterSql, Camera) {
    EXPECT_EQ(found("camera:canon"), "1");
    EXPECT_EQ(found("camera:\"canon eos\""), "1");
    EXPECT_EQ(found("camera:Canon,nikon"), "1 2");
    EXPECT_EQ(found("camera:\"z 6\""), "2");
    EXPECT_EQ(found("camera:leica"), "");
    EXPECT_EQ(found("lens:rf100"), "1");
    EXPECT_EQ(found("iso:400"), "1");
    EXPECT_EQ(found("iso:<=400"), "1 2");
    EXPECT_EQ(found("aperture:2.8"), "1");
    EXPECT_EQ(found("aperture:f/1.8"), "3") << "APEX values are rounded";
    EXPECT_EQ(found("aperture:<2.8"), "3");
    EXPECT_EQ(found("focal:>50mm"), "2");
    EXPECT_EQ(found("focal:50..200"), "1 2");
    EXPECT_EQ(found("exposure:1/250"), "1");
    EXPECT_EQ(found("exposure:>=1s"), "2");
}

TEST_F(FilterSql, Rating) {
    EXPECT_EQ(found("rating:>=3"), "1 3");
    EXPECT_EQ(found("rating:3"), "3");
    EXPECT_EQ(found("rating:<1"), "2 4 5") << "rejected and unrated";
    EXPECT_EQ(found("rating:0"), "4 5");
    EXPECT_EQ(found("rating:1..4"), "3");
    EXPECT_EQ(found("has:rating"), "1 2 3");
}

TEST_F(FilterSql, Folder) {
    EXPECT_EQ(found("folder:2019"), "1") << "a missing file lies nowhere";
    EXPECT_EQ(found("folder:\"köln trip\""), "1");
    EXPECT_EQ(found("folder:\"ko\xCC\x88ln trip\""), "1") << "decomposed letters, as macOS writes them";
    EXPECT_EQ(found("folder:köln"), "") << "whole names";
    EXPECT_EQ(found("folder:photos"), "1 3 4");
    EXPECT_EQ(found("folder:/photos"), "1 3 4");
    EXPECT_EQ(found("folder:/photos/fiji/"), "3");
    EXPECT_EQ(found("folder:fiji/copy"), "3");
    EXPECT_EQ(found("folder:/fiji"), "") << "from the root";
    EXPECT_EQ(found("folder:/pho"), "");
    EXPECT_EQ(found("folder:pano.heic"), "") << "a file is not a folder";
}

TEST_F(FilterSql, Name) {
    EXPECT_EQ(found("name:img"), "1");
    EXPECT_EQ(found("name:IMG_*.jpg"), "1");
    EXPECT_EQ(found("name:*.heic"), "3");
    EXPECT_EQ(found("name:o*c"), "") << "with a star the whole name";
    EXPECT_EQ(found("name:*o*c"), "3");
    EXPECT_EQ(found("name:photos"), "") << "not the folder";
    EXPECT_EQ(found("name:100%"), "4") << "no wildcard but the star";
    EXPECT_EQ(found("name:img?0001.jpg"), "");
}

TEST_F(FilterSql, Near) {
    EXPECT_EQ(found("near:48.2,16.37,1km"), "1");
    EXPECT_EQ(found("near:48.2,16.5,9km"), "") << "0.13 degrees are 9.64 km here";
    EXPECT_EQ(found("near:48.2,16.5,9.7km"), "1");
    EXPECT_EQ(found("near:48.209,16.37,1000m"), "") << "0.009 degrees are 1.0008 km";
    EXPECT_EQ(found("near:48.209,16.37,1001m"), "1");
    EXPECT_EQ(found("near:-17,-179.9,22km"), "3") << "across the date line";
    EXPECT_EQ(found("near:-17,-179.9,21km"), "");
    EXPECT_EQ(found("near:-17,179.95,6km"), "3");
    EXPECT_EQ(found("near:89.9,60,25km"), "5") << "across the pole";
    EXPECT_EQ(found("near:89.9,60,20km"), "");
    EXPECT_EQ(found("near:0,0,20015km"), "1 3 5") << "the whole Earth";
    EXPECT_EQ(found("near:48.2,16.37,1km,-17,179.9,1km"), "1 3");
}

TEST_F(FilterSql, Kinds) {
    EXPECT_EQ(found("format:jpg"), "1 5");
    EXPECT_EQ(found("format:heic,png"), "3 4");
    EXPECT_EQ(found("format:raw"), "2");
    EXPECT_EQ(found("is:raw"), "2");
    EXPECT_EQ(found("is:unreachable"), "2");
    EXPECT_EQ(found("is:motion"), "1");
    EXPECT_EQ(found("is:raw,motion"), "1 2");
    EXPECT_EQ(found("has:gps"), "1 3 5");
    EXPECT_EQ(found("has:title"), "1");
    EXPECT_EQ(found("has:keyword"), "1 3");
    EXPECT_EQ(found("has:date"), "1 3") << "the file's own date is none";
    EXPECT_EQ(found("has:camera"), "1 2");
}

TEST_F(FilterSql, Sizes) {
    EXPECT_EQ(found("width:>=6000"), "1 3");
    EXPECT_EQ(found("height:80"), "5");
    EXPECT_EQ(found("megapixels:24"), "1 2");
    EXPECT_EQ(found("megapixels:>24"), "3");
    EXPECT_EQ(found("megapixels:<1"), "5");
    EXPECT_EQ(found("orientation:landscape"), "1 3 5");
    EXPECT_EQ(found("orientation:portrait"), "2");
    EXPECT_EQ(found("orientation:square"), "4");
    EXPECT_EQ(found("orientation:panorama"), "3");
    EXPECT_EQ(found("copies:2.."), "3");
    EXPECT_EQ(found("copies:0"), "5") << "missing files do not count as copies";
}

TEST_F(FilterSql, WordsOfPeople) {
    EXPECT_EQ(found("title:FÄLKE"), "1");
    EXPECT_EQ(found("title:\"r f\""), "1");
    EXPECT_EQ(found("keyword:falke"), "1") << "whole keywords";
    EXPECT_EQ(found("keyword:falke*"), "1 3");
    EXPECT_EQ(found("keyword:μάιος"), "1") << "with the final sigma of Greek";
    EXPECT_EQ(found("keyword:\"sea side\""), "3");
    EXPECT_EQ(found("keyword:sea"), "");
    EXPECT_EQ(found("falke"), "1 3") << "beginnings of words, in any of the texts, accents or not";
    EXPECT_EQ(found("koln"), "1");
    EXPECT_EQ(found("falke canon"), "1");
    EXPECT_EQ(found("falke fiji"), "3");
    EXPECT_EQ(found("\"sea side\""), "3");
    EXPECT_EQ(found("\"side sea\""), "");
    EXPECT_EQ(found("\"a\\\" OR b\""), "") << "no language of the index inside";
    EXPECT_EQ(found("…"), "") << "no letter for the index: no error";
}

TEST_F(FilterSql, Joins) {
    EXPECT_EQ(found(""), "1 2 3 4 5");
    EXPECT_EQ(found("has:gps rating:>=3"), "1 3");
    EXPECT_EQ(found("is:raw OR format:png"), "2 4");
    EXPECT_EQ(found("-has:gps"), "2 4");
    EXPECT_EQ(found("-camera:canon"), "2 3 4 5") << "unknown cameras are not Canon's";
    EXPECT_EQ(found("-taken:2019"), "2 3 4 5");
    EXPECT_EQ(found("-iso:400 -(format:png OR is:raw)"), "3 5");
    EXPECT_EQ(found("has:gps (folder:fiji OR camera:canon) NOT rating:5"), "3");
    EXPECT_EQ(found("is:raw OR has:gps taken:2019"), "1 2") << "AND binds closer";
    EXPECT_EQ(found("(is:raw OR has:gps) taken:2019"), "1");
    EXPECT_EQ(run({PhotoFilter::Kind::kOr, {}, {}}), "");
}

TEST_F(FilterSql, PeopleTheirFacesAndAges) {
    database_.exec(
        "INSERT INTO person VALUES (1, 'Anna', 0), (2, 'Ben', 0), (3, '', 0);"
        "INSERT INTO face VALUES (1, 1, 1, 30, 40), (2, 1, 2, 5, 9), (3, 2, 1, 31, 44), (4, 3, 3, NULL, "
        "NULL)");
    EXPECT_EQ(found("people:anna"), "1 2");
    EXPECT_EQ(found("people:Anna people:Ben"), "1");
    EXPECT_EQ(found("people:Anna,Ben"), "1 2");
    EXPECT_EQ(found("-people:Anna"), "3 4 5");
    EXPECT_EQ(found("people:Nobody"), "");
    EXPECT_EQ(found("people:\"#3\""), "3");
    EXPECT_EQ(found("only:Anna"), "2");
    EXPECT_EQ(found("only:Anna,Ben"), "1");
    EXPECT_EQ(found("faces:2.."), "1");
    EXPECT_EQ(found("faces:0"), "4 5");
    EXPECT_EQ(found("age:0..12"), "1");
    EXPECT_EQ(found("age:44.."), "2");
    EXPECT_EQ(found("age:10..29"), "");
}

TEST_F(FilterSql, RefusesValuesOfAnotherKind) {
    PhotoFilter filter{PhotoFilter::Kind::kTerm, {}, {FilterField::kRating, {std::string("3")}}};
    EXPECT_EQ(to_sql(filter).error().kind, ErrorKind::kUsage);
    filter.term = {FilterField::kCamera, {NumberRange{1, 1}}};
    EXPECT_EQ(to_sql(filter).error().kind, ErrorKind::kUsage);
}

TEST_F(FilterSql, TakesTheLargestFilter) {
    std::string all = "falke", any = "falke";
    for (std::size_t word = 1; word < kMostFilterValues; ++word) all += " name:pano", any += " OR name:pano";
    EXPECT_EQ(found(all), "3");
    EXPECT_EQ(found(any), "1 3");
}

}  // namespace
}  // namespace hone
