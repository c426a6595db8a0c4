// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of Hugging Face's tokenizer.json that BPE and WordPiece share, for the tokenizers only. Pure
// functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/tokenizer.hpp"

namespace hone {

// Hashes string and string_view alike, so that look-ups do not copy.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using Vocabulary = std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>;

// Tokens that are matched in the text before any other step ("[CLS]", "<|endoftext|>").
struct AddedToken {
    std::string content;
    std::int64_t id = 0;
    bool normalized = false;  // matched after normalisation
};

struct TextPiece {
    std::string text;
    std::int64_t added_id = -1;  // >= 0: an added token instead of text
};

// Splits at the added tokens with the given `normalized`: leftmost match first, longest first.
std::vector<TextPiece> split_at_added_tokens(std::string_view text, const std::vector<AddedToken>& tokens,
                                             bool normalized);

// Throws nlohmann::json's exceptions for a malformed file.
std::vector<AddedToken> read_added_tokens(const nlohmann::json& file);

// Ids that the file's post-processor (TemplateProcessing, BertProcessing, RobertaProcessing) puts before and
// after the text.
struct SpecialTokens {
    std::vector<std::int64_t> before, after;
};
// kFailed names a post-processor that Hone does not support.
Result<SpecialTokens> read_special_tokens(const nlohmann::json& file);

// kFailed names the step of the file that Hone does not support.
Result<std::unique_ptr<Tokenizer>> make_bpe_tokenizer(const nlohmann::json& file);
// Returns the tokenizer.json that belongs to CLIP's list of merges (bpe_simple_vocab_16e6.txt, unpacked),
// with which open_clip's models are shipped where there is no tokenizer.json.
nlohmann::json clip_tokenizer_file(std::string_view merges);
Result<std::unique_ptr<Tokenizer>> make_wordpiece_tokenizer(const nlohmann::json& file);
Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(const TextTower& tower, const fs::path& path);

}  // namespace hone
