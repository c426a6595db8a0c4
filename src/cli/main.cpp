// SPDX-License-Identifier: GPL-3.0-or-later
// Entry point of the program hone.
#include "cli/commands.hpp"

int main(int argc, char** argv) {
    return hone::run_hone(argc, argv);
}
