#include "catalog/surrealdb/surreal_catalog.hpp"

#include "base/sha256.hpp"
#include "catalog/surrealdb/replica.hpp"

namespace hone {

Result<std::unique_ptr<Catalog>> open_surreal_catalog(const surreal::Address& address, const fs::path& folder,
                                                      bool writable, surreal::Patience patience) {
    HONE_CHECK(make_directories(folder));
    const fs::path file = folder / fmt::format("mirror-{}.db", to_hex(sha256(address.shown())).substr(0, 16));
    HONE_TRY(auto replica, surreal::Replica::open(address, file, writable, patience));
    return open_hooked_catalog(file, writable, std::move(replica));
}

}  // namespace hone
