// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the newest examples.
#include "server/example_store.hpp"

#include <algorithm>

namespace hone {

void ExampleStore::add(const std::string& id, Example example) {
    const std::lock_guard lock(mutex_);
    std::erase_if(examples_, [&](const auto& known) { return known.first == id; });
    examples_.emplace_front(id, std::move(example));
    if (examples_.size() > kKept) examples_.pop_back();
}

ExamplePictures ExampleStore::pick(std::span<const std::string> names) const {
    ExamplePictures picked;
    const std::lock_guard lock(mutex_);
    for (const auto& [id, example] : examples_) {
        if (std::ranges::find(names, id) != names.end()) picked.emplace(id, example);
    }
    return picked;
}

}  // namespace hone
