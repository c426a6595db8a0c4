// SPDX-License-Identifier: GPL-3.0-or-later
// The library folder, the model folders and the processor count. Folders come from flags, then from the
// environment, then from the XDG defaults (XDG Base Directory Specification 0.8).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace hone {

// Returns the variable, or std::nullopt when it is unset or empty. Safe from any thread.
std::optional<std::string> environment(const char* name);

// Returns `flag`, else HONE_LIBRARY, else $XDG_DATA_HOME/hone, else ~/.local/share/hone. Does not create the
// folder. kUsage when none of them is set. Safe from any thread.
Result<fs::path> library_directory(const std::string& flag);

// Returns the folders that hold model folders, in search order: the library's own, those in HONE_MODELS
// (separated by colons), and those next to the program (../../models in a checkout, ../share/hone/models when
// installed). Safe from any thread.
std::vector<fs::path> model_directories(const fs::path& library);

// At least 1. Honours the affinity mask (taskset) and the quota of the control group (containers). Safe from
// any thread.
unsigned processor_count();
// Returns the processors that the control groups allow, or std::nullopt without a limit. root: the mounted
// hierarchy; membership: the text of /proc/self/cgroup (cgroups(7), version 2). Safe from any thread.
std::optional<double> processor_quota(const fs::path& root, std::string_view membership);

}  // namespace hone
