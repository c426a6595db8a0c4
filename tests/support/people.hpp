// SPDX-License-Identifier: GPL-3.0-or-later
// People for tests.
#pragma once

#include <cstdlib>

#include "catalog/people.hpp"

namespace hone::test {

// Adds a person without a name.
inline PersonId add_person(PeopleCatalog& catalog) {
    PeopleChange change;
    change.added = 1;
    const auto applied = catalog.change_people(change);
    if (!applied) std::abort();
    return applied->added.front();
}

}  // namespace hone::test
