// SPDX-License-Identifier: GPL-3.0-or-later
// Collects the .honeignore files of a folder's ancestors and evaluates them with libgit2.
#include "photo/ignore_rules.hpp"

#include <git2.h>
#include <git2/sys/config.h>
#include <git2/sys/repository.h>

#include <algorithm>
#include <mutex>

#include "base/log.hpp"

namespace hone {

namespace {

constexpr std::uint64_t kRuleBytes = 1U << 20;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

void start_git() {
    static std::once_flag once;
    std::call_once(once, [] {
        git_libgit2_init();
        // The user's own git settings must not exclude photos.
        for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
                                GIT_CONFIG_LEVEL_GLOBAL})
            git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    });
}

}  // namespace

// An in-memory repository without a working folder, used only for its rules.
struct IgnoreRules::Repository {
    explicit Repository(const std::string& rules) {
        start_git();
        git_config* config = nullptr;
        if (git_repository_new(&handle) != 0 || git_config_new(&config) != 0) return;
        git_repository_set_config(handle, config);
        git_config_free(config);
        if (git_ignore_add_rule(handle, rules.c_str()) != 0)
            log::write(log::Level::kWarning, fmt::format("a {} is not understood", kIgnoreFile));
    }
    Repository(const Repository&) = delete;
    Repository& operator=(const Repository&) = delete;
    ~Repository() { git_repository_free(handle); }

    git_repository* handle = nullptr;
};

std::string rebase_ignore_rules(std::string_view text, std::string_view folder) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::string rules;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        // libgit2 1.5 never returns from some rules with control characters (found by fuzzing).
        if (std::ranges::any_of(line, is_control)) continue;
        if (folder.empty()) {
            rules += line;
        } else {
            const bool negated = line.starts_with('!');
            if (negated) line.remove_prefix(1);
            // A slash before the last character binds a rule to its folder; without one, it applies at every
            // depth.
            const bool tied = line.substr(0, line.size() - 1).find('/') != std::string_view::npos;
            if (line.starts_with('/')) line.remove_prefix(1);
            if (line.empty()) continue;  // "!" and "/" alone are not rules
            if (negated) rules += '!';
            rules += '/';
            // Escape characters of the folder's name that would be wildcards. A rule cannot contain a control
            // character (a line break would start another rule), so any character matches there.
            for (const char c : folder) {
                if (std::string_view("*?[]\\ ").find(c) != std::string_view::npos) rules += '\\';
                rules += is_control(c) ? '?' : c;
            }
            if (!tied) rules += "**/";
            rules += line;
        }
        rules += '\n';
    }
    return rules;
}

IgnoreRules::IgnoreRules(fs::path root, std::string rules)
    : root_(std::move(root)), rules_(std::move(rules)) {
    if (!rules_.empty()) repository_ = std::make_shared<Repository>(rules_);
}

std::shared_ptr<const IgnoreRules> IgnoreRules::enter(const std::shared_ptr<const IgnoreRules>& above,
                                                      const fs::path& directory) {
    const auto text = read_text(directory / kIgnoreFile, kRuleBytes);
    if (!text) {
        if (text.error().kind == ErrorKind::kTooLarge)
            log::write(
                log::Level::kWarning,
                fmt::format("{} is ignored: {}", printable(directory / kIgnoreFile), text.error().message));
        return above;
    }
    std::string folder;
    if (directory != above->root_) folder = directory.lexically_relative(above->root_).native() + '/';
    return std::shared_ptr<const IgnoreRules>(
        new IgnoreRules(above->root_, above->rules_ + rebase_ignore_rules(*text, folder)));
}

std::shared_ptr<const IgnoreRules> IgnoreRules::of(const fs::path& root, const fs::path& directory) {
    std::shared_ptr<const IgnoreRules> rules(new IgnoreRules(root, ""));
    rules = enter(rules, root);
    if (directory == root) return rules;
    fs::path path = root;
    for (const fs::path& part : directory.lexically_relative(root)) rules = enter(rules, path /= part);
    return rules;
}

bool IgnoreRules::ignores(const fs::path& path, bool folder) const {
    if (!repository_ || repository_->handle == nullptr) return false;
    // git_ignore_path_is_ignored() takes any bytes; a trailing slash marks a folder.
    const std::string name =
        path.native().substr(root_.native().size() + (root_.native().ends_with('/') ? 0 : 1)) +
        (folder ? "/" : "");
    int ignored = 0;
    return git_ignore_path_is_ignored(&ignored, repository_->handle, name.c_str()) == 0 && ignored != 0;
}

}  // namespace hone
