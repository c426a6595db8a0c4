// SPDX-License-Identifier: GPL-3.0-or-later
// Converts results to JSON, and request bodies to queries.
#include "server/json.hpp"

#include <algorithm>

#include "base/path_map.hpp"
#include "catalog/listing.hpp"

namespace hone {

using nlohmann::json;

std::string dump(const json& document, int indent) {
    return document.dump(indent, ' ', false, json::error_handler_t::replace);
}

json photo_json(const Photo& photo, const Listing& listing) {
    json entry = {{"id", to_hex(photo.id)},
                  {"path", utf8_path(listing.path)},
                  {"width", photo.width},
                  {"height", photo.height},
                  {"color", fmt::format("#{:06x}", photo.color)},
                  {"copies", listing.copies},
                  {"reachable", listing.reachable}};
    if (listing.taken) entry["taken_at"] = iso8601_local(*listing.taken);
    return entry;
}

Result<json> listed_photo(Catalog& catalog, const Photo& photo) {
    HONE_TRY(const Listing listing, list_photo(catalog, photo.number));
    return photo_json(photo, listing);
}

Result<json> listed_photos(Catalog& catalog, std::span<const PhotoNumber> photos) {
    HONE_TRY(const std::vector<ListedPhoto> listed, catalog.list(photos));
    json list = json::array();
    for (const ListedPhoto& photo : listed) list.push_back(photo_json(photo.photo, photo.listing));
    return list;
}

namespace {

Result<std::optional<std::string>> id_of(Catalog& catalog, PhotoNumber number) {
    HONE_TRY(const std::optional<Photo> photo, catalog.photo(number));
    return photo ? std::optional(to_hex(photo->id)) : std::nullopt;
}

// Adds the photo's metadata and the raw files that it represents.
Result<> add_facts(Catalog& catalog, const Photo& photo, json& details) {
    HONE_TRY(const std::optional<AnalysisResults> analysis_results, catalog.analysis_results(photo.number));
    details["metadata"] = analysis_results ? to_json(analysis_results->metadata) : json::object();
    if (analysis_results) {
        details["taken_at"] = iso8601_local(analysis_results->taken);
        details["taken_from"] = taken_source_name(analysis_results->taken.source);
    }
    details["raw"] = json::array();
    HONE_TRY(const std::vector<PhotoNumber> raw_photos, catalog.stands_for(photo.number));
    for (const PhotoNumber raw : raw_photos) {
        HONE_TRY(const std::optional<std::string> id, id_of(catalog, raw));
        if (id) details["raw"].push_back(*id);
    }
    HONE_TRY(const std::optional<PhotoNumber> shown_as, catalog.shown_as(photo.number));
    if (shown_as) {
        HONE_TRY(const std::optional<std::string> id, id_of(catalog, *shown_as));
        if (id) details["shown_as"] = *id;
    }
    return {};
}

}  // namespace

json to_json(const Token& token) {
    return {{"id", token.id},
            {"name", token.name},
            {"user", token.user_name},
            {"role", role_name(token.role)},
            {"created_at", iso8601(token.created_at)},
            {"expires_at", iso8601(token.expires_at)},
            {"used_at", token.used_at ? json(iso8601(*token.used_at)) : json()}};
}

Result<json> photo_details(Catalog& catalog, const Photo& photo) {
    HONE_TRY(json details, listed_photo(catalog, photo));
    HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(photo.number));
    HONE_TRY(const std::vector<Folder> folders, catalog.folders());
    HONE_TRY(const std::vector<Analysis> analyses, catalog.analyses(photo.number));
    HONE_CHECK(add_facts(catalog, photo, details));
    details["bytes"] = photo.bytes;
    details["format"] = photo.format;
    details["added_at"] = iso8601(photo.added_at);
    details["files"] = json::array();
    for (const FileRecord& file : files) {
        const auto folder = std::ranges::find(folders, file.folder, &Folder::id);
        details["files"].push_back({{"path", utf8_path(file.facts.path)},
                                    {"folder", folder == folders.end() ? "" : utf8_path(folder->path)},
                                    {"size", file.facts.size},
                                    {"modified_at", iso8601(file.facts.modified_ns / 1'000'000'000)},
                                    {"reachable", file.reachable}});
    }
    details["analyses"] = json::array();
    for (const Analysis& done : analyses) {
        details["analyses"].push_back({{"analyzer", done.analyzer},
                                       {"version", done.version},
                                       {"model", done.model},
                                       {"at", iso8601(done.at)}});
    }
    return details;
}

Result<json> folder_json(Library& library, const Folder& folder, std::span<const Folder> all) {
    const auto below = [](const Folder& inner, const Folder& outer) {
        return inner.id != outer.id && is_below(inner.path, outer.path);
    };
    std::uint64_t photos = 0;
    if (std::ranges::any_of(all, [&](const Folder& other) { return below(folder, other); })) {
        // Its files may have been found through the folder around it.
        HONE_TRY(photos, library.catalog().photos_below(folder.path));
    } else {
        HONE_TRY(const auto snapshot, library.snapshot());
        for (const Folder& other : all) {
            if (other.id == folder.id || below(other, folder)) photos += snapshot->files_of(other.id);
        }
    }
    return json{{"id", folder.id},
                {"path", utf8_path(folder.path)},
                {"photos", photos},
                {"reachable", folder.reachable}};
}

Result<json> folders_json(Library& library) {
    HONE_TRY(const std::vector<Folder> folders, library.catalog().folders());
    json list = json::array();
    for (const Folder& folder : folders) {
        HONE_TRY(json entry, folder_json(library, folder, folders));
        list.push_back(std::move(entry));
    }
    return list;
}

json missing_json(const MissingCount& missing) {
    return {{"photos", missing.photos}, {"since", missing.since ? json(iso8601(*missing.since)) : json()}};
}

json to_json(const ForgetPlan& plan, std::uint64_t photos, bool forgotten) {
    return {{"photos", photos}, {"names", plan.names}, {"forgotten", forgotten}};
}

Result<ForgetBody> parse_forget(const json& document) {
    constexpr std::int64_t kMostDays = 36'500;
    constexpr std::size_t kMostNames = 10'000;
    ForgetBody body;
    bool good = document.is_object() && document.contains("photos") != document.contains("missing_days");
    if (good) {
        for (const auto& [field, value] : document.items()) {
            if (field == "dry_run" && value.is_boolean())
                body.dry_run = value.get<bool>();
            else if (field == "missing_days" && value.is_number_unsigned() && value <= kMostDays)
                body.request.missing_days = value.get<std::int64_t>();
            else if (field == "photos" && value.is_array() && !value.empty() && value.size() <= kMostNames &&
                     std::ranges::all_of(value, [](const json& name) { return name.is_string(); }))
                body.request.names = value.get<std::vector<std::string>>();
            else
                good = false;
        }
    }
    if (!good)
        return fail(ErrorKind::kUsage,
                    "the body must be {{\"photos\": [ids or paths]}} with 1 to {} of them, or "
                    "{{\"missing_days\": 0 to {}}}, and may have \"dry_run\": true",
                    kMostNames, kMostDays);
    return body;
}

json skipped_json(const Counts& counts) {
    json skipped = json::object();
    for (const auto& [kind, files] : counts.skipped) skipped[kind] = files;
    return skipped;
}

json to_json(const SearchPage& page) {
    const SearchQuery& query = page.query;
    json results = json::array();
    for (const SearchHit& hit : page.hits) {
        json entry = photo_json(hit.photo, hit.listing);
        entry["score"] = hit.score;
        entry["probability"] = hit.probability;
        if (hit.text_rank) entry["text_rank"] = *hit.text_rank;
        entry["reasons"] = json::array();
        for (const Reason& reason : hit.reasons)
            entry["reasons"].push_back(
                {{"facet", reason.facet}, {"weight", reason.weight}, {"from", reason.from}});
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
    return {{"query", understood},
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
            {"results", results}};
}

json to_json(const DuplicatePage& page) {
    json groups = json::array();
    for (const DuplicateGroup& group : page.groups) {
        json photos = json::array();
        for (const Duplicate& duplicate : group.photos) {
            json entry =
                photo_json(duplicate.photo, {duplicate.path, duplicate.copies, true, duplicate.taken});
            entry["bytes"] = duplicate.photo.bytes;
            entry["format"] = duplicate.photo.format;
            photos.push_back(std::move(entry));
        }
        groups.push_back({{"photos", std::move(photos)}, {"bytes_to_free", group.bytes_to_free}});
    }
    return {{"kind", duplicate_kind_name(page.kind)}, {"groups", std::move(groups)}, {"total", page.total}};
}

json to_json(const IndexFailure& failure) {
    return {{"path", failure.path}, {"stage", failure.stage}, {"reason", failure.reason}};
}

json to_json(const IndexSummary& summary) {
    json failures = json::array();
    for (const IndexFailure& failure : summary.failures) failures.push_back(to_json(failure));
    return {{"files", summary.files},
            {"photos", summary.photos},
            {"new", summary.added},
            {"unchanged", summary.unchanged},
            {"moved", summary.moved},
            {"missing", summary.missing},
            {"failed", summary.failed},
            {"skipped", summary.skipped},
            {"skipped_kinds", summary.skipped_kinds},
            {"embedded", summary.embedded},
            {"seconds", summary.seconds},
            {"photos_per_second", summary.photos_per_second},
            {"failures", failures}};
}

json to_json(const IndexProgress& progress) {
    static constexpr const char* kStates[] = {"idle", "counting", "running", "paused"};
    return {{"state", kStates[static_cast<int>(progress.state)]},
            {"stage", progress.stage},
            {"done", progress.done},
            {"total", progress.total},
            {"failed", progress.failed},
            {"skipped", progress.skipped},
            {"photos_per_second", progress.photos_per_second},
            {"seconds_left", progress.seconds_left ? json(*progress.seconds_left) : json()}};
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
