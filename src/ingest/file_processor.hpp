// From one file to everything known of it: opened read-only, hashed, decoded behind the wall, analyzed. What
// the catalogue knows already is not done again.
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
#include "ingest/thumbnail_store.hpp"
#include "photo/sandbox/decoder_pool.hpp"

namespace hone {

struct FileToProcess {
    FolderId folder = 0;
    FileFacts facts;
    fs::path moved_from = {};  // where the file was before it was renamed, when that is known
};

struct ProcessingResult {
    FileOutcome outcome;
    std::vector<float> tensor;  // the network's input, when the network is wanted for this photo
    Image faces;                // the picture in which faces are to be found, when they are wanted
    // The file changed while it was read, or is too young to tell damage from a copy that still runs: look
    // again when it has come to rest.
    bool unsettled = false;
    bool unresponsive = false;  // the file's drive did not answer in time
    // Another process that shares the catalogue is at these very bytes: look again when it is done.
    bool elsewhere = false;
    std::string lease;           // taken for the photo; to be released when the outcome is committed
    std::optional<Error> fatal;  // not the file's fault: the library cannot be written, no decoder starts
};

// Safe from any thread. analyzer, faces: nullptr without a network. paths: from the catalogue to this
// machine.
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

    // The analyses that a photo must have; a photo with all of them is not opened again.
    [[nodiscard]] std::vector<AnalyzerKey> wanted() const;

    // Never fails: a file that cannot be read is an outcome too. calls: the caller's own, through which the
    // file is opened, read and closed.
    [[nodiscard]] ProcessingResult read(const FileToProcess& file, BlockingCalls& calls) const;
    // For a file that was renamed: the photo that lay at `before`, not read again.
    [[nodiscard]] std::optional<FileOutcome> recognize(const FileToProcess& file, const FileRecord& before) const;

  private:
    struct Original;
    // What is to be done for a photo.
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
// The analyses without a network, done in one decoding; version: raise any of them, and photos are read
// again.
std::vector<AnalyzerKey> pixel_analyses();
bool is_done(std::span<const Analysis> analyses, const AnalyzerKey& key);

FaceFacts to_facts(const FoundFace& face);
PhotoHashes to_hashes(std::span<const std::uint64_t> stored);
StyleBytes to_style(std::span<const std::uint8_t> stored);

}  // namespace hone
