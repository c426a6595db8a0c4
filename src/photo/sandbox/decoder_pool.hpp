// SPDX-License-Identifier: GPL-3.0-or-later
// Sandboxed decoding: libvips, LibRaw and Exiv2 run in separate processes that can neither open files nor
// communicate with anyone but Hone. A crash, a hang or an exceeded limit costs one photo.
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
    std::uint64_t memory_bytes = 1ULL << 30;  // that a decoder may allocate
    std::chrono::seconds processor_time{20};  // for one photo
    std::chrono::seconds time{120};           // for one photo, including the wait for a slow disk
    std::vector<std::string> without;         // parts of the sandbox to omit, for tests
};

// A pool of decoder processes. Safe from any thread.
class DecoderPool {
  public:
    // Starts a process when it is first needed; at most `processes` of them.
    explicit DecoderPool(unsigned processes, SandboxLimits limits = {});
    ~DecoderPool();

    // Decodes a photo in an idle process, or waits for one. photo, sidecars: descriptors open for reading;
    // their offsets do not matter. A process that dies may have been killed by the system (out of memory), so
    // its photo is tried once more. kFailed with the decoder's reason or with the cause of its end (crash,
    // memory, time); the next photo then gets a new process. kUnavailable when no process can be started, or
    // while interrupted. The thumbnails are WebP files of the right size (is_thumbnail()), whatever the
    // decoder wrote.
    Result<PreparedPhoto> prepare(int photo, std::span<const int> sidecars, const PhotoWork& work);
    // The same for bytes in memory.
    Result<PreparedPhoto> prepare(std::span<const std::uint8_t> bytes, const PhotoWork& work);

    // While set, photos in progress are cancelled and new ones refused (kUnavailable), so that a shutdown
    // does not wait for a slow photo.
    void interrupt(bool interrupted) { interrupted_ = interrupted; }

    // Returns the parts of the sandbox that the kernel refuses here, as "part: reason". Starts a process when
    // none has run yet; kUnavailable when that fails.
    Result<std::vector<std::string>> missing_parts();

    // Number of processes replaced since the start.
    [[nodiscard]] std::uint64_t lost() const;

  private:
    struct Process;
    struct Lease;

    Result<std::unique_ptr<Process>> start() const;
    // Sets `crashed` when the process died while it decoded, for whatever cause.
    Result<PreparedPhoto> prepare_once(int photo, std::span<const int> sidecars, const PhotoWork& work,
                                       bool& crashed);
    void note_missing(const Process& process);

    const SandboxLimits limits_;
    std::atomic<bool> interrupted_ = false;
    mutable std::mutex mutex_;  // guards the members below
    std::condition_variable freed_;
    std::vector<std::unique_ptr<Process>> idle_;
    unsigned left_;  // processes that may still be started
    std::uint64_t lost_ = 0;
    bool told_ = false;
};

// Returns the path of the decoder program: HONE_DECODER, or hone-decoder next to this program. Safe from any
// thread.
fs::path decoder_program();

}  // namespace hone
