// The OpenAPI 3.1 document of docs/http.md.
#pragma once

#include <string_view>

namespace hone {

std::string_view openapi_document();

}  // namespace hone
