// SPDX-License-Identifier: GPL-3.0-or-later
// The vector file on disk: header, blocks, memory mapping and growth (docs/formats/vector-file.md).
#include "vector/row_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/boot_id.hpp"
#include "base/file_system.hpp"

namespace hone {

namespace {

constexpr std::size_t kHeaderBytes = 4096;
constexpr std::array<char, 8> kMagic{'H', 'O', 'N', 'E', 'V', 'E', 'C', '\0'};
constexpr std::uint32_t kVersion = 1;

struct Header {
    std::array<char, 8> magic;
    std::uint32_t version, dimension, element, stride;
    std::uint64_t count;
    std::array<char, 32> model;
    std::uint32_t open;
    BootId boot_id;
};
static_assert(sizeof(Header) == 112 && sizeof(Header) <= kHeaderBytes);

std::size_t element_bytes(Element element) {
    return element == Element::kF32 ? 4 : element == Element::kF16 ? 2 : 1;
}
std::size_t block_bytes(const RowSpec& spec) {
    return kRowsPerBlock * (sizeof(std::uint32_t) + sizeof(float) + spec.stride());
}
std::size_t bytes_of(const RowSpec& spec, std::size_t blocks) {
    return kHeaderBytes + blocks * block_bytes(spec);
}

bool fits(const Header& header, const RowSpec& spec) {
    return header.magic == kMagic && header.version == kVersion && header.dimension == spec.dimension &&
           header.element == static_cast<std::uint32_t>(spec.element) && header.stride == spec.stride() &&
           spec.model ==
               std::string_view(header.model.data(), ::strnlen(header.model.data(), header.model.size()));
}

}  // namespace

std::string_view element_name(Element element) {
    return element == Element::kF32 ? "f32" : element == Element::kF16 ? "f16" : "int8";
}

std::size_t RowSpec::stride() const {
    return (dimension * element_bytes(element) + kRowAlignment - 1) / kRowAlignment * kRowAlignment;
}
std::size_t RowSpec::padded() const {
    return stride() / element_bytes(element);
}

struct RowView::Mapping {
    std::uint8_t* base = nullptr;
    std::size_t bytes = 0;
    bool of_file = true;  // otherwise from std::aligned_alloc
    Mapping() = default;
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (!of_file)
            std::free(base);
        else if (base != nullptr)
            file_system().unmap(base, bytes);
    }
    [[nodiscard]] Header& header() const { return *reinterpret_cast<Header*>(base); }
};

namespace {

void write_row(std::uint8_t* base, const RowSpec& spec, std::size_t row, std::uint32_t label,
               std::span<const float> vector) {
    auto* labels = reinterpret_cast<std::uint32_t*>(base + bytes_of(spec, row / kRowsPerBlock));
    auto* scales = reinterpret_cast<float*>(labels + kRowsPerBlock);
    auto* rows = reinterpret_cast<std::uint8_t*>(scales + kRowsPerBlock);
    const std::size_t at = row % kRowsPerBlock;
    labels[at] = label;
    scales[at] = encode_row(vector, spec, rows + at * spec.stride());
}

}  // namespace

RowView::RowView(const RowSpec& spec, std::span<const std::uint32_t> labels, std::span<const float> vectors)
    : mapping_(std::make_shared<Mapping>()), spec_(spec), count_(labels.size()) {
    mapping_->bytes = bytes_of(spec, blocks());
    mapping_->of_file = false;
    mapping_->base = static_cast<std::uint8_t*>(std::aligned_alloc(kHeaderBytes, mapping_->bytes));
    if (mapping_->base == nullptr) throw std::bad_alloc();
    for (std::size_t row = 0; row < count_; ++row)
        write_row(mapping_->base, spec, row, labels[row],
                  vectors.subspan(row * spec.dimension, spec.dimension));
}

RowView::Block RowView::block(std::size_t index) const {
    const std::uint8_t* start = mapping_->base + bytes_of(spec_, index);
    const std::size_t rows = std::min(kRowsPerBlock, count_ - index * kRowsPerBlock);
    const auto* labels = reinterpret_cast<const std::uint32_t*>(start);
    return {
        {labels, rows}, reinterpret_cast<const float*>(labels + kRowsPerBlock), labels + 2 * kRowsPerBlock};
}

std::span<const float> RowView::values(std::size_t row) const {
    const auto* rows = static_cast<const std::uint8_t*>(block(row / kRowsPerBlock).rows);
    return {reinterpret_cast<const float*>(rows + (row % kRowsPerBlock) * spec_.stride()), spec_.dimension};
}

Result<std::unique_ptr<RowFile>> RowFile::open(const fs::path& path, const RowSpec& spec, bool writable) {
    FileDescriptor descriptor(file_system().open(
        path.c_str(), writable ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0644));
    if (!descriptor) return fail("cannot open {}: {}", printable(path), std::strerror(errno));
    std::unique_ptr<RowFile> file(new RowFile(path, std::move(descriptor), spec, writable));
    struct stat status{};
    Header header{};
    const bool readable =
        file_system().status(file->file_.get(), status) == 0 &&
        file_system().read_at(file->file_.get(), &header, sizeof header, 0) == sizeof header;
    bool good = readable && fits(header, spec);
    const std::size_t blocks = (header.count + kRowsPerBlock - 1) / kRowsPerBlock;
    good = good && header.count < (std::uint64_t{1} << 32) &&
           static_cast<std::uint64_t>(status.st_size) >= bytes_of(spec, blocks);
    const BootId boot = boot_id();
    if (writable) {
        if (!good || (header.open == 1 && header.boot_id != boot)) {
            HONE_CHECK(file->start_empty());
        } else {
            HONE_CHECK(
                file->map((static_cast<std::size_t>(status.st_size) - kHeaderBytes) / block_bytes(spec)));
            file->count_ = header.count;
        }
        file->mapping_->header().open = 1;
        file->mapping_->header().boot_id = boot;
        // Before any row: after a power cut, new rows below a header that says "closed" would count as whole.
        HONE_CHECK(file->sync_header());
        return file;
    }
    if (!good) return fail("{} is not of this model", printable(path));
    HONE_CHECK(file->map(blocks));
    file->count_ = header.count;
    return file;
}

