// SPDX-License-Identifier: GPL-3.0-or-later
// The formulas of the style terms.
#include "analyze/style_terms.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hone {

namespace {

// Named access to the blocks of a style; offsets as in style.hpp.
class View {
  public:
    explicit View(const StyleNumbers& numbers) : x_(numbers) {
        for (std::size_t at = 0; at < 96; ++at) hue_[at / 6] += share(6 + at);
        for (const double value : hue_) colour_ += value;
        for (std::size_t at = 0; at < 16; ++at) {
            const double near = hue_[at] + hue_[(at + 15) % 16] + hue_[(at + 1) % 16];
            one_hue_ = std::max(one_hue_, near / (colour_ + 1e-6));
        }
        double sum = 0;
        for (std::size_t at = 0; at < 8; ++at) {
            const auto magnitude = [&](std::size_t scale) {
                return std::max(std::exp(static_cast<double>(x_[181 + scale * 8 + at])) - 1e-3, 1e-5);
            };
            direction_[at] = magnitude(0) + magnitude(1);
            sum += direction_[at];
        }
        for (double& value : direction_) value /= sum;
    }

    // Fractions of pixels: neutral ones by lightness 0, .2 .. 1; all of a hue of 22.5 degrees; coloured ones.
    [[nodiscard]] double neutral(std::size_t level) const { return share(level); }
    [[nodiscard]] double colour() const { return colour_; }
    [[nodiscard]] double one_hue() const { return one_hue_; }
    // hue 0..15, level 0..2 (dark, middle, light), strength 0..1 (weak, strong)
    [[nodiscard]] double pixels(std::size_t hue, std::size_t level, std::size_t strength) const {
        return share(6 + hue * 6 + level * 2 + strength);
    }
    [[nodiscard]] double direction(std::size_t at) const { return direction_[at]; }
    [[nodiscard]] double band(std::size_t at) const { return x_[167 + at]; }
    // Mean of a row of the 4 x 2 grid; channel 0..2: L, a, b.
    [[nodiscard]] double grid_row(std::size_t row, std::size_t channel) const {
        return (x_[205 + row * 6 + channel] + x_[205 + row * 6 + 3 + channel]) / 2.0;
    }

    enum Scalar : std::size_t {
        p1,
        p5,
        p25,
        p50,
        p75,
        p95,
        p99,
        light,
        contrast,
        chroma,
        chroma_sd,
        chroma95,
        colourful,
        a,
        b,
        a_sd,
        b_sd,
        hi_a,
        hi_b,
        lo_a,
        lo_b,
        neutral_share,
        sym_lr,
        sym_tb,
        sharp10,
        sharp50,
        sharp90,
        flat,
        vignette,
        sal_off,
        sal_y,
        sal_spread,
        grain,
        warm,
        aspect
    };
    double operator[](Scalar scalar) const { return x_[102 + static_cast<std::size_t>(scalar)]; }

  private:
    // The colour block holds square roots.
    [[nodiscard]] double share(std::size_t at) const { return static_cast<double>(x_[at]) * x_[at]; }

