// SPDX-License-Identifier: GPL-3.0-or-later
// The file processor: opens one file read-only, hashes it, decodes it in the sandbox and analyses it. It
// skips analyses that the catalogue already has.
#pragma once

#include <memory>
#include <vector>

#include "analyze/content.hpp"
#include "analyze/faces.hpp"
#include "analyze/hashes.hpp"
#include "analyze/style.hpp"
#include "base/blocking_calls.hpp"
#include "base/path_map.hpp"
#include "catalog/catalog.hpp"
#include "library/thumbnail_store.hpp"
#include "photo/sandbox/decoder_pool.hpp"

namespace hone {

struct FileToProcess {
    FolderId folder = 0;
    FileFacts facts;
    fs::path moved_from = {};  // the file's path before it was renamed, if known
};

struct ProcessingResult {
    FileOutcome outcome;
    std::vector<float> tensor;  // the network's input; empty when the photo needs no network
    Image faces;                // the image for face detection; empty when faces are not needed
    // The file changed while it was read, or is so young that it may still be copied. Retry when it has
    // settled.
    bool unsettled = false;
    bool unresponsive = false;  // the file's drive did not answer in time
    // Another process is already analysing a file with the same contents; retry when it has finished.
    bool elsewhere = false;
    std::string lease;           // key of the lease for the photo; release it once the outcome is committed
    std::optional<Error> fatal;  // not the file's fault: the library cannot be written, or no decoder starts
};

// Safe from any thread. analyzer, faces: null without a network. paths: from the catalogue to this machine.
class FileProcessor {
  public:
    FileProcessor(Catalog& catalog, DecoderPool& decoders, ThumbnailStore& thumbnails,
                  const ContentAnalyzer* analyzer, const FaceAnalyzer* faces, bool svg, PathMap paths = {})
        : catalog_(catalog),
          decoders_(decoders),
          thumbnails_(thumbnails),
          analyzer_(analyzer),
          faces_(faces),
          svg_(svg),
          paths_(std::move(paths)) {}

    // Returns the analyses that a photo must have. A photo with all of them is not opened again.
    [[nodiscard]] std::vector<AnalyzerKey> wanted() const;

    // Processes one file. Never fails: an unreadable file is an outcome as well. calls: the caller's own,
    // used to open, read and close the file.
    [[nodiscard]] ProcessingResult read(const FileToProcess& file, BlockingCalls& calls) const;
    // Returns the outcome for a renamed file without reading it, or std::nullopt when it must be read.
    // before: the file's former record.
    [[nodiscard]] std::optional<FileOutcome> recognize(const FileToProcess& file,
                                                       const FileRecord& before) const;

  private:
    struct Original;
    // The missing analyses of a photo.
    struct Missing {
        bool analysis_results = true, network = true, faces = true;
        [[nodiscard]] bool any() const { return analysis_results || network || faces; }
    };
    [[nodiscard]] Result<Missing> missing(const FileToProcess& file, const Sha256& id) const;
    void look_at(const FileToProcess& file, const std::shared_ptr<Original>& original, BlockingCalls& calls,
                 ProcessingResult& result) const;
    [[nodiscard]] Result<FileOutcome::Photo> read_photo(const FileToProcess& file, const Original& original,
                                                        ProcessingResult& result) const;

    Catalog& catalog_;
    DecoderPool& decoders_;
    ThumbnailStore& thumbnails_;
    const ContentAnalyzer* analyzer_;
    const FaceAnalyzer* faces_;
    const bool svg_;
    const PathMap paths_;
};

AnalyzerKey content_analysis(const ContentAnalyzer& analyzer);
AnalyzerKey face_analysis(const FaceAnalyzer& analyzer);
// The analyses that need no network, all from one decoding. Raising one of their versions re-indexes all
// photos.
std::vector<AnalyzerKey> pixel_analyses();
// True when `analyses` contains the key.
bool is_done(std::span<const Analysis> analyses, const AnalyzerKey& key);

FaceFacts to_facts(const FoundFace& face);

}  // namespace hone
