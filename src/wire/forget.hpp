// SPDX-License-Identifier: GPL-3.0-or-later
// Forgetting photos, as JSON: docs/http.md. Pure functions.
#pragma once

#include "ingest/forget.hpp"
#include "wire/document.hpp"

namespace hone {

// The answer of POST /forget. photos: number of photos to forget, or of forgotten ones.
Document to_document(const ForgetPlan& plan, std::uint64_t photos, bool forgotten);

struct ForgetBody {
    ForgetRequest request;
    bool dry_run = false;
};
// Reads the body of POST /forget. kUsage names the form.
Result<ForgetBody> parse_forget(const nlohmann::json& document);

}  // namespace hone
