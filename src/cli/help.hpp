// SPDX-License-Identifier: GPL-3.0-or-later
// The help of the command line: the group and the examples of each command, and an answer to guesses that are
// nearly right.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace hone {

// Puts each command of `app` into its group and adds its examples below its help. Every command that is shown
// must be in the table; a test compares the two. Call once, after all commands were added.
void arrange_help(CLI::App& app);

// The part of an error message that tells a person what to type instead of `argument`, for example
// "use --listen ADDRESS:PORT"; empty if nothing is close. argument: an unknown option or command as it was
// typed. command: the command that refused it, or the program itself. Pure function.
std::string suggestion_for(const CLI::App& command, std::string_view argument);

}  // namespace hone
