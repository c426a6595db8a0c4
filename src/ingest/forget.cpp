// SPDX-License-Identifier: GPL-3.0-or-later
// Chooses the photos to forget, and deletes them in an order that a crash cannot spoil.
#include "ingest/forget.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/time.hpp"

namespace hone {

namespace {

constexpr std::int64_t kDay = 86'400;  // seconds

Result<std::string> name_of(Catalog& catalog, PhotoNumber number) {
    HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(number));
    if (!files.empty()) return utf8_path(files.front().facts.path.filename());
    HONE_TRY(const std::optional<Photo> photo, catalog.photo(number));
    return photo ? to_hex(photo->id).substr(0, 12) : "";
}

Result<PhotoNumber> find_missing(Catalog& catalog, const std::string& name) {
    HONE_TRY(const Photo photo, catalog.resolve(name));
    HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(photo.number));
    const auto file = std::ranges::find(files, FileState::kPhoto, &FileRecord::state);
    if (file == files.end()) return photo.number;
    return fail(ErrorKind::kConflict,
                "{} still has the file {} and would come back at the next scan; remove the file or add it to "
                ".honeignore, run `hone index`, and forget the photo then",
                printable(name).substr(0, 200), printable(file->facts.path));
}

}  // namespace

Result<ForgetPlan> plan_forget(Catalog& catalog, const ForgetRequest& request) {
    ForgetPlan plan;
    if (request.names.empty()) {
        HONE_TRY(plan.photos, catalog.missing_photos(unix_seconds() - request.missing_days * kDay));
    } else {
        for (const std::string& name : request.names) {
            HONE_TRY(const PhotoNumber photo, find_missing(catalog, name));
            if (std::ranges::find(plan.photos, photo) == plan.photos.end()) plan.photos.push_back(photo);
        }
    }
    for (const PhotoNumber photo :
         std::span(plan.photos).first(std::min(plan.photos.size(), plan.kListedNames))) {
        HONE_TRY(std::string name, name_of(catalog, photo));
        plan.names.push_back(std::move(name));
    }
    return plan;
}

Result<std::uint64_t> forget_photos(Library& library, ThumbnailStore& thumbnails,
                                    std::span<const PhotoNumber> photos) {
    // Thumbnails first: their names come from the catalogue. After a crash the photo is still there to
    // forget.
    std::vector<PhotoId> ids;
    for (const PhotoNumber number : photos) {
        HONE_TRY(const std::optional<Photo> photo, library.catalog().photo(number));
        if (photo) ids.push_back(photo->id);
    }
    HONE_CHECK(thumbnails.forget(ids));
    HONE_TRY(const std::vector<Photo> gone, library.forget(photos));
    return gone.size();
}

Result<std::uint64_t> forget_expired(Library& library, ThumbnailStore& thumbnails,
                                     std::span<const WalkedFolder> walked) {
    Catalog& catalog = library.catalog();
    HONE_TRY(const auto setting, catalog.setting(kForgetSetting));
    std::int64_t days = 0;
    if (setting) std::from_chars(setting->data(), setting->data() + setting->size(), days);
    if (days <= 0 || walked.empty()) return 0;
    HONE_TRY(const std::vector<PhotoNumber> missing, catalog.missing_photos(unix_seconds() - days * kDay));
    std::map<fs::path, bool> inhabited;  // directories with photos
    const auto is_gone = [&](const FileRecord& file) -> Result<bool> {
        const auto folder = std::ranges::find(walked, file.folder, &WalkedFolder::folder);
        if (folder == walked.end()) return false;
        const bool unread = std::ranges::any_of(folder->unread, [&](const fs::path& directory) {
            return file.facts.path.native().starts_with(directory.native() + '/');
        });
        if (unread) return false;
        const auto [known, added] = inhabited.try_emplace(file.facts.path.parent_path(), false);
        if (added) {
            HONE_TRY(const std::uint64_t photos, catalog.photos_below(known->first));
            known->second = photos > 0;
        }
        return known->second;
    };
    std::vector<PhotoNumber> expired;
    for (const PhotoNumber photo : missing) {
        HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(photo));
        bool all_gone = true;
        for (const FileRecord& file : files) {
            HONE_TRY(const bool gone, is_gone(file));
            all_gone = all_gone && gone;
        }
        if (all_gone) expired.push_back(photo);
    }
    if (expired.empty()) return 0;
    return forget_photos(library, thumbnails, expired);
}

}  // namespace hone
