// SPDX-License-Identifier: GPL-3.0-or-later
// Example photos that clients sent to search with. Nothing is stored on disk.
#pragma once

#include <list>
#include <mutex>
#include <span>

#include "search/engine.hpp"

namespace hone {

// Drops the oldest examples first. Safe from any thread.
class ExampleStore {
  public:
    // Replaces an example of the same id.
    void add(const std::string& id, Example example);
    // Returns the examples among these names.
    [[nodiscard]] ExamplePictures pick(std::span<const std::string> names) const;

  private:
    static constexpr std::size_t kKept = 1000;
    mutable std::mutex mutex_;
    std::list<std::pair<std::string, Example>> examples_;  // newest first
};

}  // namespace hone
