// A photo is its bytes: its id is the SHA-256 of the file's content.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "base/sha256.hpp"

namespace hone {

using PhotoId = Sha256;

// A prefix of a photo id in hexadecimal, as a person types it: 8 to 64 digits.
bool is_photo_id_prefix(std::string_view text);

// SHA-256 is uniform, so its first bytes are hash enough.
struct PhotoIdHash {
    std::size_t operator()(const PhotoId& id) const {
        std::size_t value = 0;
        std::memcpy(&value, id.data(), sizeof value);
        return value;
    }
};

}  // namespace hone
