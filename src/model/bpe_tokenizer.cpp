// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-level BPE in CLIP's form (Sennrich et al. 2016; steps and their order as in tokenizer.json).
#include <unicode/regex.h>

#include <array>
#include <nlohmann/json.hpp>
#include <queue>

#include "base/json_numbers.hpp"
#include "model/tokenizer_json.hpp"
#include "model/unicode.hpp"

namespace hone {

using nlohmann::json;

namespace {

// GPT-2's split, the default of a ByteLevel pre-tokenizer.
constexpr const char* kGpt2Split =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// ICU's \s lacks vertical tab and next line, which the reference's regular expressions count as White_Space.
icu::UnicodeString to_icu_pattern(std::string pattern) {
    for (std::size_t at = 0; at + 1 < pattern.size();) {
        if (pattern[at] != '\\') {
            ++at;
        } else if (pattern[at + 1] == 's') {
            constexpr std::string_view kSpace = "\\p{White_Space}";
            pattern.replace(at, 2, kSpace);
            at += kSpace.size();
        } else if (pattern[at + 1] == 'S') {
            constexpr std::string_view kNoSpace = "\\P{White_Space}";
            pattern.replace(at, 2, kNoSpace);
            at += kNoSpace.size();
        } else {
            at += 2;
        }
    }
    return icu::UnicodeString::fromUTF8(pattern);
}

class Regex {
  public:
    static Result<Regex> compile(const std::string& pattern) {
        UErrorCode status = U_ZERO_ERROR;
        UParseError where;
        Regex regex;
        regex.pattern_.reset(icu::RegexPattern::compile(to_icu_pattern(pattern), 0, where, status));
        if (U_FAILURE(status)) return fail("the pattern '{}' is not supported", pattern);
        return regex;
    }

    // Returns the matches in order; with `gaps`, also the text between them.
    [[nodiscard]] std::vector<std::string> split(const std::string& utf8, bool gaps) const {
        const icu::UnicodeString text = icu::UnicodeString::fromUTF8(utf8);
        std::vector<std::string> parts;
        const auto add = [&](int32_t from, int32_t to) {
            if (from < to) text.tempSubStringBetween(from, to).toUTF8String(parts.emplace_back());
        };
        UErrorCode status = U_ZERO_ERROR;
        const std::unique_ptr<icu::RegexMatcher> matcher(pattern_->matcher(text, status));
        int32_t end = 0;
        while (U_SUCCESS(status) && matcher->find(status)) {
            if (gaps) add(end, matcher->start(status));
            add(matcher->start(status), matcher->end(status));
            end = matcher->end(status);
        }
        if (gaps) add(end, text.length());
        return parts;
    }

    [[nodiscard]] std::string replace(const std::string& utf8, const std::string& content) const {
        UErrorCode status = U_ZERO_ERROR;
        const icu::UnicodeString text = icu::UnicodeString::fromUTF8(utf8);
        const std::unique_ptr<icu::RegexMatcher> matcher(pattern_->matcher(text, status));
        std::string result;
        matcher->replaceAll(icu::UnicodeString::fromUTF8(content), status).toUTF8String(result);
        return result;
    }

