// SPDX-License-Identifier: GPL-3.0-or-later
// The SQL functions for text and distance that filters and lookups use.
#pragma once

#include <numbers>
#include <string>
#include <string_view>

namespace SQLite {
class Database;
}

namespace hone {

// Mean radius of the Earth (IUGG). The great circle differs from the ellipsoid's by at most 0.6 %.
inline constexpr double kEarthRadiusKm = 6371.0088;
inline constexpr double kRadians = std::numbers::pi / 180;  // per degree

// Unicode NFKC_Casefold: ignores case, width and composition of letters, but not accents. Pure function.
std::string folded(std::string_view utf8);

// Adds hone_fold and the others to this connection. Not thread-safe.
void register_filter_functions(SQLite::Database& database);

}  // namespace hone
