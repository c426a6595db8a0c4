// SPDX-License-Identifier: GPL-3.0-or-later
// Orders people by the numbers of a snapshot.
#include "people/people_list.hpp"

#include <algorithm>
#include <tuple>

namespace hone {

ListedPeople listed_people(const Snapshot& snapshot, const PeopleFilter& filter, std::size_t offset,
                           std::size_t limit) {
    struct Listed {
        bool named;
        std::uint32_t photos;
        PersonId id;
    };
    std::vector<Listed> people;
    for (std::size_t id = 0; id < snapshot.people().size(); ++id) {
        const PersonNumbers& person = snapshot.people()[id];
        if (person.faces == 0 || (person.hidden && !filter.hidden)) continue;
        if (!filter.singles && !person.named && person.photos < 2) continue;
        people.push_back({person.named, person.photos, static_cast<PersonId>(id)});
    }
    const std::size_t first = std::min(offset, people.size()),
                      last = first + std::min(limit, people.size() - first);
    const auto end = people.begin() + static_cast<std::ptrdiff_t>(last);
    std::ranges::partial_sort(people, end, [](const Listed& a, const Listed& b) {
        return std::tuple(!a.named, b.photos, a.id) < std::tuple(!b.named, a.photos, b.id);
    });
    ListedPeople listed{{}, people.size()};
    for (auto person = people.begin() + static_cast<std::ptrdiff_t>(first); person != end; ++person)
        listed.page.push_back(person->id);
    return listed;
}

}  // namespace hone
