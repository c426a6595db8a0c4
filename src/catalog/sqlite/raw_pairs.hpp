// SPDX-License-Identifier: GPL-3.0-or-later
// A raw file and the finished photo of the same name next to it: photo.shown_as.
#pragma once

#include "base/file.hpp"
#include "catalog/sqlite/statements.hpp"

namespace hone {

// Call it after the file at the path, or its state, has changed: pairs the raw files of this name in this
// folder with their finished photos again (PhotoCatalog::shown_as()). Call it inside a transaction. Throws
// SQLite::Exception.
void pair_raw_files(Statements& statements, const fs::path& path);

}  // namespace hone
