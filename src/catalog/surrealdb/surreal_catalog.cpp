// SPDX-License-Identifier: GPL-3.0-or-later
// Assembles a server catalogue from its replica.
#include "catalog/surrealdb/surreal_catalog.hpp"

#include "catalog/surrealdb/replica.hpp"

namespace hone {

Result<std::unique_ptr<Catalog>> open_surreal_catalog(const surreal::Address& address, const fs::path& folder,
                                                      bool writable, surreal::Patience patience) {
    HONE_CHECK(make_directories(folder));
    const fs::path file = surreal::replica_file(folder, address);
    HONE_TRY(auto replica, surreal::Replica::open(address, file, writable, patience));
    return open_hooked_catalog(file, writable, std::move(replica));
}

}  // namespace hone
