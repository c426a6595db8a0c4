// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the progress line.
#include "cli/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace hone {

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

void ProgressBar::clear() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
    drawn_ = false;
}

}  // namespace hone
