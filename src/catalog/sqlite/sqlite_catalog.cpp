// SPDX-License-Identifier: GPL-3.0-or-later
// The SQLite catalogue: the sum of its concerns over the same connections.
#include "catalog/catalog.hpp"
#include "catalog/sqlite/analyses.hpp"
#include "catalog/sqlite/faces.hpp"
#include "catalog/sqlite/files.hpp"
#include "catalog/sqlite/folders.hpp"
#include "catalog/sqlite/maintenance.hpp"
#include "catalog/sqlite/matches.hpp"
#include "catalog/sqlite/people.hpp"
#include "catalog/sqlite/photos.hpp"
#include "catalog/sqlite/settings.hpp"
#include "catalog/sqlite/vectors.hpp"

namespace hone {

namespace {

class SqliteCatalog final : public Catalog,
                            public SqliteFolders,
                            public SqliteFiles,
                            public SqlitePhotos,
                            public SqliteAnalyses,
                            public SqliteVectors,
                            public SqliteFaces,
                            public SqlitePeople,
                            public SqliteMatches,
                            public SqliteSettings,
                            public SqliteMaintenance {
  public:
    explicit SqliteCatalog(std::unique_ptr<Connections> connections)
        : SqliteFolders(*connections),
          SqliteFiles(*connections),
          SqlitePhotos(*connections),
          SqliteAnalyses(*connections),
          SqliteVectors(*connections),
          SqliteFaces(*connections),
          SqlitePeople(*connections),
          SqliteMatches(*connections),
          SqliteSettings(*connections),
          SqliteMaintenance(*connections),
          connections_(std::move(connections)) {}

  private:
    std::unique_ptr<Connections> connections_;
};

}  // namespace

Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const fs::path& file, bool writable) {
    return open_hooked_catalog(file, writable, nullptr);
}

Result<std::unique_ptr<Catalog>> open_hooked_catalog(const fs::path& file, bool writable,
                                                     std::unique_ptr<CommitHook> hook) {
    CommitHook* const server = hook.get();
    auto connections = std::make_unique<Connections>(file, writable, std::move(hook));
    HONE_CHECK(connections->open());
    auto catalog = std::make_unique<SqliteCatalog>(std::move(connections));
    // Best effort: without an answer of the server, the next opening does it.
    if (writable && server != nullptr && server->condition().trouble.empty())
        (void)catalog->start_missing_clocks();
    return catalog;
}

}  // namespace hone
