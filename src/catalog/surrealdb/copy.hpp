// SPDX-License-Identifier: GPL-3.0-or-later
// Copies whole catalogues from a file to a server and back. Safe from any thread.
#pragma once

#include <functional>

#include "catalog/catalog.hpp"
#include "catalog/surrealdb/client.hpp"

namespace hone::surreal {

// share: 0..1. what: the current step.
using CopyProgress = std::function<void(double share, const std::string& what)>;

struct CopyReport {
    std::uint64_t photos = 0;
    // Compared at the end, each row with every column, in both directions.
    std::uint64_t rows = 0, tables = 0;
};

// Continue an interrupted copy when called again. kConflict when the target has photos, folders or people
// that the source lacks; kUnavailable when the server does not answer. folder: of the library, for the
// replicas. `progress` runs on the calling thread.
Result<CopyReport> copy_to_server(const fs::path& catalog, const Address& server, const fs::path& folder,
                                  const CopyProgress& progress);
Result<CopyReport> copy_from_server(const Address& server, const fs::path& catalog, const fs::path& folder,
                                    const CopyProgress& progress);

}  // namespace hone::surreal
