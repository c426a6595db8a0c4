// SPDX-License-Identifier: GPL-3.0-or-later
// The files of a FaceTable, and the int8 codes that find near vectors.
#include "people/face_table.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/boot_id.hpp"
#include "base/file_system.hpp"

namespace hone {

namespace {

constexpr std::array<char, 8> kMagic{'H', 'O', 'N', 'E', 'F', 'A', 'C', 'E'};
constexpr std::uint32_t kVersion = 1;
// Float arithmetic is off by less than this part of a distance, and of a squared length.
constexpr float kRounding = 1e-5F;

template <std::size_t kSize>
void set_text(std::array<char, kSize>& into, std::string_view text) {
    into.fill('\0');
    std::copy_n(text.begin(), std::min(text.size(), kSize - 1), into.begin());
}

template <std::size_t kSize>
std::string_view text_of(const std::array<char, kSize>& text) {
    return {text.data(), ::strnlen(text.data(), kSize)};
}

// Where byte k of a row's code is, in all codes: tiles of kTileRows rows, in steps of four bytes of each.
std::size_t place_of(FaceRow row, std::size_t k, std::size_t padded) {
    return row / kTileRows * kTileRows * padded + k / 4 * 4 * kTileRows + row % kTileRows * 4 + k % 4;
}

}  // namespace

struct FaceTable::Header {
    std::array<char, 8> magic;
    std::uint32_t version, dimension;
    float link, reach, largest_error;
    std::uint64_t size, connected, removed;
    std::uint32_t changing, open;
    BootId boot_id;
    std::array<char, 96> model;
    std::array<char, 128> state;
};

FaceTable::FaceTable(FaceTableSpec spec) : spec_(std::move(spec)), padded_((spec_.dimension + 3) / 4 * 4) {}

Result<FaceTable> FaceTable::open(const fs::path& folder, FaceTableSpec spec, MappedBytes::Sharing sharing) {
    FaceTable table(std::move(spec));
    table.shared_ = sharing == MappedBytes::Sharing::kShared;
    if (table.shared_) HONE_CHECK(make_directories(folder, Wait::kNo));
    const fs::path lock = folder / "lock";
    table.lock_ = FileDescriptor(
        file_system().open(lock.c_str(), (table.shared_ ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, 0644));
    if (!table.lock_) return fail("cannot open {}: {}", printable(lock), std::strerror(errno));
    while (file_system().lock(table.lock_.get(), table.shared_ ? LOCK_EX : LOCK_SH | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return fail(ErrorKind::kInUse, "another process is grouping faces");
        if (errno != EINTR) return fail("cannot lock {}: {}", printable(lock), std::strerror(errno));
    }
    const auto open = [&](std::string_view name) { return MappedBytes::open(folder / name, sharing); };
    const auto open_array = [&](std::string_view name, auto& array) -> Result<> {
        HONE_TRY(MappedBytes bytes, open(name));
        array = std::remove_reference_t<decltype(array)>(std::move(bytes));
        return {};
    };
    HONE_TRY(table.header_, open("header"));
    HONE_CHECK(open_array("records", table.records_));
    HONE_CHECK(open_array("links", table.links_));
    HONE_CHECK(open_array("vectors", table.vectors_));
    HONE_CHECK(open_array("scales", table.scales_));
    HONE_CHECK(open_array("halves", table.halves_));
    HONE_CHECK(open_array("codes", table.codes_));
    HONE_CHECK(open_array("by-id", table.by_id_));
    HONE_CHECK(open_array("by-photo", table.by_photo_));
    const BootId boot = boot_id();
    const FaceTableSpec& wanted = table.spec_;
    bool good = table.header_.size() >= sizeof(Header);
    if (good) {
        const Header& header = table.header();
        good =
            header.magic == kMagic && header.version == kVersion && header.dimension == wanted.dimension &&
            header.link == wanted.link && header.reach == wanted.reach &&
            text_of(header.model) == wanted.model && header.changing == 0 &&
            (header.open == 0 || header.boot_id == boot) &&
            header.size <= std::min({table.records_.capacity(), table.links_.capacity(),
                                     table.vectors_.capacity() / wanted.dimension, table.scales_.capacity(),
                                     table.halves_.capacity(), table.codes_.capacity() / table.padded_});
    }
    if (good) {
        table.size_ = table.header().size;
        table.connected_ = table.header().connected;
        table.removed_ = table.header().removed;
        table.largest_error_ = table.header().largest_error;
    } else {
        HONE_CHECK(table.clear());
    }
    if (table.shared_) {
        table.header().boot_id = boot;
        table.header().open = 1;
        // Before any change: after a power failure, a half-written change below a header that says "closed"
        // would count as whole.
        HONE_CHECK(table.header_.sync(sizeof(Header)));
    }
    return table;
}

FaceTable::~FaceTable() {
    // No `open = 0` without everything on the disk.
    if (!shared_ || header_.data() == nullptr) return;
    for (MappedBytes* const bytes :
         {&records_.bytes(), &links_.bytes(), &vectors_.bytes(), &scales_.bytes(), &halves_.bytes(),
          &codes_.bytes(), &by_id_.bytes(), &by_photo_.bytes()}) {
        if (!bytes->sync(bytes->size())) return;
    }
    header().open = 0;
}

FaceTable::Header& FaceTable::header() const {
    return *reinterpret_cast<Header*>(header_.data());
}

Result<> FaceTable::clear() {
    for (MappedBytes* const bytes :
         {&header_, &records_.bytes(), &links_.bytes(), &vectors_.bytes(), &scales_.bytes(), &halves_.bytes(),
          &codes_.bytes(), &by_id_.bytes(), &by_photo_.bytes()})
        HONE_CHECK(bytes->clear());
    size_ = connected_ = removed_ = 0;
    largest_error_ = 0;
    HONE_CHECK(header_.grow(sizeof(Header)));
    Header& made = header();
    made = {};
    made.magic = kMagic;
    made.version = kVersion;
    made.dimension = static_cast<std::uint32_t>(spec_.dimension);
    made.link = spec_.link;
    made.reach = spec_.reach;
    set_text(made.model, spec_.model);
    if (shared_) {
        made.boot_id = boot_id();
        made.open = 1;
    }
    return {};
}

void FaceTable::begin() {
    if (header_.data() == nullptr) return;
    std::atomic_ref(header().changing).store(1, std::memory_order_seq_cst);
}

void FaceTable::finish() {
    if (header_.data() == nullptr) return;
    header().size = size_;
    header().connected = connected_;
    header().removed = removed_;
    header().largest_error = largest_error_;
    std::atomic_ref(header().changing).store(0, std::memory_order_seq_cst);
}

void FaceTable::set_state(std::string_view state) {
    if (header_.data() == nullptr) return;
    // A state that does not fit is never agreed on, which costs time only.
    set_text(header().state, state.size() < header().state.size() ? state : "");
}

std::string FaceTable::state() const {
    return header_.data() == nullptr ? std::string() : std::string(text_of(header().state));
}

std::optional<FaceRow> FaceTable::find(FaceId id) const {
    if (id <= 0 || static_cast<std::size_t>(id) >= by_id_.capacity()) return std::nullopt;
    const FaceRow row = by_id_[static_cast<std::size_t>(id)];
    return row == 0 ? std::nullopt : std::optional(row - 1);
}

std::vector<FaceRow> FaceTable::faces_on(PhotoNumber photo) const {
    std::vector<FaceRow> rows;
    any_on(photo, [&](FaceRow row) {
        rows.push_back(row);
        return false;
    });
    return rows;
}

Result<> FaceTable::reserve(std::size_t rows) {
    const std::size_t whole = (rows + kTileRows - 1) / kTileRows * kTileRows;
    HONE_CHECK(records_.grow(whole));
    HONE_CHECK(links_.grow(whole));
    HONE_CHECK(vectors_.grow(whole * spec_.dimension));
    HONE_CHECK(scales_.grow(whole));
    HONE_CHECK(halves_.grow(whole));
    return codes_.grow(whole * padded_);
}

Result<FaceRow> FaceTable::append(FaceId id, PhotoNumber photo, std::span<const float> vector) {
    if (id <= 0 || id >= std::int64_t{1} << 32U)
        return fail("the face {} has an id that is too large to group it", id);
    HONE_CHECK(reserve(size_ + 1));
    HONE_CHECK(by_id_.grow(static_cast<std::size_t>(id) + 1));
    HONE_CHECK(by_photo_.grow(std::size_t{photo} + 1));
    const auto row = static_cast<FaceRow>(size_);
    if (row % kTileRows == 0)
        std::fill_n(halves_.data() + row, kTileRows, std::numeric_limits<float>::infinity());
    FaceRecord& record = records_[row];
    record = {};
    record.id = id;
    record.photo = photo;
    record.next_on_photo = by_photo_[photo] - 1;
    record.parent = record.ring = record.group = record.group_ring = row;
    record.group_size = 1;
    by_photo_[photo] = by_id_[static_cast<std::size_t>(id)] = row + 1;
    std::ranges::copy(vector, vectors_.data() + row * spec_.dimension);

    encode(row);
    ++size_;
    return row;
}

// Makes the code of the row's vector.
void FaceTable::encode(FaceRow row) {
    const std::span<const float> values = vector(row);
    float largest = 0;
    for (const float value : values) largest = std::max(largest, std::abs(value));
    const float scale = largest / 127;
    double length = 0, error = 0;
    for (std::size_t k = 0; k < padded_; ++k) {
        const float value = k < values.size() ? values[k] : 0;
        const long code = scale > 0 ? std::lround(value / scale) : 0;
        const double stored = static_cast<double>(code) * double{scale};
        length += stored * stored;
        error += (stored - value) * (stored - value);
        codes_[place_of(row, k, padded_)] = static_cast<std::uint8_t>(128 + code);
    }
    scales_[row] = scale;
    halves_[row] = static_cast<float>(length / 2);
    records_[row].error = static_cast<float>(std::sqrt(error));
    largest_error_ = std::max(largest_error_, records_[row].error);
}

void FaceTable::remove(FaceRow row) {
    FaceRecord& record = records_[row];
    by_id_[static_cast<std::size_t>(record.id)] = 0;
    FaceRow* before = nullptr;
    for (FaceRow at = by_photo_[record.photo] - 1; at != row; at = records_[at].next_on_photo)
        before = &records_[at].next_on_photo;
    if (before != nullptr)
        *before = record.next_on_photo;
    else
        by_photo_[record.photo] = record.next_on_photo + 1;
    // Nothing of a forgotten face stays in the files.
    std::fill_n(vectors_.data() + row * spec_.dimension, spec_.dimension, 0.0F);
    encode(row);
    halves_[row] = std::numeric_limits<float>::infinity();
    record.id = record.person = 0;
    record.confirmed = record.rejects = false;
    ++removed_;
}

void FaceTable::keep(FaceRow row, const FaceLink& link) {
    FaceRecord& record = records_[row];
    FaceLink* const heap = links_[row].nearest;
    if (record.links == FaceLinks::kKept) {
        if (!(link < heap[0])) return;
        std::pop_heap(heap, heap + record.links);
        --record.links;
    }
    heap[record.links++] = link;
    std::push_heap(heap, heap + record.links);
}

float FaceTable::distance(std::span<const float> a, std::span<const float> b) {
    // Several sums, so that the compiler can use vector instructions.
    constexpr std::size_t kSums = 8;
    std::array<float, kSums> sums{};
    std::size_t k = 0;
    for (; k + kSums <= a.size(); k += kSums) {
        for (std::size_t lane = 0; lane < kSums; ++lane) {
            const float difference = a[k + lane] - b[k + lane];
            sums[lane] += difference * difference;
        }
    }
    for (; k < a.size(); ++k) sums[0] += (a[k] - b[k]) * (a[k] - b[k]);
    float sum = 0;
    for (const float part : sums) sum += part;
    return std::sqrt(sum);
}

FaceTable::Queries FaceTable::queries_of(std::span<const FaceRow> rows) const {
    Queries queries;
    queries.codes.resize(rows.size() * padded_);
    for (std::size_t query = 0; query < rows.size(); ++query) {
        const FaceRow row = rows[query];
        std::int32_t sum = 0;
        for (std::size_t k = 0; k < padded_; ++k) {
            const int code = codes_[place_of(row, k, padded_)] - 128;
            queries.codes[query * padded_ + k] = static_cast<std::int8_t>(code);
            sum += code;
        }
        queries.sums.push_back(sum);
        queries.scales.push_back(scales_[row]);
        // Near: |a - b|^2 = |a|^2 + |b|^2 - 2 a.b <= limit^2, with the codes for a and b. By the triangle
        // inequality, the distance of the codes is at most that of the vectors plus both errors.
        const float limit = (spec_.reach + records_[row].error + largest_error_) * (1 + kRounding);
        queries.limits.push_back(halves_[row] * (1 - kRounding) - limit * limit / 2);
    }
    return queries;
}

void FaceTable::compare(const Queries& queries, std::size_t tile, std::size_t tiles,
                        std::uint16_t* masks) const {
    const std::size_t first = tile * kTileRows;
    best_kernels().near_i8(
        {queries.codes.data(), queries.sums.data(), queries.scales.data(), queries.limits.data(),
         queries.sums.size()},
        {codes_.data() + first * padded_, scales_.data() + first, halves_.data() + first, tiles}, padded_,
        masks);
}

}  // namespace hone
