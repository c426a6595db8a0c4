// SPDX-License-Identifier: GPL-3.0-or-later
// Reads and writes the settings of the model in use and of the chosen one.
#include "library/model_choice.hpp"

#include <nlohmann/json.hpp>

#include "analyze/content.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr const char* kSearchedModel = "indexed-model";  // name of the model that searches
constexpr const char* kSearchedPrecision = "indexed-precision";
constexpr const char* kWholeModels =
    "whole-models";  // JSON: fingerprints that once had a vector of every photo

Result<std::vector<std::string>> whole_models(const Library& library) try {
    HONE_TRY(const auto text, library.catalog().setting(kWholeModels));
    return json::parse(text.value_or("[]")).get<std::vector<std::string>>();
} catch (const json::exception&) {
    return std::vector<std::string>();  // then the photos are looked through again
}

Result<> note_whole(Library& library, const ImageTextModel& model) {
    HONE_TRY(std::vector<std::string> list, whole_models(library));
    if (std::ranges::find(list, model.fingerprint()) != list.end()) return {};
    list.push_back(model.fingerprint());
    return library.catalog().set_setting(kWholeModels, json(list).dump());
}

}  // namespace

Result<ModelChoice> choose_models(const Library& library, const ModelStore& store, ModelOptions options) {
    Catalog& catalog = library.catalog();
    HONE_TRY(const auto chosen_name, catalog.setting(kModelSetting));
    if (!options.precision) {
        HONE_TRY(const auto stored, catalog.setting(kPrecisionSetting));
        if (stored && !stored->empty()) {
            HONE_TRY(options.precision, parse_precision(*stored));
        }
    }
    HONE_TRY(Manifest manifest, store.find(chosen_name));
    ModelChoice choice{std::make_shared<ImageTextModel>(std::move(manifest), options), nullptr};
    const std::string& chosen = choice.in_use->fingerprint();
    HONE_TRY(const auto embedded, catalog.vector_models(std::string(ContentAnalyzer::kName)));
    const auto has_vectors = [&](const std::string& fingerprint) {
        return std::ranges::find(embedded, fingerprint) != embedded.end();
    };
    HONE_TRY(const std::vector<std::string> whole, whole_models(library));
    if (embedded.empty() || (has_vectors(chosen) && std::ranges::find(whole, chosen) != whole.end()))
        return choice;
    // The model before, where it is still installed. A library of an older Hone knows its name only.
    HONE_TRY(const auto name, catalog.setting(kSearchedModel));
    HONE_TRY(const auto precision, catalog.setting(kSearchedPrecision));
    if (!name) return choice;
    auto former = store.find(*name);
    if (!former) return choice;
    options.precision = std::nullopt;
    if (precision && !precision->empty()) {
        HONE_TRY(options.precision, parse_precision(*precision));
    }
    auto model = std::make_shared<ImageTextModel>(std::move(*former), options);
    if (model->fingerprint() == chosen || !has_vectors(model->fingerprint())) return choice;
    return ModelChoice{std::move(model), std::move(choice.in_use)};
}

Result<> choose_model(Library& library, const Manifest& manifest, std::optional<Precision> precision) {
    if (precision && !manifest.image.files.contains(*precision))
        return fail(ErrorKind::kUsage, "{} has no {} files; it has {}", manifest.name,
                    precision_name(*precision), precisions_of(manifest));
    HONE_CHECK(library.catalog().set_setting(kModelSetting, manifest.name));
    return library.catalog().set_setting(kPrecisionSetting,
                                         precision ? std::string(precision_name(*precision)) : "");
}

Result<bool> complete_choice(Library& library, const ModelChoice& choice, const VectorSpace& in_use,
                             const VectorSpace& next, std::uint64_t failed) {
    HONE_TRY(const auto snapshot, library.snapshot());
    std::uint64_t lacking = 0;
    const SpaceView has = next.view();
    in_use.view().for_each([&](std::size_t, PhotoNumber photo) {
        if (snapshot->is_available(photo) && !has.find(photo)) ++lacking;
    });
    if (lacking > failed) return false;
    HONE_CHECK(note_whole(library, *choice.in_use));
    HONE_CHECK(note_whole(library, *choice.next));
    HONE_CHECK(note_model_in_use(library, *choice.next));
    return true;
}

Result<> note_model_in_use(Library& library, const ImageTextModel& model) {
    HONE_CHECK(library.catalog().set_setting(kSearchedModel, model.manifest().name));
    return library.catalog().set_setting(kSearchedPrecision,
                                         std::string(precision_name(model.image_precision())));
}

}  // namespace hone
