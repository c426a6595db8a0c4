// Decoding behind a wall: libvips, LibRaw and Exiv2 run in processes of their own that can neither open
// files nor talk to anyone (photo/sandbox/sandbox.hpp). A crash, a hang or a limit costs one photo.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "photo/prepare.hpp"

namespace hone {

struct SandboxLimits {
    std::uint64_t memory_bytes = 1ULL << 30;  // that a decoder allocates
    std::chrono::seconds processor_time{20};  // for one photo
    std::chrono::seconds time{120};           // for one photo, waiting for a slow disk included
    std::vector<std::string> without;         // parts of the wall to leave out, for tests
};

// Safe from any thread.
class DecoderPool {
  public:
    // Starts a process when it is first needed, at most `processes` of them.
    explicit DecoderPool(unsigned processes, SandboxLimits limits = {});
    ~DecoderPool();

    // Decodes in a process that is free, or waits for one. photo, sidecars: open for reading; where their
    // descriptors stand does not matter. A process that ends under a photo may have been ended by someone
    // else (the system, short of memory), so the photo gets one more. Fails with the decoder's reason, or
    // with what became of it (crashed, memory, time), the next photo gets a new process; kUnavailable when no
    // process can be started.
    Result<PreparedPhoto> prepare(int photo, std::span<const int> sidecars, const PhotoWork& work);
    // The same for bytes that are no file.
    Result<PreparedPhoto> prepare(std::span<const std::uint8_t> bytes, const PhotoWork& work);

    // While it is set, photos that are being decoded are given up and new ones refused (kUnavailable): Hone
    // is about to end and does not wait for a slow photo.
    void interrupt(bool interrupted) { interrupted_ = interrupted; }

    // Parts of the wall that the kernel refuses here, as "part: reason"; starts a process when none ran yet.
    Result<std::vector<std::string>> missing_parts();

    // Processes that had to be replaced since the start.
    [[nodiscard]] std::uint64_t lost() const;

  private:
    struct Process;
    struct Lease;

    Result<std::unique_ptr<Process>> start() const;
    // crashed: the process ended under the photo, of whatever cause.
    Result<PreparedPhoto> prepare_once(int photo, std::span<const int> sidecars, const PhotoWork& work,
                                       bool& crashed);
    void note_missing(const Process& process);

    const SandboxLimits limits_;
    std::atomic<bool> interrupted_ = false;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Process>> idle_;
    unsigned left_;  // processes that may still be started
    std::uint64_t lost_ = 0;
    bool told_ = false;
};

// The program of the decoder processes: HONE_DECODER, or hone-decoder beside this program.
fs::path decoder_program();

}  // namespace hone
