// SPDX-License-Identifier: GPL-3.0-or-later
// All vectors of one space and one model: an exact f32 file and, for large libraries, a smaller file that is
// scanned first.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "base/chunked_array.hpp"
#include "base/stop.hpp"
#include "vector/row_file.hpp"

namespace hone {

// An immutable, consistent set of rows to search. Safe from any thread.
class SpaceView {
  public:
    SpaceView() = default;
    // Exact rows in memory, without a file. vectors: labels.size() x dimension values.
    SpaceView(std::span<const std::uint32_t> labels, std::span<const float> vectors, std::size_t dimension);

    [[nodiscard]] std::size_t size() const { return exact_.size(); }
    [[nodiscard]] std::uint32_t label(std::size_t row) const { return exact_.label(row); }
    // Labels of all rows, one block of kRowsPerBlock at a time: faster than label() for whole spaces.
    [[nodiscard]] std::size_t blocks() const { return exact_.blocks(); }
    [[nodiscard]] std::span<const std::uint32_t> block_labels(std::size_t index) const {
        return exact_.block(index).labels;
    }
    // Calls visit(row, label) for every row, in order.
    template <typename Visit>
    void for_each(const Visit& visit) const {
        std::size_t row = 0;
        for (std::size_t block = 0; block < blocks(); ++block) {
            for (const std::uint32_t label : block_labels(block)) visit(row++, label);
        }
    }
    // Returns the row of a label, or std::nullopt.
    [[nodiscard]] std::optional<std::size_t> find(std::uint32_t label) const {
        const std::size_t row = rows_[label];
        if (row == 0 || row > size()) return std::nullopt;
        return row - 1;
    }
    // Returns the dimension exact values of a row, valid as long as the view.
    [[nodiscard]] std::span<const float> values(std::size_t row) const { return exact_.values(row); }

    // Returns size() scores: scores[row] = inner product of query and row, all rows in one pass. query:
    // dimension values. When a small file exists, the scores are approximate and the best must be rescored
    // (bench/scan: int8 is within 0.01 of exact for unit vectors). threads: the most to use, >= 1.
    // Ends with Stopped (base/stop.hpp) when a stop is requested.
    [[nodiscard]] std::vector<float> scores(std::span<const float> query, unsigned threads,
                                            const std::stop_token& stop = {}) const;
    [[nodiscard]] bool exact_scores() const { return !small_; }
    // Returns the exact inner product, summed in order in double: the same on every processor and in every
    // library.
    [[nodiscard]] float exact_score(std::span<const float> query, std::size_t row) const;
    // Equal for views of one space between which no row was removed: the later one has the same rows, and
    // perhaps more.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }
    // The element type that scores() reads, for tests and benchmarks.
    [[nodiscard]] Element scanned_element() const { return small_ ? small_->spec().element : Element::kF32; }

  private:
    friend class VectorSpace;
    RowView exact_;
    std::optional<RowView> small_;
    ChunkedArray<std::uint32_t> rows_;  // by label: row + 1, 0 without one; may have later rows too
    std::uint64_t generation_ = 0;
};

// The element type to scan. kAuto uses f32 up to kExactRows rows, int8 above.
enum class ScanElement { kAuto, kF32, kF16, kInt8 };
inline constexpr std::size_t kExactRows = 65'536;

// append(), remove() and clear(): one caller at a time. Everything else is safe from any thread.
class VectorSpace {
  public:
    // Opens or creates directory/SPACE-MODEL.ELEMENT.rows. model: fingerprint. kFailed when a file cannot be
    // opened, mapped or (read-only) does not exist.
    static Result<std::unique_ptr<VectorSpace>> open(const fs::path& directory, std::string_view space,
                                                     const std::string& model, std::size_t dimension,
                                                     bool writable, ScanElement scan = ScanElement::kAuto);

    [[nodiscard]] std::size_t dimension() const { return spec_.dimension; }
    // vectors: labels.size() x dimension values. Skips labels that exist, so that appending twice is
    // harmless. kFailed when the disk is full.
    Result<> append(std::span<const std::uint32_t> labels, std::span<const float> vectors);
    // Removes the rows of these labels, in memory and on disk. Writes the other rows into new files, in
    // order, so it costs time in proportion to the space; remove many labels together. Views keep the former
    // rows. kFailed when the disk is full; the rows are then unchanged.
    Result<> remove(std::span<const std::uint32_t> labels);
    // Discards all rows. Requires that no view is in use.
    Result<> clear();
    // Returns the present rows.
    [[nodiscard]] SpaceView view() const;
    // Returns the present row of a label, or std::nullopt.
    [[nodiscard]] std::optional<std::size_t> find(std::uint32_t label) const;

  private:
    VectorSpace(fs::path prefix, RowSpec spec, bool writable, ScanElement scan)
        : prefix_(std::move(prefix)), spec_(std::move(spec)), writable_(writable), scan_(scan) {}
    Result<> open_small_when_large();
    Result<> fill(RowFile& small) const;

    const fs::path prefix_;
    const RowSpec spec_;
    const bool writable_;
    const ScanElement scan_;
    std::unique_ptr<RowFile> exact_, small_;
    mutable std::shared_mutex mutex_;   // guards rows_, generation_, and which files the two are
    ChunkedArray<std::uint32_t> rows_;  // by label: row + 1, 0 without one
    std::uint64_t generation_ = 0;
};

}  // namespace hone
