// SPDX-License-Identifier: GPL-3.0-or-later
// Compares a vector file's labels with the catalogue.
#include "library/vector_sync.hpp"

#include <algorithm>

namespace hone {

namespace {

Result<> add_missing(VectorCatalog& catalog, const VectorKey& key, VectorSpace& space,
                     std::span<const PhotoNumber> missing) {
    return catalog.for_each_vector(key, missing,
                                   [&](PhotoNumber number, std::span<const float> values) -> Result<> {
                                       if (values.size() != space.dimension()) {
                                           return fail(
                                               "the catalogue has a vector of {} numbers instead of {}; "
                                               "restore a backup, or choose another model",
                                               values.size(), space.dimension());
                                       }
                                       return space.append(std::span(&number, 1), values);
                                   });
}

}  // namespace

Result<> sync_vectors(VectorCatalog& catalog, const VectorKey& key, VectorSpace& space) {
    HONE_TRY(const std::vector<PhotoNumber> numbers, catalog.vector_numbers(key));
    std::vector<PhotoNumber> foreign;
    {
        const SpaceView view = space.view();
        view.for_each([&](std::size_t, PhotoNumber label) {
            if (!std::ranges::binary_search(numbers, label)) foreign.push_back(label);
        });
    }
    HONE_CHECK(space.remove(foreign));
    std::size_t known = 0;
    for (const PhotoNumber number : numbers) known += space.find(number).has_value() ? 1 : 0;
    if (known != space.view().size()) HONE_CHECK(space.clear());  // the file names a photo twice
    std::vector<PhotoNumber> missing;
    std::ranges::copy_if(numbers, std::back_inserter(missing),
                         [&](PhotoNumber number) { return !space.find(number); });
    return add_missing(catalog, key, space, missing);
}

Result<> sync_vectors(VectorCatalog& catalog, const VectorKey& key, VectorSpace& space,
                      std::span<const PhotoNumber> photos) {
    std::vector<PhotoNumber> missing, foreign;
    for (const PhotoNumber photo : photos) {
        if (!space.find(photo)) {
            missing.push_back(photo);
            continue;
        }
        HONE_TRY(const bool known, catalog.has_vector(photo, key));
        if (!known) foreign.push_back(photo);
    }
    if (!foreign.empty()) HONE_CHECK(space.remove(foreign));
    return add_missing(catalog, key, space, missing);
}

}  // namespace hone
