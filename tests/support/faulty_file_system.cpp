// SPDX-License-Identifier: GPL-3.0-or-later
// The failing disk: counts calls, fails them, and remembers what a power cut would leave.
#include "tests/support/faulty_file_system.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "tests/support/faulty_vfs.hpp"

namespace hone::test {

namespace {

constexpr const char* kBootIdFile = "/proc/sys/kernel/random/boot_id";
constexpr std::size_t kPage = 4096;
constexpr std::chrono::milliseconds kHang{1500};

thread_local std::uint64_t last_call = 0;  // its number, on this thread

// Reads around the seam.
std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_around(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

std::string folder_of(const std::string& path) {
    return fs::path(path).parent_path().native();
}

}  // namespace

FaultyFileSystem::FaultyFileSystem(fs::path root)
    : root_(root.native()), boot_id_file_(root.native() + ".boot-id") {
    synced_[root_] = std::make_shared<Node>(Node{true, {}});
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        const std::string path = entry.path().native();
        synced_[path] = std::make_shared<Node>(
            Node{entry.is_directory(), entry.is_directory() ? std::string() : content_of(path)});
    }
    live_ = synced_;
    write_around(boot_id_file_, fmt::format("{:08d}-0000-0000-0000-000000000000", boots_));
    set_file_system(this);
    use_faulty_vfs(this);
}

FaultyFileSystem::~FaultyFileSystem() {
    use_faulty_vfs(nullptr);
    set_file_system(nullptr);
    std::error_code ignored;
    fs::remove(boot_id_file_, ignored);
}

void FaultyFileSystem::start(const FaultPlan& plan) {
    const std::lock_guard lock(mutex_);
    plan_ = plan;
    calls_ = 0;
    trace_.clear();
    injected_.clear();
}

std::uint64_t FaultyFileSystem::calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
}

std::string FaultyFileSystem::injected() const {
    const std::lock_guard lock(mutex_);
    return injected_;
}

bool FaultyFileSystem::is_here(const std::string& path) const {
    return path == root_ || path.starts_with(root_ + "/");
}

std::vector<std::uint64_t> FaultyFileSystem::calls_for(Fault fault) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t at = 0; at < trace_.size(); ++at) {
        const bool space = fault == Fault::kNoSpace || fault == Fault::kDiskFull;
        if ((!space || trace_[at].first == Needs::kSpace) && (fault != Fault::kShort || trace_[at].second))
            numbers.push_back(at + 1);
    }
    return numbers;
}

int FaultyFileSystem::enter(const char* call, const std::string& path, Needs needs, bool transfers) {
    std::unique_lock lock(mutex_);
    if (dead_) return EIO;
    last_call = ++calls_;
    if (plan_.fault == Fault::kNone) trace_.emplace_back(needs, transfers);
    const bool now = calls_ == plan_.at;
    const auto inject = [&] {
        if (injected_.empty()) injected_ = fmt::format("{} {}", call, path.substr(root_.size()));
    };
    switch (plan_.fault) {
        case Fault::kNone:
        case Fault::kShort:  // part_of()
            return 0;
        case Fault::kIoError:
            if (!now) return 0;
            inject();
            return EIO;
        case Fault::kNoSpace:
        case Fault::kDiskFull:
            if (needs != Needs::kSpace || calls_ < plan_.at || (!now && plan_.fault == Fault::kNoSpace))
                return 0;
            inject();
            return ENOSPC;
        case Fault::kPowerCut:
            if (!now) return 0;
            inject();
            cut_power();
            return EIO;
        case Fault::kHang:
            if (!now) return 0;
            inject();
            lock.unlock();
            std::this_thread::sleep_for(kHang);
            return 0;
    }
    return 0;
}

std::size_t FaultyFileSystem::part_of(const char* call, int file, std::size_t count) {
    const std::lock_guard lock(mutex_);
    const auto known = open_.find(file);
    if (plan_.fault != Fault::kShort || last_call != plan_.at || known == open_.end() || count < 2)
        return count;
    injected_ = fmt::format("{} {}", call, known->second.path.substr(root_.size()));
    return count / 2;
}

