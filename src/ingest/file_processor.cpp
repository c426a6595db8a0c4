// SPDX-License-Identifier: GPL-3.0-or-later
// The steps from one file to its outcome.
#include "ingest/file_processor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "catalog/leases.hpp"
#include "library/library.hpp"
#include "library/original.hpp"
#include "library/unavailable.hpp"
#include "photo/decode.hpp"

namespace hone {

namespace {

constexpr std::size_t kBlockBytes = 1U << 20;  // per read
constexpr double kRestSeconds = 2;             // a file that changed less than this ago may still be written

double seconds_since(std::int64_t modified_ns) {
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return static_cast<double>(now - modified_ns) / 1e9;
}

bool is_as_told(int descriptor, const FileFacts& facts) {
    struct stat status{};
    return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
           static_cast<std::uint64_t>(status.st_size) == facts.size &&
           std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec == facts.modified_ns;
}

// Uses pread, so the descriptor's offset does not change.
Result<std::size_t> read_block(int descriptor, std::uint64_t at, std::span<std::uint8_t> block) {
    std::size_t filled = 0;
    while (filled < block.size()) {
        const ssize_t count = ::pread(descriptor, block.data() + filled, block.size() - filled,
                                      static_cast<off_t>(at + filled));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail("{}", std::strerror(errno));
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    return filled;
}

struct Hashed {
    Sha256 id{};
    std::uint64_t bytes = 0;
};

// Returns true when the photo's last sidecar is gone and no copy has one.
bool lost_sidecar(const FileToProcess& file, std::span<const FileRecord> records) {
    bool lost = false;
    for (const FileRecord& record : records) {
        if (record.facts.sidecar == 0) continue;
        const bool was = record.facts.path == file.facts.path || record.facts.path == file.moved_from ||
                         record.state == FileState::kMissing;
        if (!was) return false;
        lost = true;
    }
    return lost;
}

Result<Hashed> hash_original(int descriptor, Heartbeat& heartbeat) {
    thread_local std::vector<std::uint8_t> block(kBlockBytes);
    Sha256Hasher hasher;
    Hashed hashed;
    while (true) {
        HONE_TRY(const std::size_t count, read_block(descriptor, hashed.bytes, block));
        heartbeat.beat();
        hasher.add(std::span(block).first(count));
        hashed.bytes += count;
        if (count < block.size()) break;
    }
    hashed.id = hasher.finish();
    return hashed;
}

}  // namespace

bool is_done(std::span<const Analysis> analyses, const Analyzer& analyzer) {
    return std::ranges::all_of(analyzer.keys(), [&](const AnalyzerKey& key) {
        return std::ranges::any_of(analyses, [&](const AnalyzerKey& done) { return done == key; });
    });
}

// A file in progress. Every call to its drive runs through the blocking-call runner, whose thread shares the
// ownership.
struct FileProcessor::Original {
    FileFacts facts;
    FileDescriptor file;
    std::vector<FileDescriptor> sidecars;
    std::array<std::uint8_t, kFormatBytes> head{};
    std::size_t headed = 0;
    bool as_told = false;
    Hashed hashed;
    std::string reason;  // why it cannot be read

    [[nodiscard]] std::span<const std::uint8_t> first_bytes() const { return std::span(head).first(headed); }
    [[nodiscard]] bool too_large() const { return facts.size > kMaximumFileBytes; }

