// SPDX-License-Identifier: GPL-3.0-or-later
// Small hand-made tokenizers; tests/contract compares with the reference on thousands of strings.
#include "model/tokenizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/unicode.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

Result<std::unique_ptr<Tokenizer>> load(const json& file, TokenizerKind kind) {
    const test::TemporaryFolder folder;
    folder.write("tokenizer.json", file.dump());
    TextTower tower;
    tower.tokenizer = kind;
    tower.tokenizer_file.path = "tokenizer.json";
    return load_tokenizer(tower, folder.path());
}

json wordpiece() {
    return {{"added_tokens",
             {{{"id", 1}, {"content", "[CLS]"}, {"normalized", false}},
              {{"id", 2}, {"content", "[SEP]"}, {"normalized", false}}}},
            {"normalizer",
             {{"type", "BertNormalizer"},
              {"clean_text", true},
              {"handle_chinese_chars", true},
              {"strip_accents", nullptr},
              {"lowercase", true}}},
            {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
            {"post_processor",
             {{"type", "TemplateProcessing"},
              {"single",
               {{{"SpecialToken", {{"id", "[CLS]"}, {"type_id", 0}}}},
                {{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
                {{"SpecialToken", {{"id", "[SEP]"}, {"type_id", 0}}}}}},
              {"special_tokens", {{"[CLS]", {{"ids", {1}}}}, {"[SEP]", {{"ids", {2}}}}}}}},
            {"model",
             {{"type", "WordPiece"},
              {"unk_token", "[UNK]"},
              {"continuing_subword_prefix", "##"},
              {"max_input_chars_per_word", 10},
              {"vocab",
               {{"[UNK]", 0},
                {"[CLS]", 1},
                {"[SEP]", 2},
                {"dog", 3},
                {"##s", 4},
                {"cafe", 5},
                {".", 6},
                {"龍", 7}}}}}};
}

TEST(WordPiece, FollowsItsSteps) {
    const auto tokenizer = *load(wordpiece(), TokenizerKind::kWordPiece);
    EXPECT_THAT(tokenizer->encode("Dogs."), ElementsAre(1, 3, 4, 6, 2));
    EXPECT_THAT(tokenizer->encode("CAFÉ"), ElementsAre(1, 5, 2)) << "accents go";
    EXPECT_THAT(tokenizer->encode("dog龍dog"), ElementsAre(1, 3, 7, 3, 2))
        << "Chinese characters stand alone";
    EXPECT_THAT(tokenizer->encode("dogx"), ElementsAre(1, 0, 2)) << "no half words";
    EXPECT_THAT(tokenizer->encode("dogsssssssss"), ElementsAre(1, 0, 2)) << "too long";
    EXPECT_THAT(tokenizer->encode("dog [SEP] dog"), ElementsAre(1, 3, 2, 3, 2));
    EXPECT_THAT(tokenizer->encode(""), ElementsAre(1, 2));
}

json bpe() {
    return {
        {"added_tokens", json::array()},
        {"normalizer", {{"type", "Lowercase"}}},
        {"pre_tokenizer",
         {{"type", "Sequence"},
          {"pretokenizers",
           {{{"type", "Split"},
             {"pattern", {{"Regex", "[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"}}},
             {"behavior", "Removed"},
             {"invert", true}},
            {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}}},
        {"model",
         {{"type", "BPE"},
          {"end_of_word_suffix", "</w>"},
          {"unk_token", "!"},
          {"vocab",
           {{"!", 0}, {"d", 1}, {"o", 2}, {"g</w>", 3}, {"do", 4}, {"dog</w>", 5}, {"o</w>", 6}, {"g", 7}}},
          {"merges", {"d o", "do g</w>"}}}}};
}

TEST(Bpe, MergesByRank) {
    const auto tokenizer = *load(bpe(), TokenizerKind::kBpe);
    EXPECT_THAT(tokenizer->encode("DOG"), ElementsAre(5));
    EXPECT_THAT(tokenizer->encode("dog\vdo"), ElementsAre(5, 1, 6)) << "vertical tab is a space";
    EXPECT_THAT(tokenizer->encode("gd"), ElementsAre(7, 0)) << "d at the end is unknown";
}

TEST(Tokenizer, RefusesWhatItDoesNotKnow) {
    json file = bpe();
    file["normalizer"] = {{"type", "Magic"}};
    EXPECT_THAT(load(file, TokenizerKind::kBpe).error().message, HasSubstr("Magic"));
    file = bpe();
    file["model"]["merges"] = {"x y"};
    EXPECT_THAT(load(file, TokenizerKind::kBpe).error().message, HasSubstr("merge 0"));
    file = wordpiece();
    file["post_processor"] = {{"type", "Other"}};
    EXPECT_THAT(load(file, TokenizerKind::kWordPiece).error().message, HasSubstr("Other"));
    EXPECT_THAT(load(json::array(), TokenizerKind::kBpe).error().message, HasSubstr("broken tokenizer"));
}

TEST(CutToContext, KeepsTheEnd) {
    std::vector<std::int64_t> ids{1, 10, 11, 12, 2};
    cut_to_context(ids, 5);
    EXPECT_THAT(ids, ElementsAre(1, 10, 11, 12, 2));
    cut_to_context(ids, 3);
    EXPECT_THAT(ids, ElementsAre(1, 10, 2));
}

TEST(Unicode, StepsAreTheReferences) {
    EXPECT_EQ(to_utf8(to_lower(U"ΣΑΣ")), "σασ") << "no final sigma";
    EXPECT_EQ(to_utf8(to_lower(U"İ")), "i̇");
    EXPECT_EQ(to_code_points("a\xff").back(), U'\xFFFD');
    EXPECT_TRUE(is_whitespace(0x85));
    EXPECT_FALSE(is_whitespace(0x200B));
}

}  // namespace
}  // namespace hone
