// Log lines for the operator, on stderr. Nothing a program must parse is ever logged.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace hone::log {

enum class Level { kDebug, kInfo, kWarning, kError, kOff };

// Not thread-safe; called once at start. Writing below is safe from any thread.
void start(Level level);

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
