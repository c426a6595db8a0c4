// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the library and model folders and counts the usable processors.
#include "base/config.hpp"

#include <sched.h>

#include <cstdlib>
#include <thread>

namespace hone {

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

Result<fs::path> library_directory(const std::string& flag) {
    fs::path chosen;
    if (!flag.empty()) {
        chosen = flag;
    } else if (const auto set = environment("HONE_LIBRARY")) {
        chosen = *set;
    } else if (const auto data = environment("XDG_DATA_HOME")) {
        chosen = fs::path(*data) / "hone";
    } else if (const auto home = environment("HOME")) {
        chosen = fs::path(*home) / ".local/share/hone";
    } else {
        return fail(ErrorKind::kUsage,
                    "no folder for the library: give --library FOLDER or set HONE_LIBRARY");
    }
    std::error_code error;
    fs::path absolute = fs::absolute(chosen, error);
    if (error) return fail("cannot resolve {}: {}", printable(chosen), error.message());
    return absolute.lexically_normal();
}

std::vector<fs::path> model_directories(const fs::path& library) {
    std::vector<fs::path> folders{library / "models"};
    if (const auto more = environment("HONE_MODELS")) {
        for (std::size_t start = 0; start <= more->size();) {
            const std::size_t end = std::min(more->find(':', start), more->size());
            if (end > start) folders.emplace_back(more->substr(start, end - start));
            start = end + 1;
        }
    }
    const fs::path program = program_directory();
    folders.push_back((program / "../../models").lexically_normal());
    folders.push_back((program / "../share/hone/models").lexically_normal());
    return folders;
}

unsigned processor_count() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace hone
