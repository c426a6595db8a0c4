// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue: folders, files, photos, vectors, failures. It is the only source of truth; vector files and
// thumbnails are derived from it. Each implementation has its own folder (sqlite/), and tests/contract runs
// one suite against each.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "catalog/changes.hpp"
#include "catalog/filter.hpp"
#include "catalog/people.hpp"
#include "photo/metadata.hpp"
#include "photo/photo_id.hpp"
#include "photo/walk.hpp"

namespace hone {

class Leases;

// PhotoNumber (catalog/people.hpp) is a photo's short key inside one catalogue. Everything outside uses the
// id.
using FolderId = std::int64_t;
using FileId = std::int64_t;

struct Folder {
    FolderId id = 0;
    fs::path path;
    bool reachable = true;  // according to the last scan
};

// Facts about a photo's bytes and pixels.
struct PhotoFacts {
    PhotoId id{};
    std::uint64_t bytes = 0;
    int width = 0, height = 0;  // pixels, upright
    std::string format;
    std::uint32_t color = 0;  // mean colour, 0xRRGGBB
};

struct Photo : PhotoFacts {
    PhotoNumber number = 0;
    std::int64_t added_at = 0;  // Unix seconds
};

// The facts about a photo that a list shows besides those about its bytes.
struct Listing {
    fs::path path;           // the first available file
    std::size_t copies = 0;  // files with these bytes that are not missing
    bool reachable = false;  // at least one of them is in a reachable folder
    // Unset when only the file's modification time is known, because copying changes that.
    std::optional<TakenAt> taken;
};
struct ListedPhoto {
    Photo photo;
    Listing listing;
};

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

// Identifies one model's vectors of one space.
struct VectorKey {
    std::string space;  // "content"
    std::string model;  // fingerprint
};

// Identifies an analyzer's work on a photo. Another version or model means that the work is repeated.
struct AnalyzerKey {
    std::string analyzer;
    int version = 0;
    std::string model;  // fingerprint; "" without a network
    bool operator==(const AnalyzerKey&) const = default;
};

// at: Unix seconds.
struct Analysis : AnalyzerKey {
    std::int64_t at = 0;
};

// Analysis results that need no network, all from one decoding.
struct AnalysisResults {
    PhotoMetadata metadata;
    TakenAt taken;                      // resolve_taken()
    std::vector<std::uint8_t> style;    // kStyleSize bytes (analyze/style.hpp)
    std::vector<std::uint64_t> hashes;  // analyze/hashes.hpp
};

// The pipeline's result for one file.
struct FileOutcome {
    FolderId folder = 0;
    FileFacts facts;
    struct Photo {
        PhotoFacts photo;
        std::optional<AnalysisResults> analysis_results;
        std::optional<VectorKey> key;  // set together with the vector
        std::vector<float> vector;
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

struct MissingCount {
    std::uint64_t photos = 0;           // without an available file
    std::optional<std::int64_t> since;  // of the first of them, Unix seconds
};

struct Counts {
    std::uint64_t photos = 0;  // with at least one file that is not missing
    std::uint64_t failed = 0;
    std::vector<std::pair<std::string, std::uint64_t>> skipped;  // kind -> files
};

// Safe from any thread. Every write is one transaction: after a crash it is there completely or not at all.
// (A catalogue on a server splits large writes into several.) Repeating a write is harmless. Every call may
// fail with kFailed (the database), and a catalogue on a server with kUnavailable (the server does not
// answer); further errors are named at the call. Visitors run on the calling thread; one that returns an
// error ends the call with it.
class Catalog {
  public:
    virtual ~Catalog() = default;

    // Calls the observer with the whole library, as one Changes with `everything` set, and then with the
    // changes of every write of this object, right after its commit, in order, on the writing thread. The
    // observer must not call the catalogue. Replaces an earlier observer.
    virtual Result<> observe(std::function<void(const Changes&)> observer) = 0;

    // Returns std::nullopt for a setting that was never set.
    virtual Result<std::optional<std::string>> setting(const std::string& key) = 0;
    // Replaces an existing value.
    virtual Result<> set_setting(const std::string& key, const std::string& value) = 0;

    // path: absolute and normal (normal_folder()). Returns the existing folder when the path was added
    // before.
    virtual Result<Folder> add_folder(const fs::path& path) = 0;
    // By ascending id.
    virtual Result<std::vector<Folder>> folders() = 0;
    // Records whether the last scan could read the folder.
    virtual Result<> set_reachable(FolderId folder, bool reachable) = 0;
    // Forgets the folder's files; keeps its photos and vectors. kNotFound when there is no such folder.
    virtual Result<> remove_folder(FolderId folder) = 0;
    // Counts the photo files below that are not missing, through whichever folder they were found.
    virtual Result<std::uint64_t> photos_below(const fs::path& directory) = 0;

