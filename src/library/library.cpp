// SPDX-License-Identifier: GPL-3.0-or-later
// Opens libraries, their catalogues and their vector files.
#include "library/library.hpp"

#include <algorithm>
#include <utility>

#include "analyze/content.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/surrealdb/surreal_catalog.hpp"
#include "library/backup.hpp"
#include "library/vector_sync.hpp"

namespace hone {

namespace {

std::optional<surreal::Address>& server() {
    static std::optional<surreal::Address> address;
    return address;
}

surreal::Patience& patience() {
    static surreal::Patience patience;
    return patience;
}

// Names in StoredSnapshot::rows.
constexpr const char *kStyleRows = "styles", *kTermRows = "style terms";
std::string space_name(const VectorKey& key) {
    return key.space + "-" + key.model;
}

}  // namespace

VectorKey content_key(const ImageTextModel& model) {
    return {std::string(ContentAnalyzer::kName), model.fingerprint()};
}

Result<std::unique_ptr<Library>> Library::open(const fs::path& directory, Access access,
                                               const std::string& description) {
    std::unique_ptr<Library> library(new Library(directory, access));
    const fs::path file = directory / "catalog.db";
    bool pending = false;
    if (access == Access::kRead) {
        HONE_TRY(pending, restore_is_pending(directory));
    }
    if (pending) {
        const auto lock = LockFile::acquire(directory / "lock", "hone restore");
        if (!lock)
            return fail(ErrorKind::kUnavailable, "the library {} is being restored; try again",
                        printable(directory));
        HONE_CHECK(finish_restore(directory));
    }
    if (access == Access::kRead) {
        HONE_TRY(const bool exists, path_exists(file));
        if (!server() && !exists) {
            return fail(
                ErrorKind::kNotFound,
                "there is no library in {} yet; make one with `hone index FOLDER` or `hone serve FOLDER`",
                printable(directory));
        }
        // The first command upgrades a library of an older Hone, and completes what a crash cut short. When
        // that is impossible, because the older Hone still holds it or the folder is read-only, opening it
        // fails with the reason.
        if (!server() && needs_a_writer(file)) {
            if (const auto lock = LockFile::acquire(directory / "lock", "updating the library's schema"))
                HONE_CHECK(open_sqlite_catalog(file, true));
        }
    } else {
        HONE_CHECK(make_directories(directory));
        HONE_TRY(LockFile lock, LockFile::acquire(directory / "lock", description));
        library->lock_.emplace(std::move(lock));
        HONE_CHECK(finish_restore(directory));
        // A library inside a photo folder must not index its own thumbnails.
        HONE_TRY(const bool ignored, path_exists(directory / kIgnoreFile));
        if (!ignored) HONE_CHECK(write_file_atomically(directory / kIgnoreFile, "*\n"));
    }
    if (server()) {
        HONE_TRY(library->catalog_,
                 open_surreal_catalog(*server(), directory, access == Access::kWrite, patience()));
    } else {
        HONE_TRY(library->catalog_, open_sqlite_catalog(file, access == Access::kWrite));
    }
    return library;
}

void Library::use_server(std::optional<surreal::Address> address, surreal::Patience patience) {
    server() = std::move(address);
    hone::patience() = patience;
}

bool Library::has_server() {
    return server().has_value();
}

void Library::set_lease(std::chrono::milliseconds lease) {
    patience().lease = lease;
}

fs::path Library::vectors_directory() const {
    // Photo numbers are only valid within one catalogue.
    const std::string name = catalog_->condition().library;
    return directory_ / (name.empty() ? "vectors" : "vectors-" + name.substr(0, 16));
}

Result<> Library::add_vector(VectorSpace& space, PhotoNumber photo, std::span<const float> vector) {
    const std::lock_guard lock(vectors_mutex_);
    return space.append(std::span(&photo, 1), vector);
}

Result<bool> Library::follow() {
    Unfollowed now;
    {
        const std::lock_guard lock(following_);
        now = std::exchange(unfollowed_, {});
    }
    if (!now.any) return false;
    const std::vector<PhotoNumber> photos(now.photos.begin(), now.photos.end());
    const auto followed = [&]() -> Result<> {
        {
            const std::lock_guard lock(vectors_mutex_);
            for (const auto& [model, content] : contents_) {
                const auto space = content.lock();
                if (!space) continue;
                const VectorKey key{std::string(ContentAnalyzer::kName), model};
                HONE_CHECK(now.everything ? sync_vectors(*catalog_, key, *space)
                                          : sync_vectors(*catalog_, key, *space, photos));
            }
        }
        const std::lock_guard lock(styles_mutex_);
        if (!styles_) return {};
        return now.everything ? styles_->sync(*catalog_) : styles_->sync(*catalog_, photos);
    }();
    if (followed) return true;
    const std::lock_guard lock(following_);
    unfollowed_.any = true;
    unfollowed_.everything = unfollowed_.everything || now.everything;
    unfollowed_.photos.merge(now.photos);
    return std::unexpected(followed.error());
}

Result<> Library::note_opening() {
    const std::lock_guard lock(following_);
    if (is_told_) return {};
    HONE_TRY(std::string state, catalog_->state());
    opened_at_.insert(std::move(state));
    return {};
}

Result<> Library::sync_content(const VectorKey& key, VectorSpace& space) {
    const std::lock_guard lock(vectors_mutex_);
    return sync_vectors(*catalog_, key, space);
}

Result<> Library::sync_styles() {
    const std::lock_guard lock(styles_mutex_);
    return styles_ ? styles_->sync(*catalog_) : Result<>{};
}

bool Library::styles_in_step() {
    return is_in_step(kStyleRows, styles_->styles()) && is_in_step(kTermRows, styles_->terms());
}

Result<std::vector<Photo>> Library::forget(std::span<const PhotoNumber> photos) {
    // It has their times and positions.
    HONE_CHECK(remove_file(snapshot_file()));
    HONE_TRY(const auto spaces, catalog_->stored_spaces(std::string(ContentAnalyzer::kName)));
    HONE_TRY(std::vector<Photo> gone, catalog_->forget(photos));
    if (gone.empty()) return gone;
    std::vector<PhotoNumber> numbers;
    for (const Photo& photo : gone) numbers.push_back(photo.number);
    HONE_TRY(const auto styles, styles());
    (void)styles;
    {
        const std::lock_guard lock(styles_mutex_);
        HONE_CHECK(styles_->remove(numbers));
    }
    const std::lock_guard lock(vectors_mutex_);
    for (const Catalog::StoredSpace& stored : spaces) {
        std::shared_ptr<VectorSpace> space;
        for (const auto& [model, content] : contents_) {
            if (model == stored.model && !content.expired()) space = content.lock();
        }
        if (!space) {
            HONE_TRY(auto opened, VectorSpace::open(vectors_directory(), ContentAnalyzer::kName, stored.model,
                                                    stored.dimension, true));
            space = std::move(opened);
        }
        HONE_CHECK(space->remove(numbers));
    }
    return gone;
}

std::optional<std::string> Library::holder(const fs::path& directory) {
    return LockFile::holder(directory / "lock");
}

fs::path Library::snapshot_file() const {
    return vectors_directory() / "snapshot";
}

void Library::read_stored(const std::string& state) {
    if (std::exchange(read_stored_, true)) return;
    // Missing, outdated, cut, or of another version: everything is in the catalogue.
    const auto head = read_head(snapshot_file(), kSnapshotHead);
    if (!head || state_of_snapshot({reinterpret_cast<const char*>(head->data()), head->size()}) != state)
        return;
    const auto bytes = read_text(snapshot_file(), UINT64_MAX);
    if (!bytes) return;
    if (auto stored = decode_snapshot(*bytes)) stored_ = std::move(*stored);
}

Result<> Library::observe() {
    const auto known = [this](const std::string& state) -> std::optional<Changes> {
        {
            const std::lock_guard lock(following_);
            for (const std::string& opened : opened_at_) {
                // A change came after a vector file had been brought in step, and nobody hears of it.
                if (opened != state) unfollowed_.any = unfollowed_.everything = true;
            }
        }
        const std::lock_guard lock(stored_mutex_);
        read_stored(state);
        // It is used once, and then takes no memory any more.
        if (!stored_ || stored_->state != state || !stored_->everything.everything) return std::nullopt;
        return std::exchange(stored_->everything, {});
    };
    return catalog_->observe(
        [this](const Changes& changes) {
            snapshots_.apply(changes);
            {
                const std::lock_guard lock(following_);
                is_told_ = true;
                if (changes.from_others && access_ == Access::kWrite) {
                    unfollowed_.any = true;
                    unfollowed_.everything = unfollowed_.everything || changes.everything;
                    unfollowed_.photos.insert(changes.vectors.begin(), changes.vectors.end());
                }
            }
            const std::lock_guard lock(subscribing_);
            for (const auto& [number, subscriber] : subscribers_) subscriber(changes);
        },
        known);
}

bool Library::is_in_step(const std::string& space, const VectorSpace& rows) {
    const auto state = catalog_->state();
    if (!state || state->empty()) return false;
    const std::lock_guard lock(stored_mutex_);
    read_stored(*state);
    if (!stored_ || stored_->state != *state) return false;
    const auto known = stored_->rows.find(space);
    return known != stored_->rows.end() && rows.view().size() == known->second;
}

Result<> Library::store_snapshot() {
    {
        const std::lock_guard lock(opening_);
        if (!observes_ || access_ != Access::kWrite) return {};
    }
    // A change of another process that comes meanwhile is in some of the parts, so they are read again.
    constexpr int kAttempts = 3;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        StoredSnapshot stored;
        stored.state = catalog_->observed_state();
        {
            const std::lock_guard lock(vectors_mutex_);
            for (const auto& [model, content] : contents_) {
                const auto space = content.lock();
                if (!space) continue;
                const VectorKey key{std::string(ContentAnalyzer::kName), model};
                if (!is_in_step(space_name(key), *space)) HONE_CHECK(sync_vectors(*catalog_, key, *space));
                stored.rows[space_name(key)] = space->view().size();
            }
        }
        {
            const std::lock_guard lock(styles_mutex_);
            if (styles_) {
                if (!styles_in_step()) HONE_CHECK(styles_->sync(*catalog_));
                stored.rows[kStyleRows] = styles_->styles().view().size();
                stored.rows[kTermRows] = styles_->terms().view().size();
            }
        }
        stored.everything = snapshots_.everything();
        if (catalog_->observed_state() == stored.state)
            return write_file_atomically(snapshot_file(), encode_snapshot(stored));
    }
    return {};  // the next opening reads everything
}

