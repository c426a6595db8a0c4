// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the exact and the small file in step, and scans them.
#include "vector/vector_space.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/file_system.hpp"
#include "base/parallel.hpp"

namespace hone {

namespace {

constexpr std::size_t kBlocksBetweenStops = 32;
constexpr std::size_t kBytesPerThread =
    4 << 20;  // a second thread pays off above this (starting one takes about 20 us)

// The query in the form required by one element type.
struct PreparedQuery {
    std::vector<float> floats;
    std::vector<std::int8_t> bytes;
    std::int32_t byte_sum = 0;
    float scale = 1;
};

PreparedQuery prepare(std::span<const float> query, const RowSpec& spec) {
    PreparedQuery prepared;
    if (spec.element != Element::kInt8) {
        prepared.floats.assign(spec.padded(), 0.0F);
        std::ranges::copy(query, prepared.floats.begin());
        return prepared;
    }
    float largest = 0;
    for (const float value : query) largest = std::max(largest, std::abs(value));
    prepared.scale = largest / 127;
    prepared.bytes.assign(spec.padded(), 0);
    for (std::size_t at = 0; at < query.size() && prepared.scale > 0; ++at) {
        prepared.bytes[at] = static_cast<std::int8_t>(std::lround(query[at] / prepared.scale));
        prepared.byte_sum += prepared.bytes[at];
    }
    return prepared;
}

void score_blocks(const RowView& rows, const PreparedQuery& query, std::size_t first, std::size_t last,
                  float* scores) {
    const Kernels& kernels = best_kernels();
    const std::size_t padded = rows.spec().padded();
    std::int32_t sums[kRowsPerBlock];
    for (std::size_t index = first; index < last; ++index) {
        const RowView::Block block = rows.block(index);
        float* out = scores + index * kRowsPerBlock;
        switch (rows.spec().element) {
            case Element::kF32:
                kernels.dot_f32(query.floats.data(), static_cast<const float*>(block.rows),
                                block.labels.size(), padded, out);
                break;
            case Element::kF16:
                kernels.dot_f16(query.floats.data(), static_cast<const Half*>(block.rows),
                                block.labels.size(), padded, out);
                break;
            case Element::kInt8:
                kernels.dot_i8(query.bytes.data(), query.byte_sum,
                               static_cast<const std::uint8_t*>(block.rows), block.labels.size(), padded,
                               sums);
                for (std::size_t row = 0; row < block.labels.size(); ++row)
                    out[row] = static_cast<float>(sums[row]) * query.scale * block.scales[row];
                break;
        }
    }
}

Element small_element(ScanElement scan) {
    return scan == ScanElement::kF16 ? Element::kF16 : Element::kInt8;
}

constexpr std::uint32_t kLargestLabel = 1U << 28;  // photo numbers stay far below

fs::path file_of(fs::path prefix, Element element) {
    prefix += fmt::format(".{}.rows", element_name(element));
    return prefix;
}

// A crash may have left half-made files. They only take space.
void remove_unfinished(const fs::path& prefix) {
    for (const Element element : {Element::kF32, Element::kF16, Element::kInt8}) {
        for (const char* end : {".new", ".part", ".part.new"})
            (void)remove_file(file_of(prefix, element).native() + end);
    }
}

}  // namespace

SpaceView::SpaceView(std::span<const std::uint32_t> labels, std::span<const float> vectors,
                     std::size_t dimension)
    : exact_({dimension, Element::kF32, ""}, labels, vectors) {
    for (std::size_t row = 0; row < labels.size(); ++row)
        rows_.set(labels[row], static_cast<std::uint32_t>(row + 1));
}

std::vector<float> SpaceView::scores(std::span<const float> query, unsigned threads,
                                     const std::stop_token& stop) const {
    const RowView& rows = small_ ? *small_ : exact_;
    std::vector<float> scores(rows.size());
    const PreparedQuery prepared = prepare(query, rows.spec());
    const std::size_t blocks = rows.blocks();
    const std::size_t bytes = rows.size() * rows.spec().stride();
    const auto workers =
        static_cast<unsigned>(std::clamp<std::size_t>(bytes / kBytesPerThread, 1, std::max(1U, threads)));
    in_parallel(blocks, workers, [&](std::size_t first, std::size_t last) {
        for (std::size_t from = first; from < last; from += kBlocksBetweenStops) {
            throw_if_stopped(stop);
            score_blocks(rows, prepared, from, std::min(last, from + kBlocksBetweenStops), scores.data());
        }
    });
    return scores;
}

float SpaceView::exact_score(std::span<const float> query, std::size_t row) const {
    const std::span<const float> values = exact_.values(row);
    double sum = 0;
    for (std::size_t at = 0; at < values.size(); ++at) sum += static_cast<double>(query[at]) * values[at];
    return static_cast<float>(sum);
}

Result<std::unique_ptr<VectorSpace>> VectorSpace::open(const fs::path& directory, std::string_view space,
                                                       const std::string& model, std::size_t dimension,
                                                       bool writable, ScanElement scan) {
    if (writable) HONE_CHECK(make_directories(directory, Wait::kNo));
    std::unique_ptr<VectorSpace> opened(new VectorSpace(directory / fmt::format("{}-{}", space, model),
                                                        RowSpec{dimension, Element::kF32, model}, writable,
                                                        scan));
    if (writable) remove_unfinished(opened->prefix_);
    HONE_TRY(opened->exact_, RowFile::open(file_of(opened->prefix_, Element::kF32), opened->spec_, writable));
    const RowView rows = opened->exact_->view();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        // A damaged page must not make a table of 16 GB.
        if (rows.label(row) > kLargestLabel) {
            if (!writable) return fail("{} is damaged", printable(file_of(opened->prefix_, Element::kF32)));
            opened->rows_ = {};
            HONE_CHECK(opened->exact_->clear());
            break;
        }
        opened->rows_.set(rows.label(row), static_cast<std::uint32_t>(row + 1));
    }
    HONE_CHECK(opened->open_small_when_large());
    return opened;
}

