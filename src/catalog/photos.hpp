// SPDX-License-Identifier: GPL-3.0-or-later
// Photos: which the catalogue knows, which of them can be found, and what a list shows of them. catalog.hpp
// has the rules of every call.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "catalog/ids.hpp"
#include "photo/metadata.hpp"
#include "photo/photo_id.hpp"

namespace hone {

// Facts about a photo's bytes and pixels.
struct PhotoFacts {
    PhotoId id{};
    std::uint64_t bytes = 0;
    int width = 0, height = 0;  // pixels, upright
    std::string format;
    std::uint32_t color = 0;  // mean colour, 0xRRGGBB
};

struct Photo : PhotoFacts {
    PhotoNumber number = 0;
    std::int64_t added_at = 0;  // Unix seconds
};

// The facts about a photo that a list shows besides those about its bytes.
struct Listing {
    fs::path path;           // the first available file
    std::size_t copies = 0;  // files with these bytes that are not missing
    bool reachable = false;  // at least one of them is in a reachable folder
    // Unset when only the file's modification time is known, because copying changes that.
    std::optional<TakenAt> taken;
};
struct ListedPhoto {
    Photo photo;
    Listing listing;
};

struct Counts {
    std::uint64_t photos = 0;  // with at least one file that is not missing
    std::uint64_t failed = 0;
    std::vector<std::pair<std::string, std::uint64_t>> skipped;  // kind -> files
};

// An available photo has at least one file that is not missing, and is not a raw file that a finished photo
// represents.
class PhotoCatalog {
  public:
    virtual ~PhotoCatalog() = default;

    // Both return std::nullopt for an unknown photo.
    virtual Result<std::optional<Photo>> photo(PhotoNumber number) = 0;
    virtual Result<std::optional<Photo>> photo(const PhotoId& id) = 0;
    // Accepts a unique prefix of 8 or more hexadecimal digits, or a path. kNotFound when no photo matches,
    // kUsage when a prefix matches several.
    virtual Result<Photo> resolve(const std::string& id_or_path) = 0;
    // The same for many, in their order. Whole ids cost one statement together.
    virtual Result<std::vector<Photo>> resolve(std::span<const std::string> ids_or_paths,
                                               const std::stop_token& stop = {}) = 0;
    // The photos in the order of their numbers, in one statement; unknown numbers are left out.
    virtual Result<std::vector<ListedPhoto>> list(std::span<const PhotoNumber> photos,
                                                  const std::stop_token& stop = {}) = 0;
    // Available photos, the most recently added first.
    virtual Result<std::vector<Photo>> newest(std::size_t offset, std::size_t limit,
                                              const std::stop_token& stop = {}) = 0;
    // Available photos by ascending number.
    virtual Result<std::vector<PhotoNumber>> available() = 0;
    // Bits by photo number, set for every photo in the catalogue.
    virtual Result<std::vector<bool>> known_photos() = 0;
    virtual Result<Counts> counts() = 0;
    // A raw file and the finished photo of the same name next to it are one pair; the finished photo
    // represents both. Returns the photo that represents this raw one, or std::nullopt. stands_for() is the
    // inverse.
    virtual Result<std::optional<PhotoNumber>> shown_as(PhotoNumber photo) = 0;
    virtual Result<std::vector<PhotoNumber>> stands_for(PhotoNumber photo) = 0;
};

}  // namespace hone
