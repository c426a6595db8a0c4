// SPDX-License-Identifier: GPL-3.0-or-later
// Checks prefixes of photo ids.
#include "photo/photo_id.hpp"

#include <algorithm>

namespace hone {

bool is_photo_id_prefix(std::string_view text) {
    return text.size() >= 8 && text.size() <= 64 && std::ranges::all_of(text, [](unsigned char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

}  // namespace hone
