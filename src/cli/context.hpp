// What every command shares: global flags, errors to exit codes, and opening library and model together.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "ingest/library.hpp"
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

// Prints one line on stderr; gives the exit code.
int report(const Error& error);

ModelStore open_store(const fs::path& library);

// The model that the library's settings name, else the default.
Result<std::shared_ptr<ImageTextModel>> open_model(const Library& library, const ModelFlags& flags);
Result<std::shared_ptr<ImageTextModel>> open_model(const Library& library, const ModelFlags& flags,
                                                   const std::optional<std::string>& name);

// What is written into the lock file, and read by others.
std::string describe_process(const std::string& command, const std::string& url);
// A `hone serve` that holds a library; cli/remote.hpp talks to it.
struct RunningServer {
    std::string url;
    fs::path library;
};
// Nothing when another command holds it, or nobody.
std::optional<RunningServer> server_of(const fs::path& library);
// "hone serve (process 123) at http://..." out of a lock's description.
std::string readable_holder(const std::string& description);
// Library::open with a message for people when another process holds it.
Result<std::unique_ptr<Library>> open_for_writing(const fs::path& directory, const std::string& command);

}  // namespace hone
