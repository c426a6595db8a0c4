// SPDX-License-Identifier: GPL-3.0-or-later
// Which models a library uses. A person chooses one (the setting `model`). Searches continue with the model
// before it until the chosen one has embedded every photo; then the switch is one setting, and choosing the
// former model again takes it back at once, because its vectors are kept.
#pragma once

#include "library/library.hpp"
#include "model/store.hpp"

namespace hone {

struct ModelChoice {
    std::shared_ptr<ImageTextModel> in_use;  // searches; new photos get its vectors
    std::shared_ptr<ImageTextModel> next;    // the chosen model while it lacks photos; null otherwise
};

// Opens no network. options.precision: of the chosen model instead of the setting's. Errors as
// ModelStore::find(). Safe from any thread.
Result<ModelChoice> choose_models(const Library& library, const ModelStore& store, ModelOptions options);

// For the writer: sets the model that a person chose. kUsage when it has no files of that precision. Takes
// effect with the next choose_models().
Result<> choose_model(Library& library, const Manifest& manifest, std::optional<Precision> precision);

// For the writer, after a scan: makes `next` the model in use when it has a vector of every available photo
// that the other one has, except for `failed` of them that it cannot embed. Returns whether it does. Costs a
// pass over the labels of both spaces.
Result<bool> complete_choice(Library& library, const ModelChoice& choice, const VectorSpace& in_use,
                             const VectorSpace& next, std::uint64_t failed);

// For the writer, after a scan: remembers the model with which the library is searched.
Result<> note_model_in_use(Library& library, const ImageTextModel& model);

}  // namespace hone
