// SPDX-License-Identifier: GPL-3.0-or-later
// BERT's tokenizer: clean, space out Chinese characters, strip accents, lower-case; split at spaces and
// punctuation; greedy longest pieces (Wu et al. 2016; steps as in Hugging Face's BertNormalizer,
// BertPreTokenizer and WordPiece).
#include <nlohmann/json.hpp>

#include "base/json_numbers.hpp"
#include "model/tokenizer_json.hpp"
#include "model/unicode.hpp"

namespace hone {

using nlohmann::json;

namespace {

struct Normalization {
    bool clean = true, space_chinese = true, strip_accents = true, lowercase = true;
};

bool is_chinese(char32_t c) {
    // The blocks that BERT's reference code calls CJK.
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) ||
           (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_bert_punctuation(char32_t c) {
    const bool ascii =
        (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    return ascii || is_punctuation(c);
}

class WordPieceTokenizer final : public Tokenizer {
  public:
    Vocabulary vocabulary;
    std::vector<AddedToken> added;
    SpecialTokens special;
    Normalization normalization;
    std::int64_t unknown = 0;
    std::string prefix = "##";
    std::size_t longest_word = 100;  // code points; a longer word is unknown

    [[nodiscard]] std::vector<std::int64_t> encode(std::string_view text) const override {
        std::vector<std::int64_t> ids = special.before;
        for (const TextPiece& raw : split_at_added_tokens(text, added, false)) {
            if (raw.added_id >= 0) {
                ids.push_back(raw.added_id);
                continue;
            }
            for (const TextPiece& piece :
                 split_at_added_tokens(to_utf8(normalize(to_code_points(raw.text))), added, true)) {
                if (piece.added_id >= 0)
                    ids.push_back(piece.added_id);
                else
                    encode_words(to_code_points(piece.text), ids);
            }
        }
        ids.insert(ids.end(), special.after.begin(), special.after.end());
        return ids;
    }

  private:
    [[nodiscard]] std::u32string normalize(std::u32string text) const {
        if (normalization.clean) {
            std::u32string clean;
            for (const char32_t c : text) {
                const bool blank = c == U'\t' || c == U'\n' || c == U'\r';
                if (c == 0 || c == 0xFFFD || (!blank && is_control(c))) continue;
                clean += blank || is_whitespace(c) ? U' ' : c;
            }
            text = std::move(clean);
        }
        if (normalization.space_chinese) {
            std::u32string spaced;
            for (const char32_t c : text) {
                if (is_chinese(c))
                    spaced.append({U' ', c, U' '});
                else
                    spaced += c;
            }
            text = std::move(spaced);
        }
        if (normalization.strip_accents) {
            text = to_nfd(text);
            std::erase_if(text, is_nonspacing_mark);
        }
        return normalization.lowercase ? to_lower(text) : text;
    }

    void encode_words(std::u32string_view text, std::vector<std::int64_t>& ids) const {
        std::size_t start = 0;
        const auto end_word = [&](std::size_t end) {
            if (end > start) encode_word(text.substr(start, end - start), ids);
        };
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (is_whitespace(text[at])) {
                end_word(at);
                start = at + 1;
            } else if (is_bert_punctuation(text[at])) {
                end_word(at);
                encode_word(text.substr(at, 1), ids);
                start = at + 1;
            }
        }
        end_word(text.size());
    }

    void encode_word(std::u32string_view word, std::vector<std::int64_t>& ids) const {
        const std::size_t before = ids.size();
        std::size_t start = word.size() > longest_word ? word.size() + 1 : 0;
        while (start < word.size()) {
            std::size_t end = word.size();
            auto found = vocabulary.end();
            for (; end > start; --end) {
                found = vocabulary.find((start > 0 ? prefix : "") + to_utf8(word.substr(start, end - start)));
                if (found != vocabulary.end()) break;
            }
            if (found == vocabulary.end()) break;
            ids.push_back(found->second);
            start = end;
        }
        if (start != word.size()) {
            ids.resize(before);
            ids.push_back(unknown);
        }
    }
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_wordpiece_tokenizer(const json& file) {
    auto tokenizer = std::make_unique<WordPieceTokenizer>();
    const json& model = file.at("model");
    if (model.value("type", "WordPiece") != "WordPiece")
        return fail("the tokenizer is {}, not WordPiece", model.at("type").get<std::string>());
    for (const auto& [token, id] : model.at("vocab").items())
        tokenizer->vocabulary.emplace(token, whole_number<std::int64_t>(id));
    const auto unknown = tokenizer->vocabulary.find(model.value("unk_token", "[UNK]"));
    if (unknown == tokenizer->vocabulary.end()) return fail("the vocabulary lacks its unknown token");
    tokenizer->unknown = unknown->second;
    tokenizer->prefix = model.value("continuing_subword_prefix", "##");
    tokenizer->longest_word = model.value("max_input_chars_per_word", std::size_t{100});
    const json& normalizer = file.at("normalizer");
    if (normalizer.at("type") != "BertNormalizer")
        return fail("the normalizer {} is not supported for WordPiece",
                    normalizer.at("type").get<std::string>());
    if (file.at("pre_tokenizer").at("type") != "BertPreTokenizer") {
        return fail("the pre-tokenizer {} is not supported for WordPiece",
                    file["pre_tokenizer"]["type"].get<std::string>());
    }
    Normalization& normalization = tokenizer->normalization;
    normalization.clean = normalizer.value("clean_text", true);
    normalization.space_chinese = normalizer.value("handle_chinese_chars", true);
    normalization.lowercase = normalizer.value("lowercase", true);
    const bool asked = normalizer.contains("strip_accents") && !normalizer["strip_accents"].is_null();
    normalization.strip_accents = asked ? normalizer["strip_accents"].get<bool>() : normalization.lowercase;
    tokenizer->added = read_added_tokens(file);
    HONE_TRY(tokenizer->special, read_special_tokens(file));
    return tokenizer;
}

}  // namespace hone
