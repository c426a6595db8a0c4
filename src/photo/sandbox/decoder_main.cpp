// SPDX-License-Identifier: GPL-3.0-or-later
// hone-decoder: the sandboxed process. The decoder pool starts it, never a person. It answers requests from
// descriptor 3, one at a time, until the descriptor is closed.
#include <fcntl.h>
#include <iconv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <ctime>
#include <new>
#include <string_view>
#include <vips/vips8>

#include "base/file.hpp"
#include "photo/prepare.hpp"
#include "photo/sandbox/protocol.hpp"
#include "photo/sandbox/sandbox.hpp"
#include "photo/vips_start.hpp"

#ifdef HONE_FAULTS
namespace hone::test {
// tests/support/decoder_faults.cpp
void fault_if_asked(std::span<const std::uint8_t> photo);
void falsify_if_asked(std::span<const std::uint8_t> photo, Result<PreparedPhoto>& answer);
}  // namespace hone::test
#endif

namespace hone::sandbox {
namespace {

constexpr std::uint64_t kSidecarBytes = 16U << 20;

// A file's bytes, mapped without a copy.
class MappedFile {
  public:
    explicit MappedFile(int descriptor) {
        struct stat status{};
        if (::fstat(descriptor, &status) != 0 || status.st_size <= 0) return;
        void* mapped =
            ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (mapped == MAP_FAILED) return;
        bytes_ = {static_cast<const std::uint8_t*>(mapped), static_cast<std::size_t>(status.st_size)};
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile() {
        if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
    }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }

  private:
    std::span<const std::uint8_t> bytes_;
};

struct Received {
    Request request;
    std::vector<FileDescriptor> files;
};

bool receive(Received& received) {
    std::array<char, CMSG_SPACE(sizeof(int) * (1 + kSidecars))> control{};
    iovec part{&received.request, sizeof received.request};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t count = 0;
    do count = ::recvmsg(kSocket, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (count != static_cast<ssize_t>(sizeof received.request)) return false;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t files = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t at = 0; at < files; ++at) {
            int descriptor = -1;
            std::memcpy(&descriptor, CMSG_DATA(header) + at * sizeof(int), sizeof descriptor);
            received.files.emplace_back(descriptor);
        }
    }
    return !received.files.empty();
}

template <typename Message>
bool send(const Message& text) {
    iovec part{const_cast<Message*>(&text), sizeof text};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    return ::sendmsg(kSocket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof text);
}

template <std::size_t size>
void copy_text(char (&target)[size], std::string_view text) {
    const std::size_t length = std::min(text.size(), size - 1);
    std::memcpy(target, text.data(), length);
    target[length] = 0;
}

// Appends the results to the shared memory.
class Writer {
  public:
    explicit Writer(std::uint8_t* memory) : memory_(memory) {}

    Part add(const void* data, std::size_t bytes) {
        const Part part{used_, bytes};
        if (bytes > kMemoryBytes - used_) {
            overflow_ = true;
            return {};
        }
        if (bytes > 0) std::memcpy(memory_ + used_, data, bytes);
        used_ += bytes;
        return part;
    }
    [[nodiscard]] bool overflow() const { return overflow_; }

