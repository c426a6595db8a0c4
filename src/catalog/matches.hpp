// SPDX-License-Identifier: GPL-3.0-or-later
// The photos that match words or a filter. catalog.hpp has the rules of every call.
#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/filter.hpp"
#include "catalog/ids.hpp"

namespace hone {

class MatchCatalog {
  public:
    virtual ~MatchCatalog() = default;

    // All of them end soon after a stop is requested, with kUnavailable.
    //
    // Photos that contain every one of the words in name, folders, title, keywords or camera. Ignores case
    // and accents. paths: false for people who must not see paths, so that they cannot guess them.
    virtual Result<std::vector<PhotoNumber>> matching_text(std::span<const std::string> words,
                                                           bool paths = true,
                                                           const std::stop_token& stop = {}) = 0;
    // Available photos that match the filter, by ascending number. kUsage when a term's value does not fit
    // its field.
    virtual Result<std::vector<PhotoNumber>> matching(const PhotoFilter& filter,
                                                      const std::stop_token& stop = {}) = 0;
    // The same photos by descending time of capture; those without a time last, equal times by id.
    virtual Result<std::vector<PhotoNumber>> matching_newest_taken(const PhotoFilter& filter,
                                                                   const std::stop_token& stop = {}) = 0;
};

}  // namespace hone
