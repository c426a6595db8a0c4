// SPDX-License-Identifier: GPL-3.0-or-later
// Starts, watches and replaces decoder processes, and checks their replies.
#include "photo/sandbox/decoder_pool.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

#include "base/log.hpp"
#include "base/time.hpp"
#include "photo/sandbox/protocol.hpp"

namespace hone {

using namespace sandbox;

namespace {

constexpr auto kStyle = std::chrono::milliseconds(100);  // interval of the checks on a working process
constexpr std::size_t kKeptMemory = 16U << 20;           // bytes of the shared memory kept between two photos

std::string_view text_of(const char* text, std::size_t size) {
    return {text, ::strnlen(text, size)};
}

double seconds_of(const timespec& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

// One decoder process with its socket and its stderr.
struct DecoderPool::Process {
    pid_t id = -1;
    FileDescriptor socket, memory, complaints;  // complaints: our end of its stderr
    const std::uint8_t* mapped = nullptr;
    std::string missing;

    Process() = default;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() {
        if (mapped != nullptr) ::munmap(const_cast<std::uint8_t*>(mapped), kMemoryBytes);
        end();
    }

    // Ends the process and describes how it ended. Kills it when it still runs.
    std::string end() {
        if (id < 0) return {};
        // An idle process ends when its socket is closed; do not wait for a busy one.
        ::kill(id, SIGKILL);
        int status = 0;
        // A process that waits for a dead network drive cannot be killed; leave it to the system.
        constexpr int kTries = 100;
        for (int tries = 0; tries < kTries; ++tries) {
            const pid_t done = ::waitpid(id, &status, WNOHANG);
            if (done != 0) break;
            const timespec pause{0, 10'000'000};
            ::nanosleep(&pause, nullptr);
        }
        id = -1;
        if (WIFSIGNALED(status)) return fmt::format("signal {}", ::strsignal(WTERMSIG(status)));
        return fmt::format("exit code {}", WEXITSTATUS(status));
    }

    // Returns its last output on stderr.
    std::string drain() {
        std::array<char, 4096> buffer{};
        std::string text;
        ssize_t count = 0;
        while ((count = ::read(complaints.get(), buffer.data(), buffer.size())) > 0)
            text.assign(buffer.data(), static_cast<std::size_t>(count));
        return text;
    }

    [[nodiscard]] double processor_seconds() const {
        clockid_t clock{};
        timespec used{};
        if (::clock_getcpuclockid(id, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
        return seconds_of(used);
    }
};

fs::path decoder_program() {
    if (const char* named = std::getenv("HONE_DECODER"); named != nullptr && *named != 0) return named;
    const fs::path here = program_directory();
    std::error_code error;
    for (const fs::path& candidate : {here / "hone-decoder", here.parent_path() / "hone-decoder",
                                      here.parent_path() / "libexec/hone/hone-decoder"}) {
        if (fs::exists(candidate, error)) return candidate;
    }
    return here / "hone-decoder";
}

DecoderPool::DecoderPool(unsigned processes, SandboxLimits limits)
    : limits_(std::move(limits)), left_(std::max(1U, processes)) {}

DecoderPool::~DecoderPool() = default;

std::uint64_t DecoderPool::lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
}

Result<std::unique_ptr<DecoderPool::Process>> DecoderPool::start() const {
    auto process = std::make_unique<Process>();
    const auto cannot = [](const char* what) {
        return fail(ErrorKind::kUnavailable, "cannot start a decoder: {}: {}", what, std::strerror(errno));
    };
    int pair[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return cannot("socketpair");
    process->socket = FileDescriptor(pair[0]);
    const FileDescriptor far_socket(pair[1]);
    int pipe[2] = {-1, -1};
    // Non-blocking, so that a decoder with many messages loses text, not time.
    if (::pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0) return cannot("pipe");
    process->complaints = FileDescriptor(pipe[0]);
    const FileDescriptor far_complaints(pipe[1]);
    process->memory = FileDescriptor(::memfd_create("hone-decoder", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!process->memory || ::ftruncate(process->memory.get(), kMemoryBytes) != 0 ||
        ::fcntl(process->memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return cannot("shared memory");
    void* mapped = ::mmap(nullptr, kMemoryBytes, PROT_READ, MAP_SHARED, process->memory.get(), 0);
    if (mapped == MAP_FAILED) return cannot("shared memory");
    process->mapped = static_cast<const std::uint8_t*>(mapped);

    const fs::path program = decoder_program();
    std::vector<std::string> words{program.string(), "--memory", std::to_string(limits_.memory_bytes)};
    for (const std::string& part : limits_.without) {
        words.emplace_back("--without");
        words.push_back(part);
    }
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    // The user's environment is not passed on. Libraries keep to one thread and one heap.
    std::vector<std::string> settings{"LC_ALL=C.UTF-8",     "TZ=UTC0",
                                      "OMP_NUM_THREADS=1",  "MAGICK_THREAD_LIMIT=1",
                                      "MALLOC_ARENA_MAX=1", "G_SLICE=always-malloc"};
    for (const char* sanitizer : {"ASAN_OPTIONS", "TSAN_OPTIONS"}) {
        if (const char* options = std::getenv(sanitizer))
            settings.push_back(fmt::format("{}={}", sanitizer, options));
    }
    std::vector<char*> environment;
    for (std::string& setting : settings) environment.push_back(setting.data());
    environment.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // Move them to numbers above all targets first, then into place.
    const int far[] = {far_complaints.get(), far_socket.get(), process->memory.get()};
    constexpr int kPlaces[] = {STDERR_FILENO, kSocket, kMemory};
    const int aside = std::max({far[0], far[1], far[2], kMemory}) + 1;
    for (int at = 0; at < 3; ++at) posix_spawn_file_actions_adddup2(&actions, far[at], aside + at);
    for (int at = 0; at < 3; ++at) posix_spawn_file_actions_adddup2(&actions, aside + at, kPlaces[at]);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, kMemory + 1);
    // A separate process group, because Hone handles Ctrl-C.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    const int error = ::posix_spawn(&process->id, program.c_str(), &actions, &attributes, arguments.data(),
                                    environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        process->id = -1;
        return fail(ErrorKind::kUnavailable,
                    "cannot start the decoder {}: {}; it belongs next to the program hone",
                    printable(program), std::strerror(error));
    }
    return process;
}

// Reads the first message of a new process. Returns false when the process has ended.
static bool read_hello(int socket, std::string& missing) {
    Hello hello;
    pollfd ready{socket, POLLIN, 0};
    constexpr int kStartMilliseconds = 60'000;  // for a loaded machine and a cold disk
    if (::poll(&ready, 1, kStartMilliseconds) != 1) return false;
    if (::recv(socket, &hello, sizeof hello, 0) != static_cast<ssize_t>(sizeof hello)) return false;
    missing = text_of(hello.missing, sizeof hello.missing);
    return true;
}

void DecoderPool::note_missing(const Process& process) {
    const std::lock_guard lock(mutex_);
    if (told_ || process.missing.empty()) return;
    told_ = true;
    std::string parts = process.missing;
    for (char& c : parts) c = c == '\n' ? ';' : c;
    log::write(log::Level::kWarning,
               fmt::format("this system supports only a part of the decoders' sandbox; missing: {}", parts));
}

// Takes an idle process, or the right to start one, and returns it at the end.
struct DecoderPool::Lease {
    explicit Lease(DecoderPool& owner) : pool(owner) {
        std::unique_lock lock(pool.mutex_);
        pool.freed_.wait(lock, [&] { return !pool.idle_.empty() || pool.left_ > 0; });
        if (!pool.idle_.empty()) {
            process = std::move(pool.idle_.back());
            pool.idle_.pop_back();
        } else {
            --pool.left_;
        }
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
        {
            const std::lock_guard lock(pool.mutex_);
            if (process)
                pool.idle_.push_back(std::move(process));
            else
                ++pool.left_;
        }
        pool.freed_.notify_one();
    }
    Result<> make_ready() {
        if (process) return {};
        HONE_TRY(auto started, pool.start());
        if (!read_hello(started->socket.get(), started->missing)) {
            const std::string words = started->drain(), end = started->end();
            return fail(ErrorKind::kUnavailable, "the decoder {} ended when it started ({}) {}",
                        printable(decoder_program()), end, words);
        }
        pool.note_missing(*started);
        process = std::move(started);
        return {};
    }
    // Discards the process, because it is unusable.
    std::string lose() {
        const std::string end = process->end();
        process.reset();
        const std::lock_guard lock(pool.mutex_);
        ++pool.lost_;
        return end;
    }

    DecoderPool& pool;
    std::unique_ptr<Process> process;
};

Result<std::vector<std::string>> DecoderPool::missing_parts() {
    Lease lease(*this);
    HONE_CHECK(lease.make_ready());
    std::vector<std::string> parts;
    std::string_view text = lease.process->missing;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

namespace {

bool send_request(int socket, const Request& request, int photo, std::span<const int> sidecars) {
    std::array<int, 1 + kSidecars> files{};
    std::size_t count = 0;
    files[count++] = photo;
    for (const int sidecar : sidecars) {
        if (count < files.size()) files[count++] = sidecar;
    }
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof files)> control{};
    iovec part{const_cast<Request*>(&request), sizeof request};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    std::memcpy(CMSG_DATA(header), files.data(), sizeof(int) * count);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof request);
}

// Replies are untrusted: every part must be inside the shared memory and fit its size.
class Reader {
  public:
    explicit Reader(const std::uint8_t* memory) : memory_(memory) {}

    bool image(Part part, int width, int height, Image& image) {
        if (width == 0 && height == 0 && part.bytes == 0) return true;
        if (width <= 0 || height <= 0 || !inside(part) ||
            part.bytes / 3 / static_cast<std::uint64_t>(width) != static_cast<std::uint64_t>(height) ||
            part.bytes !=
                std::uint64_t{3} * static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height))
            return false;
        image.width = width;
        image.height = height;
        image.rgb.assign(memory_ + part.at, memory_ + part.at + part.bytes);
        return true;
    }
    bool text(Part part, std::string& text) {
        if (!inside(part)) return false;
        text.assign(reinterpret_cast<const char*>(memory_ + part.at), part.bytes);
        return true;
    }
    [[nodiscard]] std::uint64_t used() const { return used_; }

  private:
    bool inside(Part part) {
        if (part.at > kMemoryBytes || part.bytes > kMemoryBytes - part.at) return false;
        used_ = std::max(used_, part.at + part.bytes);
        return true;
    }
    const std::uint8_t* memory_;
    std::uint64_t used_ = 0;
};

Result<PreparedPhoto> read_reply(const Reply& reply, Reader& reader, bool thumbnails) {
    PreparedPhoto photo;
    if (reply.good == 0) {
        // Terminals show it, so keep it on one line, whatever the file made its decoder write.
        std::string reason(text_of(reply.reason, sizeof reply.reason));
        std::ranges::replace_if(reason, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
        return fail("{}", reason);
    }
    bool good = reply.width > 0 && reply.height > 0 && reply.format > 0 &&
                reply.format <= static_cast<int>(Format::kOtherRaw);
    photo.format = static_cast<Format>(good ? reply.format : 0);
    photo.width = reply.width;
    photo.height = reply.height;
    photo.color = reply.color & 0xFFFFFFU;
    good = good && reader.image(reply.network, reply.network_width, reply.network_height, photo.network) &&
           reader.image(reply.faces, reply.faces_width, reply.faces_height, photo.faces) &&
           reader.image(reply.small, reply.small_width, reply.small_height, photo.small) &&
           reader.text(reply.metadata, photo.metadata);
    for (std::size_t at = 0; good && at < photo.thumbnails.size(); ++at) {
        good = reader.text(reply.thumbnails[at], photo.thumbnails[at]);
        // Thumbnails are stored and served as they are, so a decoder that was taken over must not pass
        // another format.
        const std::string& webp = photo.thumbnails[at];
        if (good && !(thumbnails ? is_thumbnail(webp, kThumbnailSizes[at]) : webp.empty()))
            return fail("the decoder returned a thumbnail that is not a plain WebP file");
    }
    if (!good) return fail("the decoder's answer is invalid");
    return photo;
}

}  // namespace

Result<PreparedPhoto> DecoderPool::prepare(int photo, std::span<const int> sidecars, const PhotoWork& work) {
    bool crashed = false;
    auto prepared = prepare_once(photo, sidecars, work, crashed);
    return crashed ? prepare_once(photo, sidecars, work, crashed) : prepared;
}

Result<PreparedPhoto> DecoderPool::prepare_once(int photo, std::span<const int> sidecars,
                                                const PhotoWork& work, bool& crashed) {
    const auto stopped = [] { return fail(ErrorKind::kUnavailable, "stopped"); };
    if (interrupted_) return stopped();
    Lease lease(*this);
    HONE_CHECK(lease.make_ready());
    const Request request{work.maximum_pixels,           work.network_side,           work.faces_side,
                          std::uint8_t{work.thumbnails}, std::uint8_t{work.metadata}, std::uint8_t{work.svg}};
    if (!send_request(lease.process->socket.get(), request, photo, sidecars)) {
        // The process died while idle, so no photo is to blame.
        lease.lose();
        HONE_CHECK(lease.make_ready());
        if (!send_request(lease.process->socket.get(), request, photo, sidecars))
            return fail("the decoder takes no photos: {}", lease.lose());
    }
    Process& process = *lease.process;
    const double used_before = process.processor_seconds();
    const Stopwatch watch;
    while (true) {
        pollfd ready{process.socket.get(), POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(kStyle.count())) == 1) break;
        if (interrupted_) {
            lease.lose();
            return stopped();
        }
        const bool spent =
            process.processor_seconds() - used_before > static_cast<double>(limits_.processor_time.count());
        const bool late = watch.seconds() > static_cast<double>(limits_.time.count());
        if (spent || late) {
            lease.lose();
            return fail("{}",
                        spent ? fmt::format("decoding took more than {} s of processor time",
                                            limits_.processor_time.count())
                              : fmt::format("it could not be decoded within {} s: is its disk slow or gone?",
                                            limits_.time.count()));
        }
    }
    Reply reply;
    if (::recv(process.socket.get(), &reply, sizeof reply, 0) != static_cast<ssize_t>(sizeof reply)) {
        const std::string words = process.drain();
        const std::string end = lease.lose();
        if (words.find("failed to allocate") != std::string::npos ||
            words.find("bad_alloc") != std::string::npos)
            return fail("decoding needs more than {} MB of memory", limits_.memory_bytes >> 20U);
        crashed = true;
        return fail("the decoder crashed on it ({})", end);
    }
    Reader reader(process.mapped);
    auto prepared = read_reply(reply, reader, work.thumbnails);
    if (reader.used() > kKeptMemory)
        ::fallocate(process.memory.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kMemoryBytes);
    process.drain();
    return prepared;
}

Result<PreparedPhoto> DecoderPool::prepare(std::span<const std::uint8_t> bytes, const PhotoWork& work) {
    const FileDescriptor file(::memfd_create("hone-example", MFD_CLOEXEC));
    std::size_t written = 0;
    while (file && written < bytes.size()) {
        const ssize_t count = ::write(file.get(), bytes.data() + written, bytes.size() - written);
        if (count <= 0) return fail("out of memory");
        written += static_cast<std::size_t>(count);
    }
    return prepare(file.get(), {}, work);
}

}  // namespace hone
