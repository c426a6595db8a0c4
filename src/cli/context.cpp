// SPDX-License-Identifier: GPL-3.0-or-later
// Opens models and libraries for commands, and reports errors.
#include "cli/context.hpp"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/config.hpp"
#include "base/log.hpp"

namespace hone {

using nlohmann::json;

int report(const Error& error) {
    if (log::format() == log::Format::kJson)
        log::write(log::Level::kError, error.message);
    else
        fmt::print(stderr, "hone: {}\n", error.message);
    switch (error.kind) {
        case ErrorKind::kInUse:
            return kExitInUse;
        case ErrorKind::kConflict:
        case ErrorKind::kUsage:
        case ErrorKind::kTooLarge:
        case ErrorKind::kFailed:
        case ErrorKind::kNotFound:
        case ErrorKind::kUnavailable:
            break;
    }
    return kExitFailed;
}

ModelStore open_store(const fs::path& library) {
    return ModelStore(model_directories(library));
}

Result<ModelChoice> open_models(const Library& library, const ModelFlags& flags) {
    ModelOptions options;
    HONE_TRY(options.device, parse_device(flags.device));
    if (!flags.precision.empty()) {
        HONE_TRY(options.precision, parse_precision(flags.precision));
    }
    options.tuning_file = library.directory() / "devices.json";
    return choose_models(library, open_store(library.directory()), std::move(options));
}

Result<std::shared_ptr<ImageTextModel>> open_model(const Library& library, const ModelFlags& flags) {
    HONE_TRY(ModelChoice models, open_models(library, flags));
    return std::move(models.in_use);
}

std::string describe_process(const std::string& command, const std::string& url) {
    return json{{"command", command}, {"pid", ::getpid()}, {"url", url}}.dump();
}

std::optional<RunningServer> server_of(const fs::path& library) {
    const auto description = Library::holder(library);
    if (!description) return std::nullopt;
    const json holder = json::parse(*description, nullptr, false);
    if (!holder.is_object() || holder.value("url", "").empty()) return std::nullopt;
    return RunningServer{holder["url"].get<std::string>(), library};
}

std::string readable_holder(const std::string& description) {
    const json holder = json::parse(description, nullptr, false);
    if (!holder.is_object()) return "another process";
    const std::string url = holder.value("url", "");
    return fmt::format("hone {} (process {}){}", holder.value("command", ""), holder.value("pid", 0),
                       url.empty() ? "" : " at " + url);
}

Result<std::unique_ptr<Library>> open_for_writing(const fs::path& directory, const std::string& command) {
    auto library = Library::open(directory, Access::kWrite, describe_process(command, ""));
    if (!library && library.error().kind == ErrorKind::kInUse) {
        return fail(ErrorKind::kInUse, "the library {} is in use by {}; wait for it or stop it",
                    printable(directory), readable_holder(library.error().message));
    }
    return library;
}

}  // namespace hone
