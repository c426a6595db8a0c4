// All vectors of one space and model: an exact f32 file and, for large libraries, a smaller file that is
// scanned first.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "vector/row_file.hpp"

namespace hone {

// A consistent set of rows to search; safe from any thread, does not change.
class SpaceView {
  public:
    [[nodiscard]] std::size_t size() const { return exact_.size(); }
    [[nodiscard]] std::uint32_t label(std::size_t row) const { return exact_.label(row); }
    // Labels of all rows, a block of kRowsPerBlock at a time: faster than label() for everything.
    [[nodiscard]] std::size_t blocks() const { return exact_.blocks(); }
    [[nodiscard]] std::span<const std::uint32_t> block_labels(std::size_t index) const {
        return exact_.block(index).labels;
    }
    [[nodiscard]] std::span<const float> values(std::size_t row) const { return exact_.values(row); }

    // scores[row] = inner product of query and row, for all rows in one pass. From the small file when there
    // is one: then scores are approximate (measured by bench/scan: int8 within 0.01 of exact for unit
    // vectors) and the best must be rescored.
    [[nodiscard]] std::vector<float> scores(std::span<const float> query, unsigned threads) const;
    [[nodiscard]] bool exact_scores() const { return !small_; }
    // The exact inner product. The same on every processor and in every library: summed in order, in double.
    [[nodiscard]] float exact_score(std::span<const float> query, std::size_t row) const;
    // What scores() reads, for tests and benchmarks.
    [[nodiscard]] Element scanned_element() const { return small_ ? small_->spec().element : Element::kF32; }

  private:
    friend class VectorSpace;
    RowView exact_;
    std::optional<RowView> small_;
};

// What to scan: kAuto takes f32 up to kExactRows rows, int8 above.
enum class ScanElement { kAuto, kF32, kF16, kInt8 };
inline constexpr std::size_t kExactRows = 65'536;

// append: one thread at a time. Everything else: any thread.
class VectorSpace {
  public:
    // Files directory/SPACE-MODEL.ELEMENT.rows.
    static Result<std::unique_ptr<VectorSpace>> open(const fs::path& directory, std::string_view space,
                                                     const std::string& model, std::size_t dimension,
                                                     bool writable, ScanElement scan = ScanElement::kAuto);

    [[nodiscard]] std::size_t dimension() const { return spec_.dimension; }
    // A label that is there already is skipped: appending twice is harmless.
    Result<> append(std::span<const std::uint32_t> labels, std::span<const float> vectors);
    Result<> clear();
    [[nodiscard]] SpaceView view() const;
    // The row of a label; nothing when it is not there.
    [[nodiscard]] std::optional<std::size_t> find(std::uint32_t label) const;

  private:
    static constexpr std::uint32_t kNoRow = UINT32_MAX;
    VectorSpace(fs::path prefix, RowSpec spec, bool writable, ScanElement scan)
        : prefix_(std::move(prefix)), spec_(std::move(spec)), writable_(writable), scan_(scan) {}
    Result<> open_small_when_large();
    Result<> fill(RowFile& small) const;
    void remember(std::uint32_t label, std::size_t row);

    const fs::path prefix_;
    const RowSpec spec_;
    const bool writable_;
    const ScanElement scan_;
    std::unique_ptr<RowFile> exact_, small_;
    mutable std::shared_mutex mutex_;  // guards row_of_label_ and the appearance of small_
    std::vector<std::uint32_t> row_of_label_;
};

}  // namespace hone