    const StyleNumbers& x_;
    std::array<double, 16> hue_{};
    std::array<double, 8> direction_{};
    double colour_ = 0, one_hue_ = 0;
};

// up(): 0 at and below `from`, 1 at and above `to`. down() is the reverse.
double up(double x, double from, double to) {
    return std::clamp((x - from) / (to - from), 0.0, 1.0);
}
double down(double x, double from, double to) {
    return 1 - up(x, from, to);
}

struct HueWeight {
    std::size_t hue;
    double weight;
};
using Lightness = std::array<double, 3>;
using Chroma = std::array<double, 2>;

double hues(const View& v, std::initializer_list<HueWeight> weights, const Lightness& lightness = {1, 1, 1},
            const Chroma& chroma = {1, 1}) {
    double sum = 0;
    for (const auto& [hue, weight] : weights) {
        for (std::size_t level = 0; level < 3; ++level) {
            for (std::size_t strength = 0; strength < 2; ++strength)
                sum += weight * v.pixels(hue, level, strength) * lightness[level] * chroma[strength];
        }
    }
    return sum;
}

// Sums one lightness or chroma over all hues.
double all_hues(const View& v, std::initializer_list<std::pair<std::size_t, std::size_t>> cells) {
    double sum = 0;
    for (std::size_t hue = 0; hue < 16; ++hue) {
        for (const auto& [lightness, chroma] : cells) sum += v.pixels(hue, lightness, chroma);
    }
    return sum;
}

struct Formula {
    StyleTerm word;
    double (*score)(const View& v);
};

const std::array<Formula, kStyleTerms>& formulas() {
    using V = View;
    static const std::array<Formula, kStyleTerms> all{{
        {{"red", {"crimson", "scarlet"}},
         [](const V& v) { return hues(v, {{0, .4}, {1, 1}, {2, .3}}, {.7, 1, .3}, {.2, 1}); }},
        {{"orange", {}}, [](const V& v) { return hues(v, {{2, .6}, {3, 1}}, {.1, 1, 1}, {.1, 1}); }},
        {{"yellow", {}},
         [](const V& v) { return hues(v, {{4, 1}, {5, .8}, {6, -.7}}, {.1, .7, 1}, {.1, 1}); }},
        {{"green", {"lush"}},
         [](const V& v) { return hues(v, {{5, .3}, {6, 1}, {7, .6}}, {1, 1, 1}, {.5, 1}); }},
        {{"teal", {}}, [](const V& v) { return hues(v, {{8, 1}, {9, .9}}, {1, 1, 1}, {.7, 1}); }},
        {{"blue", {"azure", "navy"}},
         [](const V& v) { return hues(v, {{10, .5}, {11, 1}, {12, 1}}, {1, 1, .8}, {.4, 1}); }},
        {{"purple", {"violet", "lilac"}},
         [](const V& v) { return hues(v, {{13, 1}, {14, 1}}, {1, 1, 1}, {.6, 1}); }},
        {{"pink", {"magenta", "rose"}},
         [](const V& v) { return hues(v, {{0, 1}, {15, 1}, {14, .3}}, {.1, 1, 1}, {.5, 1}); }},
        {{"brown", {}}, [](const V& v) { return hues(v, {{2, .8}, {3, 1}, {4, .5}}, {1, .7, 0}, {1, .4}); }},
        {{"beige", {}}, [](const V& v) { return hues(v, {{3, 1}, {4, 1}}, {0, .3, 1}, {1, 0}); }},
        {{"gold", {}}, [](const V& v) { return hues(v, {{4, 1}, {3, .5}}, {.2, 1, .6}, {.1, 1}); }},
        {{"turquoise", {}}, [](const V& v) { return hues(v, {{8, 1}, {9, 1}}, {0, .7, 1}, {.4, 1}); }},
        {{"black", {}}, [](const V& v) { return v.neutral(0) + .4 * v.neutral(1); }},
        {{"white", {}}, [](const V& v) { return v.neutral(5) + .3 * v.neutral(4); }},
        {{"grey", {"gray"}},
         [](const V& v) {
             return v.neutral(2) + v.neutral(3) + .4 * (v.neutral(1) + v.neutral(4)) - v[V::contrast];
         }},
        {{"black and white", {"b&w", "bw", "noir", "greyscale", "grayscale"}},
         [](const V& v) { return down(v[V::chroma95], .008, .03) + .1 * up(v[V::contrast], .1, .3); }},
        {{"sepia", {"vintage brown"}},
         [](const V& v) {
             return up(v[V::b], .008, .03) * down(v[V::b_sd], .012, .035) * down(v[V::a_sd], .010, .03) *
                    up(v[V::a], -.012, .003) * up(v[V::contrast], .05, .15);
         }},
        {{"colourful", {"colorful", "rainbow"}},
         [](const V& v) { return v[V::colourful] + .3 * down(v.one_hue(), .5, .95); }},
        {{"muted", {"desaturated", "faded"}},
         [](const V& v) { return down(v[V::chroma95], .06, .16) * up(v[V::chroma95], .01, .04); }},
        {{"vivid", {"saturated"}}, [](const V& v) { return all_hues(v, {{0, 1}, {1, 1}, {2, 1}}); }},
        {{"monochrome", {}}, [](const V& v) { return v.one_hue() * up(v.colour(), .2, .7); }},
        {{"pastel", {}},
         [](const V& v) {
             return all_hues(v, {{2, 0}}) * down(v[V::contrast], .1, .25) * up(v[V::p5], .3, .6);
         }},
        {{"neon", {}},
         [](const V& v) {
             return up(hues(v,
                            {{0, 1},
                             {6, .7},
                             {7, .7},
                             {8, 1},
                             {9, 1},
                             {10, 1},
                             {11, 1},
                             {12, 1},
                             {13, 1},
                             {14, 1},
                             {15, 1}},
                            {.3, 1, 1}, {0, 1}),
                       .03, .35) *
                    down(v[V::p25], .1, .4);
         }},
        {{"warm", {}}, [](const V& v) { return v[V::warm]; }},
        {{"cold", {"cool"}}, [](const V& v) { return -v[V::warm]; }},
        {{"warm light", {"golden hour"}}, [](const V& v) { return .8 * v[V::hi_b] + .4 * v[V::hi_a]; }},
        {{"cold light", {}}, [](const V& v) { return -.8 * v[V::hi_b] - .4 * v[V::hi_a]; }},
        {{"teal and orange", {}},
         [](const V& v) {
             return (v[V::hi_b] - v[V::lo_b]) * up(-v[V::lo_b], 0, .04) * up(v[V::hi_b], 0, .04);
         }},
        {{"bright", {}}, [](const V& v) { return v[V::light]; }},
        {{"dark", {"gloomy", "underexposed"}}, [](const V& v) { return -v[V::light]; }},
        {{"high key", {"airy"}}, [](const V& v) { return v[V::p5] + .5 * v[V::p25]; }},
        {{"low key", {"moody"}}, [](const V& v) { return -v[V::p75] - .3 * v[V::p50]; }},
        {{"high contrast", {}}, [](const V& v) { return v[V::contrast]; }},
        {{"low contrast", {}}, [](const V& v) { return -(v[V::p95] - v[V::p5]); }},
        {{"night", {"nighttime"}, true},
         [](const V& v) {
             return down(v[V::p50], .1, .4) * up(v[V::p99] - v[V::p50], .2, .6) * up(v[V::p50], .03, .12) *
                    up(v[V::sharp90], -4, -2.5) * (1 + up(v[V::warm], -.02, .04));
         }},
        {{"sunset", {"sunrise", "dusk", "dawn"}},
         [](const V& v) {
             return up(hues(v, {{2, 1}, {3, 1}, {4, .8}, {1, .7}}), .1, .6) * up(v[V::hi_b], .03, .12) *
                    down(v[V::p25], .2, .5) *
                    up((v.grid_row(0, 0) + v.grid_row(1, 0)) / 2 - v.grid_row(3, 0), -.05, .2) *
                    down(v[V::sharp50], -5, -2.5);
         }},
        {{"foggy", {"fog", "misty", "hazy"}},
         [](const V& v) {
             return down(v[V::chroma95], .03, .09) * up(v[V::p5], .2, .5) * down(v.band(5), -4., -2.3) *
                    up(v[V::light], .45, .65) * down(v[V::p99], .9, 1.03);
         }},
        {{"silhouette", {}, true},
         [](const V& v) {
             return up(v.neutral(0) + v.neutral(1) + all_hues(v, {{0, 0}, {0, 1}}), .15, .4) *
                    up(v[V::p75] - v[V::p5], .3, .6) * down(v[V::p5], .1, .25) * down(v[V::sharp10], -6, -4);
         }},
        {{"blue sky", {}},
         [](const V& v) {
             return up(-v.grid_row(0, 2), .02, .1) * up(v.grid_row(0, 0), .45, .7) *
                    up(v.grid_row(0, 0) - v.grid_row(3, 0), -.1, .2);
         }},
        {{"green nature", {}},
         [](const V& v) { return hues(v, {{5, .7}, {6, 1}, {7, .7}}) * up(v[V::sharp50], -4, -2.5); }},
        {{"blurry", {"out of focus"}, true},
         [](const V& v) {
             return up(v.band(5) - v.band(1), .2, 1.5) * down(v[V::sharp90], -4.5, -2.2) *
                    up(v.band(7), -3.2, -2.2);
         }},
        {{"sharp", {"crisp", "detailed"}}, [](const V& v) { return v[V::sharp50] + .5 * v[V::sharp10]; }},
        {{"shallow focus", {}, true},
         [](const V& v) {
             return (v[V::sharp90] - v[V::sharp10]) * up(v[V::sharp90], -3.3, -2.2) *
                    down(v[V::flat], .1, .4);
         }},
        {{"grainy", {}, true}, [](const V& v) { return v[V::grain] - .6 * v.band(4); }},
        {{"minimal", {"minimalist"}},
         [](const V& v) { return v[V::flat] * up(v[V::p99] - v[V::p1], .1, .3) - .1 * v[V::sal_spread]; }},
        {{"busy", {"cluttered", "textured"}}, [](const V& v) { return v[V::sharp10] + v[V::sharp50]; }},
        {{"smooth", {}}, [](const V& v) { return -v[V::sharp50] - .5 * v[V::sharp90]; }},
        {{"plain white background", {}},
         [](const V& v) { return v.neutral(5) * v[V::flat] * down(v[V::sharp10], -7, -5.5); }},
        {{"plain black background", {}}, [](const V& v) { return v.neutral(0) * v[V::flat]; }},
        {{"symmetrical", {"symmetric"}},
         [](const V& v) { return v[V::sym_lr] * up(v[V::contrast], .05, .15); }},
        {{"top-bottom mirrored", {}}, [](const V& v) { return v[V::sym_tb] * up(v[V::contrast], .05, .15); }},
        {{"horizontal lines", {}}, [](const V& v) { return v.direction(4); }},
        {{"vertical lines", {}}, [](const V& v) { return v.direction(0); }},
        {{"diagonal lines", {}}, [](const V& v) { return std::max(v.direction(2), v.direction(6)); }},
        {{"vignette", {}}, [](const V& v) { return -v[V::vignette] * up(v[V::light], .2, .45); }},
        {{"bright edges", {}}, [](const V& v) { return v[V::vignette]; }},
        {{"centred", {"centered"}},
         [](const V& v) { return -v[V::sal_spread] - v[V::sal_off] - std::abs(v[V::sal_y] - .5); }},
        {{"line drawing", {}, true},
         [](const V& v) {
             return down(v[V::chroma95], .02, .06) * up(v.neutral(5), .2, .6) *
                    up(v[V::sharp50], -4.2, -2.5) * down(v[V::flat], .25, .6);
         }},
        {{"panorama", {"panoramic"}}, [](const V& v) { return v[V::aspect]; }},
        {{"portrait format", {"vertical format"}}, [](const V& v) { return -v[V::aspect]; }},
        {{"square", {}}, [](const V& v) { return -std::abs(v[V::aspect]); }},
    }};
    return all;
}

}  // namespace

std::span<const StyleTerm> style_terms() {
    static const std::vector<StyleTerm> words = [] {
        std::vector<StyleTerm> list;
        for (const Formula& formula : formulas()) list.push_back(formula.word);
        return list;
    }();
    return words;
}

StyleTermScores style_term_scores(const StyleBytes& bytes) {
    const StyleNumbers numbers = style_numbers(bytes);
    const View view(numbers);
    StyleTermScores scores{};
    for (std::size_t word = 0; word < kStyleTerms; ++word)
        scores[word] = static_cast<float>(formulas()[word].score(view));
    return scores;
}

std::string_view style_terms_fingerprint() {
    return "look1-words1";
}

}  // namespace hone
