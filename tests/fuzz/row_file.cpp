// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a vector file: refused, emptied, or completely readable rows. The first byte chooses the
// element type. A file that begins with '=' gets a valid header of that type, so that the fuzzer reaches the
// rest.
#include <cmath>
#include <cstring>

#include "tests/support/temporary_folder.hpp"
#include "vector/row_file.hpp"

namespace {

const hone::test::TemporaryFolder& folder() {
    static const hone::test::TemporaryFolder kFolder;
    return kFolder;
}

// Returns the bytes of a file of this spec with one row.
std::string good_file(const hone::RowSpec& spec) {
    const hone::fs::path path = folder().path() / "good";
    hone::fs::remove(path);
    auto file = hone::RowFile::open(path, spec, true);
    const std::uint32_t label = 7;
    const std::vector<float> row(spec.dimension, .5F);
    if (!file || !(*file)->append(std::span(&label, 1), row)) __builtin_trap();
    file->reset();
    const auto bytes = hone::read_file(path);
    if (!bytes) __builtin_trap();
    return {bytes->begin(), bytes->end()};
}

void read_all(const hone::RowView& view) {
    std::size_t rows = 0;
    std::uint64_t sum = 0;
    for (std::size_t block = 0; block < view.blocks(); ++block) {
        const auto part = view.block(block);
        rows += part.labels.size();
        for (std::size_t row = 0; row < part.labels.size(); ++row) {
            std::uint32_t scale = 0;
            std::memcpy(&scale, part.scales + row, sizeof scale);
            sum += part.labels[row] + scale;
        }
        const auto* bytes = static_cast<const std::uint8_t*>(part.rows);
        for (std::size_t at = 0; at < part.labels.size() * view.spec().stride(); ++at) sum += bytes[at];
    }
    if (rows != view.size()) __builtin_trap();
    [[maybe_unused]] static volatile std::uint64_t seen;  // forces the read
    seen = sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const hone::RowSpec spec{5, static_cast<hone::Element>(data[0] % 3), "fingerprint of a model"};
    std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    static const std::string kGood[] = {good_file({5, hone::Element::kF32, spec.model}),
                                        good_file({5, hone::Element::kF16, spec.model}),
                                        good_file({5, hone::Element::kInt8, spec.model})};
    if (bytes.starts_with('=')) {
        // Pairs of position and byte are written over a valid file; an odd length cuts its end off.
        std::string good = kGood[data[0] % 3];
        std::size_t at = 1;
        for (; at + 1 < bytes.size(); at += 2) good[static_cast<std::uint8_t>(bytes[at])] = bytes[at + 1];
        if (at < bytes.size()) good.resize(good.size() * static_cast<std::uint8_t>(bytes[at]) / 256);
        bytes = std::move(good);
    }
    folder().write("file", bytes);
    const hone::fs::path path = folder().path() / "file";
    if (const auto file = hone::RowFile::open(path, spec, false)) read_all((*file)->view());
    // A writer always gets a usable file.
    auto file = hone::RowFile::open(path, spec, true);
    if (!file) __builtin_trap();
    const std::size_t before = (*file)->view().size();
    read_all((*file)->view());
    const std::uint32_t label = 3;
    const std::vector<float> row(spec.dimension, .25F);
    if (!(*file)->append(std::span(&label, 1), row)) return 0;
    const hone::RowView view = (*file)->view();
    if (view.size() != before + 1 || view.label(before) != label) __builtin_trap();
    if (spec.element == hone::Element::kF32 && view.values(before)[4] != .25F) __builtin_trap();
    return 0;
}