  private:
    std::unique_ptr<icu::RegexPattern> pattern_;
};

// Bytes that stand for themselves in GPT-2's table.
bool is_printable(int byte) {
    return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

// GPT-2's table from bytes to printable characters, each as UTF-8.
const std::array<std::string, 256>& byte_letters() {
    static const auto table = [] {
        std::array<std::string, 256> letters;
        char32_t spare = 256;
        for (int byte = 0; byte < 256; ++byte) {
            letters[byte] =
                to_utf8(std::u32string(1, is_printable(byte) ? static_cast<char32_t>(byte) : spare++));
        }
        return letters;
    }();
    return table;
}

struct NormalizerStep {
    enum class Kind { kNfc, kLowercase, kReplace } kind;
    std::optional<Regex> pattern;
    std::string content;
};

struct SplitStep {
    Regex pattern;
    bool gaps;  // keeps the text between matches as separate parts
};

std::uint64_t pair_key(std::int64_t left, std::int64_t right) {
    return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
}

class BpeTokenizer final : public Tokenizer {
  public:
    Vocabulary vocabulary;
    struct Merge {
        std::int32_t rank;
        std::int64_t id;
    };
    std::unordered_map<std::uint64_t, Merge> merges;
    std::vector<AddedToken> added;
    SpecialTokens special;
    std::vector<NormalizerStep> normalizer;
    std::vector<SplitStep> splits;
    std::string end_of_word;
    std::optional<std::int64_t> unknown;

    [[nodiscard]] std::vector<std::int64_t> encode(std::string_view text) const override {
        std::vector<std::int64_t> ids = special.before;
        // Invalid UTF-8 becomes U+FFFD before any other step.
        for (const TextPiece& raw : split_at_added_tokens(to_utf8(to_code_points(text)), added, false)) {
            if (raw.added_id >= 0) {
                ids.push_back(raw.added_id);
                continue;
            }
            for (const TextPiece& piece : split_at_added_tokens(normalize(raw.text), added, true)) {
                if (piece.added_id >= 0)
                    ids.push_back(piece.added_id);
                else
                    encode_text(piece.text, ids);
            }
        }
        ids.insert(ids.end(), special.after.begin(), special.after.end());
        return ids;
    }

    [[nodiscard]] std::string normalize(std::string text) const {
        for (const NormalizerStep& step : normalizer) {
            switch (step.kind) {
                case NormalizerStep::Kind::kNfc:
                    text = to_utf8(to_nfc(to_code_points(text)));
                    break;
                case NormalizerStep::Kind::kLowercase:
                    text = to_utf8(to_lower(to_code_points(text)));
                    break;
                case NormalizerStep::Kind::kReplace:
                    text = step.pattern->replace(text, step.content);
                    break;
            }
        }
        return text;
    }

  private:
    void encode_text(const std::string& text, std::vector<std::int64_t>& ids) const {
        std::vector<std::string> words{text};
        for (const SplitStep& step : splits) {
            std::vector<std::string> parts;
            for (const std::string& word : words) {
                for (std::string& part : step.pattern.split(word, step.gaps))
                    parts.push_back(std::move(part));
            }
            words = std::move(parts);
        }
        for (const std::string& word : words) encode_word(word, ids);
    }

    // Returns the first symbols of a word: its bytes as letters, the last with the end-of-word mark.
    [[nodiscard]] std::vector<std::int64_t> first_symbols(const std::string& word) const {
        std::vector<std::int64_t> symbols;
        symbols.reserve(word.size());
        for (std::size_t at = 0; at < word.size(); ++at) {
            std::string letter = byte_letters()[static_cast<unsigned char>(word[at])];
            if (at + 1 == word.size()) letter += end_of_word;
            const auto found = vocabulary.find(letter);
            if (found != vocabulary.end())
                symbols.push_back(found->second);
            else if (unknown)
                symbols.push_back(*unknown);
        }
        return symbols;
    }

    // Applies the merge of lowest rank, leftmost first, until none is left. A heap of candidate pairs over a
    // linked list makes a word of n bytes cost n log n.
    void encode_word(const std::string& word, std::vector<std::int64_t>& ids) const {
        std::vector<std::int64_t> symbols = first_symbols(word);
        const int count = static_cast<int>(symbols.size());
        std::vector<int> next(count), previous(count);
        for (int at = 0; at < count; ++at) {
            next[at] = at + 1 < count ? at + 1 : -1;
            previous[at] = at - 1;
        }
        struct Candidate {
            std::int32_t rank;
            int at;
            std::int64_t left, right, id;
            bool operator<(const Candidate& other) const {
                return rank != other.rank ? rank > other.rank : at > other.at;
            }
        };
        std::priority_queue<Candidate> candidates;
        const auto offer = [&](int at) {
            if (at < 0 || next[at] < 0) return;
            const auto merge = merges.find(pair_key(symbols[at], symbols[next[at]]));
            if (merge != merges.end())
                candidates.push({merge->second.rank, at, symbols[at], symbols[next[at]], merge->second.id});
        };
        for (int at = 0; at < count; ++at) offer(at);
        while (!candidates.empty()) {
            const Candidate best = candidates.top();
            candidates.pop();
            const int right = next[best.at];
            // Symbols may change after a candidate was queued; a merged symbol is -1.
            if (symbols[best.at] != best.left || right < 0 || symbols[right] != best.right) continue;
            symbols[best.at] = best.id;
            symbols[right] = -1;
            next[best.at] = next[right];
            if (next[right] >= 0) previous[next[right]] = best.at;
            offer(previous[best.at]);
            offer(best.at);
        }
        for (int at = 0; at < count; ++at) {
            if (symbols[at] >= 0) ids.push_back(symbols[at]);
        }
    }
};

Result<> read_normalizer(const json& step, BpeTokenizer& tokenizer) {
    if (step.is_null()) return {};
    const std::string type = step.at("type").get<std::string>();
    if (type == "Sequence") {
        for (const json& inner : step.at("normalizers")) HONE_CHECK(read_normalizer(inner, tokenizer));
        return {};
    }
    if (type == "NFC") {
        tokenizer.normalizer.push_back({NormalizerStep::Kind::kNfc, std::nullopt, ""});
        return {};
    }
    if (type == "Lowercase") {
        tokenizer.normalizer.push_back({NormalizerStep::Kind::kLowercase, std::nullopt, ""});
        return {};
    }
    if (type == "Replace" && step.at("pattern").contains("Regex")) {
        HONE_TRY(Regex regex, Regex::compile(step["pattern"]["Regex"].get<std::string>()));
        tokenizer.normalizer.push_back(
            {NormalizerStep::Kind::kReplace, std::move(regex), step.at("content").get<std::string>()});
        return {};
    }
    return fail("the normalizer {} is not supported for BPE", type);
}

Result<> read_pre_tokenizer(const json& step, BpeTokenizer& tokenizer, bool& byte_level) {
    const std::string type = step.at("type").get<std::string>();
    if (type == "Sequence") {
        for (const json& inner : step.at("pretokenizers"))
            HONE_CHECK(read_pre_tokenizer(inner, tokenizer, byte_level));
        return {};
    }
    if (type == "Split" && step.at("pattern").contains("Regex")) {
        const std::string behavior = step.at("behavior").get<std::string>();
        const bool inverted = step.value("invert", false);
        const bool matches_only = behavior == "Removed" && inverted;
        if (!matches_only && behavior != "Isolated")
            return fail("the split {} (invert {}) is not supported", behavior, inverted);
        HONE_TRY(Regex regex, Regex::compile(step["pattern"]["Regex"].get<std::string>()));
        tokenizer.splits.push_back({std::move(regex), !matches_only});
        return {};
    }
    if (type == "ByteLevel") {
        if (step.value("add_prefix_space", true))
            return fail("ByteLevel with add_prefix_space is not supported");
        byte_level = true;
        if (step.value("use_regex", true)) {
            HONE_TRY(Regex regex, Regex::compile(kGpt2Split));
            tokenizer.splits.push_back({std::move(regex), true});
        }
        return {};
    }
    return fail("the pre-tokenizer {} is not supported for BPE", type);
}

Result<> read_merges(const json& model, BpeTokenizer& tokenizer) {
    std::int32_t rank = 0;
    for (const json& merge : model.at("merges")) {
        std::string left, right;
        if (merge.is_array()) {
            left = merge.at(0).get<std::string>();
            right = merge.at(1).get<std::string>();
        } else {
            const auto& pair = merge.get_ref<const std::string&>();
            const std::size_t space = pair.find(' ');
            if (space == std::string::npos) return fail("merge {} is not a pair", rank);
            left = pair.substr(0, space);
            right = pair.substr(space + 1);
        }
        const auto left_id = tokenizer.vocabulary.find(left), right_id = tokenizer.vocabulary.find(right),
                   merged = tokenizer.vocabulary.find(left + right);
        const auto none = tokenizer.vocabulary.end();
        if (left_id == none || right_id == none || merged == none)
            return fail("merge {} is not in the vocabulary", rank);
        tokenizer.merges.emplace(pair_key(left_id->second, right_id->second),
                                 BpeTokenizer::Merge{rank, merged->second});
        ++rank;
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_bpe_tokenizer(const json& file) {
    auto tokenizer = std::make_unique<BpeTokenizer>();
    const json& model = file.at("model");
    if (model.value("type", "BPE") != "BPE")
        return fail("the tokenizer is {}, not BPE", model.at("type").get<std::string>());
    if (model.value("byte_fallback", false) || model.value("ignore_merges", false))
        return fail("BPE with byte_fallback or ignore_merges is not supported");
    if (model.contains("continuing_subword_prefix") && model["continuing_subword_prefix"].is_string() &&
        !model["continuing_subword_prefix"].get<std::string>().empty()) {
        return fail("BPE with a continuing_subword_prefix is not supported");
    }
    for (const auto& [token, id] : model.at("vocab").items())
        tokenizer->vocabulary.emplace(token, whole_number<std::int64_t>(id));
    if (model.contains("end_of_word_suffix") && model["end_of_word_suffix"].is_string()) {
        tokenizer->end_of_word = model["end_of_word_suffix"].get<std::string>();
    }
    if (model.contains("unk_token") && model["unk_token"].is_string()) {
        const auto found = tokenizer->vocabulary.find(model["unk_token"].get<std::string>());
        if (found != tokenizer->vocabulary.end()) tokenizer->unknown = found->second;
    }
    HONE_CHECK(read_merges(model, *tokenizer));
    if (file.contains("normalizer")) HONE_CHECK(read_normalizer(file["normalizer"], *tokenizer));
    bool byte_level = false;
    HONE_CHECK(read_pre_tokenizer(file.at("pre_tokenizer"), *tokenizer, byte_level));
    if (!byte_level) return fail("BPE without ByteLevel is not supported");
    tokenizer->added = read_added_tokens(file);
    for (AddedToken& token : tokenizer->added) {
        if (token.normalized) token.content = tokenizer->normalize(token.content);
    }
    HONE_TRY(tokenizer->special, read_special_tokens(file));
    return tokenizer;
}

json clip_tokenizer_file(std::string_view merges) {
    // As open_clip reads it: a first line with the version, then more merges than CLIP was trained with.
    constexpr std::size_t kMerges = 49152 - 256 - 2;
    std::vector<std::string> letters;
    for (int byte = 0; byte < 256; ++byte) {
        if (is_printable(byte)) letters.push_back(byte_letters()[byte]);
    }
    for (int byte = 0; byte < 256; ++byte) {
        if (!is_printable(byte)) letters.push_back(byte_letters()[byte]);
    }
    json vocabulary = json::object(), pairs = json::array();
    for (const std::string_view end : {"", "</w>"}) {
        for (const std::string& letter : letters) vocabulary[letter + std::string(end)] = vocabulary.size();
    }
    std::size_t at = merges.find('\n');
    while (at != std::string_view::npos && pairs.size() < kMerges) {
        const std::size_t end = merges.find('\n', at + 1);
        const std::string_view line =
            merges.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
        const std::size_t space = line.find(' ');
        if (space != std::string_view::npos) {
            const std::string left(line.substr(0, space)), right(line.substr(space + 1));
            pairs.push_back({left, right});
            vocabulary[left + right] = vocabulary.size();
        }
        at = end;
    }
    const std::size_t begin = vocabulary.size(), end = begin + 1;
    const auto special = [](const char* name) {
        return json{{"SpecialToken", {{"id", name}, {"type_id", 0}}}};
    };
    return {{"added_tokens",
             {{{"id", begin}, {"content", "<|startoftext|>"}}, {{"id", end}, {"content", "<|endoftext|>"}}}},
            {"normalizer",
             {{"type", "Sequence"},
              {"normalizers",
               {{{"type", "NFC"}},
                {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
                {{"type", "Lowercase"}}}}}},
            {"pre_tokenizer",
             {{"type", "Sequence"},
              {"pretokenizers",
               {{{"type", "Split"},
                 {"pattern", {{"Regex", R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)"}}},
                 {"behavior", "Removed"},
                 {"invert", true}},
                {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}}},
            {"post_processor",
             {{"type", "TemplateProcessing"},
              {"single",
               {special("<|startoftext|>"),
                {{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
                special("<|endoftext|>")}},
              {"special_tokens",
               {{"<|startoftext|>", {{"ids", {begin}}}}, {"<|endoftext|>", {{"ids", {end}}}}}}}},
            {"model",
             {{"type", "BPE"}, {"end_of_word_suffix", "</w>"}, {"vocab", vocabulary}, {"merges", pairs}}}};
}

}  // namespace hone