    // Returns std::nullopt for a path that was never examined.
    virtual Result<std::optional<FileRecord>> find_file(const fs::path& path) = 0;
    // Available files first, those in reachable folders before others, then the oldest record.
    virtual Result<std::vector<FileRecord>> files_of(PhotoNumber photo) = 0;
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
    // last_file() returns the largest file record id so far. moved_since() counts the photos that have an
    // available file newer than `file` and older ones, none of which is available.
    virtual Result<FileId> last_file() = 0;
    virtual Result<std::uint64_t> moved_since(FileId file) = 0;
    // A raw file and the finished photo of the same name next to it are one pair; the finished photo
    // represents both. Returns the photo that represents this raw one, or std::nullopt. stands_for() is the
    // inverse.
    virtual Result<std::optional<PhotoNumber>> shown_as(PhotoNumber photo) = 0;
    virtual Result<std::vector<PhotoNumber>> stands_for(PhotoNumber photo) = 0;
    // Marks a missing photo file as available again; no effect on other files.
    virtual Result<> mark_available(FileId file) = 0;
    // The photos that have had no available file since `until` (Unix seconds) or longer, by ascending number:
    // their files are gone, changed, or in a folder that was removed. A file in an unreachable folder is
    // available.
    virtual Result<std::vector<PhotoNumber>> missing_photos(std::int64_t until) = 0;
    // Deletes everything about these photos: facts, analyses, vectors, faces with their confirmations and
    // rejections, pairs, text index and file records. People keep their names. Photos with an available file
    // stay. Returns the deleted photos by ascending number; numbers are never used again. (A catalogue on a
    // server: several transactions when there are many.)
    virtual Result<std::vector<Photo>> forget(std::span<const PhotoNumber> photos) = 0;
    // Bits by photo number, set for every photo in the catalogue.
    virtual Result<std::vector<bool>> known_photos() = 0;

    // Both return std::nullopt for an unknown photo.
    virtual Result<std::optional<Photo>> photo(PhotoNumber number) = 0;
    virtual Result<std::optional<Photo>> photo(const PhotoId& id) = 0;
    // Accepts a unique prefix of 8 or more hexadecimal digits, or a path. kNotFound when no photo matches,
    // kUsage when a prefix matches several.
    virtual Result<Photo> resolve(const std::string& id_or_path) = 0;
    // The same for many, in their order. Whole ids cost one statement together.
    virtual Result<std::vector<Photo>> resolve(std::span<const std::string> ids_or_paths) = 0;
    // The photos in the order of their numbers, in one statement; unknown numbers are left out.
    virtual Result<std::vector<ListedPhoto>> list(std::span<const PhotoNumber> photos) = 0;
    // Available photos, the most recently added first.
    virtual Result<std::vector<Photo>> newest(std::size_t offset, std::size_t limit) = 0;
    // Available photos by ascending number: those with at least one file that is not missing, except raw
    // files that a finished photo represents.
    virtual Result<std::vector<PhotoNumber>> available() = 0;
    virtual Result<Counts> counts() = 0;
    // Reads an index of the missing photos only.
    virtual Result<MissingCount> count_missing() = 0;
    // At most `limit` files that could not be read or decoded, by path.
    virtual Result<std::vector<FileRecord>> failures(std::size_t limit) = 0;
    // The finished analyses of a photo, by analyzer.
    virtual Result<std::vector<Analysis>> analyses(PhotoNumber photo) = 0;
    // Returns bits by photo number, set where all these analyses are done.
    virtual Result<std::vector<bool>> analyzed(std::span<const AnalyzerKey> keys) = 0;
    // Records the analysis as finished for all these photos.
    virtual Result<> mark_analyzed(std::span<const PhotoNumber> photos, const AnalyzerKey& key) = 0;

