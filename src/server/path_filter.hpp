// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps viewers from asking for folders and file names. Pure functions.
#pragma once

#include <string>

#include "search/filter_parser.hpp"
#include "server/auth/access.hpp"

namespace hone {

// Parses a filter. kUsage when it is wrong, or when it asks for folders or names and the principal may not
// see paths: the answer would reveal whether they exist.
Result<PhotoFilter> parse_filter_of(const Principal& principal, const std::string& text);

}  // namespace hone
