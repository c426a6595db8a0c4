// SPDX-License-Identifier: GPL-3.0-or-later
// Splits query texts and computes the bonus of a text match.
#include "search/text_match.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hone {

namespace {

using std::string_view_literals::operator""sv;

// Words in most descriptions that carry no information.
constexpr std::array kSaysNothing = {"a"sv,      "an"sv,      "the"sv,     "and"sv,  "of"sv,
                                     "in"sv,     "on"sv,      "at"sv,      "with"sv, "photo"sv,
                                     "photos"sv, "picture"sv, "pictures"sv};

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return out;
}

}  // namespace

std::vector<std::string> terms_to_match(std::string_view text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ') ++end;
        std::string_view word = text.substr(at, end - at);
        at = end + 1;
        while (!word.empty() && !is_word_character(word.front())) word.remove_prefix(1);
        while (!word.empty() && !is_word_character(word.back())) word.remove_suffix(1);
        std::string plain = lower(word);
        if (plain.empty() || std::ranges::find(kSaysNothing, plain) != kSaysNothing.end() ||
            std::ranges::find(words, plain) != words.end())
            continue;
        if (words.size() == kMostTextTerms) return {};
        words.push_back(std::move(plain));
    }
    return words;
}

double text_bonus(const LogisticCalibration& calibration, double score) {
    const double unit = calibration.score_at(kLiftedProbability) - calibration.threshold,
                 above = score - calibration.threshold;
    return above >= 0 ? 2 * unit : unit + unit * std::exp(above / unit) - above;
}

}  // namespace hone
