// SPDX-License-Identifier: GPL-3.0-or-later
// Text matches: a photo whose name, folders, title, keywords or camera contain the whole query text ranks
// above photos that only look right. Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "search/calibration.hpp"

namespace hone {

inline constexpr std::size_t kMostTextTerms = 32;  // a longer text is a description, not a name

// Returns the words that a photo's text must contain: split at blanks, each once, without words that carry no
// information (a, the, of, photo ...). Empty when none remains, or more than kMostTextTerms.
std::vector<std::string> terms_to_match(std::string_view text);

inline constexpr double kLiftedProbability = 0.95;

// Returns the bonus that a text match adds to a score, > 0. Its unit is the distance from the threshold (the
// likely cut, probability 1/2) to kLiftedProbability. At and above the threshold, the bonus is two units. A
// lower score is raised to between one and two units above the threshold, so a photo with the typed name is
// found whatever it shows. score + bonus rises with the score, which keeps the photos' order, and its
// probability is at least kLiftedProbability.
double text_bonus(const LogisticCalibration& calibration, double score);

}  // namespace hone
