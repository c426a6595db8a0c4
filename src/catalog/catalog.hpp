// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue: all stored facts, split by concern into one interface per header. It is the only source of
// truth; vector files and thumbnails are derived from it. Each implementation has its own folder (sqlite/,
// surrealdb/), and tests/contract runs one suite against each. Code that needs one concern takes that
// interface.
#pragma once

#include <memory>

#include "catalog/analyses.hpp"
#include "catalog/faces.hpp"
#include "catalog/files.hpp"
#include "catalog/folders.hpp"
#include "catalog/maintenance.hpp"
#include "catalog/matches.hpp"
#include "catalog/people.hpp"
#include "catalog/photos.hpp"
#include "catalog/settings.hpp"
#include "catalog/vectors.hpp"

namespace hone {

// Safe from any thread. Every write is one transaction: after a crash it is there completely or not at all.
// (A catalogue on a server splits large writes into several.) Repeating a write is harmless. Every call may
// fail with kFailed (the database), and a catalogue on a server with kUnavailable (the server does not
// answer); further errors are named at the call. Visitors run on the calling thread; one that returns an
// error ends the call with it.
// The bases are virtual so that an implementation can be the sum of one class per concern.
class Catalog : public virtual FolderCatalog,
                public virtual FileCatalog,
                public virtual PhotoCatalog,
                public virtual AnalysisCatalog,
                public virtual VectorCatalog,
                public virtual FaceCatalog,
                public virtual PeopleCatalog,
                public virtual MatchCatalog,
                public virtual SettingCatalog,
                public virtual CatalogMaintenance {};

// Opens the catalogue of a library folder in SQLite. Writable: creates it or upgrades its schema. Read-only:
// kFailed when the file does not exist or has another schema.
Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const fs::path& file, bool writable);

}  // namespace hone
