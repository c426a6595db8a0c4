// Everything known: folders, files, photos, vectors, failures. The catalogue is the only truth; vector files
// and thumbnails are derived from it. One implementation a folder (sqlite/); tests/contract runs one suite
// against each.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "catalog/filter.hpp"
#include "catalog/people.hpp"
#include "photo/metadata.hpp"
#include "photo/photo_id.hpp"
#include "photo/walk.hpp"

namespace hone {

class Leases;

// PhotoNumber (catalog/people.hpp): short name of a photo inside one catalogue; the id is what the world
// sees.
using FolderId = std::int64_t;
using FileId = std::int64_t;

struct Folder {
    FolderId id = 0;
    fs::path path;
    bool reachable = true;  // as the last scan found it
};

// What a decoded photo says of itself.
struct PhotoFacts {
    PhotoId id{};
    std::uint64_t bytes = 0;
    int width = 0, height = 0;  // upright
    std::string format;
    std::uint32_t color = 0;  // mean, 0xRRGGBB
};

struct Photo : PhotoFacts {
    PhotoNumber number = 0;
    std::int64_t added_at = 0;  // Unix seconds
};

enum class FileState { kPhoto = 0, kMissing = 1, kFailed = 2, kSkipped = 3 };

// A file that Hone has looked at.
struct FileRecord {
    FileId id = 0;
    FolderId folder = 0;
    FileFacts facts;
    FileState state = FileState::kPhoto;
    std::optional<PhotoNumber> photo;
    std::string stage, reason;  // of a failure; of a skipped file: reason is its kind
    std::optional<PhotoId> photo_id;
    bool reachable = true;  // a photo whose folder is there
};

// One model's vectors of one space.
struct VectorKey {
    std::string space;  // "content"
    std::string model;  // fingerprint
};

// An analyzer's work on a photo: done again when version or model is another.
struct AnalyzerKey {
    std::string analyzer;
    int version = 0;
    std::string model;  // "" without a network
    bool operator==(const AnalyzerKey&) const = default;
};

struct Analysis : AnalyzerKey {
    std::int64_t at = 0;
};

// What was found out without a network, all in one decoding.
struct AnalysisResults {
    PhotoMetadata metadata;
    TakenAt taken;                      // resolve_taken()
    std::vector<std::uint8_t> style;     // analyze/style.hpp
    std::vector<std::uint64_t> hashes;  // analyze/hashes.hpp
};

// Two photos that show the same picture.
struct SamePicture {
    PhotoNumber first = 0, second = 0;  // first < second
    int inliers = 0;                    // of analyze/same_picture.hpp, as what follows
    double correlation = 0;
    bool certain = false;
};

// What the pipeline found out about one file.
struct FileOutcome {
    FolderId folder = 0;
    FileFacts facts;
    struct Photo {
        PhotoFacts photo;
        std::optional<AnalysisResults> analysis_results;
        std::optional<VectorKey> key;  // with the vector
        std::vector<float> vector;
        std::optional<std::vector<FaceFacts>> faces;
        std::string face_model;         // with faces
        std::vector<AnalyzerKey> done;  // analyses whose results are in here
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
    bool new_photo = false;  // these bytes were not known before
    bool new_file = false;
};

// A part of a folder that was scanned: the files below `directory`, or only those right in it.
struct ScannedPart {
    fs::path directory;
    bool recursive = true;
    std::vector<fs::path> unread;  // folders below that could not be read: nothing is concluded of them
};

struct Counts {
    std::uint64_t photos = 0;  // with at least one file that is there
    std::uint64_t failed = 0;
    std::vector<std::pair<std::string, std::uint64_t>> skipped;  // kind -> files
};

// Safe from any thread. Writes are transactions: after a crash each is there whole or not at all. Every write
// is harmless when repeated.
class Catalog {
  public:
    virtual ~Catalog() = default;

    virtual Result<std::optional<std::string>> setting(const std::string& key) = 0;
    virtual Result<> set_setting(const std::string& key, const std::string& value) = 0;

