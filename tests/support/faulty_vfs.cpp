// SPDX-License-Identifier: GPL-3.0-or-later
// Wraps SQLite's own VFS. Its rules for syncing are those of SQLite's os_unix.c: the first sync of a new
// journal or log syncs its folder as well, and so does a deletion that asks for it. Nothing remembers the
// shared memory of a log, because SQLite makes it again after a power cut.
#include "tests/support/faulty_vfs.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <new>
#include <string>

#include "tests/support/faulty_file_system.hpp"

namespace hone::test {

namespace {

using Needs = FaultyFileSystem::Needs;

FaultyFileSystem* faults = nullptr;
sqlite3_vfs* system_vfs = nullptr;

// SQLite allocates the memory; the system's file follows in it.
struct File {
    sqlite3_file base{};
    FaultyFileSystem::NodePointer node;
    std::string path;
    bool syncs_folder = false;

    [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    [[nodiscard]] const sqlite3_io_methods* calls() { return real()->pMethods; }
    [[nodiscard]] int enter(const char* call, Needs needs) const {
        return faults == nullptr || path.empty() ? 0 : faults->enter(call, path, needs);
    }
};

File* of(sqlite3_file* file) {
    return reinterpret_cast<File*>(file);
}

int close_file(sqlite3_file* file) {
    const int result = of(file)->calls() == nullptr ? SQLITE_OK : of(file)->calls()->xClose(of(file)->real());
    of(file)->~File();
    return result;
}

int read_file_at(sqlite3_file* file, void* bytes, int count, sqlite3_int64 at) {
    if (of(file)->enter("sqlite read", Needs::kNothing) != 0) return SQLITE_IOERR_READ;
    return of(file)->calls()->xRead(of(file)->real(), bytes, count, at);
}

int write_file_at(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    const int error = of(file)->enter("sqlite write", Needs::kSpace);
    if (error == ENOSPC) {
        // A full disk may take a part of it.
        (void)of(file)->calls()->xWrite(of(file)->real(), bytes, count / 2, at);
        return SQLITE_FULL;
    }
    if (error != 0) return SQLITE_IOERR_WRITE;
    return of(file)->calls()->xWrite(of(file)->real(), bytes, count, at);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 bytes) {
    if (of(file)->enter("sqlite truncate", Needs::kNothing) != 0) return SQLITE_IOERR_TRUNCATE;
    return of(file)->calls()->xTruncate(of(file)->real(), bytes);
}

int sync_file_with(sqlite3_file* file, int flags) {
    File& mine = *of(file);
    if (!mine.node) return mine.calls()->xSync(mine.real(), flags);
    if (mine.enter("sqlite sync", Needs::kSpace) != 0) return SQLITE_IOERR_FSYNC;
    sqlite3_int64 bytes = 0;
    if (const int result = mine.calls()->xFileSize(mine.real(), &bytes); result != SQLITE_OK) return result;
    std::string content(static_cast<std::size_t>(bytes), '\0');
    if (bytes > 0) {
        const int result = mine.calls()->xRead(mine.real(), content.data(), static_cast<int>(bytes), 0);
        if (result != SQLITE_OK) return result;
    }
    faults->synced(mine.node, std::move(content));
    if (mine.syncs_folder) faults->synced_folder_of(mine.path);
    mine.syncs_folder = false;
    return SQLITE_OK;
}

int size_of_file(sqlite3_file* file, sqlite3_int64* bytes) {
    if (of(file)->enter("sqlite size", Needs::kNothing) != 0) return SQLITE_IOERR_FSTAT;
    return of(file)->calls()->xFileSize(of(file)->real(), bytes);
}

int lock_file(sqlite3_file* file, int level) {
    if (of(file)->enter("sqlite lock", Needs::kNothing) != 0) return SQLITE_IOERR_LOCK;
    return of(file)->calls()->xLock(of(file)->real(), level);
}

int unlock_file(sqlite3_file* file, int level) {
    return of(file)->calls()->xUnlock(of(file)->real(), level);
}

int check_lock(sqlite3_file* file, int* held) {
    return of(file)->calls()->xCheckReservedLock(of(file)->real(), held);
}

int control_file(sqlite3_file* file, int operation, void* argument) {
    return of(file)->calls()->xFileControl(of(file)->real(), operation, argument);
}

int sector_size(sqlite3_file* file) {
    return of(file)->calls()->xSectorSize(of(file)->real());
}

int characteristics(sqlite3_file* file) {
    return of(file)->calls()->xDeviceCharacteristics(of(file)->real());
}

int map_shared(sqlite3_file* file, int region, int bytes, int extend, void volatile** base) {
    const int error = of(file)->enter("sqlite map", extend != 0 ? Needs::kSpace : Needs::kNothing);
    if (error != 0) return error == ENOSPC ? SQLITE_IOERR_SHMSIZE : SQLITE_IOERR_SHMMAP;
    return of(file)->calls()->xShmMap(of(file)->real(), region, bytes, extend, base);
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
    return of(file)->calls()->xShmLock(of(file)->real(), offset, count, flags);
}

void barrier(sqlite3_file* file) {
    of(file)->calls()->xShmBarrier(of(file)->real());
}

int unmap_shared(sqlite3_file* file, int remove) {
    return of(file)->calls()->xShmUnmap(of(file)->real(), remove);
}

// Version 2: without SQLite's own memory mapping, which Hone does not use.
const sqlite3_io_methods kMethods{
    .iVersion = 2,
    .xClose = &close_file,
    .xRead = &read_file_at,
    .xWrite = &write_file_at,
    .xTruncate = &truncate_file,
    .xSync = &sync_file_with,
    .xFileSize = &size_of_file,
    .xLock = &lock_file,
    .xUnlock = &unlock_file,
    .xCheckReservedLock = &check_lock,
    .xFileControl = &control_file,
    .xSectorSize = &sector_size,
    .xDeviceCharacteristics = &characteristics,
    .xShmMap = &map_shared,
    .xShmLock = &lock_shared,
    .xShmBarrier = &barrier,
    .xShmUnmap = &unmap_shared,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    File& mine = *new (file) File;
    if (name != nullptr && faults->is_here(name)) mine.path = name;
    int exists = 0;
    if (!mine.path.empty()) {
        (void)system_vfs->xAccess(system_vfs, name, SQLITE_ACCESS_EXISTS, &exists);
        const bool makes = (flags & SQLITE_OPEN_CREATE) != 0 && exists == 0;
        if (mine.enter("sqlite open", makes ? Needs::kSpace : Needs::kNothing) != 0) {
            mine.~File();
            file->pMethods = nullptr;
            return SQLITE_CANTOPEN;
        }
    }
    const int result = system_vfs->xOpen(system_vfs, name, mine.real(), flags, out);
    if (result != SQLITE_OK) {
        if (mine.calls() != nullptr) mine.calls()->xClose(mine.real());
        mine.~File();
        file->pMethods = nullptr;
        return result;
    }
    if (!mine.path.empty()) {
        bool is_new = false;
        mine.node = faults->opened(mine.path, is_new);
        mine.syncs_folder =
            is_new && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    }
    mine.base.pMethods = &kMethods;
    return SQLITE_OK;
}

int remove_named(sqlite3_vfs*, const char* name, int sync_folder) {
    const bool here = faults->is_here(name);
    if (here && faults->enter("sqlite remove", name, Needs::kNothing) != 0) return SQLITE_IOERR_DELETE;
    // The system's would sync the real folder.
    const int result = system_vfs->xDelete(system_vfs, name, here ? 0 : sync_folder);
    if (here && result == SQLITE_OK) {
        faults->removed(name);
        if (sync_folder != 0) faults->synced_folder_of(name);
    }
    return result;
}

int access_named(sqlite3_vfs*, const char* name, int flags, int* out) {
    if (faults->is_here(name) && faults->enter("sqlite access", name, Needs::kNothing) != 0)
        return SQLITE_IOERR_ACCESS;
    return system_vfs->xAccess(system_vfs, name, flags, out);
}

}  // namespace

void use_faulty_vfs(FaultyFileSystem* file_system) {
    static sqlite3_vfs mine;
    if (system_vfs == nullptr) {
        sqlite3_initialize();
        system_vfs = sqlite3_vfs_find(nullptr);
        mine = *system_vfs;
        mine.zName = "hone-faults";
        mine.pNext = nullptr;
        mine.szOsFile = static_cast<int>(sizeof(File)) + system_vfs->szOsFile;
        mine.xOpen = &open_file;
        mine.xDelete = &remove_named;
        mine.xAccess = &access_named;
    }
    faults = file_system;
    if (faults != nullptr)
        sqlite3_vfs_register(&mine, 1);
    else
        sqlite3_vfs_unregister(&mine);
    if (faults == nullptr) sqlite3_vfs_register(system_vfs, 1);
}

}  // namespace hone::test
