// SPDX-License-Identifier: GPL-3.0-or-later
// `hone duplicates`: lists photos that the library contains more than once. Deletes nothing.
#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "wire/duplicates.hpp"

namespace hone {

namespace {

struct DuplicateFlags {
    std::string kind = "near";
    std::size_t limit = 100;
};

constexpr double kMegabyte = 1e6;

const char* name_of(DuplicateKind kind) {
    switch (kind) {
        case DuplicateKind::kExact:
            return "photos in several files";
        case DuplicateKind::kNear:
            return "photos with several versions";
        case DuplicateKind::kBurst:
            break;
    }
    return "bursts";
}

void print_page(const DuplicatePage& page) {
    std::size_t number = 0;
    for (const DuplicateGroup& group : page.groups) {
        fmt::print("{}. {} entries, {:.1f} MB could be freed\n", ++number, group.photos.size(),
                   static_cast<double>(group.bytes_to_free) / kMegabyte);
        for (const Duplicate& duplicate : group.photos) {
            fmt::print("   {} {:5} x {:<5} {:9} bytes  {}  {}\n",
                       &duplicate == &group.photos.front() ? "*" : " ", duplicate.photo.width,
                       duplicate.photo.height, duplicate.photo.bytes,
                       to_hex(duplicate.photo.id).substr(0, 12), printable(duplicate.path));
        }
    }
    fmt::print("{} {}{}; * the best of each; nothing was changed\n", page.total, name_of(page.kind),
               page.groups.size() < page.total ? fmt::format(", {} shown", page.groups.size()) : "");
}

Result<> duplicates(const GlobalOptions& options, const DuplicateFlags& flags) {
    HONE_TRY(const DuplicateKind kind, parse_duplicate_kind(flags.kind));
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    HONE_TRY(const auto snapshot, library->snapshot());
    HONE_TRY(const DuplicatePage page, find_duplicates(library->catalog(), *snapshot, kind, 0, flags.limit));
    if (options.json)
        fmt::print("{}\n", dump(to_document(page)));
    else
        print_page(page);
    return {};
}

}  // namespace

void add_duplicates(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<DuplicateFlags>();
    CLI::App* command =
        app.add_subcommand("duplicates", "list photos that the library has more than once; delete nothing");
    command
        ->add_option("--kind", flags->kind,
                     "exact (the same bytes), near (the same picture), burst (shots of one moment)")
        ->check(CLI::IsMember({"exact", "near", "burst"}))
        ->default_str("near");
    command->add_option("--limit", flags->limit, "groups, 1 to 100000")
        ->check(CLI::Range(1, 100'000))
        ->default_str("100");
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] { return run_command([&] { return duplicates(options, *flags); }); };
    });
}

}  // namespace hone
