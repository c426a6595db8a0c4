// SPDX-License-Identifier: GPL-3.0-or-later
// Photos and people in exports, and faces on the command line, as JSON. Every function fails as the catalogue
// does.
#pragma once

#include <span>

#include "catalog/catalog.hpp"
#include "wire/document.hpp"

namespace hone {

// Everything about a photo with its faces, for other programs.
Result<nlohmann::json> exported_photo(Catalog& catalog, const Photo& photo,
                                      std::span<const FileRecord> files);
nlohmann::json exported_folders(std::span<const Folder> folders);
// The people with a name, and the hidden ones.
nlohmann::json exported_people(std::span<const PersonCount> people);
// A face as `hone faces` prints it: a person is a number and a name. with_vector: includes the embedding.
Result<nlohmann::json> face_for_command(Catalog& catalog, const Face& face, bool with_vector);

}  // namespace hone
