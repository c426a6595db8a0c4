// Log lines for the operator, on stderr. No line holds what a person looks for or whom they name: logs are
// collected, kept and read by others.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace hone::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };

// kJson: one object a line, {"time", "level", "message"}; time is UTC (RFC 3339), level as spdlog names them.
enum class Format { kText, kJson };

// Not thread-safe; called once at start. Writing below is safe from any thread.
void start(Level level, Format format = Format::kText);
[[nodiscard]] Format format();

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