std::string FaultyFileSystem::path_of(int file) const {
    const std::lock_guard lock(mutex_);
    const auto known = open_.find(file);
    return known == open_.end() ? std::string() : known->second.path;
}

void FaultyFileSystem::apply(const Change& change, std::map<std::string, NodePointer>& names) {
    for (const auto& [path, node] : change) {
        if (node)
            names[path] = node;
        else
            names.erase(path);
    }
}

void FaultyFileSystem::change(Change change) {
    const std::lock_guard lock(mutex_);
    if (dead_) return;
    apply(change, live_);
    waiting_.push_back(std::move(change));
}

FaultyFileSystem::NodePointer FaultyFileSystem::opened(const std::string& path, bool& is_new) {
    NodePointer node;
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = live_.find(path); known != live_.end()) {
            is_new = false;
            return known->second;
        }
    }
    is_new = true;
    node = std::make_shared<Node>(Node{fs::is_directory(path), {}});
    change({{path, node}});
    return node;
}

void FaultyFileSystem::removed(const std::string& path) {
    change({{path, nullptr}});
}

void FaultyFileSystem::synced(const NodePointer& node, std::string content) {
    const std::lock_guard lock(mutex_);
    if (!dead_) node->synced = std::move(content);
}

void FaultyFileSystem::sync_folder(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (dead_) return;
    std::erase_if(waiting_, [&](const Change& change) {
        if (!std::ranges::any_of(change, [&](const auto& name) { return folder_of(name.first) == path; }))
            return false;
        apply(change, synced_);
        return true;
    });
}

void FaultyFileSystem::synced_folder_of(const std::string& path) {
    sync_folder(folder_of(path));
}

// The caller holds the mutex.
void FaultyFileSystem::cut_power() {
    dead_ = true;
    std::mt19937 random(plan_.survivors);
    const bool all = plan_.survivors == 1;
    std::size_t names = all || plan_.survivors == 2 ? waiting_.size() : 0;
    if (plan_.survivors > 2) names = random() % (waiting_.size() + 1);
    for (std::size_t at = 0; at < names; ++at) apply(waiting_[at], synced_);
    for (const auto& [path, node] : synced_) {
        // A name in a folder that did not survive leads nowhere.
        if (path != root_ && !surviving_folders_.contains(folder_of(path))) continue;
        if (node->folder) {
            surviving_folders_.insert(path);
            continue;
        }
        std::string content = node->synced;
        const auto live = std::ranges::find(live_, node, &std::pair<const std::string, NodePointer>::second);
        if (live != live_.end() && (all || plan_.survivors > 2)) {
            const std::string now = content_of(live->first);
            if (all) content = now;
            for (std::size_t page = 0; !all && page < now.size(); page += kPage) {
                if (random() % 2 == 0) continue;
                const std::string_view bytes = std::string_view(now).substr(page, kPage);
                if (content.size() < page + bytes.size()) content.resize(page + bytes.size());
                content.replace(page, bytes.size(), bytes);
            }
            if (now.size() < content.size() && random() % 2 == 0) content.resize(now.size());
        }
        survivors_[path] = std::move(content);
        std::error_code ignored;
        if (live != live_.end()) modes_[path] = fs::status(live->first, ignored).permissions();
    }
}

void FaultyFileSystem::restart() {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : fs::directory_iterator(root_)) fs::remove_all(entry.path());
    synced_.clear();
    for (const std::string& path : surviving_folders_) {
        fs::create_directories(path);
        synced_[path] = std::make_shared<Node>(Node{true, {}});
    }
    for (auto& [path, content] : survivors_) {
        write_around(path, content);
        if (modes_.contains(path)) fs::permissions(path, modes_[path]);
        synced_[path] = std::make_shared<Node>(Node{false, std::move(content)});
    }
    live_ = synced_;
    waiting_.clear();
    survivors_.clear();
    modes_.clear();
    surviving_folders_.clear();
    write_around(boot_id_file_, fmt::format("{:08d}-0000-0000-0000-000000000000", ++boots_));
    plan_ = {};
    dead_ = false;
}

