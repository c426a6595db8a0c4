// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece models (SigLIP, XLM-R) through Google's library.
#include <sentencepiece_processor.h>

#include "model/tokenizer_json.hpp"

namespace hone {

namespace {

class SentencePieceTokenizer final : public Tokenizer {
  public:
    sentencepiece::SentencePieceProcessor processor;
    std::optional<std::int64_t> bos_id, eos_id;
    std::int64_t id_offset = 0;

    [[nodiscard]] std::vector<std::int64_t> encode(std::string_view text) const override {
        std::vector<int> pieces;
        // The library fails only for a processor that is not loaded.
        (void)processor.Encode(text, &pieces);
        std::vector<std::int64_t> ids;
        if (bos_id) ids.push_back(*bos_id);
        // Fairseq's vocabularies (XLM-R, NLLB) have <unk> after <s>, <pad> and </s>, SentencePiece has it
        // first.
        constexpr std::int64_t kFairseqUnknown = 3;
        for (const int piece : pieces)
            ids.push_back(id_offset > 0 && piece == processor.unk_id() ? kFairseqUnknown : piece + id_offset);
        if (eos_id) ids.push_back(*eos_id);
        return ids;
    }
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(const TextTower& tower,
                                                                const fs::path& path) {
    auto tokenizer = std::make_unique<SentencePieceTokenizer>();
    const auto status = tokenizer->processor.Load(path.string());
    if (!status.ok())
        return fail("cannot read the SentencePiece model {}: {}", printable(path),
                    std::string(status.error_message()));
    tokenizer->bos_id = tower.bos_id;
    tokenizer->eos_id = tower.eos_id;
    tokenizer->id_offset = tower.id_offset;
    return tokenizer;
}

}  // namespace hone