Result<> VectorSpace::open_small_when_large() {
    const RowView rows = exact_->view();
    if (small_ || scan_ == ScanElement::kF32 || (scan_ == ScanElement::kAuto && rows.size() <= kExactRows))
        return {};
    RowSpec spec = spec_;
    spec.element = small_element(scan_);
    auto file = RowFile::open(file_of(prefix_, spec.element), spec, writable_);
    // A reader scans the exact rows while the writer has not created the small file yet.
    if (!file && !writable_) return {};
    if (!file) return std::unexpected(std::move(file).error());
    const RowView have = (*file)->view();
    bool same = have.size() <= rows.size();
    for (std::size_t row = 0; same && row < have.size(); ++row) same = have.label(row) == rows.label(row);
    if (!same) {
        if (!writable_) return {};
        HONE_CHECK((*file)->clear());
    }
    if (writable_) HONE_CHECK(fill(**file));
    const std::unique_lock lock(mutex_);
    small_ = std::move(*file);
    return {};
}

// Appends the rows that the exact file has and this one lacks, so that row n is the same photo in both, even
// after an append that failed in between.
Result<> VectorSpace::fill(RowFile& small) const {
    const RowView rows = exact_->view();
    for (std::size_t row = small.view().size(); row < rows.size(); ++row) {
        const std::uint32_t label = rows.label(row);
        HONE_CHECK(small.append(std::span(&label, 1), rows.values(row)));
    }
    return {};
}

Result<> VectorSpace::append(std::span<const std::uint32_t> labels, std::span<const float> vectors) {
    for (std::size_t at = 0; at < labels.size(); ++at) {
        if (find(labels[at])) continue;
        const auto vector = vectors.subspan(at * spec_.dimension, spec_.dimension);
        HONE_CHECK(exact_->append(labels.subspan(at, 1), vector));
        {
            const std::unique_lock lock(mutex_);
            rows_.set(labels[at], static_cast<std::uint32_t>(exact_->view().size()));
        }
        if (small_) HONE_CHECK(fill(*small_));
    }
    return open_small_when_large();
}

Result<> VectorSpace::remove(std::span<const std::uint32_t> labels) {
    std::vector<bool> gone(rows_.size());
    bool any = false;
    for (const std::uint32_t label : labels) {
        if (!find(label)) continue;
        gone[label] = any = true;
    }
    if (!any) return {};
    const fs::path path = file_of(prefix_, Element::kF32);
    fs::path part = path;
    part += ".part";
    HONE_CHECK(remove_file(part));
    HONE_TRY(auto rest, RowFile::open(part, spec_, true));
    const RowView rows = exact_->view();
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::uint32_t label = rows.label(row);
        if (!gone[label]) HONE_CHECK(rest->append(std::span(&label, 1), rows.values(row)));
    }
    if (file_system().rename(part.c_str(), path.c_str()) != 0)
        return fail("cannot replace {}: {}", printable(path), std::strerror(errno));
    std::unique_ptr<RowFile> small;
    {
        const std::unique_lock lock(mutex_);
        exact_.swap(rest);
        small_.swap(small);
        rows_ = {};
        const RowView left = exact_->view();
        for (std::size_t row = 0; row < left.size(); ++row)
            rows_.set(left.label(row), static_cast<std::uint32_t>(row + 1));
        ++generation_;
    }
    for (const Element element : {Element::kF16, Element::kInt8})
        HONE_CHECK(remove_file(file_of(prefix_, element)));
    HONE_CHECK(sync_folder(path.parent_path()));
    return open_small_when_large();
}

Result<> VectorSpace::clear() {
    const std::unique_lock lock(mutex_);
    ++generation_;
    rows_ = {};
    if (small_) HONE_CHECK(small_->clear());
    return exact_->clear();
}

SpaceView VectorSpace::view() const {
    const std::shared_lock lock(mutex_);
    SpaceView view;
    // The small file is appended after the exact one, so read it first: it cannot have more rows. Then cut
    // the exact view to the same count.
    if (small_) view.small_ = small_->view();
    view.exact_ = exact_->view();
    if (view.small_ && view.small_->size() != view.exact_.size())
        view.exact_ = view.exact_.first(view.small_->size());
    view.rows_ = rows_;
    view.generation_ = generation_;
    return view;
}

std::optional<std::size_t> VectorSpace::find(std::uint32_t label) const {
    const std::shared_lock lock(mutex_);
    const std::size_t row = rows_[label];
    return row == 0 ? std::nullopt : std::optional(row - 1);
}

}  // namespace hone
