// What photos look like, as files that are fast to scan: look vectors (analyze/style.hpp) and the scores of
// the look words (analyze/style_terms.hpp). Derived from the looks in the catalogue.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "photo/image.hpp"
#include "vector/vector_space.hpp"

namespace hone {

// A word that can be read as a look, as a search needs it.
struct ReadableStyleTerm {
    std::string name;
    std::vector<std::string> spellings;  // name and synonyms
    std::size_t column = 0;              // of the words' space
};

// add and sync: one thread at a time. Everything else: any thread.
class StyleSpace {
  public:
    // kUnavailable for a reader when the files are not there.
    static Result<std::shared_ptr<StyleSpace>> open(const fs::path& directory, bool writable);
    // Adds what the catalogue has and the files have not.
    Result<> sync(Catalog& catalog);
    // look: the stored bytes. A photo that is there already is left alone.
    Result<> add(PhotoNumber photo, std::span<const std::uint8_t> style);

    // 128 numbers of length 1 a photo.
    [[nodiscard]] const VectorSpace& styles() const { return *styles_; }
    // A score a word and photo.
    [[nodiscard]] const VectorSpace& terms() const { return *terms_; }

    // Those that are good enough to be read, longer spellings first.
    static const std::vector<ReadableStyleTerm>& vocabulary();
    // The look vector of a picture that is not in the library. small: sRGB, upright.
    static std::vector<float> vector_of(const Image& small);

  private:
    std::unique_ptr<VectorSpace> styles_, terms_;
};

}  // namespace hone
