// SPDX-License-Identifier: GPL-3.0-or-later
// A progress line on stderr: redrawn on a terminal, invisible elsewhere. Not thread-safe.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace hone {

class ProgressBar {
  public:
    explicit ProgressBar(bool quiet);
    ~ProgressBar();                                    // leaves the terminal on a fresh line
    void show(double share, const std::string& text);  // share: 0..1
    // progress: a scan's, as in GET /status. Nothing while no scan runs.
    void show(const nlohmann::json& progress);
    void clear();  // removes the line

  private:
    const bool visible_;
    bool drawn_ = false;
};

// Formats seconds for people: "40 s", "12 min", "3 h 20 min". Pure function.
std::string duration_text(double seconds);
// Describes a scan in one line: "34 %  indexing 410 of 1200  11.2/s  2 min left". progress: as in GET
// /status. Pure function.
std::string progress_text(const nlohmann::json& progress);

}  // namespace hone
