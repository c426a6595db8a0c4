// SPDX-License-Identifier: GPL-3.0-or-later
// Material that script/golden makes. A test that misses it is skipped with the reason, or fails with
// HONE_FORBID_SKIPS=1.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "base/file.hpp"

namespace hone::test {

inline fs::path source_directory() {
    return HONE_SOURCE_DIR;
}
inline fs::path shared_directory() {
    return fs::path(HONE_SOURCE_DIR).parent_path() / "shared";
}

// Photos and models next to the project, which only some machines have; tests of these are made where they
// exist.
inline bool exists(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);
}
inline bool skips_forbidden() {
    const char* value = std::getenv("HONE_FORBID_SKIPS");
    return value != nullptr && std::string_view(value) == "1";
}

}  // namespace hone::test

// Ends the test: skipped, or failed where skips are forbidden. For any reason but hardware.
#define HONE_SKIP(reason)                                                                        \
    do {                                                                                         \
        if (hone::test::skips_forbidden()) GTEST_FAIL() << (reason) << " (HONE_FORBID_SKIPS=1)"; \
        GTEST_SKIP() << (reason);                                                                \
    } while (false)

#define HONE_NEEDS(path)                                                     \
    if (!hone::test::exists(path)) {                                         \
        HONE_SKIP((path).string() + " is missing (script/golden makes it)"); \
    }