  private:
    std::uint8_t* memory_;
    std::size_t used_ = 0;
    bool overflow_ = false;
};

Reply answer(const Received& received, std::uint8_t* memory) {
    Reply reply;
    const MappedFile photo(received.files.front().get());
#ifdef HONE_FAULTS
    test::fault_if_asked(photo.bytes());
#endif
    std::vector<std::string> sidecars;
    for (std::size_t at = 1; at < received.files.size(); ++at) {
        const MappedFile sidecar(received.files[at].get());
        if (sidecar.bytes().size() <= kSidecarBytes)
            sidecars.emplace_back(reinterpret_cast<const char*>(sidecar.bytes().data()),
                                  sidecar.bytes().size());
    }
    const Request& request = received.request;
    auto prepared = prepare_photo(photo.bytes(), sidecars,
                                  {request.network_side, request.faces_side, request.thumbnails != 0,
                                   request.metadata != 0, request.svg != 0, request.maximum_pixels});
#ifdef HONE_FAULTS
    test::falsify_if_asked(photo.bytes(), prepared);
#endif
    if (!prepared) {
        copy_text(reply.reason, prepared.error().message);
        return reply;
    }
    Writer writer(memory);
    reply.format = static_cast<int>(prepared->format);
    reply.width = prepared->width;
    reply.height = prepared->height;
    reply.color = prepared->color;
    reply.network_width = prepared->network.width;
    reply.network_height = prepared->network.height;
    reply.faces_width = prepared->faces.width;
    reply.faces_height = prepared->faces.height;
    reply.small_width = prepared->small.width;
    reply.small_height = prepared->small.height;
    reply.network = writer.add(prepared->network.rgb.data(), prepared->network.rgb.size());
    reply.faces = writer.add(prepared->faces.rgb.data(), prepared->faces.rgb.size());
    reply.small = writer.add(prepared->small.rgb.data(), prepared->small.rgb.size());
    reply.metadata = writer.add(prepared->metadata.data(), prepared->metadata.size());
    for (std::size_t at = 0; at < std::size(kThumbnailSizes); ++at)
        reply.thumbnails[at] = writer.add(prepared->thumbnails[at].data(), prepared->thumbnails[at].size());
    if (writer.overflow())
        copy_text(reply.reason, "its pixels do not fit into the decoder's output");
    else
        reply.good = 1;
    return reply;
}

// Libraries open files on first use (plugins, character sets, settings), so use them before the sandbox is
// locked.
void warm_up() {
    start_vips();
    ::tzset();  // the XMP toolkit calls mktime
    // The smallest files that reach each loader. They may be broken.
    static constexpr std::string_view kHeads[] = {
        "\xFF\xD8\xFF\xE0",
        "\x89PNG\r\n\x1A\n",
        std::string_view("RIFF\4\0\0\0WEBPVP8 ", 16),
        "GIF89a",
        std::string_view("II*\0\x08\0\0\0", 8),
        std::string_view("\0\0\0\x18"
                         "ftypheic\0\0\0\0mif1heic",
                         24),
        std::string_view("\0\0\0\x18"
                         "ftypavif\0\0\0\0mif1avif",
                         24),
        std::string_view("\xFF\x0A", 2),
        std::string_view("\xFF\x4F\xFF\x51", 4),
        "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"};
    for (const std::string_view head : kHeads) {
        (void)prepare_photo({reinterpret_cast<const std::uint8_t*>(head.data()), head.size()}, {},
                            {1, 1, true, true, true, 1000});
    }
    // A complete BMP, because ImageMagick reads its settings with the first image.
    static constexpr char kBitmap[] =
        "BM\x3A\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0\0\0\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0"
        "\0\0\0\0\0"
        "\0\0\1\2\3\0";
    (void)prepare_photo({reinterpret_cast<const std::uint8_t*>(kBitmap), 58}, {},
                        {1, 1, true, true, false, 1000});
    // Character sets of descriptions and keywords; an open converter keeps its module loaded.
    for (const char* charset :
         {"UTF-16LE", "UTF-16BE", "UCS-2LE", "UCS-2BE", "ISO-8859-1", "SHIFT_JIS", "EUC-JP"})
        (void)::iconv_open("UTF-8", charset);
    vips_error_clear();
    // ImageMagick loads DjVuLibre, which installs a handler for failed allocations with its own exception.
    std::set_new_handler(nullptr);
}

int run(int argc, char** argv) {
    Limits limits;
    std::vector<std::string> without;
    for (int at = 1; at + 1 < argc; at += 2) {
        const std::string_view name = argv[at], value = argv[at + 1];
        if (name == "--memory")
            std::from_chars(value.data(), value.data() + value.size(), limits.memory_bytes);
        else if (name == "--without")
            without.emplace_back(value);
    }
    auto missing = lock_process(without);
    void* memory = ::mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, kMemory, 0);
    if (memory == MAP_FAILED) return 1;
    warm_up();
    std::ranges::move(lock_files_and_calls(limits, without), std::back_inserter(missing));
    Hello hello;
    std::string text;
    for (const std::string& part : missing) text += (text.empty() ? "" : "\n") + part;
    copy_text(hello.missing, text);
    if (!send(hello)) return 0;
    while (true) {
        Received received;
        if (!receive(received)) return 0;
        Reply reply;
        try {
            reply = answer(received, static_cast<std::uint8_t*>(memory));
        } catch (const std::bad_alloc&) {
            copy_text(reply.reason, "it needs more memory than a decoder may have");
        } catch (const std::exception& error) {
            copy_text(reply.reason, error.what());
        }
        received.files.clear();  // closing may wait for a network drive; charge that to this photo
        if (!send(reply)) return 0;
    }
}

}  // namespace
}  // namespace hone::sandbox

int main(int argc, char** argv) {
    return hone::sandbox::run(argc, argv);
}
