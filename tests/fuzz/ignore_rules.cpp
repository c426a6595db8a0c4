// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a .honeignore: in a folder below the root, its rules never affect paths outside that folder,
// and libgit2 accepts them. The first line is the folder's name. The format detection gets all of the bytes
// as well.
#include <algorithm>

#include "photo/format.hpp"
#include "photo/ignore_rules.hpp"
#include "tests/support/temporary_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size);
    const auto head = bytes.first(std::min(size, hone::kFormatBytes));
    const hone::Format format = hone::detect_format(head);
    if (format == hone::Format::kNone && hone::kind_of_other(head).empty()) __builtin_trap();
    const hone::Format raw = hone::detect_raw(bytes);
    if (raw != hone::Format::kTiff && !hone::is_raw(raw)) __builtin_trap();

    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(text.find('\n'), size);
    std::string name(text.substr(0, end));
    std::erase_if(name, [](char c) { return c == '/' || c == 0; });
    const std::string_view rules = text.substr(std::min(end + 1, size));
    const std::string rebased = hone::rebase_ignore_rules(rules, name + '/');
    // One rule per line, each bound to the folder.
    if (std::ranges::count(rebased, '\n') > std::ranges::count(rules, '\n') + 1) __builtin_trap();
    for (std::size_t at = 0; at < rebased.size(); at = rebased.find('\n', at) + 1) {
        const std::size_t slash = at + (rebased[at] == '!' ? 1 : 0);
        if (rebased[slash] != '/') __builtin_trap();
    }
    hone::rebase_ignore_rules(rules, "");

    if (name.empty() || name == "." || name == ".." || name.size() > 100 || name == "beside") return 0;
    static const hone::test::TemporaryFolder folder;
    const hone::fs::path inside = folder.path() / name;
    std::error_code error;
    if (!hone::fs::create_directory(inside, error)) return 0;
    folder.write(inside.lexically_relative(folder.path()) / hone::kIgnoreFile, rules);
    const auto of = hone::IgnoreRules::of(folder.path(), inside);
    static_cast<void>(of->ignores(inside / "photo.jpg", false));
    static_cast<void>(of->ignores(inside / "folder", true));
    const bool beside = of->ignores(folder.path() / "beside", true) ||
                        of->ignores(folder.path() / "beside" / "photo.jpg", false);
    hone::fs::remove_all(inside, error);
    if (beside) __builtin_trap();
    return 0;
}