Library::Subscription::~Subscription() {
    const std::lock_guard lock(library_.subscribing_);
    library_.subscribers_.erase(number_);
}

Result<std::unique_ptr<Library::Subscription>> Library::subscribe(
    std::function<void(const Changes&)> subscriber) {
    HONE_CHECK(snapshot());
    const std::lock_guard lock(subscribing_);
    const std::uint64_t number = ++subscriptions_;
    subscribers_.emplace(number, std::move(subscriber));
    return std::make_unique<Subscription>(*this, number);
}

Result<std::shared_ptr<const Snapshot>> Library::snapshot() {
    {
        const std::lock_guard lock(opening_);
        if (!observes_) {
            HONE_CHECK(observe());
            observes_ = true;
        }
    }
    return snapshots_.snapshot();
}

Result<> Library::describe_holder(const std::string& description) {
    return lock_ ? lock_->describe(description) : Result<>{};
}

Result<std::shared_ptr<VectorSpace>> Library::open_content(const ImageTextModel& model, ScanElement scan) {
    const auto open = [&](bool writable) {
        return VectorSpace::open(vectors_directory(), ContentAnalyzer::kName, model.fingerprint(),
                                 static_cast<std::size_t>(model.dimension()), writable, scan);
    };
    const auto open_and_sync = [&](Catalog& catalog) -> Result<std::shared_ptr<VectorSpace>> {
        HONE_CHECK(note_opening());
        HONE_TRY(auto space, open(true));
        if (!is_in_step(space_name(content_key(model)), *space))
            HONE_CHECK(sync_vectors(catalog, content_key(model), *space));
        return std::shared_ptr<VectorSpace>(std::move(space));
    };
    if (access_ == Access::kWrite) {
        // follow() must find the space as soon as it is in step.
        const std::lock_guard lock(vectors_mutex_);
        // One file has one writer: a space that is open is used again.
        for (const auto& [fingerprint, content] : contents_) {
            if (fingerprint != model.fingerprint()) continue;
            if (auto open_already = content.lock()) return open_already;
        }
        HONE_TRY(auto space, open_and_sync(*catalog_));
        std::erase_if(contents_, [](const auto& content) { return content.second.expired(); });
        contents_.emplace_back(model.fingerprint(), space);
        return space;
    }

    HONE_TRY(const auto stored, catalog_->stored_spaces(std::string(ContentAnalyzer::kName)));
    const auto mine = std::ranges::find(stored, model.fingerprint(), &Catalog::StoredSpace::model);
    const std::uint64_t vectors = mine == stored.end() ? 0 : mine->photos;
    auto space = open(false);
    if (space && (*space)->view().size() >= vectors) return std::shared_ptr<VectorSpace>(std::move(*space));
    // The file is derived: when it is missing or outdated and no process writes the library, repair it now.
    // Reopen it for reading, because the lock, and with it the right to write, ends with this block.
    if (const auto lock = LockFile::acquire(directory_ / "lock", "repairing the vector file")) {
        HONE_CHECK(open_and_sync(*catalog_));
        HONE_TRY(auto repaired, open(false));
        return std::shared_ptr<VectorSpace>(std::move(repaired));
    }
    if (space) return std::shared_ptr<VectorSpace>(std::move(*space));
    return fail(ErrorKind::kUnavailable,
                "the vector file in {} cannot be read ({}) and another process holds the library; try again",
                printable(vectors_directory()), space.error().message);
}

