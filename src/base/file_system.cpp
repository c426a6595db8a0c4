// SPDX-License-Identifier: GPL-3.0-or-later
// Passes each call to the system.
#include "base/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

namespace hone {

int FileSystem::open(const char* path, int flags, mode_t mode) {
    return ::open(path, flags, mode);
}
int FileSystem::close(int file) {
    return ::close(file);
}
ssize_t FileSystem::read(int file, void* bytes, std::size_t count) {
    return ::read(file, bytes, count);
}
ssize_t FileSystem::read_at(int file, void* bytes, std::size_t count, off_t at) {
    return ::pread(file, bytes, count, at);
}
ssize_t FileSystem::write(int file, const void* bytes, std::size_t count) {
    return ::write(file, bytes, count);
}
int FileSystem::truncate(int file, off_t bytes) {
    return ::ftruncate(file, bytes);
}
int FileSystem::reserve(int file, off_t bytes) {
    const int error = ::posix_fallocate(file, 0, bytes);
    if (error == 0) return 0;
    errno = error;
    return -1;
}
int FileSystem::sync(int file) {
    return ::fsync(file);
}
int FileSystem::sync_data(int file) {
    return ::fdatasync(file);
}
int FileSystem::sync_all(int file) {
    return ::syncfs(file);
}
int FileSystem::lock(int file, int operation) {
    return ::flock(file, operation);
}
int FileSystem::status(int file, struct stat& status) {
    return ::fstat(file, &status);
}
int FileSystem::status(const char* path, struct stat& status) {
    return ::stat(path, &status);
}
int FileSystem::rename(const char* from, const char* to) {
    return ::rename(from, to);
}
int FileSystem::remove(const char* path) {
    return ::unlink(path);
}
int FileSystem::make_folder(const char* path, mode_t mode) {
    return ::mkdir(path, mode);
}
int FileSystem::remove_folder(const char* path) {
    return ::rmdir(path);
}
int FileSystem::list(const char* path, std::vector<std::string>& names) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path), &::closedir);
    if (!folder) return -1;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(folder.get());
        if (entry == nullptr) return errno == 0 ? 0 : -1;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
}
void* FileSystem::map(int file, std::size_t bytes, bool writable) {
    void* base = ::mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, file, 0);
    return base == MAP_FAILED ? nullptr : base;
}
int FileSystem::unmap(void* base, std::size_t bytes) {
    return ::munmap(base, bytes);
}
int FileSystem::sync_map(void* base, std::size_t bytes) {
    return ::msync(base, bytes, MS_SYNC);
}

namespace {

// Never destroyed: files are closed at the very end of a process, too.
FileSystem* system_file_system() {
    static auto* const system = new FileSystem;
    return system;
}

std::atomic<FileSystem*>& current() {
    static std::atomic<FileSystem*> file_system = system_file_system();
    return file_system;
}

}  // namespace

FileSystem& file_system() {
    return *current().load(std::memory_order_acquire);
}

void set_file_system(FileSystem* replacement) {
    current().store(replacement != nullptr ? replacement : system_file_system(), std::memory_order_release);
}

}  // namespace hone
