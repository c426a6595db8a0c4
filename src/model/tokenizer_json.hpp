// The parts of Hugging Face's tokenizer.json that BPE and WordPiece share; private to the tokenizers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/tokenizer.hpp"

namespace hone {

// Hashes string and string_view alike, so that look-ups make no copies.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Vocabulary = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;

// Tokens that are found in the text before anything else looks at it ("[CLS]", "<|endoftext|>").
struct AddedToken {
    std::string content;
    std::int64_t id = 0;
    bool normalized = false;  // looked for after normalisation
};

struct TextPiece {
    std::string text;
    std::int64_t added_id = -1;  // >= 0: an added token instead of text
};

// Splits at the added tokens with the given `normalized`, leftmost first, longest first.
std::vector<TextPiece> split_at_added_tokens(std::string_view text, const std::vector<AddedToken>& tokens,
                                             bool normalized);

std::vector<AddedToken> read_added_tokens(const nlohmann::json& file);

// Ids put before and after the text by the file's post-processor (TemplateProcessing, BertProcessing,
// RobertaProcessing).
struct SpecialTokens {
    std::vector<std::int64_t> before, after;
};
Result<SpecialTokens> read_special_tokens(const nlohmann::json& file);

Result<std::unique_ptr<Tokenizer>> make_bpe_tokenizer(const nlohmann::json& file);
Result<std::unique_ptr<Tokenizer>> make_wordpiece_tokenizer(const nlohmann::json& file);
Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(const TextTower& tower, const fs::path& path);

}  // namespace hone
