// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite's side of the failing disk: a VFS around the system's.
#pragma once

namespace hone::test {

class FaultyFileSystem;

// From now on every database that is opened asks this file system before each call. nullptr: SQLite works as
// usual again. No database may be open. Not thread-safe.
void use_faulty_vfs(FaultyFileSystem* file_system);

}  // namespace hone::test
