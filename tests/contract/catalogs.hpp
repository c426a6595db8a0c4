// SPDX-License-Identifier: GPL-3.0-or-later
// Every implementation of the catalogue, for suites that run on each. A new one adds itself here.
#pragma once

#include <gtest/gtest.h>

#include "catalog/catalog.hpp"
#include "tests/contract/surrealdb/engine.hpp"

namespace hone::test {

struct CatalogImplementation {
    const char* name;
    Result<std::unique_ptr<Catalog>> (*open)(const fs::path& folder, bool writable);
};

inline auto every_catalog() {
    return testing::Values(CatalogImplementation{"sqlite",
                                                 [](const fs::path& folder, bool writable) {
                                                     return open_sqlite_catalog(folder / "catalog.db",
                                                                                writable);
                                                 }},
                           CatalogImplementation{"surrealdb", &open_on_server});
}

inline std::string name_of_catalog(const testing::TestParamInfo<CatalogImplementation>& test) {
    return test.param.name;
}

}  // namespace hone::test
