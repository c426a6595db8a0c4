// SPDX-License-Identifier: GPL-3.0-or-later
// `hone forget [PHOTO...]`: deletes everything that Hone knows about photos whose files are gone.
#include "ingest/forget.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/commands.hpp"
#include "cli/faces.hpp"
#include "cli/remote.hpp"
#include "wire/forget.hpp"

namespace hone {

using nlohmann::json;

namespace {

struct ForgetFlags {
    ForgetRequest request;
    bool dry_run = false, yes = false;
};

// Runs the request here or on the running server. Returns the answer of POST /forget.
Result<json> forget(const fs::path& directory, const ForgetRequest& request, bool dry_run) {
    if (const auto server = server_of(directory)) {
        json body = {{"dry_run", dry_run}};
        if (request.names.empty())
            body["missing_days"] = request.missing_days;
        else
            body["photos"] = request.names;
        return post_to_server(*server, "/api/v1/forget", body);
    }
    if (dry_run) {
        HONE_TRY(const auto library, Library::open(directory, Access::kRead));
        HONE_TRY(const ForgetPlan plan, plan_forget(library->catalog(), request));
        return to_document(plan, plan.photos.size(), false).all();
    }
    HONE_TRY(const auto library, open_for_writing(directory, "forget"));
    HONE_TRY(const ForgetPlan plan, plan_forget(library->catalog(), request));
    DecoderPool decoders(1);
    ThumbnailStore thumbnails(directory / "thumbs", decoders);
    HONE_TRY(const std::uint64_t gone, forget_photos(*library, thumbnails, plan.photos));
    const auto faces = open_faces(*library);
    HONE_CHECK(open_people(*library, faces ? faces->get() : nullptr)->update());
    return to_document(plan, gone, true).all();
}

// "3 missing photos (a.jpg, b.jpg and 1 more)"
std::string describe(const json& answer) {
    const auto photos = answer.value("photos", std::uint64_t{0});
    const json names = answer.value("names", json::array());
    std::string list;
    for (const json& name : names) list += (list.empty() ? "" : ", ") + printable(name.get<std::string>());
    if (photos > names.size()) list += fmt::format(" and {} more", photos - names.size());
    return fmt::format("{} missing photo{} ({})", photos, photos == 1 ? "" : "s", list);
}

void print_answer(const GlobalOptions& options, const json& answer) {
    if (options.json) {
        fmt::print("{}\n", dump(answer, 2));
    } else if (!options.quiet) {
        if (answer.value("photos", std::uint64_t{0}) == 0)
            fmt::print("no photo to forget\n");
        else
            fmt::print("{}{}\n", answer.value("forgotten", false) ? "forgotten: " : "", describe(answer));
    }
}

Result<> run_forget(const GlobalOptions& options, const ForgetFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    ForgetRequest request = flags.request;
    std::error_code error;
    for (std::string& name : request.names) {
        // The server may run in another folder.
        if (!is_photo_id_prefix(name)) name = fs::absolute(name, error).lexically_normal().string();
    }
    if (flags.dry_run || !flags.yes) {
        HONE_TRY(const json found, forget(directory, request, true));
        if (flags.dry_run || found.value("photos", 0) == 0) {
            print_answer(options, found);
            return {};
        }
        if (::isatty(STDIN_FILENO) == 0)
            return fail(ErrorKind::kUsage,
                        "nothing was forgotten: {} would be; --yes forgets them without a question",
                        describe(found));
        fmt::print(stderr, "Forget {}, with their faces and thumbnails? Originals are not touched. [y/N] ",
                   describe(found));
        std::string answer;
        std::getline(std::cin, answer);
        if (answer != "y" && answer != "Y" && answer != "yes") return fail("nothing was forgotten");
    }
    HONE_TRY(const json answer, forget(directory, request, false));
    print_answer(options, answer);
    return {};
}

}  // namespace

void add_forget(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<ForgetFlags>();
    CLI::App* command =
        app.add_subcommand("forget", "delete what Hone knows about photos whose files are gone");
    CLI::Option* photos = command->add_option("PHOTO", flags->request.names,
                                              "ids or former paths; default: all missing photos");
    command
        ->add_option("--missing-days", flags->request.missing_days,
                     "only photos that have been missing for this many days")
        ->check(CLI::Range(0, 36'500))
        ->default_str("0")
        ->excludes(photos);
    command->add_flag("--dry-run", flags->dry_run, "only show which photos");
    command->add_flag("--yes", flags->yes, "do not ask");
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] { return run_command([&] { return run_forget(options, *flags); }); };
    });
}

}  // namespace hone
