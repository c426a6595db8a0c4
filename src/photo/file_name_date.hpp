// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the time of capture from a file name. Cameras, phones and messengers write the time into the name,
// and it often survives when a messenger has removed the EXIF data. Pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hone {

struct NameDate {
    std::int64_t local_seconds = 0;     // the calendar of the name, seconds since 1970 as if it were UTC
    std::optional<int> offset_minutes;  // 0 for names known to be in UTC; unset when the name does not say
    bool has_time = false;              // false: only the day is known, local_seconds is its midnight

    friend bool operator==(const NameDate&, const NameDate&) = default;
};

// name: a file name without folders, any bytes. Returns std::nullopt when it contains no date. Recognised,
// with any text around:
//   20240131_142530, 20240131-142530123, 20240131142530     IMG_, VID_, DSC_, Screenshot_ ... before it
//   2024-01-31 14.25.30, 2024-01-31-14-25-30, 2024-01-31-142530, 2024-01-31 at 2.25.30 PM
//   20240131, 2024-01-31                                    the day only (IMG-20240131-WA0001)
//   FB_IMG_1706711130123, mmexport1706711130123, 1706711130123   milliseconds since 1970, UTC
// PXL_ names are in UTC. A run of digits counts only as one number, with a year from 1900 to 2100, an
// existing day and an existing time. Orders that people read differently (31-01-2024) are not guessed.
std::optional<NameDate> date_from_name(std::string_view name);

}  // namespace hone
