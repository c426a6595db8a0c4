// SPDX-License-Identifier: GPL-3.0-or-later
// Copies of a library as JSON, for the command line. Pure functions.
#pragma once

#include <nlohmann/json.hpp>

#include "catalog/surrealdb/copy.hpp"
#include "library/backup.hpp"

namespace hone {

nlohmann::json to_json(const BackupSummary& summary);
nlohmann::json to_json(const surreal::CopyReport& report);

}  // namespace hone
