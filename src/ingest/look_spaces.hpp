// What photos look like, as files that are fast to scan: look vectors (analyze/look.hpp) and the scores of
// the look words (analyze/look_words.hpp). Derived from the looks in the catalogue.
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
struct ReadableLookWord {
    std::string name;
    std::vector<std::string> spellings;  // name and synonyms
    std::size_t column = 0;              // of the words' space
};

// add and sync: one thread at a time. Everything else: any thread.
class LookSpaces {
  public:
    // kUnavailable for a reader when the files are not there.
    static Result<std::shared_ptr<LookSpaces>> open(const fs::path& directory, bool writable);
    // Adds what the catalogue has and the files have not.
    Result<> sync(Catalog& catalog);
    // look: the stored bytes. A photo that is there already is left alone.
    Result<> add(PhotoNumber photo, std::span<const std::uint8_t> look);

    // 128 numbers of length 1 a photo.
    [[nodiscard]] const VectorSpace& looks() const { return *looks_; }
    // A score a word and photo.
    [[nodiscard]] const VectorSpace& words() const { return *words_; }

    // Those that are good enough to be read, longer spellings first.
    static const std::vector<ReadableLookWord>& vocabulary();
    // The look vector of a picture that is not in the library. small: sRGB, upright.
    static std::vector<float> vector_of(const Image& small);

  private:
    std::unique_ptr<VectorSpace> looks_, words_;
};

}  // namespace hone