    // path: absolute, normal. Adding a folder that is there gives it back.
    virtual Result<Folder> add_folder(const fs::path& path) = 0;
    virtual Result<std::vector<Folder>> folders() = 0;
    virtual Result<> set_reachable(FolderId folder, bool reachable) = 0;
    // Its files are forgotten, its photos and vectors kept. kNotFound when there is no such folder.
    virtual Result<> remove_folder(FolderId folder) = 0;
    // Files below that are photos and there, whichever folder they were found through.
    virtual Result<std::uint64_t> photos_below(const fs::path& directory) = 0;

    virtual Result<std::optional<FileRecord>> find_file(const fs::path& path) = 0;
    virtual Result<std::vector<FileRecord>> files_of(PhotoNumber photo) = 0;
    virtual Result<std::vector<CommittedFile>> commit(std::span<const FileOutcome> outcomes) = 0;
    // A place that a file had before it was renamed or moved: a photo of the same size, time and inode under
    // a path where nothing is now.
    virtual Result<std::optional<FileRecord>> find_moved(const FileFacts& facts) = 0;
    // seen: places that the scan found. The part's others become missing, except failures and skips, which
    // are forgotten. Gives the number of photos that became missing. Of photos whose last sidecar went this
    // way the metadata is no longer done.
    virtual Result<std::uint64_t> end_scan(const ScannedPart& part, const std::vector<bool>& seen) = 0;
    // The largest place so far, and how many photos have been found at places made after it that had others
    // before, none of which is there now.
    virtual Result<FileId> last_file() = 0;
    virtual Result<std::uint64_t> moved_since(FileId file) = 0;
    // Raw files beside a finished picture of the same name are shown as that picture; gives how many are.
    virtual Result<std::uint64_t> pair_raw_files() = 0;
    // The photo that is shown in the place of this one, and the raw photos that this one stands for.
    virtual Result<std::optional<PhotoNumber>> shown_as(PhotoNumber photo) = 0;
    virtual Result<std::vector<PhotoNumber>> stands_for(PhotoNumber photo) = 0;
    virtual Result<> mark_available(FileId file) = 0;

    virtual Result<std::optional<Photo>> photo(PhotoNumber number) = 0;
    virtual Result<std::optional<Photo>> photo(const PhotoId& id) = 0;
    // A unique prefix of 8 or more hexadecimal digits, or a path. kNotFound, or kUsage when the prefix fits
    // several.
    virtual Result<Photo> resolve(const std::string& id_or_path) = 0;
    virtual Result<std::vector<Photo>> newest(std::size_t offset, std::size_t limit) = 0;
    // A photo that is there: in at least one file that is not missing.
    virtual Result<std::vector<PhotoNumber>> available() = 0;
    virtual Result<Counts> counts() = 0;
    virtual Result<std::vector<FileRecord>> failures(std::size_t limit) = 0;
    virtual Result<std::vector<Analysis>> analyses(PhotoNumber photo) = 0;
    // Photos for which all of these are done, as bits by number.
    virtual Result<std::vector<bool>> analyzed(std::span<const AnalyzerKey> keys) = 0;
    virtual Result<> mark_analyzed(std::span<const PhotoNumber> photos, const AnalyzerKey& key) = 0;

