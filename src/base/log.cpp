// SPDX-License-Identifier: GPL-3.0-or-later
// The process-wide spdlog logger and its two line formats.
#include "base/log.hpp"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/time.hpp"

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

Format chosen_format = Format::kText;

class JsonFormatter final : public spdlog::formatter {
  public:
    void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& out) override {
        using namespace std::chrono;
        const auto since = floor<milliseconds>(line.time.time_since_epoch());
        std::string time = iso8601(since.count() / 1000);
        time.insert(time.size() - 1, fmt::format(".{:03}", since.count() % 1000));
        const auto text = [](spdlog::string_view_t view) { return std::string(view.data(), view.size()); };
        const nlohmann::ordered_json object = {{"time", time},
                                               {"level", text(spdlog::level::to_string_view(line.level))},
                                               {"message", text(line.payload)}};
        fmt::format_to(std::back_inserter(out), "{}\n",
                       object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    }
    [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
        return std::make_unique<JsonFormatter>();
    }
};

}  // namespace

void start(Level level, Format format) {
    auto logger = spdlog::get("hone");
    if (!logger) logger = spdlog::stderr_color_mt("hone");
    chosen_format = format;
    if (format == Format::kJson)
        logger->set_formatter(std::make_unique<JsonFormatter>());
    else
        // On a terminal a progress bar may stand in the line.
        logger->set_pattern(std::string(::isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "") +
                            "%H:%M:%S %^%l%$ %v");
    logger->set_level(to_spdlog(level));
    spdlog::set_default_logger(logger);
}

Format format() {
    return chosen_format;
}

void write(Level level, std::string_view text) {
    // Keep one message on one line, whatever characters a file name or a client name contains.
    std::string line(text);
    std::ranges::replace_if(line, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
    spdlog::log(to_spdlog(level), "{}", line);
}

}  // namespace hone::log
