// SPDX-License-Identifier: GPL-3.0-or-later
// Scores of the style terms compared with the reference.
#include "analyze/style_terms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "search/facet.hpp"
#include "tests/support/style_images.hpp"

namespace hone {
namespace {

using testing::ElementsAre;

// The reference's results (look/golden.json, words.py) for test::golden_style_images().
struct Golden {
    std::size_t image;
    std::map<std::string_view, double> words;
};

const std::vector<Golden> kGolden{
    {0,
     {{"red", 0.0},
      {"blue", 0.0},
      {"dark", -0.5824},
      {"warm", 0.0},
      {"high contrast", 0.2582},
      {"minimal", -0.0369},
      {"symmetrical", -0.9921},
      {"black and white", 1.0791}}},
    {1,
     {{"red", 0.3977},
      {"blue", 0.5},
      {"dark", -0.4922},
      {"warm", -0.0253},
      {"high contrast", 0.0801},
      {"minimal", 0.2581},
      {"symmetrical", -0.3005},
      {"black and white", 0.0}}},
    {2,
     {{"red", 0.0},
      {"blue", 0.0},
      {"dark", -0.5642},
      {"warm", 0.0},
      {"high contrast", 0.391},
      {"minimal", -0.0414},
      {"symmetrical", -1.0},
      {"black and white", 1.1}}},
    {3,
     {{"red", 0.0727},
      {"blue", 0.1015},
      {"dark", -0.6365},
      {"warm", 0.0007},
      {"high contrast", 0.1654},
      {"minimal", -0.0531},
      {"symmetrical", 0.6058},
      {"black and white", 0.0327}}},
    {4,
     {{"red", 0.0},
      {"blue", 0.7606},
      {"dark", -0.6055},
      {"warm", -0.141},
      {"high contrast", 0.0774},
      {"minimal", 0.7239},
      {"symmetrical", 0.2741},
      {"black and white", 0.0}}},
};

std::size_t column(std::string_view name) {
    const auto words = style_terms();
    return static_cast<std::size_t>(std::ranges::find(words, name, &StyleTerm::name) - words.begin());
}

TEST(StyleTerms, AreTheReferences) {
    const auto images = test::golden_style_images();
    for (const Golden& golden : kGolden) {
        const StyleTermScores scores = style_term_scores(describe_style(images[golden.image]));
        for (const auto& [name, expected] : golden.words) {
            ASSERT_LT(column(name), kStyleTerms) << name;
            // The reference uses the numbers before quantisation to bytes, which clamps beyond three standard
            // deviations.
            EXPECT_NEAR(scores[column(name)], expected, 0.05 + 0.05 * std::abs(expected))
                << golden.image << " " << name;
        }
    }
}

TEST(StyleTerms, AreSixtyOneAndTheWeakOnesAreNotRead) {
    EXPECT_EQ(style_terms().size(), 61U);
    for (const ReadableStyleTerm& word : StyleSpace::vocabulary())
        EXPECT_FALSE(style_terms()[word.column].weak) << word.name;
    EXPECT_TRUE(style_terms()[column("grainy")].weak);
}

std::vector<std::string> found(std::string_view text) {
    std::vector<std::string> names;
    for (const FoundStyleTerm& word : find_style_terms(text)) names.push_back(word.word->name);
    return names;
}

TEST(FindStyleTerms, ReadsWholeWordsTheLongestFirst) {
    EXPECT_THAT(found("a red car"), ElementsAre("red"));
    EXPECT_THAT(found("Black and White, water"), ElementsAre("black and white"));
    EXPECT_THAT(found("a bored man in Redmond"), ElementsAre());
    EXPECT_THAT(found("misty scarlet hills"), ElementsAre("red", "foggy"));
    EXPECT_THAT(found("red RED scarlet"), ElementsAre("red"));
    EXPECT_THAT(found(""), ElementsAre());
    EXPECT_THAT(found("grainy"), ElementsAre()) << "a weak one";
}

}  // namespace
}  // namespace hone
