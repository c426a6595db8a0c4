// Where things lie: the library folder and the model folders. Values come from flags, then the environment,
// then the XDG defaults (XDG Base Directory Specification 0.8).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file.hpp"

namespace hone {

std::optional<std::string> environment(const char* name);  // nothing when unset or empty

// flag, else HONE_LIBRARY, else $XDG_DATA_HOME/hone, else ~/.local/share/hone.
Result<fs::path> library_directory(const std::string& flag);

// Folders that hold model folders, in the order they are searched: the library's own, those in HONE_MODELS
// (colon between), beside the program (../../models in a checkout, ../share/hone/models when installed).
std::vector<fs::path> model_directories(const fs::path& library);

unsigned processor_count();  // at least 1; honours the affinity mask (containers, taskset)

}  // namespace hone
