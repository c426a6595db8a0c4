// SPDX-License-Identifier: GPL-3.0-or-later
// Style terms: "red", "foggy", "black and white" as functions of a stored style, without a network.
// docs/style.md has the formulas and their quality. Pure functions, safe from any thread.
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
    // True when the precision of the ten best photos, judged by eye, is below .6. Such a term is not applied.
    bool weak = false;
};

// In the order of the scores. Valid for the life of the process.
std::span<const StyleTerm> style_terms();

// Larger means a better match. Different terms have different scales: compare one term over a library.
using StyleTermScores = std::array<float, kStyleTerms>;
StyleTermScores style_term_scores(const StyleBytes& bytes);

// Identifies the formulas. Scores of different fingerprints are not comparable.
std::string_view style_terms_fingerprint();

}  // namespace hone
