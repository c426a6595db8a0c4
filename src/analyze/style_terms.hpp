// Look words: "red", "foggy", "black and white" as functions of a stored look, without a network. Formulas
// and how good each is: docs/style.md.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "analyze/style.hpp"

namespace hone {

inline constexpr std::size_t kStyleTerms = 61;

struct StyleTerm {
    std::string_view name;
    std::vector<std::string_view> synonyms;
    // Precision of the ten best photos, judged by eye, is below .6: such a word is not read as a look.
    bool weak = false;
};

// In the order of style_term_scores(); lives as long as the process.
std::span<const StyleTerm> style_terms();

// Larger is more so. Words are not on one scale: compare the same word over a library.
using StyleTermScores = std::array<float, kStyleTerms>;
StyleTermScores style_term_scores(const StyleBytes& bytes);

// Names the formulas: scores of different names are not comparable.
std::string_view style_terms_fingerprint();

}  // namespace hone
