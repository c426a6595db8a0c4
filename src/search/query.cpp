// SPDX-License-Identifier: GPL-3.0-or-later
// Names of facets and other choices, and the validation of queries.
#include "search/query.hpp"

#include <algorithm>

#include "search/filter_parser.hpp"

namespace hone {

namespace {

constexpr std::size_t kMostPhotosOfRound = 1'000'000'000;

std::size_t count_characters(const std::string& utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](unsigned char byte) { return (byte & 0xC0U) != 0x80; }));
}

template <typename Value, std::size_t kSize>
using Names = std::array<std::pair<Value, std::string_view>, kSize>;

constexpr Names<Facet, 4> kFacetNames{{{Facet::kContent, "content"},
                                       {Facet::kStyle, "style"},
                                       {Facet::kPeople, "people"},
                                       {Facet::kMoment, "moment"}}};
constexpr Names<Show, 3> kShowNames{{{Show::kNew, "new"}, {Show::kSeen, "seen"}, {Show::kAll, "all"}}};
constexpr Names<Calibration, 3> kCalibrationNames{
    {{Calibration::kText, "text"}, {Calibration::kMarks, "marks"}, {Calibration::kDeviation, "deviation"}}};

template <typename Value, std::size_t kSize>
std::string_view name_of(const Names<Value, kSize>& names, Value value) {
    return std::ranges::find(names, value, &std::pair<Value, std::string_view>::first)->second;
}

template <typename Value, std::size_t kSize>
Result<Value> value_of(const Names<Value, kSize>& names, std::string_view name, const char* what) {
    for (const auto& [value, known] : names) {
        if (known == name) return value;
    }
    std::vector<std::string_view> all;
    for (const auto& [value, known] : names) all.push_back(known);
    return fail(ErrorKind::kUsage, "unknown {} '{}'; there are {}", what, name.substr(0, 40),
                fmt::join(all, ", "));
}

bool has_signs(const std::string& text) {
    return std::ranges::any_of(text, [](unsigned char c) { return c > ' '; });
}

}  // namespace

std::string_view facet_name(Facet facet) {
    return name_of(kFacetNames, facet);
}

Result<Facet> parse_facet(std::string_view name) {
    return value_of(kFacetNames, name, "facet");
}

std::string_view show_name(Show show) {
    return name_of(kShowNames, show);
}

Result<Show> parse_show(std::string_view name) {
    return value_of(kShowNames, name, "value of show");
}

std::string_view calibration_name(Calibration calibration) {
    return name_of(kCalibrationNames, calibration);
}

bool SearchQuery::has_text() const {
    return has_signs(text);
}

Result<> rank_by_space(SearchQuery& query, std::string_view space) {
    if (space == "content") return {};
    if (space != "style")
        return fail(ErrorKind::kUsage, "unknown space '{}'; the spaces are content and style",
                    space.substr(0, 40));
    query.facets = {{Facet::kContent, 0}, {Facet::kStyle, 1}, {Facet::kMoment, 0}};
    return {};
}

Result<> validate(const SearchQuery& query) {
    if (!query.has_question() && !has_signs(query.filter)) {
        return fail(ErrorKind::kUsage,
                    "nothing to search for: give words, a photo to start from, marks, or a filter");
    }
    if (const std::size_t characters = count_characters(query.text); characters > SearchQuery::kLongestText) {
        return fail(ErrorKind::kUsage, "the text has {} characters; the limit is {}", characters,
                    SearchQuery::kLongestText);
    }
    if (query.limit < 1 || query.limit > SearchQuery::kLargestLimit) {
        return fail(ErrorKind::kUsage, "the limit is {}; it must be between 1 and {}", query.limit,
                    SearchQuery::kLargestLimit);
    }
    for (const std::string& positive : query.like) {
        if (std::ranges::find(query.unlike, positive) != query.unlike.end()) {
            return fail(ErrorKind::kUsage,
                        "the photo {} is marked both as fitting and as not fitting; remove one of the marks",
                        positive);
        }
    }
    for (const auto& [name, weight] : query.weights) {
        const auto marked = [&](const std::vector<std::string>& marks) {
            return std::ranges::find(marks, name) != marks.end();
        };
        if (!marked(query.like) && !marked(query.unlike))
            return fail(ErrorKind::kUsage, "the photo {} has a weight but no mark; mark it too",
                        name.substr(0, 80));
        if (!(weight >= SearchQuery::kLightestMark && weight <= SearchQuery::kHeaviestMark))
            return fail(ErrorKind::kUsage, "the weight of the mark {} is {}; it must be between {} and {}",
                        name.substr(0, 80), weight, SearchQuery::kLightestMark, SearchQuery::kHeaviestMark);
    }
    for (const auto* marks : {&query.like, &query.unlike}) {
        if (marks->size() > SearchQuery::kMostMarks)
            return fail(ErrorKind::kUsage,
                        "{} marks of one kind are too many; the limit is {}, remove the oldest ones",
                        marks->size(), SearchQuery::kMostMarks);
    }
    if (query.rounds.size() > SearchQuery::kMostRounds)
        return fail(ErrorKind::kUsage, "{} rounds are too many; the limit is {}", query.rounds.size(),
                    SearchQuery::kMostRounds);
    for (const ShownPage& round : query.rounds) {
        if (round.photos > kMostPhotosOfRound || round.positives > round.photos)
            return fail(ErrorKind::kUsage,
                        "a round cannot have shown {} photos with {} that fit among them (at most {} photos)",
                        round.photos, round.positives, kMostPhotosOfRound);
    }
    for (const auto& [facet, boost] : query.facets) {
        if (!(boost >= 0 && boost <= SearchQuery::kStrongestBoost))
            return fail(ErrorKind::kUsage,
                        "the boost of the facet {} is {}; it must be between 0 (off) and {}",
                        facet_name(facet), boost, SearchQuery::kStrongestBoost);
    }
    HONE_TRY(const PhotoFilter filter, parse_filter(query.filter));
    (void)filter;
    HONE_TRY(const FeedbackMethod* const method, find_feedback_method(query.method));
    (void)method;
    return {};
}

}  // namespace hone
