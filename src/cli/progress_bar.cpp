// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the progress line.
#include "cli/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace hone {

using nlohmann::json;

ProgressBar::ProgressBar(bool quiet) : visible_(!quiet && ::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
    clear();
}

void ProgressBar::show(double share, const std::string& text) {
    if (!visible_) return;
    constexpr int kWidth = 30;
    const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * kWidth);
    fmt::print(stderr, "\r[{}{}] {}\x1b[K", std::string(static_cast<std::size_t>(filled), '='),
               std::string(static_cast<std::size_t>(kWidth - filled), ' '), text);
    std::fflush(stderr);
    drawn_ = true;
}

void ProgressBar::show(const json& progress) {
    if (progress.value("state", "idle") == "idle") return clear();
    show(progress.value("share", 0.0), progress_text(progress));
}

void ProgressBar::clear() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
    drawn_ = false;
}

std::string duration_text(double seconds) {
    const auto whole = static_cast<long>(std::ceil(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    const long minutes = (whole + 59) / 60;
    if (minutes < 60) return fmt::format("{} min", minutes);
    return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string progress_text(const json& progress) {
    const std::string state = progress.value("state", "idle");
    const json jobs = progress.value("jobs", json::array());
    // The job that the others wait for: the last one that runs, of those that follow on each other.
    json current = json::object();
    for (const json& job : jobs) {
        const std::string name = job.value("name", "");
        const bool stage =
            name == "finding" || name == "indexing" || name == "people" || name == "duplicates";
        if (stage && job.value("total", std::uint64_t{0}) > job.value("done", std::uint64_t{0}) &&
            current.empty())
            current = job;
    }
    if (state == "counting") {
        std::uint64_t found = 0, read = 0;
        for (const json& job : jobs) {
            if (job.value("name", "") == "finding") found = job.value("done", found);
            if (job.value("name", "") == "indexing") read = job.value("done", read);
        }
        return fmt::format("{} files found, {} read", found, read);
    }
    std::string text = fmt::format("{:.0f} %", std::floor(100 * progress.value("share", 0.0)));
    if (!current.empty()) {
        text += fmt::format("  {} {} of {}", current.value("name", ""), current.value("done", 0),
                            current.value("total", 0));
        if (const double rate = current.value("per_second", 0.0); rate > 0)
            text += fmt::format("  {:.1f}/s", rate);
    }
    if (state == "paused") return text + "  paused";
    if (progress.contains("seconds_left") && progress["seconds_left"].is_number())
        text += fmt::format("  {} left", duration_text(progress["seconds_left"].get<double>()));
    return text;
}

}  // namespace hone
