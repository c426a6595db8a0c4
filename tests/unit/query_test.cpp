// SPDX-License-Identifier: GPL-3.0-or-later
// Validation of queries.
#include "search/query.hpp"

#include <gtest/gtest.h>

#include "wire/search.hpp"

namespace hone {
namespace {

using nlohmann::json;

ErrorKind kind_of(const SearchQuery& query) {
    const auto valid = validate(query);
    EXPECT_FALSE(valid);
    return valid ? ErrorKind::kFailed : valid.error().kind;
}

TEST(Validate, RefusesWhatCannotBeAsked) {
    SearchQuery query;
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage) << "nothing";
    query.text = " \t\n";
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage) << "blanks";
    query.text = std::string(10'001, 'a');
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage);
    query.text.pop_back();
    EXPECT_TRUE(validate(query));
    query.text = "a";
    query.limit = 0;
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage);
    query.limit = 1001;
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage);
    query.limit = 10;
    query.like = query.unlike = {"abcdef01"};
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage) << "contradiction";
    query.unlike.clear();
    query.rounds = {{20, 21}};
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage) << "more liked than shown";
    query.rounds.assign(SearchQuery::kMostRounds + 1, {20, 1});
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage);
    query.rounds.pop_back();
    EXPECT_TRUE(validate(query));
    query.method = "magic";
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage);
}

TEST(Validate, AFilterAloneIsAQuestion) {
    SearchQuery query;
    query.filter = " \t";
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage);
    query.filter = "rating:3";
    EXPECT_TRUE(validate(query));
    query.filter = "rating:";
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage);
    query.text = "a";
    EXPECT_EQ(kind_of(query), ErrorKind::kUsage) << "also beside words";
}

TEST(Validate, CountsCharactersNotBytes) {
    SearchQuery query;
    for (int at = 0; at < 10'000; ++at) query.text += "ä";
    EXPECT_TRUE(validate(query));
}

TEST(ParseSearch, ReadsEveryField) {
    const std::string id(64, 'a');
    const auto query = parse_search({{"text", "dog"},
                                     {"like", json::array_t{id}},
                                     {"unlike", json::array_t{}},
                                     {"seen", json::array_t{id}},
                                     {"from", id},
                                     {"filter", "rating:3"},
                                     {"facts", false},
                                     {"method", "rocchio"},
                                     {"limit", 5U},
                                     {"offset", 2U}});
    ASSERT_TRUE(query);
    EXPECT_EQ(query->text, "dog");
    EXPECT_EQ(query->like, std::vector{id});
    EXPECT_EQ(query->seen, std::vector{id});
    EXPECT_EQ(query->from, id);
    EXPECT_EQ(query->filter, "rating:3");
    EXPECT_FALSE(query->facts);
    EXPECT_TRUE(parse_search({{"text", "dog"}})->facts) << "on, unless it is switched off";
    EXPECT_FALSE(parse_search({{"text", "dog"}, {"facts", "no"}}));
    EXPECT_FALSE(parse_search({{"filter", 3}}));
    EXPECT_EQ(query->method, "rocchio");
    EXPECT_EQ(query->limit, 5U);
    EXPECT_EQ(query->offset, 2U);
}

TEST(ParseSearch, ReadsWeightsFacetsAndWhatIsShown) {
    const std::string id(64, 'a');
    const auto query = parse_search({{"like", json::array_t{id}},
                                     {"weights", {{id, 2.5}}},
                                     {"facets", {{"style", 2}, {"content", 0}}},
                                     {"style_terms", json::array_t{"red"}},
                                     {"rounds", {{{"shown", 20}, {"like", 1}}, {{"shown", 12}, {"like", 0}}}},
                                     {"show", "seen"},
                                     {"collapse", false},
                                     {"diverse", true}});
    ASSERT_TRUE(query) << query.error().message;
    EXPECT_EQ(query->weights.at(id), 2.5);
    EXPECT_EQ(query->facets.at(Facet::kStyle), 2);
    EXPECT_EQ(query->facets.at(Facet::kContent), 0);
    EXPECT_EQ(query->style_terms, std::vector<std::string>{"red"});
    ASSERT_EQ(query->rounds.size(), 2U);
    EXPECT_EQ(query->rounds[0].photos, 20U);
    EXPECT_EQ(query->rounds[0].positives, 1U);
    EXPECT_EQ(query->show, Show::kSeen);
    EXPECT_FALSE(query->collapse);
    EXPECT_TRUE(query->diverse);
    for (const json& bad :
         {json{{"facets", {{"smell", 1}}}}, json{{"facets", {{"style", "much"}}}}, json{{"facets", 1}},
          json{{"weights", json::array()}}, json{{"show", "old"}}, json{{"style_terms", "red"}},
          json{{"rounds", 3}}, json{{"rounds", {1}}}, json{{"rounds", {{{"shown", 20}}}}},
          json{{"rounds", {{{"shown", -1}, {"like", 0}}}}}})
        EXPECT_FALSE(parse_search(bad)) << bad;
}

TEST(ParseSearch, NamesTheWrongField) {
    for (const json& bad : {json::array(), json{{"text", 1}}, json{{"like", "x"}}, json{{"like", {1}}},
                            json{{"limit", -1}}, json{{"limit", 1.5}}, json{{"words", "dog"}},
                            json{{"like", {"../etc/passwd"}}}, json{{"from", "/etc/passwd"}}}) {
        const auto query = parse_search(bad);
        ASSERT_FALSE(query) << bad;
        EXPECT_EQ(query.error().kind, ErrorKind::kUsage) << bad;
    }
}

}  // namespace
}  // namespace hone
