// SPDX-License-Identifier: GPL-3.0-or-later
// The files that Hone has examined, and the outcomes of examining them. catalog.hpp has the rules of every
// call.
#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "catalog/analyses.hpp"
#include "catalog/faces.hpp"
#include "catalog/photos.hpp"
#include "catalog/vectors.hpp"
#include "photo/walk.hpp"

namespace hone {

enum class FileState { kPhoto = 0, kMissing = 1, kFailed = 2, kSkipped = 3 };

// A file that Hone has examined.
struct FileRecord {
    FileId id = 0;
    FolderId folder = 0;
    FileFacts facts;
    FileState state = FileState::kPhoto;
    std::optional<PhotoNumber> photo;
    std::string stage, reason;  // of a failure; for a skipped file, reason is its kind
    std::optional<PhotoId> photo_id;
    bool reachable = true;  // true for a photo in a reachable folder
};

// A photo's embedding by one model.
struct PhotoVector {
    VectorKey key;
    std::vector<float> values;
};

// The pipeline's result for one file.
struct FileOutcome {
    FolderId folder = 0;
    FileFacts facts;
    struct Photo {
        PhotoFacts photo;
        std::optional<AnalysisResults> analysis_results;
        std::vector<PhotoVector> vectors;
        std::optional<std::vector<FaceFacts>> faces;
        std::string face_model;         // fingerprint; set together with faces
        std::vector<AnalyzerKey> done;  // analyses with results in this outcome
    };
    struct Failed {
        std::string stage, reason;
    };
    struct Skipped {
        std::string kind;
    };
    std::variant<Photo, Failed, Skipped> what;
};

struct CommittedFile {
    std::optional<PhotoNumber> photo;
    FileId file = 0;
    bool new_photo = false;  // the catalogue had no photo with these bytes
    bool new_file = false;
};

// The scanned part of a folder: all files below `directory`, or only those directly in it.
struct ScannedPart {
    fs::path directory;
    bool recursive = true;
    std::vector<fs::path> unread;  // subfolders that could not be read; their files keep their state
};

class FileCatalog {
  public:
    virtual ~FileCatalog() = default;

    // Returns std::nullopt for a path that was never examined.
    virtual Result<std::optional<FileRecord>> find_file(const fs::path& path) = 0;
    // Available files first, those in reachable folders before others, then the oldest record.
    virtual Result<std::vector<FileRecord>> files_of(PhotoNumber photo) = 0;
    // The files of many photos, in the order of the photos, in one statement.
    virtual Result<std::vector<FileRecord>> files_of(std::span<const PhotoNumber> photos,
                                                     const std::stop_token& stop = {}) = 0;
    // At most `limit` files that could not be read or decoded, by path.
    virtual Result<std::vector<FileRecord>> failures(std::size_t limit) = 0;
    // Stores the outcomes in one transaction, or in batches for a catalogue on a server. Returns one entry
    // per outcome, in order.
    virtual Result<std::vector<CommittedFile>> commit(std::span<const FileOutcome> outcomes) = 0;
    // Returns the records from which the file may have been renamed or moved: photos of the same size, time
    // and inode under other paths. It was moved from one whose path no longer exists; the catalogue does not
    // look, because that may wait for a drive.
    virtual Result<std::vector<FileRecord>> find_moved(const FileFacts& facts) = 0;
    // seen: bits by file record, set for those that the scan found. The part's other photos become missing;
    // its other failures and skipped files are forgotten. If a photo lost its last sidecar, its metadata is
    // marked for re-reading. Returns the number of photos that became missing.
    virtual Result<std::uint64_t> end_scan(const ScannedPart& part, const std::vector<bool>& seen) = 0;
    // Marks a missing photo file as available again; no effect on other files.
    virtual Result<> mark_available(FileId file) = 0;
    // last_file() returns the largest file record id so far. moved_since() counts the photos that have an
    // available file newer than `file` and older ones, none of which is available.
    virtual Result<FileId> last_file() = 0;
    virtual Result<std::uint64_t> moved_since(FileId file) = 0;
};

}  // namespace hone