    // Returns std::nullopt for a photo that was not analysed.
    virtual Result<std::optional<AnalysisResults>> analysis_results(PhotoNumber photo) = 0;
    // Available photos with a style and hashes, by ascending number.
    virtual Result<std::vector<PhotoNumber>> styled_photos() = 0;
    // Visits the style (kStyleSize bytes) and hashes of those of the photos that have them, in their order.
    virtual Result<> for_each_style(
        std::span<const PhotoNumber> photos,
        const std::function<Result<>(PhotoNumber, std::span<const std::uint8_t> style,
                                     std::span<const std::uint64_t> hashes)>& visit) = 0;
    // Replaces pairs that exist.
    virtual Result<> add_same_pictures(std::span<const SamePicture> pairs) = 0;
    // All pairs, including those of missing photos.
    virtual Result<std::vector<SamePicture>> same_pictures() = 0;
    // A cheap way to see whether same_pictures() has grown.
    virtual Result<std::uint64_t> count_same_pictures() = 0;
    // Of all available photos, by ascending number.
    virtual Result<std::vector<Capture>> captures() = 0;
    // Available photos with several files.
    virtual Result<std::vector<PhotoNumber>> with_copies() = 0;
    // Photos that contain every one of the words in name, folders, title, keywords or camera. Ignores case
    // and accents. paths: false for people who must not see paths, so that they cannot guess them.
    virtual Result<std::vector<PhotoNumber>> matching_text(std::span<const std::string> words,
                                                           bool paths = true) = 0;
    // Available photos that match the filter, by ascending number. kUsage when a term's value does not fit
    // its field.
    virtual Result<std::vector<PhotoNumber>> matching(const PhotoFilter& filter) = 0;
    // The same photos by descending time of capture; those without a time last, equal times by id.
    virtual Result<std::vector<PhotoNumber>> matching_newest_taken(const PhotoFilter& filter) = 0;
    // Returns the photo's stored resolve_taken(), or std::nullopt before the photo was analysed.
    virtual Result<std::optional<TakenAt>> taken(PhotoNumber photo) = 0;
    // Faces and people.
    virtual Result<std::vector<Face>> faces_of(PhotoNumber photo) = 0;  // highest score first
    virtual Result<Face> face(FaceId id) = 0;                           // kNotFound
    // Faces in available photos: confirmed ones first, then the newest.
    virtual Result<std::vector<Face>> faces_of_person(PersonId person) = 0;
    // Visits every face with a vector of that model (fingerprint), by ascending id.
    virtual Result<> for_each_face(const std::string& model,
                                   const std::function<void(const Face&)>& visit) = 0;
    virtual Result<std::uint64_t> count_faces() = 0;
    // Adds a face that a person marked and no network found.
    virtual Result<FaceId> add_face(PhotoNumber photo, const FaceFacts& face) = 0;
    // Regions of available photos only.
    virtual Result<std::vector<NamedRegion>> named_regions() = 0;
    // Those of these photos, as far as they are available.
    virtual Result<std::vector<NamedRegion>> named_regions(std::span<const PhotoNumber> photos) = 0;
    // Visits each (photo, person) once, by ascending number.
    virtual Result<> for_each_person_on_photo(const std::function<void(PhotoNumber, PersonId)>& visit) = 0;
    // Returns a text that changes with every change of faces or people; cheap.
    virtual Result<std::string> faces_state() = 0;
    // People with faces in available photos: named ones first, then by number of photos.
    virtual Result<std::vector<PersonCount>> people() = 0;
    virtual Result<Person> person(PersonId id) = 0;  // kNotFound
    // One of people(), without reading the others; without faces in available photos, the counts are 0.
    // kNotFound.
    virtual Result<PersonCount> person_count(PersonId id) = 0;
    // Returns std::nullopt when no person has the name.
    virtual Result<std::optional<Person>> person_named(const std::string& name) = 0;
    virtual Result<std::vector<FaceRejection>> rejections() = 0;
    // Applies the change in one transaction (a catalogue on a server: in several when there are many faces).
    // The machine's own work (change.what is empty) leaves confirmed faces as they are. kConflict for a name
    // that another person has, and when the faces are no longer in the state of change.computed_from.
    virtual Result<AppliedPeopleChange> change_people(const PeopleChange& change) = 0;
    // Undoes the last edit that is not undone yet; std::nullopt when there is none.
    virtual Result<std::optional<PeopleEdit>> undo_people_edit() = 0;
    // The newest first.
    virtual Result<std::vector<PeopleEdit>> people_edits(std::size_t limit) = 0;
    // Deletes all estimates of age and gender.
    virtual Result<> forget_estimates() = 0;

    // Checks the integrity of the stored file. kFailed describes the damage.
    virtual Result<> check() = 0;

    virtual Result<bool> has_vector(PhotoNumber photo, const VectorKey& key) = 0;
    // The photos with a vector of that key, by ascending number.
    virtual Result<std::vector<PhotoNumber>> vector_numbers(const VectorKey& key) = 0;
    // Visits the vectors of those of the numbers that have one; each has the dimension of its space.
    virtual Result<> for_each_vector(
        const VectorKey& key, std::span<const PhotoNumber> numbers,
        const std::function<Result<>(PhotoNumber, std::span<const float>)>& visit) = 0;
    // A model with vectors in a space. dimension: values per vector.
    struct StoredSpace {
        std::string model;
        std::uint64_t photos = 0;
        std::size_t dimension = 0;
    };
    // By model.
    virtual Result<std::vector<StoredSpace>> stored_spaces(const std::string& space) = 0;

    // The state of a catalogue on a server.
    struct Condition {
        // "host:port/namespace/database"; empty for a local file, which is always available
        std::string address;
        std::string library;            // the random name that the library got at its creation
        std::string trouble;            // why writes wait, one line; empty when they do not
        std::uint64_t from_others = 0;  // grows when changes of other processes arrive
    };
    // Never fails; asks neither disk nor server.
    virtual Condition condition() = 0;
    // Null when only one process writes the catalogue.
    virtual Leases* leases() = 0;
};

// Opens the catalogue of a library folder in SQLite. Writable: creates it or upgrades its schema. Read-only:
// kFailed when the file does not exist or has another schema.
Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const fs::path& file, bool writable);

}  // namespace hone
