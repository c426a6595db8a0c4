// SPDX-License-Identifier: GPL-3.0-or-later
// A file of rows of equal length, mapped into memory: docs/formats/vector-file.md. Independent of the meaning
// of a row.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>

#include "base/file.hpp"
#include "vector/kernels.hpp"

namespace hone {

enum class Element : std::uint32_t { kF32 = 0, kF16 = 1, kInt8 = 2 };
std::string_view element_name(Element element);  // "f32", "f16", "int8"

inline constexpr std::size_t kRowsPerBlock = 1024;

struct RowSpec {
    std::size_t dimension = 0;
    Element element = Element::kF32;
    std::string model;  // fingerprint, at most 31 bytes

    [[nodiscard]] std::size_t stride() const;  // bytes per row
    [[nodiscard]] std::size_t padded() const;  // elements per row, including the padding
};

// An immutable snapshot of the rows, valid as long as it is held. Safe from any thread.
class RowView {
  public:
    // Up to kRowsPerBlock rows: size() labels and scales, and size() x stride() bytes of rows.
    struct Block {
        std::span<const std::uint32_t> labels;
        const float* scales;
        const void* rows;
    };
    RowView() = default;
    // Rows in memory, without a file. vectors: labels.size() x spec.dimension values.
    RowView(const RowSpec& spec, std::span<const std::uint32_t> labels, std::span<const float> vectors);

    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] std::size_t blocks() const { return (count_ + kRowsPerBlock - 1) / kRowsPerBlock; }
    [[nodiscard]] Block block(std::size_t index) const;
    [[nodiscard]] std::uint32_t label(std::size_t row) const {
        return block(row / kRowsPerBlock).labels[row % kRowsPerBlock];
    }
    // Returns the spec().dimension exact values of a row; f32 files only.
    [[nodiscard]] std::span<const float> values(std::size_t row) const;
    [[nodiscard]] const RowSpec& spec() const { return spec_; }
    // Returns the same rows, truncated to `count`.
    [[nodiscard]] RowView first(std::size_t count) const {
        RowView view = *this;
        view.count_ = std::min(count, count_);
        return view;
    }

  private:
    friend class RowFile;
    struct Mapping;
    std::shared_ptr<Mapping> mapping_;
    RowSpec spec_;
    std::size_t count_ = 0;
};

// One writer process, any number of readers. append() and clear(): one caller at a time. view(): safe from
// any thread.
class RowFile {
  public:
    // Writable: opens or creates the file, and replaces it by an empty one when it is broken, has another
    // spec, or predates a power failure. Read-only: kFailed when it is missing or has another spec.
    static Result<std::unique_ptr<RowFile>> open(const fs::path& path, const RowSpec& spec, bool writable);
    ~RowFile();

    // vectors: labels.size() x dimension values. kFailed when the disk is full; the rows are then unchanged.
    Result<> append(std::span<const std::uint32_t> labels, std::span<const float> vectors);
    // Discards all rows.
    Result<> clear();
    // Returns the present rows.
    [[nodiscard]] RowView view() const;

  private:
    RowFile(fs::path path, FileDescriptor file, RowSpec spec, bool writable)
        : path_(std::move(path)), file_(std::move(file)), spec_(std::move(spec)), writable_(writable) {}
    Result<> map(std::size_t blocks);
    Result<> start_empty();
    [[nodiscard]] Result<> sync_header() const;

    const fs::path path_;
    FileDescriptor file_;
    const RowSpec spec_;
    const bool writable_;
    mutable std::mutex mutex_;  // guards mapping_ and count_
    std::shared_ptr<RowView::Mapping> mapping_;
    std::size_t count_ = 0, capacity_blocks_ = 0;
};

// Encodes values of spec.dimension into one row of the file's element type. row: receives spec.stride()
// bytes. Returns the scale of the row (1 unless int8). Pure function.
float encode_row(std::span<const float> values, const RowSpec& spec, void* row);

}  // namespace hone
