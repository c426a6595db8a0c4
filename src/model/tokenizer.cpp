// SPDX-License-Identifier: GPL-3.0-or-later
// Loads tokenizers, and the parts of tokenizer.json that they share.
#include "model/tokenizer.hpp"

#include <archive.h>

#include <nlohmann/json.hpp>

#include "base/json_numbers.hpp"
#include "model/tokenizer_json.hpp"

namespace hone {

using nlohmann::json;

std::vector<TextPiece> split_at_added_tokens(std::string_view text, const std::vector<AddedToken>& tokens,
                                             bool normalized) {
    std::vector<TextPiece> pieces;
    std::size_t start = 0;
    while (start < text.size()) {
        std::size_t found_at = std::string_view::npos;
        const AddedToken* found = nullptr;
        for (const AddedToken& token : tokens) {
            if (token.normalized != normalized || token.content.empty()) continue;
            const std::size_t at = text.find(token.content, start);
            if (at < found_at ||
                (at == found_at && found != nullptr && token.content.size() > found->content.size())) {
                found_at = at;
                found = &token;
            }
        }
        if (found == nullptr) break;
        if (found_at > start) pieces.push_back({std::string(text.substr(start, found_at - start)), -1});
        pieces.push_back({"", found->id});
        start = found_at + found->content.size();
    }
    if (start < text.size()) pieces.push_back({std::string(text.substr(start)), -1});
    return pieces;
}

std::vector<AddedToken> read_added_tokens(const json& file) {
    std::vector<AddedToken> tokens;
    if (!file.contains("added_tokens") || !file["added_tokens"].is_array()) return tokens;
    for (const json& token : file["added_tokens"]) {
        tokens.push_back({token.at("content").get<std::string>(), whole_number<std::int64_t>(token.at("id")),
                          token.value("normalized", false)});
    }
    return tokens;
}

Result<SpecialTokens> read_special_tokens(const json& file) {
    SpecialTokens special;
    if (!file.contains("post_processor") || file["post_processor"].is_null()) return special;
    const json& processor = file["post_processor"];
    const std::string type = processor.at("type").get<std::string>();
    if (type == "BertProcessing" || type == "RobertaProcessing") {
        special.before.push_back(whole_number<std::int64_t>(processor.at("cls").at(1)));
        special.after.push_back(whole_number<std::int64_t>(processor.at("sep").at(1)));
        return special;
    }
    if (type == "TemplateProcessing") {
        bool seen_text = false;
        for (const json& part : processor.at("single")) {
            if (part.contains("Sequence")) {
                seen_text = true;
                continue;
            }
            const std::string name = part.at("SpecialToken").at("id").get<std::string>();
            for (const json& id : processor.at("special_tokens").at(name).at("ids")) {
                (seen_text ? special.after : special.before).push_back(whole_number<std::int64_t>(id));
            }
        }
        return special;
    }
    return fail("the tokenizer's post-processor {} is not supported", type);
}

namespace {

constexpr std::size_t kMostUnpacked = std::size_t{64} << 20;  // bytes; CLIP's list of merges has 3.4 million

// Returns the content of a .gz file.
Result<std::string> unpacked(const fs::path& path) {
    const std::unique_ptr<archive, int (*)(archive*)> reader(::archive_read_new(), ::archive_read_free);
    ::archive_read_support_filter_gzip(reader.get());
    ::archive_read_support_format_raw(reader.get());
    archive_entry* entry = nullptr;
    std::string text;
    std::vector<char> block(1 << 16);
    la_ssize_t count = 0;
    const bool opened =
        ::archive_read_open_filename(reader.get(), path.c_str(), block.size()) == ARCHIVE_OK &&
        ::archive_read_next_header(reader.get(), &entry) == ARCHIVE_OK;
    while (opened && text.size() <= kMostUnpacked &&
           (count = ::archive_read_data(reader.get(), block.data(), block.size())) > 0) {
        text.append(block.data(), static_cast<std::size_t>(count));
    }
    if (!opened || count < 0)
        return fail("cannot unpack {}: {}", printable(path), ::archive_error_string(reader.get()));
    if (text.size() > kMostUnpacked) return fail("{} is too large for a tokenizer", printable(path));
    return text;
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> load_tokenizer(const TextTower& tower, const fs::path& directory) {
    const fs::path path = directory / tower.tokenizer_file.path;
    if (tower.tokenizer == TokenizerKind::kSentencePiece) return make_sentencepiece_tokenizer(tower, path);
    const bool merges_only = path.extension() == ".gz";
    HONE_TRY(const std::string text, merges_only ? unpacked(path) : read_text(path));
    try {
        const json file = merges_only ? clip_tokenizer_file(text) : json::parse(text);
        auto tokenizer = tower.tokenizer == TokenizerKind::kBpe ? make_bpe_tokenizer(file)
                                                                : make_wordpiece_tokenizer(file);
        if (!tokenizer) return fail("{}: {}", printable(path), tokenizer.error().message);
        return tokenizer;
    } catch (const json::exception& error) {
        return fail("broken tokenizer {}: {}", printable(path), error.what());
    }
}

void cut_to_context(std::vector<std::int64_t>& ids, int context) {
    if (ids.size() <= static_cast<std::size_t>(context)) return;
    const std::int64_t end = ids.back();
    ids.resize(static_cast<std::size_t>(context));
    ids.back() = end;
}

}  // namespace hone
