// SPDX-License-Identifier: GPL-3.0-or-later
// Token ids compared with Hugging Face `tokenizers` and Google's sentencepiece on more than 20,000 strings
// each.
#include <nlohmann/json.hpp>

#include <fstream>

#include "model/tokenizer.hpp"
#include "tests/contract/needs.hpp"

namespace hone {
namespace {

struct Golden {
    const char* name;
    TokenizerKind kind;
    fs::path file;
    // Since 0.2, SentencePiece breaks ties between equally good segmentations differently; the golden file
    // comes from the newer library.
    int tolerated = 0;
};

class TokenizerGolden : public testing::TestWithParam<Golden> {};

TEST_P(TokenizerGolden, GivesTheReferencesIds) {
    const fs::path golden =
        test::source_directory() / "deps/golden" / fmt::format("tokenizer_{}.jsonl", GetParam().name);
    HONE_NEEDS(golden);
    HONE_NEEDS(GetParam().file);
    TextTower tower;
    tower.tokenizer = GetParam().kind;
    tower.tokenizer_file.path = GetParam().file.filename();
    tower.eos_id = 1;  // SentencePiece only: the value used for the golden file
    const auto tokenizer = load_tokenizer(tower, GetParam().file.parent_path());
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    std::ifstream file(golden);
    int strings = 0, wrong = 0;
    for (std::string line; std::getline(file, line); ++strings) {
        const auto entry = nlohmann::json::parse(line);
        const auto expected = entry["ids"].get<std::vector<std::int64_t>>();
        const auto got = (*tokenizer)->encode(entry["t"].get<std::string>());
        if (got == expected) continue;
        if (++wrong > GetParam().tolerated && wrong <= 20)
            ADD_FAILURE() << entry["t"] << "\n  expected " << nlohmann::json(expected).dump().substr(0, 300)
                          << "\n  got      " << nlohmann::json(got).dump().substr(0, 300);
    }
    EXPECT_GE(strings, 20'000);
    EXPECT_LE(wrong, GetParam().tolerated) << "of " << strings;
}

// Without CLIP's own tokenizer where ../shared does not have it.
std::vector<Golden> available(std::vector<Golden> all) {
    std::erase_if(all, [](const Golden& golden) {
        return golden.name == std::string_view("clip") && !test::exists(golden.file);
    });
    return all;
}

INSTANTIATE_TEST_SUITE_P(
    All, TokenizerGolden,
    testing::ValuesIn(available(
        {Golden{"clip", TokenizerKind::kBpe, test::shared_directory() / "models/clip-bpe/tokenizer.json"},
         Golden{"clip_small", TokenizerKind::kBpe,
                test::source_directory() / "deps/testmodels/clip-random/tokenizer.json"},
         Golden{"wordpiece", TokenizerKind::kWordPiece,
                test::source_directory() / "models/default/tokenizer.json"},
         Golden{"sentencepiece", TokenizerKind::kSentencePiece,
                test::source_directory() / "deps/testmodels/siglip-random/spiece.model", 4}})),
    [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace hone
