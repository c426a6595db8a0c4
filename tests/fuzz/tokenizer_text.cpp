// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a query text, for the tokenizers of the test models and the default pack.
#include "model/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto tokenizers = [] {
        std::vector<std::unique_ptr<hone::Tokenizer>> loaded;
        for (const char* folder :
             {"models/default", "deps/testmodels/clip-manifest", "deps/testmodels/clip-immich"}) {
            const auto manifest = hone::read_manifest(hone::fs::path(HONE_SOURCE_DIR) / folder);
            if (!manifest) continue;
            auto tokenizer = hone::load_tokenizer(manifest->text, manifest->directory);
            if (tokenizer) loaded.push_back(std::move(*tokenizer));
        }
        if (loaded.empty()) __builtin_trap();  // run script/bootstrap first
        return loaded;
    }();
    for (const auto& tokenizer : tokenizers) {
        auto ids = tokenizer->encode({reinterpret_cast<const char*>(data), size});
        hone::cut_to_context(ids, 16);
        if (ids.size() > 16) __builtin_trap();
    }
    return 0;
}
