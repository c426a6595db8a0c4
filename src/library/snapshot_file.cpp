// SPDX-License-Identifier: GPL-3.0-or-later
// Writes and reads docs/formats/snapshot-file.md.
#include "library/snapshot_file.hpp"

#include <cstring>
#include <limits>
#include <type_traits>
#include <unordered_map>

#include "base/sha256.hpp"

namespace hone {

namespace {

constexpr std::string_view kMagic("HONESNP\0", 8);
constexpr std::uint32_t kVersion = 3;
constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::min();

class Writer {
  public:
    template <typename Number>
    void number(Number value) {
        static_assert(std::is_arithmetic_v<Number>);
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void text(std::string_view text) {
        number(static_cast<std::uint32_t>(text.size()));
        bytes_ += text;
    }
    void count(std::size_t count) { number(static_cast<std::uint64_t>(count)); }
    std::string finish() {
        const Sha256 hash = sha256(std::string_view(bytes_));
        bytes_.append(reinterpret_cast<const char*>(hash.data()), hash.size());
        return std::move(bytes_);
    }

  private:
    std::string bytes_{kMagic};
};

// After the end, or a count that the bytes cannot hold, every value is 0 and good() is false.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    template <typename Number>
    Number number() {
        Number value{};
        if (rest_.size() < sizeof value) {
            good_ = false;
            return {};
        }
        std::memcpy(&value, rest_.data(), sizeof value);
        rest_.remove_prefix(sizeof value);
        return value;
    }
    std::string text() {
        const auto size = number<std::uint32_t>();
        if (size > rest_.size()) {
            good_ = false;
            return {};
        }
        std::string text(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return text;
    }
    // Of entries that take at least one byte each.
    std::size_t count() {
        const auto count = number<std::uint64_t>();
        if (count > rest_.size()) {
            good_ = false;
            return 0;
        }
        return count;
    }
    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
    bool good_ = true;
};

void write_captures(Writer& out, const std::vector<Capture>& captures) {
    std::unordered_map<std::string_view, std::uint32_t> cameras;
    std::vector<std::string_view> names;
    for (const Capture& capture : captures) {
        const auto number = static_cast<std::uint32_t>(names.size());
        if (cameras.try_emplace(capture.camera, number).second) names.push_back(capture.camera);
    }
    out.count(names.size());
    for (const std::string_view name : names) out.text(name);
    out.count(captures.size());
    for (const Capture& capture : captures) {
        out.number(capture.photo);
        out.number(cameras[capture.camera]);
        out.number(capture.local_seconds.value_or(kNoTime));
        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
        out.number(capture.position ? capture.position->latitude : kNone);
        out.number(capture.position ? capture.position->longitude : kNone);
        out.number(capture.bytes);
        out.number(capture.pixels);
        out.number(static_cast<std::uint8_t>(capture.raw));
        out.number(capture.folder);
    }
}

Result<std::vector<Capture>> read_captures(Reader& in) {
    std::vector<std::string> cameras(in.count());
    for (std::string& camera : cameras) camera = in.text();
    std::vector<Capture> captures(in.count());
    for (Capture& capture : captures) {
        capture.photo = in.number<PhotoNumber>();
        const auto camera = in.number<std::uint32_t>();
        if (camera >= cameras.size()) return fail("a camera is missing");
        capture.camera = cameras[camera];
        if (const auto seconds = in.number<std::int64_t>(); seconds != kNoTime)
            capture.local_seconds = seconds;
        const auto latitude = in.number<double>(), longitude = in.number<double>();
        // NaN is unequal to itself.
        if (latitude == latitude) capture.position = {latitude, longitude};
        capture.bytes = in.number<std::uint64_t>();
        capture.pixels = in.number<std::uint32_t>();
        capture.raw = in.number<std::uint8_t>() != 0;
        capture.folder = in.number<FolderId>();
    }
    return captures;
}

}  // namespace

std::string encode_snapshot(const StoredSnapshot& snapshot) {
    const Changes& changes = snapshot.everything;
    Writer out;
    out.number(kVersion);
    out.text(snapshot.state);
    out.count(snapshot.rows.size());
    for (const auto& [space, rows] : snapshot.rows) {
        out.text(space);
        out.count(rows);
    }
    write_captures(out, changes.shown);
    out.count(changes.represented.size());
    for (const PhotoNumber photo : changes.represented) out.number(photo);
    out.count(changes.copies.size());
    for (const PhotoCopies& copies : changes.copies) {
        out.number(copies.photo);
        out.number(copies.bytes);
        out.number(static_cast<std::uint32_t>(copies.files.size()));
        for (const FileOfPhoto& file : copies.files) {
            out.number(file.folder);
            out.number(file.inode);
            out.number(file.modified_ns);
        }
    }
    out.count(changes.faces.size());
    for (const auto& [photo, people] : changes.faces) {
        out.number(photo);
        out.number(static_cast<std::uint32_t>(people.size()));
        for (const PersonId person : people) out.number(person);
    }
    out.count(changes.people.size());
    for (const ChangedPerson& person : changes.people) {
        out.number(person.id);
        out.number(static_cast<std::uint8_t>(person.named));
        out.number(static_cast<std::uint8_t>(person.hidden));
    }
    out.count(changes.pairs.size());
    for (const SamePicture& pair : changes.pairs) {
        out.number(pair.first);
        out.number(pair.second);
        out.number(static_cast<std::uint8_t>(pair.certain));
    }
    out.count(changes.files.size());
    for (const auto& [folder, files] : changes.files) {
        out.number(folder);
        out.number(files);
    }
    out.number(changes.failed);
    out.count(changes.skipped.size());
    for (const auto& [kind, files] : changes.skipped) {
        out.text(kind);
        out.number(files);
    }
    return out.finish();
}

std::string state_of_snapshot(std::string_view head) {
    if (!head.starts_with(kMagic)) return "";
    Reader in(head.substr(kMagic.size()));
    return in.number<std::uint32_t>() == kVersion ? in.text() : "";
}

Result<StoredSnapshot> decode_snapshot(std::string_view bytes) {
    constexpr std::size_t kHash = std::tuple_size_v<Sha256>;
    if (bytes.size() < kMagic.size() + kHash || !bytes.starts_with(kMagic))
        return fail("the file is not a snapshot of a library");
    const std::string_view body = bytes.substr(0, bytes.size() - kHash);
    const Sha256 hash = sha256(body);
    if (std::memcmp(hash.data(), bytes.data() + body.size(), kHash) != 0)
        return fail("the snapshot is damaged");
    Reader in(body.substr(kMagic.size()));
    if (in.number<std::uint32_t>() != kVersion) return fail("the snapshot is of another version");
    StoredSnapshot snapshot;
    Changes& changes = snapshot.everything;
    changes.everything = true;
    snapshot.state = in.text();
    for (std::size_t left = in.count(); left > 0; --left) {
        const std::string space = in.text();
        snapshot.rows[space] = in.number<std::uint64_t>();
    }
    HONE_TRY(changes.shown, read_captures(in));
    changes.represented.resize(in.count());
    for (PhotoNumber& photo : changes.represented) photo = in.number<PhotoNumber>();
    changes.copies.resize(in.count());
    for (PhotoCopies& copies : changes.copies) {
        copies.photo = in.number<PhotoNumber>();
        copies.bytes = in.number<std::uint64_t>();
        const auto count = in.number<std::uint32_t>();
        for (std::uint32_t left = count; left > 0 && in.good(); --left) {
            FileOfPhoto& file = copies.files.emplace_back();
            file.folder = in.number<FolderId>();
            file.inode = in.number<std::uint64_t>();
            file.modified_ns = in.number<std::int64_t>();
        }
    }
    changes.faces.resize(in.count());
    for (auto& [photo, people] : changes.faces) {
        photo = in.number<PhotoNumber>();
        const auto count = in.number<std::uint32_t>();
        for (std::uint32_t left = count; left > 0 && in.good(); --left)
            people.push_back(in.number<PersonId>());
    }
    changes.people.resize(in.count());
    for (ChangedPerson& person : changes.people) {
        person.id = in.number<PersonId>();
        person.named = in.number<std::uint8_t>() != 0;
        person.hidden = in.number<std::uint8_t>() != 0;
    }
    changes.pairs.resize(in.count());
    for (SamePicture& pair : changes.pairs) {
        pair.first = in.number<PhotoNumber>();
        pair.second = in.number<PhotoNumber>();
        pair.certain = in.number<std::uint8_t>() != 0;
    }
    for (std::size_t left = in.count(); left > 0; --left) {
        const auto folder = in.number<std::int64_t>();
        changes.files[folder] = in.number<std::int64_t>();
    }
    changes.failed = in.number<std::int64_t>();
    for (std::size_t left = in.count(); left > 0; --left) {
        const std::string kind = in.text();
        changes.skipped[kind] = in.number<std::int64_t>();
    }
    if (!in.good() || !in.at_end()) return fail("the snapshot is cut");
    return snapshot;
}

}  // namespace hone
