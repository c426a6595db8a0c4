// SPDX-License-Identifier: GPL-3.0-or-later
// The sandbox of the decoders, attacked deliberately in every way (tests/support/decoder_faults.cpp).
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "photo/sandbox/decoder_pool.hpp"
#include "tests/support/bitmap.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr PhotoWork kWork{64, 0, true, true, false, kMaximumPixels};

// A GIF's first bytes, then the instruction for the decoder.
std::string fault(const std::string& what) {
    return "GIF89a HONE-FAULT " + what;
}

class Sandbox : public testing::Test {
  protected:
    void SetUp() override {
        ::setenv("HONE_DECODER", (program_directory().parent_path() / "hone-decoder-with-faults").c_str(), 1);
    }
    void TearDown() override { ::unsetenv("HONE_DECODER"); }

    static Result<PreparedPhoto> prepare(DecoderPool& pool, const std::string& bytes) {
        return pool.prepare({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, kWork);
    }
    static void expect_works(DecoderPool& pool) {
        const auto photo = prepare(pool, test::plain_bitmap(40, 30, 0x123456));
        ASSERT_TRUE(photo) << photo.error().message;
        EXPECT_EQ(photo->width, 40);
        EXPECT_EQ(photo->height, 30);
        EXPECT_EQ(photo->color, 0x123456U);
    }
    static SandboxLimits limits() {
        SandboxLimits limits;
        limits.processor_time = std::chrono::seconds(1);
        limits.time = std::chrono::seconds(3);
        return limits;
    }
};

TEST_F(Sandbox, IsWholeOnThisKind) {
    DecoderPool pool(1);
    const auto missing = pool.missing_parts();
    ASSERT_TRUE(missing) << missing.error().message;
    // Containers may refuse namespaces or Landlock; seccomp and the limits exist on every supported Linux.
    for (const std::string& part : *missing) {
        EXPECT_THAT(part, testing::AnyOf(HasSubstr("namespaces"), HasSubstr("Landlock")));
        std::printf("the sandbox misses here: %s\n", part.c_str());
    }
    expect_works(pool);
}

TEST_F(Sandbox, GivesPixelsThumbnailsAndColour) {
    DecoderPool pool(1);
    const auto photo = prepare(pool, test::plain_bitmap(2000, 1000, 0x336699));
    ASSERT_TRUE(photo) << photo.error().message;
    EXPECT_EQ(photo->format, Format::kBmp);
    EXPECT_EQ(photo->color, 0x336699U);
    EXPECT_GE(photo->network.height, 64);
    EXPECT_LT(photo->network.height, 128);
    EXPECT_EQ(photo->small.width, 480);
    for (std::size_t at = 0; at < photo->thumbnails.size(); ++at) {
        const std::string& webp = photo->thumbnails[at];
        const auto decoded =
            decode_photo({reinterpret_cast<const std::uint8_t*>(webp.data()), webp.size()}, 0);
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded->width, kThumbnailSizes[at]);
    }
    EXPECT_EQ(pool.lost(), 0U);
}

TEST_F(Sandbox, ACrashCostsOnePhoto) {
    DecoderPool pool(1);
    expect_works(pool);
    EXPECT_THAT(prepare(pool, fault("crash")).error().message, HasSubstr("the decoder crashed on it"));
    expect_works(pool);
    EXPECT_THAT(prepare(pool, fault("exit")).error().message, HasSubstr("exit code 7"));
    expect_works(pool);
    EXPECT_EQ(pool.lost(), 4U) << "each photo had a second try";
}

// Returns the processes started by this one.
std::vector<pid_t> children() {
    std::vector<pid_t> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
        const auto status = read_text(entry.path() / "status");
        if (status && status->find(fmt::format("PPid:\t{}\n", ::getpid())) != std::string::npos)
            found.push_back(std::stoi(entry.path().filename()));
    }
    return found;
}

TEST_F(Sandbox, ADecoderThatSomeoneElseEndsIsReplacedAndThePhotoTriedAgain) {
    DecoderPool pool(1, limits());
    expect_works(pool);
    std::jthread someone([] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        for (const pid_t child : children()) ::kill(child, SIGKILL);
    });
    // The second decoder sleeps as well, until its time limit.
    EXPECT_THAT(prepare(pool, fault("sleep")).error().message, HasSubstr("within 3 s"));
    EXPECT_EQ(pool.lost(), 2U);
    expect_works(pool);
}

TEST_F(Sandbox, ATurningDecoderIsEnded) {
    SandboxLimits busy = limits();
    busy.time = std::chrono::seconds(60);  // a busy machine may give it its second late
    DecoderPool pool(1, busy);
    EXPECT_THAT(prepare(pool, fault("spin")).error().message, HasSubstr("1 s of processor time"));
    expect_works(pool);
}

TEST_F(Sandbox, AHangingDecoderIsEnded) {
    DecoderPool pool(1, limits());
    EXPECT_THAT(prepare(pool, fault("sleep")).error().message, HasSubstr("within 3 s"));
    expect_works(pool);
}

