// SPDX-License-Identifier: GPL-3.0-or-later
// The calls by which Hone reads and writes its own files: the library folder, backups and models. Tests put
// another file system in their place, which fails calls and loses what was not synced. SQLite has a seam of
// its own, its VFS. Originals do not come through here, but through BlockingCalls.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

struct stat;

namespace hone {

// Each call behaves as the system call that its comment names: -1 and errno when it fails. read() and write()
// may transfer a part, or fail with EINTR. Safe from any thread.
class FileSystem {
  public:
    virtual ~FileSystem() = default;

    virtual int open(const char* path, int flags, mode_t mode);                   // open
    virtual int close(int file);                                                  // close
    virtual ssize_t read(int file, void* bytes, std::size_t count);               // read
    virtual ssize_t read_at(int file, void* bytes, std::size_t count, off_t at);  // pread
    virtual ssize_t write(int file, const void* bytes, std::size_t count);        // write
    virtual int truncate(int file, off_t bytes);                                  // ftruncate
    virtual int reserve(int file, off_t bytes);                 // posix_fallocate of the first `bytes` bytes
    virtual int sync(int file);                                 // fsync
    virtual int sync_data(int file);                            // fdatasync
    virtual int sync_all(int file);                             // syncfs
    virtual int lock(int file, int operation);                  // flock
    virtual int status(int file, struct stat& status);          // fstat
    virtual int status(const char* path, struct stat& status);  // stat
    virtual int rename(const char* from, const char* to);       // rename
    virtual int remove(const char* path);                       // unlink
    virtual int make_folder(const char* path, mode_t mode);     // mkdir
    virtual int remove_folder(const char* path);                // rmdir
    // Appends the names in the folder, without "." and "..", in any order. readdir
    virtual int list(const char* path, std::vector<std::string>& names);
    // Maps the first `bytes` bytes, shared. Returns nullptr when it fails. mmap
    virtual void* map(int file, std::size_t bytes, bool writable);
    virtual int unmap(void* base, std::size_t bytes);     // munmap
    virtual int sync_map(void* base, std::size_t bytes);  // msync with MS_SYNC
};

// Returns the file system of this process.
FileSystem& file_system();
// For tests: puts another one in its place, or the system's with nullptr. It must outlive its use.
void set_file_system(FileSystem* replacement);

}  // namespace hone
