// Look words: "red", "foggy", "black and white" as functions of a stored look, without a network. Formulas
// and how good each is: docs/look.md.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "analyze/look.hpp"

namespace hone {

inline constexpr std::size_t kLookWords = 61;

struct LookWord {
    std::string_view name;
    std::vector<std::string_view> synonyms;
    // Precision of the ten best photos, judged by eye, is below .6: such a word is not read as a look.
    bool weak = false;
};

// In the order of look_word_scores(); lives as long as the process.
std::span<const LookWord> look_words();

// Larger is more so. Words are not on one scale: compare the same word over a library.
using LookWordScores = std::array<float, kLookWords>;
LookWordScores look_word_scores(const LookBytes& bytes);

// Names the formulas: scores of different names are not comparable.
std::string_view look_words_fingerprint();

}  // namespace hone
