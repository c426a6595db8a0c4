// SPDX-License-Identifier: GPL-3.0-or-later
// Finds photos of the same picture: candidates by style and hashes, then a check of each pair on the
// thumbnails, without the originals. A decoder process decodes the thumbnails, because another one wrote
// them. Results are committed to the catalogue in batches.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <stop_token>

#include "catalog/catalog.hpp"
#include "ingest/near_duplicates.hpp"
#include "library/thumbnail_store.hpp"

namespace hone {

// Lives as long as the indexer: the index of all photos is read once, for the first photo to compare, and
// grows with the photos that are added. Not thread-safe.
class SamePictureFinder {
  public:
    // folder: for the index, a folder of derived files. patience: the longest time without an answer of the
    // drive of a photo whose thumbnail is missing.
    SamePictureFinder(Catalog& catalog, ThumbnailStore& thumbnails, DecoderPool& decoders,
                      const fs::path& folder, std::chrono::milliseconds patience = kBlockingCallPatience)
        : catalog_(catalog),
          thumbnails_(thumbnails),
          decoders_(decoders),
          patience_(patience),
          index_(folder) {}

    // A photo that was analysed: it waits for prepare().
    void add(PhotoNumber photo, const AnalysisResults& results);
    // Returns the number of photos to compare: the added ones, and on a whole scan all others that were never
    // compared. shared: other processes write the catalogue, so a whole scan reads all of it each time.
    Result<std::size_t> prepare(bool whole = true, bool shared = false);
    // Photos that wait for a whole scan to compare them, as far as prepare() has read.
    [[nodiscard]] std::size_t waiting() const { return waiting_.size() + new_.size(); }
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
    struct Query {
        StyleVector style;
        PhotoHashes hashes;
    };
    NearDuplicateIndex index_;  // empty until something is compared
    bool read_ = false;         // waiting_ has every photo of the catalogue that was never compared
    std::set<PhotoNumber> waiting_, new_;
    std::map<PhotoNumber, Query> not_in_index_;
    std::vector<PhotoNumber> now_;  // to compare in this run
};

}  // namespace hone
