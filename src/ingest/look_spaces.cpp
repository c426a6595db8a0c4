#include "ingest/look_spaces.hpp"

#include "analyze/look_words.hpp"
#include "ingest/intake.hpp"

namespace hone {

Result<std::shared_ptr<LookSpaces>> LookSpaces::open(const fs::path& directory, bool writable) {
    auto spaces = std::make_shared<LookSpaces>();
    HONE_TRY(spaces->looks_,
             VectorSpace::open(directory, "look", std::string(look_fingerprint()), kLookDimension, writable));
    // Scores of different words are on different scales, which one byte a number cannot hold.
    HONE_TRY(spaces->words_, VectorSpace::open(directory, "look-words", std::string(look_words_fingerprint()),
                                               kLookWords, writable, ScanElement::kF32));
    return spaces;
}

Result<> LookSpaces::sync(Catalog& catalog) {
    return catalog.for_each_look([&](PhotoNumber photo, std::span<const std::uint8_t> look,
                                     auto) -> Result<> { return add(photo, look); });
}

Result<> LookSpaces::add(PhotoNumber photo, std::span<const std::uint8_t> look) {
    if (looks_->find(photo) && words_->find(photo)) return {};
    const LookBytes bytes = to_look(look);
    HONE_CHECK(looks_->append(std::span(&photo, 1), look_vector(bytes)));
    return words_->append(std::span(&photo, 1), look_word_scores(bytes));
}

const std::vector<ReadableLookWord>& LookSpaces::vocabulary() {
    static const std::vector<ReadableLookWord> words = [] {
        std::vector<ReadableLookWord> readable;
        const auto all = look_words();
        for (std::size_t column = 0; column < all.size(); ++column) {
            if (all[column].weak) continue;
            ReadableLookWord word{std::string(all[column].name), {std::string(all[column].name)}, column};
            for (const auto& synonym : all[column].synonyms) word.spellings.emplace_back(synonym);
            readable.push_back(std::move(word));
        }
        return readable;
    }();
    return words;
}

std::vector<float> LookSpaces::vector_of(const Image& small) {
    const LookVector vector = look_vector(describe_look(look_image(small)));
    return {vector.begin(), vector.end()};
}

}  // namespace hone
