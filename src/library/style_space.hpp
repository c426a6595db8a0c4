// SPDX-License-Identifier: GPL-3.0-or-later
// The styles of photos as files for fast scans: style vectors (analyze/style.hpp) and scores of the style
// terms (analyze/style_terms.hpp). Derived from the styles in the catalogue.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "photo/image.hpp"
#include "vector/vector_space.hpp"

namespace hone {

// A style term that a search text may contain.
struct ReadableStyleTerm {
    std::string name;
    std::vector<std::string> spellings;  // name and synonyms, lower case
    std::size_t column = 0;              // index into the term scores of a photo
};

// add(), remove() and sync(): one caller at a time. Everything else is safe from any thread.
class StyleSpace {
  public:
    // kUnavailable when a reader finds no files.
    static Result<std::shared_ptr<StyleSpace>> open(const fs::path& directory, bool writable);
    // Adds everything that the catalogue has and the files lack, and removes the photos that it does not
    // know.
    Result<> sync(Catalog& catalog);
    // The same for these photos alone.
    Result<> sync(Catalog& catalog, std::span<const PhotoNumber> photos);
    Result<> remove(std::span<const PhotoNumber> photos);
    // style: the kStyleSize stored bytes. Skips photos that exist.
    Result<> add(PhotoNumber photo, std::span<const std::uint8_t> style);

    // 128 values of length 1 per photo.
    [[nodiscard]] const VectorSpace& styles() const { return *styles_; }
    // One score per style term and photo.
    [[nodiscard]] const VectorSpace& terms() const { return *terms_; }

    // The terms of sufficient quality, longer spellings first.
    static const std::vector<ReadableStyleTerm>& vocabulary();
    // Returns the style vector of an image outside the library. small: sRGB, upright. Pure function.
    static std::vector<float> vector_of(const Image& small);

  private:
    [[nodiscard]] bool has(PhotoNumber photo) const;
    Result<> add_missing(Catalog& catalog, std::span<const PhotoNumber> photos);

    std::unique_ptr<VectorSpace> styles_, terms_;
};

}  // namespace hone