Result<std::shared_ptr<const StyleSpace>> Library::styles() {
    const std::lock_guard lock(styles_mutex_);
    if (!styles_) {
        HONE_CHECK(note_opening());
        HONE_TRY(auto opened, StyleSpace::open(vectors_directory(), access_ == Access::kWrite));
        styles_ = std::move(opened);
        if (access_ == Access::kWrite && !styles_in_step()) {
            if (const auto synced = styles_->sync(*catalog_); !synced) {
                styles_ = nullptr;
                return std::unexpected(synced.error());
            }
        }
    }
    return styles_;
}

Result<> Library::add_style(PhotoNumber photo, std::span<const std::uint8_t> style) {
    const std::lock_guard lock(styles_mutex_);
    return styles_ ? styles_->add(photo, style) : Result<>{};
}

Result<> Library::check_model(const ImageTextModel& model) const {
    HONE_TRY(const auto stored, catalog_->stored_spaces(std::string(ContentAnalyzer::kName)));
    std::uint64_t photos = 0;
    std::size_t dimension = 0;
    for (const auto& space : stored) {
        if (space.model == model.fingerprint()) return {};
        photos += space.photos;
        dimension = space.dimension;
    }
    if (photos == 0) return {};
    HONE_TRY(const auto name, catalog_->setting("indexed-model"));
    return fail(ErrorKind::kUsage,
                "the library's {} photos have no vectors of the model {} with these files and settings ({} "
                "dimensions), only of {} ({}); `hone index` embeds them",
                photos, model.manifest().name, model.dimension(), name.value_or("another"), dimension);
}

}  // namespace hone
