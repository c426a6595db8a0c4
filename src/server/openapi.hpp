// SPDX-License-Identifier: GPL-3.0-or-later
// The OpenAPI 3.1 document for docs/http.md. Valid for the life of the process; safe from any thread.
#pragma once

#include <string_view>

namespace hone {

std::string_view openapi_document();

}  // namespace hone
