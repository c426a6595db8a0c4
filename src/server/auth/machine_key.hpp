// serve.key in the library folder: how a command finds its way into the server that runs beside it. Only the
// library's owner can read it (0600). It is made anew at every start and is worthless after the end.
#pragma once

#include <string>

#include "base/file.hpp"

namespace hone {

struct MachineKey {
    std::string secret;
    std::string public_key;  // "sha256//..." of the server's certificate; empty without TLS
};

Result<> write_machine_key(const fs::path& library, const MachineKey& key);
// kNotFound where no server runs or the file is another user's.
Result<MachineKey> read_machine_key(const fs::path& library);
void remove_machine_key(const fs::path& library);

}  // namespace hone
