// SPDX-License-Identifier: GPL-3.0-or-later
// Writes log lines for the operator to stderr. Callers never log a search text or a person's name, because
// logs are collected, kept and read by others.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace hone::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };

// kJson: one object per line, {"time", "level", "message"}. time is UTC (RFC 3339); level is spdlog's name
// for it.
enum class Format { kText, kJson };

// Sets the level and the format for the process. Not thread-safe; call it once at start. Everything below is
// safe from any thread.
void start(Level level, Format format = Format::kText);
// Returns the format set by start().
[[nodiscard]] Format format();

// Writes one line. Control characters in `text` become spaces.
void write(Level level, std::string_view text);

template <typename... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
    write(Level::kInfo, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
    write(Level::kWarning, fmt::format(text, std::forward<Args>(args)...));
}
template <typename... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
    write(Level::kDebug, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace hone::log
