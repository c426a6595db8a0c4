// SPDX-License-Identifier: GPL-3.0-or-later
// Opens libraries, their catalogues and their vector files.
#include "ingest/library.hpp"

#include <algorithm>

#include "analyze/content.hpp"
#include "catalog/sqlite/schema.hpp"
#include "catalog/surrealdb/surreal_catalog.hpp"
#include "ingest/backup.hpp"
#include "ingest/vector_sync.hpp"

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

void Library::use_server(surreal::Address address) {
    server() = std::move(address);
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

Result<> Library::follow(const std::string& model, VectorSpace* space) {
    {
        const std::lock_guard lock(opening_);
        if (observes_) HONE_CHECK(observe());
    }
    if (space != nullptr) {
        HONE_CHECK(sync_content({std::string(ContentAnalyzer::kName), model}, *space));
    }
    const std::lock_guard lock(styles_mutex_);
    return styles_ ? styles_->sync(*catalog_) : Result<>{};
}

Result<> Library::sync_content(const VectorKey& key, VectorSpace& space) {
    const std::lock_guard lock(vectors_mutex_);
    return sync_vectors(*catalog_, key, space);
}

Result<std::vector<Photo>> Library::forget(std::span<const PhotoNumber> photos) {
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

Result<> Library::observe() {
    return catalog_->observe([this](const Changes& changes) {
        snapshots_.apply(changes);
        const std::lock_guard lock(subscribing_);
        for (const auto& subscriber : subscribers_) subscriber(changes);
    });
}

Result<> Library::subscribe(std::function<void(const Changes&)> subscriber) {
    HONE_CHECK(snapshot());
    const std::lock_guard lock(subscribing_);
    subscribers_.push_back(std::move(subscriber));
    return {};
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
        HONE_TRY(auto space, open(true));
        HONE_CHECK(sync_vectors(catalog, content_key(model), *space));
        return std::shared_ptr<VectorSpace>(std::move(space));
    };
    if (access_ == Access::kWrite) {
        HONE_TRY(auto space, open_and_sync(*catalog_));
        const std::lock_guard lock(vectors_mutex_);
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
        HONE_TRY(auto opened, StyleSpace::open(vectors_directory(), access_ == Access::kWrite));
        if (access_ == Access::kWrite) HONE_CHECK(opened->sync(*catalog_));
        styles_ = std::move(opened);
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
    if (name == model.manifest().name) {
        return fail(ErrorKind::kUsage,
                    "the library's {} photos were embedded with other files or settings of the model {}; "
                    "embed them again with "
                    "`hone index --reembed`",
                    photos, *name);
    }
    return fail(ErrorKind::kUsage,
                "the library's {} photos were embedded with the model {} ({} dimensions), not with {} ({}); "
                "embed them again with `hone index --reembed`, or go back with `hone models use {}`",
                photos, name.value_or("of another name"), dimension, model.manifest().name, model.dimension(),
                name.value_or("NAME"));
}

}  // namespace hone
