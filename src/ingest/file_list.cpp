// SPDX-License-Identifier: GPL-3.0-or-later
// Packs files into a byte array and unpacks them.
#include "ingest/file_list.hpp"

#include <algorithm>
#include <cstring>

namespace hone {

namespace {

struct Entry {
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0, sidecar = 0;
    FolderId folder = 0;
    AnalyzerSet expected = 0;
    // The path: the first bytes of the path before it, then the bytes that follow the entry.
    std::uint32_t shared = 0;
    std::uint32_t bytes = 0;
    std::uint32_t reserved = 0;
};
static_assert(sizeof(Entry) == 56 && std::is_trivially_copyable_v<Entry>);

}  // namespace

FileList::FileList(const fs::path& folder) {
    if (auto scratch = MappedBytes::scratch(folder)) bytes_ = std::move(*scratch);
}

Result<> FileList::push(const FileToProcess& file) {
    const std::string& path = file.facts.path.native();
    {
        const std::lock_guard lock(mutex_);
        if (cancelled_) return {};
        const std::string_view before = last_pushed_;
        const auto differ = std::ranges::mismatch(before, path).in1 - before.begin();
        Entry entry{file.facts.size,
                    file.facts.modified_ns,
                    file.facts.inode,
                    file.facts.sidecar,
                    file.folder,
                    file.expected,
                    0,
                    0,
                    0};
        entry.shared = static_cast<std::uint32_t>(differ);
        entry.bytes = static_cast<std::uint32_t>(path.size() - entry.shared);
        HONE_CHECK(bytes_.grow(written_ + sizeof(entry) + entry.bytes));
        std::memcpy(bytes_.data() + written_, &entry, sizeof(entry));
        std::memcpy(bytes_.data() + written_ + sizeof(entry), path.data() + entry.shared, entry.bytes);
        written_ += sizeof(entry) + entry.bytes;
        last_pushed_ = path;
    }
    changed_.notify_one();
    return {};
}

std::optional<FileToProcess> FileList::pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return cancelled_ || closed_ || read_ < written_; });
    if (cancelled_ || read_ == written_) return std::nullopt;
    Entry entry;
    std::memcpy(&entry, bytes_.data() + read_, sizeof(entry));
    last_popped_.resize(entry.shared);
    last_popped_.append(reinterpret_cast<const char*>(bytes_.data()) + read_ + sizeof(entry), entry.bytes);
    read_ += sizeof(entry) + entry.bytes;
    // Everything was read: the space is used again.
    if (read_ == written_) read_ = written_ = 0;
    return FileToProcess{entry.folder,
                         {last_popped_, entry.size, entry.modified_ns, entry.inode, entry.sidecar},
                         entry.expected,
                         {}};
}

std::size_t FileList::bytes() {
    const std::lock_guard lock(mutex_);
    return written_ - read_;
}

void FileList::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

void FileList::cancel() {
    {
        const std::lock_guard lock(mutex_);
        cancelled_ = true;
    }
    changed_.notify_all();
}

}  // namespace hone
