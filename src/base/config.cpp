// SPDX-License-Identifier: GPL-3.0-or-later
// Finds the library and model folders and counts the usable processors.
#include "base/config.hpp"

#include <sched.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdio>
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

std::optional<double> processor_quota(const fs::path& root, std::string_view membership) {
    std::optional<double> least;
    // Version 2: one line, "0::/the/group". A limit of any group above counts too.
    const std::size_t line = membership.find("0::/");
    if (line == std::string_view::npos) return least;
    const std::string_view rest = membership.substr(line + 3);
    for (fs::path group = rest.substr(0, rest.find('\n'));; group = group.parent_path()) {
        if (const auto text = read_text(root / group.relative_path() / "cpu.max", 100)) {
            double quota = 0, period = 0;
            // "max 100000" means that there is no limit.
            if (std::sscanf(text->c_str(), "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0)
                least = std::min(least.value_or(quota / period), quota / period);
        }
        if (group == group.root_path() || group.empty()) return least;
    }
}

unsigned processor_count() {
    // Read once: asked in every search.
    static const unsigned quota = [] {
        const auto membership = read_text("/proc/self/cgroup", 1 << 16);
        const auto processors =
            membership ? processor_quota("/sys/fs/cgroup", *membership) : std::optional<double>{};
        return processors ? static_cast<unsigned>(std::clamp(std::ceil(*processors), 1.0, 1e6)) : UINT_MAX;
    }();
    cpu_set_t set;
    CPU_ZERO(&set);
    const unsigned allowed = sched_getaffinity(0, sizeof set, &set) == 0
                                 ? static_cast<unsigned>(CPU_COUNT(&set))
                                 : std::thread::hardware_concurrency();
    return std::max(1U, std::min(allowed, quota));
}

}  // namespace hone
