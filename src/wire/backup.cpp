// SPDX-License-Identifier: GPL-3.0-or-later
// Backups, and catalogues copied between a file and a server.
#include "wire/backup.hpp"

namespace hone {

using nlohmann::json;

json to_json(const BackupSummary& summary) {
    return {{"made_at", summary.made_at},
            {"photos", summary.photos},
            {"thumbnails", summary.thumbnails},
            {"bytes", summary.bytes}};
}

json to_json(const surreal::CopyReport& report) {
    return {{"photos", report.photos}, {"compared", {{"tables", report.tables}, {"rows", report.rows}}}};
}

}  // namespace hone
