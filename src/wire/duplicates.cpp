// SPDX-License-Identifier: GPL-3.0-or-later
// Groups of photos that the library has more than once.
#include "wire/duplicates.hpp"

#include "wire/photos.hpp"

namespace hone {

using nlohmann::json;

Document to_document(const DuplicatePage& page) {
    json groups = json::array();
    for (const DuplicateGroup& group : page.groups) {
        json photos = json::array();
        for (const Duplicate& duplicate : group.photos) {
            json entry =
                photo_json(duplicate.photo, {duplicate.path, duplicate.copies, true, duplicate.taken});
            entry["bytes"] = duplicate.photo.bytes;
            entry["format"] = duplicate.photo.format;
            photos.push_back(std::move(entry));
        }
        groups.push_back({{"photos", std::move(photos)}, {"bytes_to_free", group.bytes_to_free}});
    }
    return {"Duplicates",
            {{"kind", duplicate_kind_name(page.kind)}, {"groups", std::move(groups)}, {"total", page.total}}};
}

}  // namespace hone
