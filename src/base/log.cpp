#include "base/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace hone::log {

namespace {

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarning:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
        case Level::kOff:
            return spdlog::level::off;
    }
    return spdlog::level::info;
}

}  // namespace

void start(Level level) {
    auto logger = spdlog::get("hone");
    if (!logger) logger = spdlog::stderr_color_mt("hone");
    logger->set_pattern("%H:%M:%S %^%l%$ %v");
    logger->set_level(to_spdlog(level));
    spdlog::set_default_logger(logger);
}

void write(Level level, std::string_view text) {
    spdlog::log(to_spdlog(level), "{}", text);
}

}  // namespace hone::log
