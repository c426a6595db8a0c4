// SPDX-License-Identifier: GPL-3.0-or-later
// The guarantees of docs/formats/vector-file.md.
#include "vector/row_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

const RowSpec kSpec{3, Element::kF32, "0123456789abcdef"};

std::vector<float> vector_of(std::uint32_t label) {
    return {static_cast<float>(label), 0.5F, -1};
}

void append(RowFile& file, std::uint32_t first, std::uint32_t count) {
    for (std::uint32_t label = first; label < first + count; ++label) {
        const auto vector = vector_of(label);
        ASSERT_TRUE(file.append(std::span(&label, 1), vector));
    }
}

void patch(const fs::path& path, std::streamoff at, std::string_view bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file << bytes;
}

TEST(RowFile, KeepsRowsOverBlocksAndOpenings) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "rows";
    {
        const auto file = *RowFile::open(path, kSpec, true);
        append(*file, 0, 2500);
    }
    for (const bool writable : {true, false}) {
        const auto file = *RowFile::open(path, kSpec, writable);
        const RowView view = file->view();
        ASSERT_EQ(view.size(), 2500U);
        for (const std::uint32_t row : {0U, 1023U, 1024U, 2499U}) {
            EXPECT_EQ(view.label(row), row);
            EXPECT_EQ(std::vector<float>(view.values(row).begin(), view.values(row).end()), vector_of(row));
        }
    }
}

TEST(RowFile, AViewDoesNotChangeWhileTheFileGrows) {
    const test::TemporaryFolder folder;
    const auto file = *RowFile::open(folder.path() / "rows", kSpec, true);
    append(*file, 0, 10);
    const RowView before = file->view();
    append(*file, 10, 5000);
    EXPECT_EQ(before.size(), 10U);
    EXPECT_EQ(before.values(9)[0], 9);
    EXPECT_EQ(file->view().size(), 5010U);
}

// Never closed, as after kill -9; kept where a leak checker sees that this is intended.
RowFile& never_closed(Result<std::unique_ptr<RowFile>> file) {
    static auto* const killed = new std::vector<RowFile*>;
    return *killed->emplace_back(file->release());
}

TEST(RowFile, RowsOfAKilledProcessAreThere) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "rows";
    append(never_closed(RowFile::open(path, kSpec, true)), 0, 100);
    EXPECT_EQ((*RowFile::open(path, kSpec, true))->view().size(), 100U);
}

TEST(RowFile, IsMadeAnewAfterAPowerCut) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "rows";
    append(never_closed(RowFile::open(path, kSpec, true)), 0, 100);
    patch(path, 68, "00000000-0000-0000-0000-000000000000");  // another boot
    EXPECT_EQ((*RowFile::open(path, kSpec, true))->view().size(), 0U);
}

// Another process may have mapped the file: it keeps its rows, and no access to them fails.
TEST(RowFile, AReaderKeepsTheRowsOfAFileThatIsMadeAnew) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "rows";
    {
        const auto file = *RowFile::open(path, kSpec, true);
        append(*file, 0, 100);
    }
    const auto reader = *RowFile::open(path, kSpec, false);
    const RowView before = reader->view();
    patch(path, 0, "NOTHONE");
    EXPECT_EQ((*RowFile::open(path, kSpec, true))->view().size(), 0U);
    EXPECT_EQ(before.values(99)[0], 99);
}

TEST(RowFile, IsMadeAnewWhenItIsBrokenOrOfAnotherSpec) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "rows";
    const auto fill = [&] {
        const auto file = *RowFile::open(path, kSpec, true);
        append(*file, 0, 2000);
    };
    fill();
    fs::resize_file(path, 6000);  // truncated
    EXPECT_FALSE(RowFile::open(path, kSpec, false));
    EXPECT_EQ((*RowFile::open(path, kSpec, true))->view().size(), 0U);
    fill();
    patch(path, 0, "NOTHONE");
    EXPECT_FALSE(RowFile::open(path, kSpec, false));
    EXPECT_EQ((*RowFile::open(path, kSpec, true))->view().size(), 0U);
    fill();
    RowSpec other = kSpec;
    other.model = "fedcba9876543210";
    EXPECT_FALSE(RowFile::open(path, other, false));
    EXPECT_EQ((*RowFile::open(path, other, true))->view().size(), 0U);
    fill();
    // a name without a terminator was once read into the bytes after it
    patch(path, 32, std::string(32, '0'));
    EXPECT_FALSE(RowFile::open(path, kSpec, false));
}

TEST(RowFile, HeaderIsAsDocumented) {
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "rows";
    {
        const auto file = *RowFile::open(path, {100, Element::kInt8, "0123456789abcdef"}, true);
        const std::vector<float> vector(100, 0.1F);
        const std::uint32_t label = 7;
        ASSERT_TRUE(file->append(std::span(&label, 1), vector));
    }
    const std::string bytes = *read_text(path);
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        return value;
    };
    EXPECT_EQ(bytes.substr(0, 8), std::string("HONEVEC\0", 8));
    EXPECT_EQ(number(8), 1U) << "version";
    EXPECT_EQ(number(12), 100U) << "dimension";
    EXPECT_EQ(number(16), 2U) << "int8";
    EXPECT_EQ(number(20), 128U) << "stride";
    EXPECT_EQ(number(24), 1U) << "rows";
    EXPECT_EQ(bytes.substr(32, 17), std::string("0123456789abcdef\0", 17));
    EXPECT_EQ(number(64), 0U) << "closed in order";
    EXPECT_EQ(number(4096), 7U) << "label";
    EXPECT_EQ(static_cast<unsigned char>(bytes[4096 + 8 * 1024]), 255) << "the largest value is 127 + 128";
    EXPECT_EQ(static_cast<unsigned char>(bytes[4096 + 8 * 1024 + 100]), 128) << "padding stands for 0";
}

TEST(EncodeRow, Int8IsWithinHalfAStep) {
    const RowSpec spec{64, Element::kInt8, "x"};
    std::vector<float> values(64);
    for (std::size_t at = 0; at < 64; ++at) values[at] = std::sin(static_cast<float>(at));
    std::vector<std::uint8_t> row(spec.stride());
    const float scale = encode_row(values, spec, row.data());
    for (std::size_t at = 0; at < 64; ++at)
        EXPECT_NEAR((row[at] - 128) * scale, values[at], scale / 2 + 1e-6);
    EXPECT_EQ(encode_row(std::vector<float>(64, 0.0F), spec, row.data()), 0) << "a zero row stays zero";
    EXPECT_EQ(row[0], 128);
}

}  // namespace
}  // namespace hone
