// SPDX-License-Identifier: GPL-3.0-or-later
// An opened library folder: catalogue, vectors, thumbnails, and the lock that makes one process its writer.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "catalog/catalog.hpp"
#include "catalog/surrealdb/address.hpp"
#include "catalog/surrealdb/patience.hpp"
#include "library/snapshot.hpp"
#include "library/snapshot_file.hpp"
#include "library/style_space.hpp"
#include "model/image_text_model.hpp"
#include "vector/vector_space.hpp"

namespace hone {

enum class Access { kRead, kWrite };

// Keys of settings in the catalogue.
inline constexpr const char* kModelSetting = "model";          // name chosen by `hone models use`
inline constexpr const char* kPrecisionSetting = "precision";  // of that model

// Safe from any thread after opening, except that each VectorSpace has one writing thread.
class Library {
  public:
    // kWrite creates missing folders and catalogues and takes the lock; kInUse when another process holds it,
    // with its description as the message. kRead: kNotFound when there is no library yet, kUnavailable while
    // it is being restored.
    static Result<std::unique_ptr<Library>> open(const fs::path& directory, Access access,
                                                 const std::string& description = "");
    // From now on this process opens catalogues on this server; std::nullopt: local ones. The library folder
    // then contains its replica and derived files. Call it while no library is open. Not thread-safe.
    static void use_server(std::optional<surreal::Address> address, surreal::Patience patience = {});
    // Returns true while a server is used.
    static bool has_server();
    // Sets how long this process's leases remain valid when it stops renewing them. Only with use_server(),
    // while no library is open. Not thread-safe.
    static void set_lease(std::chrono::milliseconds lease);
    // Returns the description in the lock, or std::nullopt when no process holds it.
    static std::optional<std::string> holder(const fs::path& directory);

    [[nodiscard]] const fs::path& directory() const { return directory_; }
    [[nodiscard]] Catalog& catalog() const { return *catalog_; }
    // Opened for writing.
    [[nodiscard]] bool writes() const { return access_ == Access::kWrite; }
    // Contains the vector files and their statistics, and the groups of faces.
    [[nodiscard]] fs::path vectors_directory() const;
    // Returns the library at this moment. The first call reads it from the catalogue; later ones ask nobody.
    Result<std::shared_ptr<const Snapshot>> snapshot();
    // Ends a subscription; afterwards its subscriber is not called any more. Must not outlive the library.
    class Subscription {
      public:
        Subscription(Library& library, std::uint64_t number) : library_(library), number_(number) {}
        ~Subscription();
        Subscription(const Subscription&) = delete;
        Subscription& operator=(const Subscription&) = delete;

      private:
        Library& library_;
        const std::uint64_t number_;
    };
    // Calls the subscriber with all changes from now on, after the snapshot has them: on the writing thread,
    // and with those of other processes on the thread that takes them in (CatalogMaintenance::observe()). It
    // must be quick and must not call the catalogue. First reads the snapshot if necessary.
    Result<std::unique_ptr<Subscription>> subscribe(std::function<void(const Changes&)> subscriber);
    // Replaces the description in the lock.
    Result<> describe_holder(const std::string& description);

    // Opens the vectors of this model and brings the file up to date with the catalogue; a reader does that
    // too when no process writes. kUnavailable when a reader finds an unusable file while another process
    // holds the library.
    Result<std::shared_ptr<VectorSpace>> open_content(const ImageTextModel& model,
                                                      ScanElement scan = ScanElement::kAuto);
    // Opens the style vectors, brought up to date with the catalogue on the first call. kUnavailable when a
    // reader finds no files.
    Result<std::shared_ptr<const StyleSpace>> styles();
    // For the writer, after it analysed a photo. Does nothing before the style vectors were opened.
    Result<> add_style(PhotoNumber photo, std::span<const std::uint8_t> style);
    // For the writer, after it committed a vector. Makes the photo searchable.
    Result<> add_vector(VectorSpace& space, PhotoNumber photo, std::span<const float> vector);
    // Brings the open style vectors up to date with the catalogue.
    Result<> sync_styles();
    // Brings an open vector file up to date with the catalogue (library/vector_sync.hpp).
    Result<> sync_content(const VectorKey& key, VectorSpace& space);
    // For the writer. Brings the open vector files in step with the changes that other processes have made
    // since the last call; the snapshot has them already. Reads only the photos that these changes name,
    // unless they are the whole library. Returns whether there were changes. After an error the next call
    // does it again.
    Result<bool> follow();
    // For the writer. Deletes everything about these photos from the catalogue (Catalog::forget()) and from
    // the vector files, those in use too. Returns the deleted ones.
    Result<std::vector<Photo>> forget(std::span<const PhotoNumber> photos);
    // For the writer, when it is done: brings the vector files in step and stores the snapshot, so that the
    // next opening reads no table as a whole. Does nothing before the first snapshot(), and while other
    // processes change the catalogue all the time. This process may not write at the same time.
    Result<> store_snapshot();
    // kUsage when all vectors of the library are from other models; the message names both and the remedy.
    Result<> check_model(const ImageTextModel& model) const;

  private:
    Result<> observe();
    // Call it before a vector file is read or brought in step with the catalogue.
    Result<> note_opening();
    [[nodiscard]] fs::path snapshot_file() const;
    // Reads the stored snapshot once, if it is of this state. Requires stored_mutex_.
    void read_stored(const std::string& state);
    // True when the space has as many rows as when the catalogue was in its present state and the two agreed.
    bool is_in_step(const std::string& space, const VectorSpace& rows);
    // Requires styles_mutex_ and styles_.
    bool styles_in_step();
    Library(fs::path directory, Access access) : directory_(std::move(directory)), access_(access) {}

    const fs::path directory_;
    const Access access_;
    std::optional<LockFile> lock_;
    SnapshotKeeper snapshots_;
    std::mutex opening_;  // guards observes_
    bool observes_ = false;
    std::mutex subscribing_;  // guards the next two; held while they are called
    std::map<std::uint64_t, std::function<void(const Changes&)>> subscribers_;
    std::uint64_t subscriptions_ = 0;  // so far
    // What other processes changed and the vector files may lack.
    struct Unfollowed {
        bool any = false, everything = false;
        std::set<PhotoNumber> photos;
    };
    std::mutex following_;  // guards the next three
    Unfollowed unfollowed_;
    bool is_told_ = false;  // the observer hears of every change
    // States of the catalogue at note_opening() before that.
    std::set<std::string> opened_at_;
    std::mutex stored_mutex_;  // guards the next two
    bool read_stored_ = false;
    std::optional<StoredSnapshot> stored_;
    std::mutex styles_mutex_, vectors_mutex_;
    std::shared_ptr<StyleSpace> styles_;
    std::vector<std::pair<std::string, std::weak_ptr<VectorSpace>>> contents_;  // of the writer, by model
    // The last member: until it ends, it calls the observer, which uses the others.
    std::unique_ptr<Catalog> catalog_;
};

VectorKey content_key(const ImageTextModel& model);

}  // namespace hone
