// SPDX-License-Identifier: GPL-3.0-or-later
// `hone config [KEY [VALUE]]`: the library's settings.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "cli/commands.hpp"
#include "cli/faces.hpp"
#include "ingest/forget.hpp"
#include "library/backup.hpp"
#include "wire/document.hpp"

namespace hone {

namespace {

struct Setting {
    const char *key, *usual, *help;
};
constexpr Setting kSettings[] = {
    {kFacesSetting, "on", "on or off: index faces"},
    {kAgeGenderSetting, "on", "on or off: estimate age and gender; off also deletes existing estimates"},
    {kFaceSideSetting, "0",
     "pixels, 0 to 1280: longer side of the image for face detection; 0: the model's value"},
    {kFaceModelSetting, "", "name of a face model; empty: the default"},
    {kForgetSetting, "0", "days after which a scan forgets a photo whose files are gone; 0: never"},
    {kBackupFolderSetting, "", "folder for the backups of hone serve; empty: no backups"},
    {kBackupHoursSetting, "24", "hours between two backups"},
    {kBackupKeepSetting, "7", "number of backups to keep"},
};

Result<> check(const std::string& key, const std::string& value) {
    if (key == kFacesSetting || key == kAgeGenderSetting) {
        if (value != "on" && value != "off")
            return fail(ErrorKind::kUsage, "{} is on or off, not '{}'", key, value);
    } else if (key == kFaceSideSetting) {
        int side = -1;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), side);
        const bool whole = error == std::errc{} && end == value.data() + value.size();
        if (!whole || (side != 0 && (side < 160 || side > FaceAnalyzer::kPictureSide)))
            return fail(ErrorKind::kUsage, "{} is 0 or between 160 and {}, not '{}'", key,
                        FaceAnalyzer::kPictureSide, value);
    } else if (key == kForgetSetting) {
        int days = -1;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), days);
        if (error != std::errc{} || end != value.data() + value.size() || days < 0 || days > 36'500)
            return fail(ErrorKind::kUsage, "{} is a whole number of days from 0 to 36500, not '{}'", key,
                        value);
    } else if (key == kBackupFolderSetting) {
        if (!value.empty() && !fs::path(value).is_absolute())
            return fail(ErrorKind::kUsage, "{} is an absolute path such as /backups, not '{}'", key, value);
    } else if (key == kBackupHoursSetting || key == kBackupKeepSetting) {
        int number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc{} || end != value.data() + value.size() || number < 1 || number > 10'000)
            return fail(ErrorKind::kUsage, "{} is a whole number from 1 to 10000, not '{}'", key, value);
    }
    return {};
}

Result<> config(const GlobalOptions& options, const std::string& key,
                const std::optional<std::string>& value) {
    const bool known =
        key.empty() || std::ranges::any_of(kSettings, [&](const Setting& one) { return one.key == key; });
    if (!known) return fail(ErrorKind::kUsage, "unknown setting '{}'; `hone config` lists the settings", key);
    HONE_TRY(const fs::path directory, library_of(options));
    if (value) {
        HONE_CHECK(check(key, *value));
        HONE_TRY(const auto library, open_for_writing(directory, "config"));
        HONE_CHECK(library->catalog().set_setting(key, *value));
        if (key == kAgeGenderSetting && *value == "off") HONE_CHECK(library->catalog().forget_estimates());
        if (!options.quiet && !options.json) fmt::print("{} = {}\n", key, *value);
        return {};
    }
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    nlohmann::json all = nlohmann::json::object();
    for (const Setting& one : kSettings) {
        if (!key.empty() && key != one.key) continue;
        HONE_TRY(const auto stored, library->catalog().setting(one.key));
        all[one.key] = stored.value_or(one.usual);
        if (!options.json) fmt::print("{} = {}   ({})\n", one.key, stored.value_or(one.usual), one.help);
    }
    if (options.json) fmt::print("{}\n", dump(all, 2));
    return {};
}

}  // namespace

void add_config(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto key = std::make_shared<std::string>();
    auto value = std::make_shared<std::optional<std::string>>();
    CLI::App* command = app.add_subcommand("config", "show or change the library's settings");
    command->add_option("KEY", *key, "name of a setting; without one, list all");
    command->add_option("VALUE", *value, "its new value");
    command->callback([&options, &chosen, key, value] {
        chosen = [&options, key, value] {
            return run_command([&] { return config(options, *key, *value); });
        };
    });
}

}  // namespace hone
