// SPDX-License-Identifier: GPL-3.0-or-later
// serve.key in the library folder: lets a command authenticate to the server that runs on the same library.
// Only its owner can read it (0600). Every start creates a new one; it is worthless afterwards. Safe from any
// thread.
#pragma once

#include <string>

#include "base/file.hpp"

namespace hone {

struct MachineKey {
    std::string secret;
    std::string public_key;  // "sha256//..." of the server's certificate; empty without TLS
};

// kFailed when the file cannot be written.
Result<> write_machine_key(const fs::path& library, const MachineKey& key);
// kNotFound when no server runs, or the file is damaged or another user's.
Result<MachineKey> read_machine_key(const fs::path& library);
// Does nothing when there is none.
void remove_machine_key(const fs::path& library);

}  // namespace hone
