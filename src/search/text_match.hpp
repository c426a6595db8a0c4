// The words of a search as text: a photo in whose name, folders, title, keywords or camera all of them stand
// is lifted above what only looks right. Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "search/calibration.hpp"

namespace hone {

inline constexpr std::size_t kMostTextTerms = 32;  // a longer text describes a picture and names none

// The words that a photo's text must hold: split at blanks, each once, without those that say nothing of a
// photo (a, the, of, photo ...). Empty when none is left or when there are more than kMostTextTerms.
std::vector<std::string> terms_to_match(std::string_view text);

inline constexpr double kLiftedProbability = 0.95;

// What a match adds to the score. The unit is the distance from the curve's middle (the likely cut,
// probability 1/2) to kLiftedProbability. At and above the middle the bonus is two units. A score below the
// middle is lifted to between one unit and two above the middle, so that a name that was typed is found
// however its picture looks; the nearer, the higher, so that the order of the pictures stays. Both > 0; score
// + bonus grows with the score, and its probability is at least kLiftedProbability.
double text_bonus(const LogisticCalibration& calibration, double score);

}  // namespace hone
