// SPDX-License-Identifier: GPL-3.0-or-later
// Tells the failures that may pass from those of a photo.
#pragma once

#include "base/result.hpp"

namespace hone {

// Makes any error kUnavailable. For calls to the catalogue or a disk while a photo is analysed: their error
// is not the photo's fault, so it must not be stored as its result, which is not tried again.
template <typename Value>
Result<Value> unavailable_if_failed(Result<Value> result) {
    if (!result) result.error().kind = ErrorKind::kUnavailable;
    return result;
}

}  // namespace hone
