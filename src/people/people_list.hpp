// SPDX-License-Identifier: GPL-3.0-or-later
// Who is on a page of the list of people.
#pragma once

#include <vector>

#include "library/snapshot.hpp"

namespace hone {

struct PeopleFilter {
    bool hidden = false;   // include hidden people
    bool singles = false;  // include unnamed people in a single photo
};

struct ListedPeople {
    std::vector<PersonId> page;
    std::size_t total = 0;  // of the whole list
};

// Returns the people from `offset` to `offset + limit`: those with faces, named ones first, then by number of
// photos, the most first, then by id. One pass over PersonNumbers, 12 bytes each, and a sort of the page.
// Pure; safe from any thread.
ListedPeople listed_people(const Snapshot& snapshot, const PeopleFilter& filter, std::size_t offset,
                           std::size_t limit);

}  // namespace hone
