// SPDX-License-Identifier: GPL-3.0-or-later
// The plan of forgetting photos, and requests for it.
#include "wire/forget.hpp"

#include <algorithm>

namespace hone {

using nlohmann::json;

Document to_document(const ForgetPlan& plan, std::uint64_t photos, bool forgotten) {
    return {"Forgotten", {{"photos", photos}, {"names", plan.names}, {"forgotten", forgotten}}};
}

Result<ForgetBody> parse_forget(const json& document) {
    constexpr std::int64_t kMostDays = 36'500;
    constexpr std::size_t kMostNames = 10'000;
    ForgetBody body;
    bool good = document.is_object() && document.contains("photos") != document.contains("missing_days");
    if (good) {
        for (const auto& [field, value] : document.items()) {
            if (field == "dry_run" && value.is_boolean())
                body.dry_run = value.get<bool>();
            else if (field == "missing_days" && value.is_number_unsigned() && value <= kMostDays)
                body.request.missing_days = value.get<std::int64_t>();
            else if (field == "photos" && value.is_array() && !value.empty() && value.size() <= kMostNames &&
                     std::ranges::all_of(value, [](const json& name) { return name.is_string(); }))
                body.request.names = value.get<std::vector<std::string>>();
            else
                good = false;
        }
    }
    if (!good)
        return fail(ErrorKind::kUsage,
                    "the body must be {{\"photos\": [ids or paths]}} with 1 to {} of them, or "
                    "{{\"missing_days\": 0 to {}}}, and may have \"dry_run\": true",
                    kMostNames, kMostDays);
    return body;
}

}  // namespace hone
