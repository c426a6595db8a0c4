// Material that script/golden makes; a test that misses it says so and is skipped.
#pragma once

#include <gtest/gtest.h>

#include "base/file.hpp"

namespace hone::test {

inline fs::path source_directory() {
    return HONE_SOURCE_DIR;
}
inline fs::path shared_directory() {
    return fs::path(HONE_SOURCE_DIR).parent_path() / "shared";
}

}  // namespace hone::test

#define HONE_NEEDS(path)                                                                    \
    if (std::error_code hone_needs_error; !hone::fs::exists(path, hone_needs_error)) {      \
        GTEST_SKIP() << (path).string()                                                     \
                     << " is not there (made by script/golden, some of it from ../shared)"; \
    }
