// Whole catalogues from a file to a server and back.
#pragma once

#include <functional>

#include "catalog/catalog.hpp"
#include "catalog/surrealdb/client.hpp"

namespace hone::surreal {

// share: 0..1.
using CopyProgress = std::function<void(double share, const std::string& what)>;

struct CopyReport {
    std::uint64_t photos = 0;
    std::uint64_t rows = 0, tables = 0;  // compared at the end, each row with every column, both ways
};

// A copy that was cut short goes on when it is asked for again. kConflict when the target holds photos or
// folders that the source has not. folder: of the library, for mirrors.
Result<CopyReport> copy_to_server(const fs::path& catalog, const Address& server, const fs::path& folder,
                                  const CopyProgress& progress);
Result<CopyReport> copy_from_server(const Address& server, const fs::path& catalog, const fs::path& folder,
                                    const CopyProgress& progress);

}  // namespace hone::surreal
