// SPDX-License-Identifier: GPL-3.0-or-later
// Finds photos of the same picture: candidates by style and hashes, then a check of each pair on the
// thumbnails, without the originals. A decoder process decodes the thumbnails, because another one wrote
// them. Results are committed to the catalogue in batches.
#pragma once

#include <functional>
#include <stop_token>

#include "ingest/near_duplicates.hpp"
#include "ingest/thumbnail_store.hpp"

namespace hone {

// Not thread-safe. Call prepare(), then run().
class SamePictureFinder {
  public:
    // patience: the longest time without an answer of the drive of a photo whose thumbnail is missing.
    SamePictureFinder(Catalog& catalog, ThumbnailStore& thumbnails, DecoderPool& decoders,
                      std::chrono::milliseconds patience = kBlockingCallPatience)
        : catalog_(catalog), thumbnails_(thumbnails), decoders_(decoders), patience_(patience) {}

    // Returns the number of photos that were not compared with the others yet.
    Result<std::size_t> prepare();
    // Compares them on all processors. on_progress receives the number of finished photos, on any thread. A
    // stop request ends the run early; finished results are kept. A photo waits for the next run when its
    // thumbnail, or that of a candidate, cannot be read or made now. A picture that cannot be decoded stays
    // so, and is not compared again.
    Result<> run(const std::stop_token& stop, const std::function<void(std::size_t)>& on_progress);

  private:
    struct Work;
    // Appends the photo's pairs. kUnavailable when the comparison is incomplete for a reason that may pass.
    Result<> compare(Work& work, std::size_t at, std::vector<SamePicture>& pairs, BlockingCalls& calls) const;

    Catalog& catalog_;
    ThumbnailStore& thumbnails_;
    DecoderPool& decoders_;
    const std::chrono::milliseconds patience_;
    std::vector<PhotoNumber> waiting_;
};

}  // namespace hone