namespace {

int failed(int error) {
    errno = error;
    return -1;
}

}  // namespace

int FaultyFileSystem::open(const char* path, int flags, mode_t mode) {
    if (std::string_view(path) == kBootIdFile) return FileSystem::open(boot_id_file_.c_str(), flags, mode);
    if (!is_here(path)) return FileSystem::open(path, flags, mode);
    struct stat status{};
    const bool makes = (flags & O_CREAT) != 0 && ::stat(path, &status) != 0;
    if (const int error = enter("open", path, makes ? Needs::kSpace : Needs::kNothing)) return failed(error);
    const int file = FileSystem::open(path, flags, mode);
    // A file without a name does not outlive its process.
    if (file < 0 || (flags & O_TMPFILE) == O_TMPFILE) return file;
    bool is_new = false;
    NodePointer node = opened(path, is_new);
    const std::lock_guard lock(mutex_);
    open_[file] = {std::move(node), path};
    return file;
}

int FaultyFileSystem::close(int file) {
    const std::string path = path_of(file);
    if (path.empty()) return FileSystem::close(file);
    {
        const std::lock_guard lock(mutex_);
        open_.erase(file);
    }
    // The descriptor is closed whatever the answer (close(2)).
    const int result = FileSystem::close(file);
    const int error = enter("close", path, Needs::kNothing);
    return error != 0 ? failed(error) : result;
}

ssize_t FaultyFileSystem::read(int file, void* bytes, std::size_t count) {
    const std::string path = path_of(file);
    if (path.empty()) return FileSystem::read(file, bytes, count);
    if (const int error = enter("read", path, Needs::kNothing, true)) return failed(error);
    return FileSystem::read(file, bytes, part_of("read", file, count));
}

ssize_t FaultyFileSystem::read_at(int file, void* bytes, std::size_t count, off_t at) {
    const std::string path = path_of(file);
    if (path.empty()) return FileSystem::read_at(file, bytes, count, at);
    if (const int error = enter("read_at", path, Needs::kNothing, true)) return failed(error);
    return FileSystem::read_at(file, bytes, part_of("read_at", file, count), at);
}

ssize_t FaultyFileSystem::write(int file, const void* bytes, std::size_t count) {
    const std::string path = path_of(file);
    if (path.empty()) return FileSystem::write(file, bytes, count);
    if (const int error = enter("write", path, Needs::kSpace, true)) return failed(error);
    return FileSystem::write(file, bytes, part_of("write", file, count));
}

int FaultyFileSystem::truncate(int file, off_t bytes) {
    const std::string path = path_of(file);
    if (!path.empty()) {
        if (const int error = enter("truncate", path, Needs::kNothing)) return failed(error);
    }
    return FileSystem::truncate(file, bytes);
}

int FaultyFileSystem::reserve(int file, off_t bytes) {
    const std::string path = path_of(file);
    if (!path.empty()) {
        if (const int error = enter("reserve", path, Needs::kSpace)) return failed(error);
    }
    return FileSystem::reserve(file, bytes);
}

int FaultyFileSystem::sync_as(const char* call, int file) {
    const std::string path = path_of(file);
    if (path.empty()) return FileSystem::sync(file);
    if (const int error = enter(call, path, Needs::kSpace)) return failed(error);
    NodePointer node;
    {
        const std::lock_guard lock(mutex_);
        node = open_.at(file).node;
    }
    // Through the descriptor: the file may have another name by now.
    if (node->folder)
        sync_folder(path);
    else
        synced(node, content_of(fmt::format("/proc/self/fd/{}", file)));
    return 0;
}

int FaultyFileSystem::sync(int file) {
    return sync_as("sync", file);
}
int FaultyFileSystem::sync_data(int file) {
    return sync_as("sync_data", file);
}

int FaultyFileSystem::sync_all(int file) {
    const std::string path = path_of(file);
    if (path.empty()) return FileSystem::sync_all(file);
    if (const int error = enter("sync_all", path, Needs::kSpace)) return failed(error);
    const std::lock_guard lock(mutex_);
    if (dead_) return 0;
    for (const Change& change : waiting_) apply(change, synced_);
    waiting_.clear();
    for (const auto& [name, node] : live_) {
        if (!node->folder) node->synced = content_of(name);
    }
    return 0;
}