    void open(bool svg, Heartbeat& heartbeat) {
        file = open_for_reading(facts.path);
        if (!file) {
            // It was renamed or deleted after the walk had found it.
            if (errno == ENOENT) return;
            reason = fmt::format("cannot open it: {}", std::strerror(errno));
            return;
        }
        heartbeat.beat();
        as_told = is_as_told(file.get(), facts);
        if (!as_told) return;
        // The first bytes suffice to recognise a video of gigabytes.
        const auto count = read_block(file.get(), 0, head);
        if (!count) {
            reason = count.error().message;
            return;
        }
        heartbeat.beat();
        headed = *count;
        if (!is_photo(svg) || too_large()) return;
        if (auto all = hash_original(file.get(), heartbeat))
            hashed = *all;
        else
            reason = all.error().message;
        if (facts.sidecar == 0) return;
        for (const fs::path& name : sidecar_names(facts.path)) {
            if (FileDescriptor sidecar = open_for_reading(name)) sidecars.push_back(std::move(sidecar));
            heartbeat.beat();
        }
    }
    [[nodiscard]] bool is_photo(bool svg) const {
        const Format format = detect_format(first_bytes());
        return format != Format::kNone && (format != Format::kSvg || svg);
    }
    // The result of a file that changed meanwhile belongs to no photo. A file that a decoder could not read
    // is not damaged; the page cache does not count.
    void look_again(bool decoded) {
        as_told = hashed.bytes == facts.size && is_as_told(file.get(), facts);
        if (decoded) return;
        ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
        if (const auto count = read_block(file.get(), 0, head); !count) reason = count.error().message;
    }
};

Result<FileProcessor::Missing> FileProcessor::missing(const FileToProcess& file, const Sha256& id) const {
    std::vector<Analyzer*> analyzers = queues_.wanted(&id);
    HONE_TRY(const std::optional<Photo> known, catalog_.photo(id));
    if (!known) return Missing{true, std::move(analyzers)};
    HONE_TRY(const std::vector<Analysis> analyses, catalog_.analyses(known->number));
    HONE_TRY(const std::vector<FileRecord> records, catalog_.files_of(known->number));
    // With a sidecar, or after its removal, what depends on it must be read again.
    const bool sidecars = file.facts.sidecar != 0 || lost_sidecar(file, records);
    std::erase_if(analyzers, [&](const Analyzer* analyzer) {
        return is_done(analyses, *analyzer) && !(sidecars && analyzer->reads_sidecars());
    });
    return Missing{false, std::move(analyzers)};
}

Result<FileOutcome::Photo> FileProcessor::read_photo(const FileToProcess& file, const Original& original,
                                                     ProcessingResult& result) const {
    FileOutcome::Photo photo;
    const Sha256& id = original.hashed.id;
    photo.photo.id = id;
    photo.photo.bytes = file.facts.size;
    HONE_TRY(Missing what, unavailable_if_failed(missing(file, id)));
    Leases* const leases = catalog_.leases();
    const auto nothing = [&] { return !what.photo && what.analyzers.empty(); };
    if (leases != nullptr && !nothing()) {
        // Another process may be working on a copy of the file.
        const std::string key = to_hex(id);
        HONE_TRY(const std::vector<bool> granted, unavailable_if_failed(leases->take(std::span(&key, 1))));
        result.elsewhere = !granted.front();
        if (result.elsewhere) return photo;
        result.lease = key;
        HONE_TRY(what, unavailable_if_failed(missing(file, id)));
    }
    // Thumbnails of photos that other processes indexed are made on request.
    const bool thumbnails = (leases == nullptr || !nothing()) && !thumbnails_.has_all(id);
    if (nothing() && !thumbnails) return photo;

    std::vector<int> sidecars;
    for (const FileDescriptor& sidecar : original.sidecars) sidecars.push_back(sidecar.get());
    PhotoWork work;
    // Always the same decoding, so that the pixels do not depend on which results are missing.
    work.thumbnails = true;
    work.svg = svg_;
    for (const Analyzer* analyzer : what.analyzers) analyzer->request(work);
    HONE_TRY(PreparedPhoto prepared, decoders_.prepare(original.file.get(), sidecars, work));
    photo.photo.width = prepared.width;
    photo.photo.height = prepared.height;
    photo.photo.format = format_name(prepared.format);
    photo.photo.color = prepared.color;
    if (thumbnails) {
        if (const auto stored = thumbnails_.store(id, prepared.thumbnails); !stored)
            return fail(ErrorKind::kUnavailable, "{}", stored.error().message);
    }
    prepared.thumbnails = {};
    result.analyzers = std::move(what.analyzers);
    result.decoded = {file.facts, std::move(prepared)};
    return photo;
}

ProcessingResult FileProcessor::read(const FileToProcess& file, BlockingCalls& calls) const {
    ProcessingResult result;
    result.outcome.folder = file.folder;
    result.outcome.facts = file.facts;
    auto original = std::make_shared<Original>();
    original->facts = file.facts;
    original->facts.path = paths_.here(file.facts.path);
    look_at(file, original, calls, result);
    // Closing asks the drive too, so leave it to the helper thread. A failure loses no data.
    (void)calls.run([last = std::move(original)](Heartbeat&) {});
    return result;
}

void FileProcessor::look_at(const FileToProcess& file, const std::shared_ptr<Original>& original,
                            BlockingCalls& calls, ProcessingResult& result) const {
    const bool young = seconds_since(file.facts.modified_ns) < kRestSeconds;
    const auto failed = [&](const std::string& stage, const std::string& reason) {
        result.outcome.what = FileOutcome::Failed{stage, reason};
        result.analyzers.clear();
        result.decoded = {};
    };
    const auto unresponsive = [&] {
        result.unresponsive = true;
        failed("read", timeout_reason(calls.patience()));
    };
    const auto unsettled = [&] {
        result.unsettled = true;
        failed("read", "it is still being written");
    };
    if (!calls.run([original, svg = svg_](Heartbeat& heartbeat) { original->open(svg, heartbeat); }))
        return unresponsive();
    if (!original->reason.empty()) return failed("read", original->reason);
    if (!original->as_told) return unsettled();
    if (!original->is_photo(svg_)) {
        result.unsettled = young && original->headed == 0;  // created, but still empty
        result.outcome.what = FileOutcome::Skipped{detect_format(original->first_bytes()) == Format::kSvg
                                                       ? "svg drawing"
                                                       : std::string(kind_of_other(original->first_bytes()))};
        return;
    }
    if (original->too_large())
        return failed("read", fmt::format("larger than {} MB, which is too large for a photo",
                                          kMaximumFileBytes >> 20U));
    try {
        auto photo = read_photo(file, *original, result);
        const bool decoded = photo.has_value();
        if (!calls.run([original, decoded](Heartbeat&) { original->look_again(decoded); }))
            return unresponsive();
        if (!original->reason.empty()) return failed("read", original->reason);
        if (!original->as_told) return unsettled();
        if (!photo) {
            if (photo.error().kind == ErrorKind::kUnavailable) result.fatal = photo.error();
            result.unsettled = young;
            return failed("decode", photo.error().message);
        }
        result.outcome.what = std::move(*photo);
    } catch (const std::bad_alloc&) {
        failed("decode", "it does not fit into memory");
    }
}

std::optional<FileOutcome> FileProcessor::recognize(const FileToProcess& file,
                                                    const FileRecord& before) const {
    if (!before.photo || !before.photo_id || file.facts.sidecar != before.facts.sidecar) return std::nullopt;
    const auto photo = catalog_.photo(*before.photo);
    if (!photo || !*photo) return std::nullopt;
    FileOutcome outcome{file.folder, file.facts, {}};
    FileOutcome::Photo same;
    static_cast<PhotoFacts&>(same.photo) = **photo;
    outcome.what = std::move(same);
    return outcome;
}

}  // namespace hone
