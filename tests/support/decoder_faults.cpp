// SPDX-License-Identifier: GPL-3.0-or-later
// The faults that hone-decoder-with-faults performs for a photo that begins with "HONE-FAULT ": every way in
// which a decoder can break, and every answer of one that was taken over. The photo must look like an image
// to Hone, so the instruction follows a GIF's first bytes.
#include <fcntl.h>
#include <glib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "photo/prepare.hpp"

namespace hone::test {

// Ends the process with a message when a forbidden action succeeded.
static void expect_refused(bool possible, const char* what) {
    if (!possible) return;
    std::fprintf(stderr, "the sandbox allows: %s\n", what);
    ::_exit(42);
}

void fault_if_asked(std::span<const std::uint8_t> bytes);

void fault_if_asked(std::span<const std::uint8_t> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto at = text.find("HONE-FAULT ");
    if (at == std::string_view::npos) return;
    const std::string_view fault = text.substr(at + 11);
    if (fault.starts_with("crash")) ::raise(SIGSEGV);
    if (fault.starts_with("exit")) ::_exit(7);
    if (fault.starts_with("spin"))
        for (std::atomic<std::uint64_t> turns = 0;;) ++turns;
    if (fault.starts_with("sleep"))
        for (;;) ::sleep(1000);
    if (fault.starts_with("memory"))
        for (;;) {
            auto* block = static_cast<char*>(::operator new(64U << 20));
            std::memset(block, 1, 64U << 20);
        }
    if (fault.starts_with("glib")) (void)::g_malloc(std::size_t{2} << 30U);  // glib aborts
    if (fault.starts_with("escape")) {
        // The first attempts of an attacker; if all of them fail, the photo is decoded normally.
        expect_refused(::open("/etc/passwd", O_RDONLY) >= 0, "open a file");
        expect_refused(::open("/tmp/hone-sandbox-test", O_WRONLY | O_CREAT, 0600) >= 0, "make a file");
        expect_refused(::socket(AF_INET, SOCK_STREAM, 0) >= 0, "a socket");
        expect_refused(::fork() >= 0, "another process");
        expect_refused(::execl("/bin/true", "true", nullptr) == 0, "another program");
        expect_refused(::kill(::getppid(), 0) == 0, "a signal to Hone");
    }
}

// Returns the middle thumbnail that a decoder under an attacker's control sends; empty: an honest one.
static std::string false_thumbnail(std::string_view fault, const std::string& honest) {
    if (fault.starts_with("tiff"))
        return std::string("II*\0\x08\0\0\0\0\0\0\0\0\0", 14) + std::string(64, 'x');
    if (fault.starts_with("html")) return "<script>alert(1)</script> and enough text to look like a file";
    if (fault.starts_with("cut")) return honest.substr(0, honest.size() / 2);
    if (fault.starts_with("tail")) return honest + "II*";
    if (fault.starts_with("large")) {
        const Image image{1000, 800, std::vector<std::uint8_t>(std::size_t{3} * 1000 * 800, 90)};
        return make_thumbnail(image, 1000).value_or("");
    }
    if (fault.starts_with("animated")) {  // a form that may contain an animation or a profile
        std::string file = honest.substr(0, 12) +
                           std::string("VP8X\x0A\0\0\0\x02\0\0\0\x2B\1\0\xC7\0\0", 18) + honest.substr(12);
        file[4] = static_cast<char>(file.size() - 8);
        file[5] = static_cast<char>((file.size() - 8) >> 8);
        return file;
    }
    return {};
}

void falsify_if_asked(std::span<const std::uint8_t> bytes, Result<PreparedPhoto>& answer);

void falsify_if_asked(std::span<const std::uint8_t> bytes, Result<PreparedPhoto>& answer) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto at = text.find("HONE-FAULT thumbnail ");
    if (at == std::string_view::npos) return;
    const Image image{300, 200, std::vector<std::uint8_t>(std::size_t{3} * 300 * 200, 90)};
    answer.emplace();
    answer->format = Format::kGif;
    answer->width = image.width;
    answer->height = image.height;
    answer->network = answer->small = image;
    answer->metadata = "{}";
    for (std::size_t size = 0; size < answer->thumbnails.size(); ++size)
        answer->thumbnails[size] = make_thumbnail(image, kThumbnailSizes[size]).value_or("");
    const std::string other = false_thumbnail(text.substr(at + 21), answer->thumbnails[1]);
    if (!other.empty()) answer->thumbnails[1] = other;
}

}  // namespace hone::test
