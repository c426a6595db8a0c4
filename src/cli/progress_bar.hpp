// SPDX-License-Identifier: GPL-3.0-or-later
// A progress line on stderr: redrawn on a terminal, invisible elsewhere. Not thread-safe.
#pragma once

#include <string>

namespace hone {

class ProgressBar {
  public:
    explicit ProgressBar(bool quiet);
    ~ProgressBar();                                    // leaves the terminal on a fresh line
    void show(double share, const std::string& text);  // share: 0..1
    void clear();                                      // removes the line

  private:
    const bool visible_;
    bool drawn_ = false;
};

}  // namespace hone
