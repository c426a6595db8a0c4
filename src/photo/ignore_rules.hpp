// .honeignore: which files and folders a person wants left out, in gitignore's language, by libgit2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace hone {

inline constexpr const char* kIgnoreFile = ".honeignore";

// The rules that hold in one folder: its own and those of the folders above it, down from the root. Rules of
// a deeper folder win; the last rule that fits decides. For one thread at a time.
class IgnoreRules {
  public:
    // The rules of `directory`, which is root or lies below it, with every .honeignore on the way.
    static std::shared_ptr<const IgnoreRules> of(const fs::path& root, const fs::path& directory);
    // The rules one folder deeper: the same object when the folder has no .honeignore.
    static std::shared_ptr<const IgnoreRules> enter(const std::shared_ptr<const IgnoreRules>& above,
                                                    const fs::path& directory);

    // path: below the root; folder: whether it is one.
    [[nodiscard]] bool ignores(const fs::path& path, bool folder) const;

  private:
    struct Repository;
    IgnoreRules(fs::path root, std::string rules);

    const fs::path root_;
    const std::string rules_;                 // of all folders, each written as seen from the root
    std::shared_ptr<Repository> repository_;  // nothing when there are no rules
};

// One .honeignore's text as rules seen from the root. folder: of the file, relative to the root, with '/' at
// the end, or empty for the root itself. Rules with control characters are left out.
std::string rebase_ignore_rules(std::string_view text, std::string_view folder);

}  // namespace hone
