// SPDX-License-Identifier: GPL-3.0-or-later
// The page of results, and requests for one.
#include "wire/search.hpp"

#include <algorithm>

#include "base/stop.hpp"
#include "photo/photo_id.hpp"
#include "wire/photos.hpp"

namespace hone {

using nlohmann::json;

Document to_document(const SearchPage& page, const std::stop_token& stop) {
    const SearchQuery& query = page.query;
    json results = json::array();
    for (const SearchHit& hit : page.hits) {
        throw_if_stopped(stop);
        json entry = photo_json(hit.photo, hit.listing);
        entry["score"] = hit.score;
        entry["probability"] = hit.probability;
        if (hit.text_rank) entry["text_rank"] = *hit.text_rank;
        // With many marks, most of the page: without the copies that an initializer list makes.
        json::array_t reasons;
        reasons.reserve(hit.reasons.size());
        for (const Reason& reason : hit.reasons) {
            json::object_t one;
            one.emplace("facet", reason.facet);
            one.emplace("weight", reason.weight);
            one.emplace("from", reason.from);
            reasons.emplace_back(std::move(one));
        }
        entry["reasons"] = std::move(reasons);
        entry["explores"] = hit.explores;
        entry["grouped"] = hit.grouped;
        entry["group"] = json::array();
        for (const auto& [photo, listing] : hit.group) entry["group"].push_back(photo_json(photo, listing));
        results.push_back(std::move(entry));
    }
    json understood = {{"text", query.text},
                       {"like", query.like},
                       {"unlike", query.unlike},
                       {"weights", query.weights.empty() ? json::object() : json(query.weights)},
                       {"seen", query.seen.size()},
                       {"show", show_name(query.show)},
                       {"method", query.method},
                       {"limit", query.limit},
                       {"offset", query.offset},
                       {"facts", query.facts},
                       {"facets", json::object()},
                       {"collapse", query.collapse},
                       {"diverse", query.diverse}};
    for (const auto& [facet, boost] : query.facets) understood["facets"][facet_name(facet)] = boost;
    if (query.style_terms) understood["style_terms"] = *query.style_terms;
    for (const ShownPage& round : query.rounds)
        understood["rounds"].push_back({{"shown", round.photos}, {"like", round.positives}});
    json facets = json::array(), style_terms = json::array();
    for (const FacetState& state : page.facets) {
        json entry = {{"facet", facet_name(state.facet)},
                      {"available", state.available},
                      {"auc", state.auc},
                      {"boost", state.boost},
                      {"weight", state.weight}};
        if (!state.available) entry["why"] = state.why;
        facets.push_back(std::move(entry));
    }
    for (const StyleTermState& state : page.style_terms)
        style_terms.push_back({{"word", state.word}, {"used", state.used}});
    if (!query.from.empty()) understood["from"] = query.from;
    if (!query.filter.empty()) understood["filter"] = query.filter;
    return {"SearchPage",
            {{"query", understood},
             {"total", page.total},
             {"end", page.end},
             {"likely", page.likely},
             {"possible", page.possible},
             {"nothing_fits", page.nothing_fits},
             {"text_wins", page.text_wins},
             {"explores", page.explores},
             {"calibration", calibration_name(page.calibration)},
             {"facets", std::move(facets)},
             {"style_terms", std::move(style_terms)},
             {"took_ms", page.took_ms},
             {"method", query.method},
             {"model", page.model},
             {"histogram",
              {{"from", page.histogram.from}, {"to", page.histogram.to}, {"counts", page.histogram.counts}}},
             {"cuts", {{"likely", page.likely_cut}, {"possible", page.possible_cut}}},
             {"results", results}}};
}

Document example_document(const std::string& id, int width, int height, std::uint32_t color) {
    return {"Example",
            {{"id", id}, {"width", width}, {"height", height}, {"color", fmt::format("#{:06x}", color)}}};
}

Result<SearchQuery> parse_search(const json& document) {
    if (!document.is_object()) return fail(ErrorKind::kUsage, "the body must be one JSON object");
    SearchQuery query;
    const auto text_of = [](const json& value, const std::string& name, std::string& target) -> Result<> {
        if (!value.is_string()) return fail(ErrorKind::kUsage, "the field '{}' must be a string", name);
        target = value.get<std::string>();
        return {};
    };
    const auto names_of = [](const json& value, const std::string& name,
                             std::vector<std::string>& target) -> Result<> {
        const bool strings = value.is_array() &&
                             std::ranges::all_of(value, [](const json& entry) { return entry.is_string(); });
        if (!strings) return fail(ErrorKind::kUsage, "the field '{}' must be a list of strings", name);
        target = value.get<std::vector<std::string>>();
        return {};
    };
    const auto number_of = [](const json& value, const std::string& name, std::size_t& target) -> Result<> {
        if (!value.is_number_integer() || value < 0)
            return fail(ErrorKind::kUsage, "the field '{}' must be a whole number", name);
        target = value.get<std::size_t>();
        return {};
    };
    const auto rounds_of = [&](const json& value, std::vector<ShownPage>& target) -> Result<> {
        const bool objects = value.is_array() && std::ranges::all_of(value, [](const json& round) {
                                 return round.is_object() && round.size() == 2 && round.contains("shown") &&
                                        round.contains("like");
                             });
        if (!objects)
            return fail(ErrorKind::kUsage,
                        R"(the field 'rounds' must be a list of {{"shown": number, "like": number}})");
        for (const json& round : value) {
            ShownPage& page = target.emplace_back();
            HONE_CHECK(number_of(round["shown"], "shown", page.photos));
            HONE_CHECK(number_of(round["like"], "like", page.positives));
        }
        return {};
    };
    const auto truth_of = [](const json& value, const std::string& name, bool& target) -> Result<> {
        if (!value.is_boolean()) return fail(ErrorKind::kUsage, "the field '{}' must be true or false", name);
        target = value.get<bool>();
        return {};
    };
    const auto numbers_of = [](const json& value, const std::string& name, const auto& take) -> Result<> {
        if (!value.is_object())
            return fail(ErrorKind::kUsage, "the field '{}' must be an object of numbers", name);
        for (const auto& [key, number] : value.items()) {
            if (!number.is_number())
                return fail(ErrorKind::kUsage, "the field '{}' must be an object of numbers", name);
            HONE_CHECK(take(key, number.template get<double>()));
        }
        return {};
    };
    const auto take_weight = [&](const std::string& id, double weight) -> Result<> {
        query.weights[id] = weight;
        return {};
    };
    const auto take_facet = [&](const std::string& facet, double boost) -> Result<> {
        HONE_TRY(const Facet known, parse_facet(facet));
        query.facets[known] = boost;
        return {};
    };
    for (const auto& [name, value] : document.items()) {
        if (value.is_null()) continue;
        if (name == "text")
            HONE_CHECK(text_of(value, name, query.text));
        else if (name == "filter")
            HONE_CHECK(text_of(value, name, query.filter));
        else if (name == "facts")
            HONE_CHECK(truth_of(value, name, query.facts));
        else if (name == "from")
            HONE_CHECK(text_of(value, name, query.from));
        else if (name == "method")
            HONE_CHECK(text_of(value, name, query.method));
        else if (name == "like")
            HONE_CHECK(names_of(value, name, query.like));
        else if (name == "unlike")
            HONE_CHECK(names_of(value, name, query.unlike));
        else if (name == "seen")
            HONE_CHECK(names_of(value, name, query.seen));
        else if (name == "weights")
            HONE_CHECK(numbers_of(value, name, take_weight));
        else if (name == "facets")
            HONE_CHECK(numbers_of(value, name, take_facet));
        else if (name == "rounds")
            HONE_CHECK(rounds_of(value, query.rounds));
        else if (name == "style_terms")
            HONE_CHECK(names_of(value, name, query.style_terms.emplace()));
        else if (name == "show") {
            std::string show;
            HONE_CHECK(text_of(value, name, show));
            HONE_TRY(query.show, parse_show(show));
        } else if (name == "collapse")
            HONE_CHECK(truth_of(value, name, query.collapse));
        else if (name == "diverse")
            HONE_CHECK(truth_of(value, name, query.diverse));
        else if (name == "limit")
            HONE_CHECK(number_of(value, name, query.limit));
        else if (name == "offset")
            HONE_CHECK(number_of(value, name, query.offset));
        else
            return fail(ErrorKind::kUsage, "unknown field '{}'", name);
    }
    // Over HTTP, photos are named by id only: a path would reveal which files exist.
    for (const auto* names : {&query.like, &query.unlike, &query.seen}) {
        for (const std::string& name : *names) {
            if (!is_photo_id_prefix(name))
                return fail(ErrorKind::kUsage, "'{}' is not a photo id", name.substr(0, 80));
        }
    }
    if (!query.from.empty() && !is_photo_id_prefix(query.from))
        return fail(ErrorKind::kUsage, "'{}' is not a photo id", query.from.substr(0, 80));
    return query;
}

}  // namespace hone
