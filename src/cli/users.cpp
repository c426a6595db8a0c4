// SPDX-License-Identifier: GPL-3.0-or-later
// `hone users`: who may sign in, and API tokens (docs/sign-in.md). Works while a server is running.
#include <termios.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <iostream>

#include "base/config.hpp"
#include "base/time.hpp"
#include "cli/commands.hpp"
#include "server/auth/users.hpp"

namespace hone {

namespace {

struct UsersFlags {
    std::string name, role, by;
    std::int64_t days = 365, id = 0;
};

// Turns off the terminal's echo during its lifetime.
class NoEcho {
  public:
    NoEcho() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    }
    ~NoEcho() {
        if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    NoEcho(const NoEcho&) = delete;
    NoEcho& operator=(const NoEcho&) = delete;

  private:
    termios before_{};
    bool changed_ = false;
};

Result<std::string> read_line(const char* prompt) {
    const bool terminal = ::isatty(STDIN_FILENO) != 0;
    std::string line;
    if (terminal) {
        const NoEcho silence;  // first: earlier input would be shown, then discarded
        fmt::print(stderr, "{}", prompt);
        std::getline(std::cin, line);
        fmt::print(stderr, "\n");
    } else {
        std::getline(std::cin, line);
    }
    if (!std::cin && line.empty())
        return fail(ErrorKind::kUsage,
                    "no password came: type it, or give it on standard input or in the file that "
                    "HONE_PASSWORD_FILE names");
    return line;
}

// Never from the command line, which every user of the machine can read.
Result<std::string> ask_password() {
    if (const auto file = environment("HONE_PASSWORD_FILE")) {
        HONE_TRY(std::string password, read_text(*file, 2 * kLongestPassword));
        while (password.ends_with('\n') || password.ends_with('\r')) password.pop_back();
        return password;
    }
    HONE_TRY(std::string password, read_line("Password: "));
    if (::isatty(STDIN_FILENO) != 0) {
        HONE_TRY(const std::string again, read_line("Again: "));
        if (again != password) return fail(ErrorKind::kUsage, "the two passwords are not the same");
    }
    return password;
}

Result<std::unique_ptr<Users>> open_users(const GlobalOptions& options) {
    HONE_TRY(const fs::path directory, library_of(options));
    return Users::open(directory);
}

Result<> add(const GlobalOptions& options, const UsersFlags& flags) {
    HONE_TRY(const auto users, open_users(options));
    HONE_TRY(const std::vector<User> known, users->list());
    // The first user is the person who runs the command, unless they choose otherwise.
    Role role = known.empty() ? Role::kOwner : Role::kViewer;
    if (!flags.role.empty()) {
        HONE_TRY(role, parse_role(flags.role));
    }
    if (known.empty() && role != Role::kOwner)
        return fail(ErrorKind::kUsage, "the first user must be an owner; a viewer could not manage anything");
    HONE_TRY(const std::string password, ask_password());
    HONE_TRY(const UserId id, users->add(flags.name, password, role));
    if (options.json)
        fmt::print("{}\n", dump(user_json({id, flags.name, role, 0}), 2));
    else if (!options.quiet)
        fmt::print("{} may sign in as {}\n", flags.name, role_name(role));
    return {};
}

Result<> list(const GlobalOptions& options, const UsersFlags&) {
    HONE_TRY(const auto users, open_users(options));
    HONE_TRY(const std::vector<User> known, users->list());
    if (options.json) {
        fmt::print("{}\n", dump(users_json(known), 2));
        return {};
    }
    for (const User& user : known)
        fmt::print("{:<8}  {}  {}\n", role_name(user.role), iso8601(user.created_at), user.name);
    if (known.empty()) fmt::print("no user: this machine needs no password, and others cannot come in\n");
    return {};
}

Result<> passwd(const GlobalOptions& options, const UsersFlags& flags) {
    HONE_TRY(const auto users, open_users(options));
    HONE_TRY(const auto user, users->find(flags.name));
    if (!user)
        return fail(ErrorKind::kNotFound, "there is no user '{}'; `hone users list` shows all", flags.name);
    if (!flags.role.empty()) {
        HONE_TRY(const Role role, parse_role(flags.role));
        return users->set_role(flags.name, role);
    }
    HONE_TRY(const std::string password, ask_password());
    HONE_CHECK(users->set_password(flags.name, password));
    if (!options.quiet) fmt::print("the password is changed; {} must sign in again everywhere\n", user->name);
    return {};
}

Result<> remove(const GlobalOptions& options, const UsersFlags& flags) {
    HONE_TRY(const auto users, open_users(options));
    return users->remove(flags.name);
}

Result<> make_token(const GlobalOptions& options, const UsersFlags& flags) {
    HONE_TRY(const auto users, open_users(options));
    HONE_TRY(const std::vector<User> known, users->list());
    const auto maker = std::ranges::find_if(known, [&](const User& user) {
        return flags.by.empty() ? user.role == Role::kOwner : user.name == flags.by;
    });
    if (maker == known.end())
        return fail(ErrorKind::kNotFound, "{}; `hone users add NAME` makes one",
                    flags.by.empty() ? "there is no owner" : "there is no user '" + flags.by + "'");
    HONE_TRY(const Role role, parse_role(flags.role));
    HONE_TRY(const NewToken made, users->make_token(*maker, flags.name, role, flags.days * kDay));
    if (options.json)
        fmt::print("{}\n", dump(to_document(made)));
    else
        fmt::print("{}\n", made.secret);
    if (!options.quiet && !options.json)
        fmt::print(stderr,
                   "Token {} of {}, shown this once; it goes into a header: Authorization: Bearer ...\n",
                   made.id, maker->name);
    return {};
}

Result<> list_tokens(const GlobalOptions& options, const UsersFlags&) {
    HONE_TRY(const auto users, open_users(options));
    HONE_TRY(const std::vector<Token> tokens, users->tokens());
    if (options.json) {
        fmt::print("{}\n", dump(tokens_document(tokens)));
        return {};
    }
    for (const Token& token : tokens) {
        fmt::print("{:>4}  {:<8}  {} {}  used {}  {} ({})\n", token.id, role_name(token.role),
                   token.expires_at <= unix_seconds() ? "expired" : "until  ", iso8601(token.expires_at),
                   token.used_at ? iso8601(*token.used_at) : "never", token.name, token.user_name);
    }
    if (tokens.empty()) fmt::print("no tokens\n");
    return {};
}

Result<> revoke(const GlobalOptions& options, const UsersFlags& flags) {
    HONE_TRY(const auto users, open_users(options));
    return users->revoke_token(flags.id);
}

}  // namespace

void add_users(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<UsersFlags>();
    CLI::App* command = app.add_subcommand("users", "manage users and API tokens");
    command->require_subcommand(1);
    const auto sub = [&](const char* name, const char* help, auto body) {
        CLI::App* made = command->add_subcommand(name, help);
        made->callback([&options, &chosen, flags, body] {
            chosen = [&options, flags, body] { return run_command([&] { return body(options, *flags); }); };
        });
        return made;
    };
    const char* const password =
        "the password comes from the terminal, standard input or the file HONE_PASSWORD_FILE names";
    CLI::App* made = sub("add", "let somebody sign in", add);
    made->footer(password);
    made->add_option("NAME", flags->name, "name to sign in with")->required();
    made->add_option("--role", flags->role,
                     "owner or viewer; default: the first user is owner, the others viewers");
    sub("list", "list the users", list);
    made = sub("passwd", "set a new password, or another role", passwd);
    made->footer(password);
    made->add_option("NAME", flags->name, "name of the user")->required();
    made->add_option("--role", flags->role, "change the role instead of the password");
    sub("remove", "remove a user with all sessions and tokens", remove)
        ->add_option("NAME", flags->name, "name of the user")
        ->required();
    made = sub("token", "make an API token and show it once", make_token);
    made->add_option("NAME", flags->name, "purpose of the token")->required();
    made->add_option("--role", flags->role, "owner or viewer")->required();
    made->add_option("--days", flags->days, "days until it expires")
        ->check(CLI::Range(std::int64_t{1}, kLongestToken / kDay))
        ->default_str("365");
    made->add_option("--user", flags->by, "user it belongs to; default: the first owner");
    sub("tokens", "list the API tokens", list_tokens);
    sub("revoke", "revoke a token", revoke)
        ->add_option("NUMBER", flags->id, "number from `hone users tokens`")
        ->required();
}

}  // namespace hone