RowFile::~RowFile() {
    if (writable_ && mapping_) {
        // Rows that did not reach the disk may get lost even now, so the file must not count as whole.
        if (file_system().sync_map(mapping_->base, mapping_->bytes) == 0) mapping_->header().open = 0;
    }
}

Result<> RowFile::sync_header() const {
    if (file_system().sync_map(mapping_->base, kHeaderBytes) != 0)
        return fail("cannot write a vector file: {}", std::strerror(errno));
    return {};
}

// Other processes may have mapped the old file, so it keeps its bytes; a new one takes its name.
Result<> RowFile::start_empty() {
    fs::path next = path_;
    next += ".new";
    file_ = FileDescriptor(file_system().open(next.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file_ || file_system().rename(next.c_str(), path_.c_str()) != 0)
        return fail("cannot make the vector file {}: {}", printable(path_), std::strerror(errno));
    if (file_system().reserve(file_.get(), kHeaderBytes) != 0)
        return fail("cannot make a vector file: {}", std::strerror(errno));
    HONE_CHECK(map(0));
    Header& header = mapping_->header();
    header.magic = kMagic;
    header.version = kVersion;
    header.dimension = static_cast<std::uint32_t>(spec_.dimension);
    header.element = static_cast<std::uint32_t>(spec_.element);
    header.stride = static_cast<std::uint32_t>(spec_.stride());
    std::copy_n(spec_.model.begin(), std::min(spec_.model.size(), header.model.size() - 1),
                header.model.begin());
    count_ = 0;
    return {};
}

Result<> RowFile::map(std::size_t blocks) {
    auto mapping = std::make_shared<RowView::Mapping>();
    const std::size_t bytes = bytes_of(spec_, blocks);
    void* base = file_system().map(file_.get(), bytes, writable_);
    if (base == nullptr) return fail("cannot map a vector file of {} bytes: {}", bytes, std::strerror(errno));
    mapping->base = static_cast<std::uint8_t*>(base);
    mapping->bytes = bytes;
    const std::lock_guard lock(mutex_);
    mapping_ = std::move(mapping);
    capacity_blocks_ = blocks;
    return {};
}

Result<> RowFile::append(std::span<const std::uint32_t> labels, std::span<const float> vectors) {
    const std::size_t needed = (count_ + labels.size() + kRowsPerBlock - 1) / kRowsPerBlock;
    if (needed > capacity_blocks_) {
        const std::size_t blocks = std::max(needed, capacity_blocks_ + capacity_blocks_ / 8);
        // Reserving detects a full disk here, as an error; a later page fault would raise a signal.
        if (file_system().reserve(file_.get(), static_cast<off_t>(bytes_of(spec_, blocks))) != 0) {
            return fail("cannot grow the vector file: {}; free some space, nothing is lost",
                        std::strerror(errno));
        }
        HONE_CHECK(map(blocks));
    }
    for (std::size_t at = 0; at < labels.size(); ++at) {
        write_row(mapping_->base, spec_, count_ + at, labels[at],
                  vectors.subspan(at * spec_.dimension, spec_.dimension));
    }
    std::atomic_ref(mapping_->header().count).store(count_ + labels.size(), std::memory_order_release);
    const std::lock_guard lock(mutex_);
    count_ += labels.size();
    return {};
}

Result<> RowFile::clear() {
    std::atomic_ref(mapping_->header().count).store(0, std::memory_order_release);
    HONE_CHECK(sync_header());
    const std::lock_guard lock(mutex_);
    count_ = 0;
    return {};
}

RowView RowFile::view() const {
    const std::lock_guard lock(mutex_);
    RowView view;
    view.mapping_ = mapping_;
    view.spec_ = spec_;
    view.count_ = count_;
    return view;
}

float encode_row(std::span<const float> values, const RowSpec& spec, void* row) {
    switch (spec.element) {
        case Element::kF32: {
            auto* out = static_cast<float*>(row);
            std::ranges::copy(values, out);
            std::fill(out + values.size(), out + spec.padded(), 0.0F);
            return 1;
        }
        case Element::kF16: {
            auto* out = static_cast<Half*>(row);
            std::ranges::transform(values, out, to_half);
            std::fill(out + values.size(), out + spec.padded(), Half{0});
            return 1;
        }
        case Element::kInt8: {
            auto* out = static_cast<std::uint8_t*>(row);
            float largest = 0;
            for (const float value : values) largest = std::max(largest, std::abs(value));
            const float scale = largest / 127;
            for (std::size_t at = 0; at < values.size(); ++at) {
                out[at] = static_cast<std::uint8_t>(128 + (scale > 0 ? std::lround(values[at] / scale) : 0));
            }
            std::fill(out + values.size(), out + spec.padded(), std::uint8_t{128});
            return scale;
        }
    }
    return 1;
}

}  // namespace hone
