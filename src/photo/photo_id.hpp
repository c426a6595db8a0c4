// SPDX-License-Identifier: GPL-3.0-or-later
// The id of a photo: the SHA-256 of the file's content. Pure functions.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "base/sha256.hpp"

namespace hone {

using PhotoId = Sha256;

// Returns true for a prefix of a photo id in hexadecimal, as a person types it: 8 to 64 digits.
bool is_photo_id_prefix(std::string_view text);

// SHA-256 is uniform, so its first bytes are a good hash.
struct PhotoIdHash {
    std::size_t operator()(const PhotoId& id) const {
        std::size_t value = 0;
        std::memcpy(&value, id.data(), sizeof value);
        return value;
    }
};

}  // namespace hone