    virtual Result<std::optional<AnalysisResults>> analysis_results(PhotoNumber photo) = 0;
    // Every present photo's look and hashes, in the order of their numbers.
    virtual Result<> for_each_style(
        const std::function<Result<>(PhotoNumber, std::span<const std::uint8_t> style,
                                     std::span<const std::uint64_t> hashes)>& visit) = 0;
    virtual Result<> add_same_pictures(std::span<const SamePicture> pairs) = 0;
    virtual Result<std::vector<SamePicture>> same_pictures() = 0;
    // How many there are: tells whether same_pictures() would give more than before.
    virtual Result<std::uint64_t> count_same_pictures() = 0;
    // Present photos in the order of the time they were taken, with that time, the camera and the place.
    struct Capture {
        PhotoNumber photo = 0;
        std::int64_t local_seconds = 0;
        std::string camera;
        struct Position {
            double latitude = 0, longitude = 0;  // degrees
        };
        std::optional<Position> position;
    };
    virtual Result<std::vector<Capture>> captures() = 0;
    // Present photos that lie in several files.
    virtual Result<std::vector<PhotoNumber>> with_copies() = 0;
    // Photos in whose name, folders, title, keywords or camera every one of the words stands (case and
    // accents do not matter).
    virtual Result<std::vector<PhotoNumber>> matching_text(std::span<const std::string> words) = 0;
    // Present photos that the filter lets through, in the order of their numbers. kUnavailable for a field
    // that cannot be answered yet (people).
    virtual Result<std::vector<PhotoNumber>> matching(const PhotoFilter& filter) = 0;
    // The same photos, the one taken last first; what has no time at the end, equal times by id.
    virtual Result<std::vector<PhotoNumber>> matching_newest_taken(const PhotoFilter& filter) = 0;
    // resolve_taken() of the photo; nothing before it was read.
    virtual Result<std::optional<TakenAt>> taken(PhotoNumber photo) = 0;
    // ---- faces and people ----
    virtual Result<std::vector<Face>> faces_of(PhotoNumber photo) = 0;  // the surest first
    virtual Result<Face> face(FaceId id) = 0;                           // kNotFound
    // Of photos that are there: confirmed first, then the newest.
    virtual Result<std::vector<Face>> faces_of_person(PersonId person) = 0;
    // Every face with a vector of that model, in the order of their ids.
    virtual Result<> for_each_face(const std::string& model,
                                   const std::function<void(const Face&)>& visit) = 0;
    virtual Result<std::uint64_t> count_faces() = 0;
    // A face that no network found.
    virtual Result<FaceId> add_face(PhotoNumber photo, const FaceFacts& face) = 0;
    // Of photos that are there.
    virtual Result<std::vector<NamedRegion>> named_regions() = 0;
    virtual Result<> for_each_person_on_photo(const std::function<void(PhotoNumber, PersonId)>& visit) = 0;
    // Changes whenever a face or what is said of one does; cheap.
    virtual Result<std::string> faces_state() = 0;
    // People with faces in photos that are there: the named first, then by photos.
    virtual Result<std::vector<PersonCount>> people() = 0;
    virtual Result<Person> person(PersonId id) = 0;  // kNotFound
    virtual Result<std::optional<Person>> person_named(const std::string& name) = 0;
    virtual Result<PersonId> add_person() = 0;
    virtual Result<std::vector<FaceRejection>> rejections() = 0;
    // Gives the number of the edit, 0 for the machine's own work. kUsage for a name that somebody else has.
    virtual Result<std::int64_t> change_people(const PeopleChange& change) = 0;
    // Takes the last edit back that was not; nothing when there is none.
    virtual Result<std::optional<PeopleEdit>> undo_people_edit() = 0;
    virtual Result<std::vector<PeopleEdit>> people_edits(std::size_t limit) = 0;
    // Deletes every estimate of age and gender.
    virtual Result<> forget_estimates() = 0;

    // Is the stored file whole? kFailed says what is wrong.
    virtual Result<> check() = 0;

    virtual Result<bool> has_vector(PhotoNumber photo, const VectorKey& key) = 0;
    virtual Result<std::vector<PhotoNumber>> vector_numbers(const VectorKey& key) = 0;
    virtual Result<> for_each_vector(
        const VectorKey& key, std::span<const PhotoNumber> numbers,
        const std::function<Result<>(PhotoNumber, std::span<const float>)>& visit) = 0;
    // Models with vectors in the space, and how many numbers each vector has.
    struct StoredSpace {
        std::string model;
        std::uint64_t photos = 0;
        std::size_t dimension = 0;
    };
    virtual Result<std::vector<StoredSpace>> stored_spaces(const std::string& space) = 0;

    // Of a catalogue that lies on a server.
    struct Condition {
        std::string file;              // "host:port/namespace/database"; empty: a file, always there
        std::string library;            // the name it was given when it was made
        std::string trouble;            // why writes wait, one line; empty: all is well
        std::uint64_t from_others = 0;  // grows when changes of other processes have come in
    };
    virtual Condition condition() = 0;
    // nullptr where one process alone writes.
    virtual Leases* leases() = 0;
};

// The catalogue of a library folder, in SQLite. Read-only: the file must be there.
Result<std::unique_ptr<Catalog>> open_sqlite_catalog(const fs::path& file, bool writable);

}  // namespace hone
