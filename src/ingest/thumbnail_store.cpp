#include "ingest/thumbnail_store.hpp"

#include <algorithm>

#include "photo/decode.hpp"
#include "photo/thumbnail.hpp"

namespace hone {

namespace {

constexpr const char* kScratch = ".part";
constexpr int kGridSizes[] = {240, 480};  // 1080 is for the open picture: made when it is opened

}  // namespace

Result<std::vector<std::uint8_t>> read_original(Catalog& catalog, const Photo& photo) {
    HONE_TRY(const std::vector<Place> places, catalog.places_of(photo.number));
    std::string reason = "no file of it is known";
    for (const Place& place : places) {
        const auto facts = file_facts(place.facts.path);
        if (!facts) {
            reason = facts.error().message;
        } else if (facts->size != place.facts.size || facts->modified_ns != place.facts.modified_ns) {
            reason = fmt::format("{} has changed since it was read", printable(place.facts.path));
        } else {
            auto bytes = read_file(place.facts.path, kMaximumFileBytes);
            if (bytes) return bytes;
            reason = bytes.error().message;
        }
    }
    return fail(ErrorKind::kUnavailable, "the picture can't be opened now: {}", reason);
}

ThumbnailStore::ThumbnailStore(fs::path directory) : directory_(std::move(directory)) {
    std::error_code ignored;
    fs::remove_all(directory_ / kScratch, ignored);
}

fs::path ThumbnailStore::file(const PhotoId& id, int size) const {
    const std::string hex = to_hex(id);
    return directory_ / hex.substr(0, 2) / fmt::format("{}-{}.webp", hex, size);
}

bool ThumbnailStore::has_grid_sizes(const PhotoId& id) const {
    std::error_code error;
    return std::ranges::all_of(kGridSizes, [&](int size) { return fs::exists(file(id, size), error); });
}

Result<std::string> ThumbnailStore::get(Catalog& catalog, const Photo& photo, int size) {
    if (auto bytes = read_text(file(photo.id, size))) return bytes;
    return make(catalog, photo, std::span(&size, 1));
}

Result<> ThumbnailStore::make_grid_sizes(Catalog& catalog, const Photo& photo) {
    HONE_CHECK(make(catalog, photo, kGridSizes));
    return {};
}

Result<std::string> ThumbnailStore::make(Catalog& catalog, const Photo& photo, std::span<const int> sizes) {
    HONE_TRY(const std::vector<std::uint8_t> bytes, read_original(catalog, photo));
    HONE_TRY(const DecodedPhoto decoded, decode_photo(bytes, std::ranges::max(sizes), Colors::kSrgb));
    std::string webp;
    for (const int size : sizes) {
        HONE_TRY(webp, make_thumbnail(decoded.image, size));
        const fs::path target = file(photo.id, size);
        HONE_CHECK(make_directories(target.parent_path()));
        HONE_CHECK(make_directories(directory_ / kScratch));
        HONE_CHECK(write_file_atomically(target, webp, directory_ / kScratch));
    }
    return webp;
}

}  // namespace hone
