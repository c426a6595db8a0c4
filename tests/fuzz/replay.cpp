// SPDX-License-Identifier: GPL-3.0-or-later
// Gives every kept input of a folder to one fuzz target, without libFuzzer: the whole file, then its
// beginnings, then the file with one byte changed. A target that traps or crashes ends the program, after its
// last line of output named the input.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("usage: fuzz_TARGET FOLDER\n", stderr);
        return 2;
    }
    std::vector<hone::fs::path> files;
    for (const auto& entry : hone::fs::directory_iterator(arguments[1])) files.push_back(entry.path());
    std::ranges::sort(files);
    if (files.empty()) {
        std::fprintf(stderr, "%s is empty\n", arguments[1]);
        return 1;
    }
    constexpr std::size_t kVariants = 64;  // per file and kind: a second or so for the slowest target
    for (const hone::fs::path& file : files) {
        std::printf("%s\n", file.c_str());
        std::fflush(stdout);
        const auto bytes = hone::read_file(file);
        if (!bytes) {
            std::fprintf(stderr, "%s\n", bytes.error().message.c_str());
            return 1;
        }
        std::vector<std::uint8_t> input(bytes->begin(), bytes->end());
        LLVMFuzzerTestOneInput(input.data(), input.size());
        const std::size_t step = input.size() / kVariants + 1;
        for (std::size_t at = 0; at < input.size(); at += step) {
            // A buffer that is exactly as long as the input: a sanitizer sees a read behind its end.
            const std::vector<std::uint8_t> cut(input.begin(),
                                                input.begin() + static_cast<std::ptrdiff_t>(at));
            LLVMFuzzerTestOneInput(cut.data(), cut.size());
            const std::uint8_t kept = input[at];
            input[at] ^= static_cast<std::uint8_t>(0xff);
            LLVMFuzzerTestOneInput(input.data(), input.size());
            input[at] = kept;
        }
    }
    return 0;
}
