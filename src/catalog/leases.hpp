// SPDX-License-Identifier: GPL-3.0-or-later
// Leases: which process works on which item, when several processes share a catalogue.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace hone {

// A lease is held until it is released, or until its process stops renewing it. Keys are any text. Safe from
// any thread.
class Leases {
  public:
    virtual ~Leases() = default;
    // Takes the leases that no process holds, including this one. Returns one bit per key, in order: taken or
    // not. Afterwards the catalogue shows everything that the former holders committed. kUnavailable when the
    // server does not answer.
    virtual Result<std::vector<bool>> take(std::span<const std::string> keys) = 0;
    // Releases those of the keys that this process holds. A failed release expires.
    virtual void release(std::span<const std::string> keys) = 0;
};

}  // namespace hone
