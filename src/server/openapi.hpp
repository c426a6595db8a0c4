// SPDX-License-Identifier: GPL-3.0-or-later
// The OpenAPI 3.1 document as JSON, generated from docs/openapi.yaml by script/embed_openapi.py. Valid for
// the life of the process; safe from any thread.
#pragma once

#include <string_view>

namespace hone {

std::string_view openapi_document();

}  // namespace hone
