// SPDX-License-Identifier: GPL-3.0-or-later
// Shared by all commands: global flags, exit codes of errors, and opening a library with its model. For the
// main thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "library/library.hpp"
#include "library/model_choice.hpp"
#include "model/store.hpp"

namespace hone {

struct GlobalOptions {
    std::string library;
    std::string catalog;     // surrealdb://...; empty: SQLite in the library folder
    std::string log_format;  // empty: HONE_LOG_FORMAT, else text
    bool json = false, quiet = false, verbose = false;
};

struct ModelFlags {
    std::string device = "auto", precision;
};

inline constexpr int kExitDone = 0, kExitFailed = 1, kExitUsage = 2, kExitInUse = 3;

// Prints one line to stderr; returns the exit code.
int report(const Error& error);

// Returns the models that the library in this folder can use.
ModelStore open_store(const fs::path& library);

// Returns the models of the library (library/model_choice.hpp); open_model() returns the one that searches.
// Errors as choose_models(), or kUsage for a wrong flag.
Result<ModelChoice> open_models(const Library& library, const ModelFlags& flags);
Result<std::shared_ptr<ImageTextModel>> open_model(const Library& library, const ModelFlags& flags);

// Returns the description for the lock file, which other processes read.
std::string describe_process(const std::string& command, const std::string& url);
// A `hone serve` that holds a library; cli/remote.hpp communicates with it.
struct RunningServer {
    std::string url;
    fs::path library;
};
// Returns std::nullopt when another command or no process holds the library.
std::optional<RunningServer> server_of(const fs::path& library);
// Formats a lock's description for people: "hone serve (process 123) at http://...".
std::string readable_holder(const std::string& description);
// Like Library::open(), with a message for people (kInUse) when another process holds the library.
Result<std::unique_ptr<Library>> open_for_writing(const fs::path& directory, const std::string& command);

}  // namespace hone