TEST_F(Sandbox, IsLeftAtOnceWhenHoneEnds) {
    DecoderPool pool(1);
    std::jthread end([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        pool.interrupt(true);
    });
    EXPECT_EQ(prepare(pool, fault("sleep")).error().kind, ErrorKind::kUnavailable);
    end.join();
    pool.interrupt(false);
    expect_works(pool);
}

TEST_F(Sandbox, MemoryIsLimited) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a build with a sanitizer has no such limit";
#endif
    DecoderPool pool(1);
    EXPECT_THAT(prepare(pool, fault("memory")).error().message,
                HasSubstr("more memory than a decoder may have"));
    expect_works(pool);
    EXPECT_THAT(prepare(pool, fault("glib")).error().message, HasSubstr("more than 1024 MB of memory"));
    expect_works(pool);
}

TEST_F(Sandbox, NothingGetsOut) {
    DecoderPool pool(1);
    const auto answer = prepare(pool, fault("escape"));
    ASSERT_FALSE(answer) << "the GIF itself is broken";
    EXPECT_THAT(answer.error().message, HasSubstr("damaged or unsupported gif"))
        << "the sandbox allows something";
    EXPECT_EQ(pool.lost(), 0U);
}

TEST_F(Sandbox, AThumbnailThatIsNotPlainWebpIsRefused) {
    DecoderPool pool(1);
    const auto honest = prepare(pool, fault("thumbnail honest"));
    ASSERT_TRUE(honest) << honest.error().message;
    EXPECT_EQ(honest->width, 300);
    for (const char* other : {"tiff", "html", "cut", "tail", "large", "animated"}) {
        const auto answer = prepare(pool, fault(std::string("thumbnail ") + other));
        ASSERT_FALSE(answer) << other;
        EXPECT_THAT(answer.error().message, HasSubstr("not a plain WebP file")) << other;
    }
    EXPECT_EQ(pool.lost(), 0U);
    expect_works(pool);
}

TEST_F(Sandbox, ThumbnailsNobodyAskedForAreRefused) {
    DecoderPool pool(1);
    PhotoWork work = kWork;
    work.thumbnails = false;
    const std::string bytes = fault("thumbnail honest");
    EXPECT_FALSE(pool.prepare({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, work));
}

TEST_F(Sandbox, ARefusedPartIsToldAndTheRestHolds) {
    SandboxLimits with_gaps = limits();
    with_gaps.without = {"namespaces (no network)", "file system (Landlock)"};
    DecoderPool pool(1, with_gaps);
    const auto missing = pool.missing_parts();
    ASSERT_TRUE(missing);
    EXPECT_THAT(*missing, testing::ElementsAre(HasSubstr("namespaces (no network): "),
                                               HasSubstr("file system (Landlock): ")));
    EXPECT_THAT(prepare(pool, fault("escape")).error().message, HasSubstr("damaged or unsupported gif"));
    expect_works(pool);
}

TEST_F(Sandbox, TooManyPixelsAreToldByTheHeader) {
    DecoderPool pool(1);
    const std::string bytes = test::plain_bitmap(100, 100, 1);
    PhotoWork work = kWork;
    work.maximum_pixels = 9999;
    EXPECT_THAT(pool.prepare({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, work)
                    .error()
                    .message,
                HasSubstr("too large: 100 x 100 pixels"));
}

TEST_F(Sandbox, SvgIsOffUnlessAskedFor) {
    DecoderPool pool(1);
    const std::string bytes =
        "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='32'><rect width='64' height='32' "
        "fill='red'/></svg>";
    const std::span<const std::uint8_t> span{reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                             bytes.size()};
    EXPECT_THAT(pool.prepare(span, kWork).error().message, HasSubstr("SVG"));
    PhotoWork work = kWork;
    work.svg = true;
    const auto photo = pool.prepare(span, work);
    ASSERT_TRUE(photo) << photo.error().message;
    EXPECT_EQ(photo->color, 0xFF0000U);
}

TEST_F(Sandbox, AMissingProgramIsOneClearLine) {
    ::setenv("HONE_DECODER", "/nowhere/hone-decoder", 1);
    DecoderPool pool(1);
    EXPECT_THAT(prepare(pool, test::plain_bitmap(2, 2, 0)).error().message,
                HasSubstr("cannot start the decoder /nowhere/hone-decoder"));
}

TEST_F(Sandbox, StartsWhateverNumbersItsDescriptorsHave) {
    std::vector<FileDescriptor> open_files;
    for (int count = 0; count < 130; ++count) {
        open_files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (count % 10 != 0) continue;
        DecoderPool pool(1);
        expect_works(pool);
    }
}

TEST_F(Sandbox, ManyThreadsShareFewProcesses) {
    DecoderPool pool(2);
    std::atomic<int> good = 0, bad = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 6; ++thread) {
            threads.emplace_back([&, thread] {
                for (int photo = 0; photo < 10; ++photo) {
                    const bool broken = (thread + photo) % 5 == 0;
                    const auto done = prepare(pool, broken ? fault("crash") : test::plain_bitmap(40, 30, 1));
                    (done ? good : bad) += 1;
                }
            });
        }
    }
    EXPECT_EQ(good, 48);
    EXPECT_EQ(bad, 12);
    EXPECT_EQ(pool.lost(), 24U);
}

}  // namespace
}  // namespace hone
