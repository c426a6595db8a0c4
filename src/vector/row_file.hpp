// A file of equally long rows, mapped into memory: docs/formats/vector-file.md. Knows nothing of what a row
// means.
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

    [[nodiscard]] std::size_t stride() const;  // bytes
    [[nodiscard]] std::size_t padded() const;  // elements of a row with its padding
};

// The rows that were there when it was taken; never changes, stays valid while it is held. Safe from any
// thread.
class RowView {
  public:
    struct Block {
        std::span<const std::uint32_t> labels;
        const float* scales;
        const void* rows;
    };
    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] std::size_t blocks() const { return (count_ + kRowsPerBlock - 1) / kRowsPerBlock; }
    [[nodiscard]] Block block(std::size_t index) const;
    [[nodiscard]] std::uint32_t label(std::size_t row) const {
        return block(row / kRowsPerBlock).labels[row % kRowsPerBlock];
    }
    // The exact values; f32 files only.
    [[nodiscard]] std::span<const float> values(std::size_t row) const;
    [[nodiscard]] const RowSpec& spec() const { return spec_; }
    // The same rows without those behind `count`.
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

// One writer process, any number of readers. append: one thread at a time; view: any thread.
class RowFile {
  public:
    // For writing: opens the file, or makes it; one that is broken, of another spec, or from before a power
    // cut is replaced by an empty one. For reading: fails when it is missing or of another spec.
    static Result<std::unique_ptr<RowFile>> open(const fs::path& path, const RowSpec& spec, bool writable);
    ~RowFile();

    // vectors: labels.size() x dimension numbers. Fails without a trace when the disk is full.
    Result<> append(std::span<const std::uint32_t> labels, std::span<const float> vectors);
    // Throws all rows away.
    Result<> clear();
    [[nodiscard]] RowView view() const;

  private:
    RowFile(FileDescriptor file, RowSpec spec, bool writable)
        : file_(std::move(file)), spec_(std::move(spec)), writable_(writable) {}
    Result<> map(std::size_t blocks);
    Result<> start_empty();

    FileDescriptor file_;
    const RowSpec spec_;
    const bool writable_;
    mutable std::mutex mutex_;  // guards mapping_ and count_
    std::shared_ptr<RowView::Mapping> mapping_;
    std::size_t count_ = 0, capacity_blocks_ = 0;
};

// Into one row of the file's element type. row: spec.stride() bytes. Gives the scale.
float encode_row(std::span<const float> values, const RowSpec& spec, void* row);

}  // namespace hone
