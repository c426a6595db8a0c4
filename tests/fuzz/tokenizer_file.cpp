// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an untrusted tokenizer.json, of both JSON kinds.
#include "model/tokenizer.hpp"
#include "tests/support/temporary_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const hone::test::TemporaryFolder folder;
    folder.write("tokenizer.json", {reinterpret_cast<const char*>(data), size});
    hone::TextTower tower;
    tower.tokenizer_file.path = "tokenizer.json";
    for (const auto kind : {hone::TokenizerKind::kBpe, hone::TokenizerKind::kWordPiece}) {
        tower.tokenizer = kind;
        const auto tokenizer = hone::load_tokenizer(tower, folder.path());
        if (!tokenizer) continue;
        for (const char* text :
             {"", "a dog on a beach", "[CLS]<|endoftext|>aaaa", "\xC3\xA9\xFF\xE4\xB8\xAD"})
            (void)(*tokenizer)->encode(text);
    }
    return 0;
}
