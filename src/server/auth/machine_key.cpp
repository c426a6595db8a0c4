// SPDX-License-Identifier: GPL-3.0-or-later
// Writes, reads and removes serve.key.
#include "server/auth/machine_key.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/file_system.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr const char* kFile = "serve.key";

}  // namespace

Result<> write_machine_key(const fs::path& library, const MachineKey& key) {
    const fs::path path = library / kFile;
    remove_machine_key(library);
    // A new file, so a process with the old one open, or a link in its place, does not reveal the key.
    const FileDescriptor file(
        file_system().open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
    const std::string text = json{{"secret", key.secret}, {"public_key", key.public_key}}.dump();
    if (!file || !write_all(file.get(), text.data(), text.size()))
        return fail("cannot write {}: {}", printable(path), std::strerror(errno));
    return {};
}

Result<MachineKey> read_machine_key(const fs::path& library) {
    const auto text = read_text(library / kFile, 4096);
    if (!text)
        return fail(ErrorKind::kNotFound,
                    "the running hone serve asks for a sign-in, and {} cannot be read; run this as the user "
                    "who started it",
                    printable(library / kFile));
    const json document = json::parse(*text, nullptr, false);
    if (!document.is_object())
        return fail(ErrorKind::kNotFound, "{} is damaged; start hone serve again",
                    printable(library / kFile));
    return MachineKey{document.value("secret", ""), document.value("public_key", "")};
}

void remove_machine_key(const fs::path& library) {
    (void)remove_file(library / kFile);  // no process answers to it any more
}

}  // namespace hone
