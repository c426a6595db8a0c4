// Who works on what, where several processes share a catalogue.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace hone {

// A claim is held until it is released, or until its process is no longer there to renew it. Keys are any
// text. Safe from any thread.
class Leases {
  public:
    virtual ~Leases() = default;
    // Takes those that nobody holds, this process included; says which, in the order of the keys. From then
    // on the catalogue shows what whoever held them before has committed.
    virtual Result<std::vector<bool>> take(std::span<const std::string> keys) = 0;
    // Those of the keys that this process holds. What cannot be released runs out.
    virtual void release(std::span<const std::string> keys) = 0;
};

}  // namespace hone
