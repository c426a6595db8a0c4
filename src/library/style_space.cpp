// SPDX-License-Identifier: GPL-3.0-or-later
// Opens and fills the style vector files.
#include "library/style_space.hpp"

#include <algorithm>

#include "analyze/style_terms.hpp"

namespace hone {

Result<std::shared_ptr<StyleSpace>> StyleSpace::open(const fs::path& directory, bool writable) {
    auto spaces = std::make_shared<StyleSpace>();
    HONE_TRY(spaces->styles_, VectorSpace::open(directory, "look", std::string(style_fingerprint()),
                                                kStyleDimension, writable));
    // Scores of different terms have different scales, which one byte per value cannot represent.
    HONE_TRY(spaces->terms_,
             VectorSpace::open(directory, "look-words", std::string(style_terms_fingerprint()), kStyleTerms,
                               writable, ScanElement::kF32));
    return spaces;
}

Result<> StyleSpace::remove(std::span<const PhotoNumber> photos) {
    HONE_CHECK(styles_->remove(photos));
    return terms_->remove(photos);
}

Result<> StyleSpace::sync(Catalog& catalog) {
    HONE_TRY(const std::vector<bool> known, catalog.known_photos());
    std::vector<PhotoNumber> foreign;
    for (const VectorSpace* space : {styles_.get(), terms_.get()}) {
        const SpaceView view = space->view();
        view.for_each([&](std::size_t, PhotoNumber photo) {
            if (photo >= known.size() || !known[photo]) foreign.push_back(photo);
        });
    }
    HONE_CHECK(remove(foreign));
    // Photos without a file, too: nobody looks again when it comes back.
    std::vector<PhotoNumber> missing;
    for (PhotoNumber photo = 0; photo < known.size(); ++photo) {
        if (known[photo] && !has(photo)) missing.push_back(photo);
    }
    return add_missing(catalog, missing);
}

Result<> StyleSpace::sync(Catalog& catalog, std::span<const PhotoNumber> photos) {
    std::vector<PhotoNumber> missing, foreign;
    for (const PhotoNumber photo : photos) {
        if (!has(photo)) {
            missing.push_back(photo);
            continue;
        }
        HONE_TRY(const auto known, catalog.photo(photo));
        if (!known) foreign.push_back(photo);
    }
    if (!foreign.empty()) HONE_CHECK(remove(foreign));
    return add_missing(catalog, missing);
}

bool StyleSpace::has(PhotoNumber photo) const {
    return styles_->find(photo) && terms_->find(photo);
}

Result<> StyleSpace::add_missing(Catalog& catalog, std::span<const PhotoNumber> photos) {
    return catalog.for_each_style(
        photos, [&](PhotoNumber photo, std::span<const std::uint8_t> style, auto) -> Result<> {
            return add(photo, style);
        });
}

Result<> StyleSpace::add(PhotoNumber photo, std::span<const std::uint8_t> style) {
    if (has(photo)) return {};
    const StyleBytes bytes = to_style(style);
    HONE_CHECK(styles_->append(std::span(&photo, 1), style_vector(bytes)));
    return terms_->append(std::span(&photo, 1), style_term_scores(bytes));
}

const std::vector<ReadableStyleTerm>& StyleSpace::vocabulary() {
    static const std::vector<ReadableStyleTerm> terms = [] {
        std::vector<ReadableStyleTerm> readable;
        const auto all = style_terms();
        for (std::size_t column = 0; column < all.size(); ++column) {
            if (all[column].weak) continue;
            ReadableStyleTerm word{std::string(all[column].name), {std::string(all[column].name)}, column};
            for (const auto& synonym : all[column].synonyms) word.spellings.emplace_back(synonym);
            readable.push_back(std::move(word));
        }
        return readable;
    }();
    return terms;
}

std::vector<float> StyleSpace::vector_of(const Image& small) {
    const StyleVector vector = style_vector(describe_style(style_image(small)));
    return {vector.begin(), vector.end()};
}

}  // namespace hone
