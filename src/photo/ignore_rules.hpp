// SPDX-License-Identifier: GPL-3.0-or-later
// .honeignore: the files and folders that a person excludes, in gitignore's syntax, evaluated by libgit2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace hone {

inline constexpr const char* kIgnoreFile = ".honeignore";

// The rules in force in one folder: its own and those of the folders above it, from the root down. Rules of a
// deeper folder win; the last matching rule decides. Not thread-safe.
class IgnoreRules {
  public:
    // Reads the rules of `directory`, which is `root` or below it, with every .honeignore on the way. An
    // unreadable .honeignore counts as empty and is logged.
    static std::shared_ptr<const IgnoreRules> of(const fs::path& root, const fs::path& directory);
    // Returns the rules one folder deeper; `above` itself when the folder has no .honeignore.
    static std::shared_ptr<const IgnoreRules> enter(const std::shared_ptr<const IgnoreRules>& above,
                                                    const fs::path& directory);

    // path: below the root. folder: true when the path is a folder.
    [[nodiscard]] bool ignores(const fs::path& path, bool folder) const;

  private:
    struct Repository;
    IgnoreRules(fs::path root, std::string rules);

    const fs::path root_;
    const std::string rules_;                 // of all folders, each rewritten relative to the root
    std::shared_ptr<Repository> repository_;  // null when there are no rules
};

// Rewrites the text of one .honeignore relative to the root. folder: the folder of that file, relative to the
// root and ending in '/', or empty for the root itself. Drops rules with control characters. Pure function.
std::string rebase_ignore_rules(std::string_view text, std::string_view folder);

}  // namespace hone
