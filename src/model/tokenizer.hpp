// Text -> token ids, equal to the tokenizer the network was trained with.
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
    // Ids of the whole text with the special tokens around it, not cut. The text is UTF-8; bytes that are not
    // become U+FFFD. Safe from any thread.
    [[nodiscard]] virtual std::vector<std::int64_t> encode(std::string_view text) const = 0;
};

// Reads tokenizer.json (BPE, WordPiece) or a SentencePiece model. Fails when the file asks for a step that
// Hone does not have, naming it: a tokenizer that is nearly right is wrong.
Result<std::unique_ptr<Tokenizer>> load_tokenizer(const TextTower& tower, const fs::path& directory);

// At most `context` ids, the last one (the end token) kept.
void cut_to_context(std::vector<std::int64_t>& ids, int context);

}  // namespace hone