int FaultyFileSystem::lock(int file, int operation) {
    const std::string path = path_of(file);
    if (!path.empty()) {
        if (const int error = enter("lock", path, Needs::kNothing)) return failed(error);
    }
    return FileSystem::lock(file, operation);
}

int FaultyFileSystem::status(int file, struct stat& status) {
    const std::string path = path_of(file);
    if (!path.empty()) {
        if (const int error = enter("status", path, Needs::kNothing)) return failed(error);
    }
    return FileSystem::status(file, status);
}

int FaultyFileSystem::status(const char* path, struct stat& status) {
    if (is_here(path)) {
        if (const int error = enter("status", path, Needs::kNothing)) return failed(error);
    }
    return FileSystem::status(path, status);
}

int FaultyFileSystem::rename(const char* from, const char* to) {
    if (!is_here(from)) return FileSystem::rename(from, to);
    if (const int error = enter("rename", from, Needs::kSpace)) return failed(error);
    if (fs::is_directory(from)) return failed(ENOSYS);  // not needed, and not kept track of
    const int result = FileSystem::rename(from, to);
    if (result != 0) return result;
    bool is_new = false;
    NodePointer node = opened(from, is_new);
    change({{from, nullptr}, {to, std::move(node)}});
    return result;
}

int FaultyFileSystem::remove(const char* path) {
    if (!is_here(path)) return FileSystem::remove(path);
    if (const int error = enter("remove", path, Needs::kNothing)) return failed(error);
    const int result = FileSystem::remove(path);
    if (result == 0) removed(path);
    return result;
}

int FaultyFileSystem::make_folder(const char* path, mode_t mode) {
    if (!is_here(path)) return FileSystem::make_folder(path, mode);
    if (const int error = enter("make_folder", path, Needs::kSpace)) return failed(error);
    const int result = FileSystem::make_folder(path, mode);
    bool is_new = false;
    if (result == 0) opened(path, is_new);
    return result;
}

int FaultyFileSystem::remove_folder(const char* path) {
    if (!is_here(path)) return FileSystem::remove_folder(path);
    if (const int error = enter("remove_folder", path, Needs::kNothing)) return failed(error);
    const int result = FileSystem::remove_folder(path);
    if (result == 0) removed(path);
    return result;
}

int FaultyFileSystem::list(const char* path, std::vector<std::string>& names) {
    if (is_here(path)) {
        if (const int error = enter("list", path, Needs::kNothing)) return failed(error);
    }
    return FileSystem::list(path, names);
}

void* FaultyFileSystem::map(int file, std::size_t bytes, bool writable) {
    const std::string path = path_of(file);
    if (path.empty()) return FileSystem::map(file, bytes, writable);
    if (const int error = enter("map", path, Needs::kNothing)) {
        errno = error;
        return nullptr;
    }
    void* base = FileSystem::map(file, bytes, writable);
    const std::lock_guard lock(mutex_);
    if (base != nullptr) maps_[base] = open_.at(file);
    return base;
}

int FaultyFileSystem::unmap(void* base, std::size_t bytes) {
    {
        const std::lock_guard lock(mutex_);
        maps_.erase(base);
    }
    return FileSystem::unmap(base, bytes);
}

int FaultyFileSystem::sync_map(void* base, std::size_t bytes) {
    Open file;
    {
        const std::lock_guard lock(mutex_);
        const auto known = maps_.find(base);
        if (known != maps_.end()) file = known->second;
    }
    if (!file.node) return FileSystem::sync_map(base, bytes);
    if (const int error = enter("sync_map", file.path, Needs::kSpace)) return failed(error);
    std::string content;
    {
        const std::lock_guard lock(mutex_);
        content = file.node->synced;
    }
    content.resize(std::max(content.size(), bytes));
    std::memcpy(content.data(), base, bytes);
    synced(file.node, std::move(content));
    return 0;
}

}  // namespace hone::test
