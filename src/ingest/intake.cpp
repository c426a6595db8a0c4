#include "ingest/intake.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "analyze/hashes.hpp"
#include "analyze/look.hpp"
#include "ingest/library.hpp"
#include "photo/decode.hpp"

namespace hone {

namespace {

constexpr int kMetadataVersion = 1;            // raise when photo/metadata.hpp reads more
constexpr std::size_t kBlockBytes = 1U << 20;  // read at once
constexpr double kRestSeconds = 2;             // a file that changed less long ago may still be written

double seconds_since(std::int64_t modified_ns) {
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return static_cast<double>(now - modified_ns) / 1e9;
}

// Originals are only ever opened here and read-only; their access time stays too, where that is allowed. A
// pipe that took the place of a file does not make us wait.
FileDescriptor open_original(const fs::path& path) {
    constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    FileDescriptor file(::open(path.c_str(), kFlags | O_NOATIME));
    if (!file && errno == EPERM) file = FileDescriptor(::open(path.c_str(), kFlags));
    return file;
}

bool is_as_told(int descriptor, const FileFacts& facts) {
    struct stat status{};
    return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
           static_cast<std::uint64_t>(status.st_size) == facts.size &&
           std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec == facts.modified_ns;
}

// pread: the descriptor's place stays where it is.
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

Result<Hashed> hash_original(int descriptor) {
    thread_local std::vector<std::uint8_t> block(kBlockBytes);
    Sha256Hasher hasher;
    Hashed hashed;
    while (true) {
        HONE_TRY(const std::size_t count, read_block(descriptor, hashed.bytes, block));
        hasher.add(std::span(block).first(count));
        hashed.bytes += count;
        if (count < block.size()) break;
    }
    hashed.id = hasher.finish();
    return hashed;
}

}  // namespace

AnalyzerKey content_analysis(const ContentAnalyzer& analyzer) {
    return {std::string(ContentAnalyzer::kName), ContentAnalyzer::kVersion, analyzer.model().fingerprint()};
}

std::vector<AnalyzerKey> pixel_analyses() {
    return {{"metadata", kMetadataVersion, ""}, {"hashes", kHashesVersion, ""}, {"look", kLookVersion, ""}};
}

PhotoHashes to_hashes(std::span<const std::uint64_t> stored) {
    PhotoHashes hashes;
    for (std::size_t at = 0; at < stored.size(); ++at) {
        if (at < hashes.turned.size())
            hashes.turned[at] = stored[at];
        else if (at - hashes.turned.size() < hashes.crops.size())
            hashes.crops[at - hashes.turned.size()] = stored[at];
    }
    return hashes;
}

LookBytes to_look(std::span<const std::uint8_t> stored) {
    LookBytes look{};
    std::ranges::copy(stored.first(std::min(stored.size(), look.size())), look.begin());
    return look;
}

std::vector<AnalyzerKey> Intake::wanted() const {
    std::vector<AnalyzerKey> keys = pixel_analyses();
    if (analyzer_ != nullptr) keys.push_back(content_analysis(*analyzer_));
    return keys;
}

Result<FileOutcome::IsPhoto> Intake::read_photo(const IntakeFile& file, int descriptor, const Sha256& id,
                                                std::vector<float>& tensor) const {
    FileOutcome::IsPhoto photo;
    photo.photo.id = id;
    photo.photo.bytes = file.facts.size;
    // What is missing?
    bool findings = true, network = analyzer_ != nullptr;
    HONE_TRY(const std::optional<Photo> known, catalog_.photo(id));
    if (known) {
        HONE_TRY(const std::vector<Analysis> analyses, catalog_.analyses(known->number));
        const auto is_done = [&](const AnalyzerKey& key) {
            return std::ranges::any_of(analyses, [&](const Analysis& done) {
                return done.analyzer == key.analyzer && done.version == key.version &&
                       done.model == key.model;
            });
        };
        findings = !std::ranges::all_of(pixel_analyses(), is_done);
        network = network && !is_done(content_analysis(*analyzer_));
        // Sidecars belong to the place: with one, or when the one it had is gone, what the photo says of
        // itself is put together anew.
        HONE_TRY(const std::optional<Place> before, catalog_.find_place(file.facts.path));
        findings = findings || file.facts.sidecar != 0 || (before && before->facts.sidecar != 0);
    }
    const bool thumbnails = !thumbnails_.has_all(id);
    if (!findings && !network && !thumbnails) return photo;

    std::vector<FileDescriptor> sidecars;
    std::vector<int> sidecar_descriptors;
    if (file.facts.sidecar != 0) {
        for (const fs::path& name : sidecar_names(file.facts.path)) {
            FileDescriptor sidecar = open_original(name);
            if (!sidecar) continue;
            sidecar_descriptors.push_back(sidecar.get());
            sidecars.push_back(std::move(sidecar));
        }
    }
    PhotoWork work;
    work.network_side = network ? analyzer_->wanted_side() : 0;
    work.thumbnails = true;
    work.metadata = findings;
    work.svg = svg_;
    HONE_TRY(PreparedPhoto prepared, decoders_.prepare(descriptor, sidecar_descriptors, work));
    photo.photo.width = prepared.width;
    photo.photo.height = prepared.height;
    photo.photo.format = format_name(prepared.format);
    photo.photo.color = prepared.color;
    if (thumbnails) {
        if (const auto stored = thumbnails_.store(id, prepared.thumbnails); !stored)
            return fail(ErrorKind::kUnavailable, "{}", stored.error().message);
    }
    if (findings) {
        PhotoFindings& found = photo.findings.emplace();
        const auto document = nlohmann::json::parse(prepared.metadata, nullptr, false);
        if (auto metadata = parse_metadata(document)) found.metadata = std::move(*metadata);
        found.taken = resolve_taken(found.metadata, file.facts.path.filename().native(),
                                    file.facts.modified_ns / 1'000'000'000);
        const Image image = look_image(prepared.small);
        const LookBytes look = describe_look(image);
        found.look.assign(look.begin(), look.end());
        const PhotoHashes hashes = describe_hashes(image);
        found.hashes.assign(hashes.turned.begin(), hashes.turned.end());
        found.hashes.insert(found.hashes.end(), hashes.crops.begin(), hashes.crops.end());
        std::ranges::copy(pixel_analyses(), std::back_inserter(photo.done));
    }
    if (network) tensor = analyzer_->prepare(prepared.network);
    return photo;
}

IntakeResult Intake::read(const IntakeFile& file) const {
    IntakeResult result;
    result.outcome.folder = file.folder;
    result.outcome.facts = file.facts;
    const bool young = seconds_since(file.facts.modified_ns) < kRestSeconds;
    const auto failed = [&](const std::string& stage, const std::string& reason) {
        result.outcome.what = FileOutcome::Failed{stage, reason};
        result.tensor.clear();
        return result;
    };
    const FileDescriptor original = open_original(file.facts.path);
    if (!original) return failed("read", fmt::format("cannot open it: {}", std::strerror(errno)));
    if (!is_as_told(original.get(), file.facts)) {
        result.unsettled = true;
        return failed("read", "it is still being written");
    }
    // A video of gigabytes is told by its head.
    std::array<std::uint8_t, kFormatBytes> head{};
    const auto headed = read_block(original.get(), 0, head);
    if (!headed) return failed("read", headed.error().message);
    const Format format = detect_format(std::span(head).first(*headed));
    if (format == Format::kNone || (format == Format::kSvg && !svg_)) {
        result.unsettled = young && *headed == 0;  // made, and not yet filled
        result.outcome.what = FileOutcome::Skipped{
            format == Format::kSvg ? "svg drawing"
                                   : std::string(kind_of_other(std::span(head).first(*headed)))};
        return result;
    }
    if (file.facts.size > kMaximumFileBytes)
        return failed("read", fmt::format("larger than {} MB: no photo is", kMaximumFileBytes >> 20U));
    const auto hashed = hash_original(original.get());
    if (!hashed) return failed("read", hashed.error().message);
    try {
        auto photo = read_photo(file, original.get(), hashed->id, result.tensor);
        // Whatever came out of a file that changed meanwhile is of no photo.
        if (hashed->bytes != file.facts.size || !is_as_told(original.get(), file.facts)) {
            result.unsettled = true;
            return failed("read", "it is still being written");
        }
        if (!photo) {
            if (photo.error().kind == ErrorKind::kUnavailable) result.fatal = photo.error();
            result.unsettled = young;
            return failed("decode", photo.error().message);
        }
        result.outcome.what = std::move(*photo);
    } catch (const std::bad_alloc&) {
        return failed("decode", "it does not fit into memory");
    }
    return result;
}

std::optional<FileOutcome> Intake::recognize(const IntakeFile& file, const Place& before) const {
    if (!before.photo || !before.photo_id || file.facts.sidecar != before.facts.sidecar) return std::nullopt;
    const auto photo = catalog_.photo(*before.photo);
    if (!photo || !*photo) return std::nullopt;
    FileOutcome outcome{file.folder, file.facts, {}};
    FileOutcome::IsPhoto same;
    static_cast<PhotoFacts&>(same.photo) = **photo;
    outcome.what = std::move(same);
    return outcome;
}

}  // namespace hone
