// SPDX-License-Identifier: GPL-3.0-or-later
// Converts text to token ids, with the same result as the tokenizer that the network was trained with.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/manifest.hpp"

namespace hone {

class Tokenizer {
  public:
    virtual ~Tokenizer() = default;
    // Returns the ids of the whole text with the special tokens around it, not truncated. The text is UTF-8;
    // invalid bytes become U+FFFD. Safe from any thread.
    [[nodiscard]] virtual std::vector<std::int64_t> encode(std::string_view text) const = 0;
};

// Reads tokenizer.json (BPE, WordPiece) or a SentencePiece model from `directory`. kFailed names a step that
// Hone does not support: a tokenizer that is nearly right is wrong. Safe from any thread.
Result<std::unique_ptr<Tokenizer>> load_tokenizer(const TextTower& tower, const fs::path& directory);

// Truncates to at most `context` ids, and keeps the last one (the end token). Pure function.
void cut_to_context(std::vector<std::int64_t>& ids, int context);

}  // namespace hone
