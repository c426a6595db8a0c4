// SPDX-License-Identifier: GPL-3.0-or-later
// Deletes everything that Hone knows about photos whose files are gone. Opens and changes no photo.
#pragma once

#include <string>
#include <vector>

#include "library/library.hpp"
#include "library/thumbnail_store.hpp"

namespace hone {

// Key of a setting: days after which a missing photo leaves at the end of a scan; "0" or unset: never.
inline constexpr const char* kForgetSetting = "forget.after";

// The photos to forget: the named ones, or without names all that are missing.
struct ForgetRequest {
    std::vector<std::string> names;  // ids, prefixes of ids, or paths
    std::int64_t missing_days = 0;   // at least this long
};

struct ForgetPlan {
    std::vector<PhotoNumber> photos;
    std::vector<std::string> names;  // of at most kListedNames of them: the last file name, or the id
    static constexpr std::size_t kListedNames = 10;
};

// Returns what forget() would delete. kNotFound for an unknown name; kConflict for a photo that still has a
// file. Safe from any thread.
Result<ForgetPlan> plan_forget(Catalog& catalog, const ForgetRequest& request);

// Deletes the photos from the catalogue, the thumbnails and the vector files; the running process finds them
// no more. A photo that got a file meanwhile stays. Returns the number of deleted photos. For the writer,
// safe from any thread.
Result<std::uint64_t> forget_photos(Library& library, ThumbnailStore& thumbnails,
                                    std::span<const PhotoNumber> photos);

// A folder that a scan has walked from its top.
struct WalkedFolder {
    FolderId folder = 0;
    std::vector<fs::path> unread;  // subfolders that could not be read
};

// Forgets, at the end of a scan, the photos that are missing for longer than the setting kForgetSetting. A
// photo stays when one of its former files may only be out of reach: it was in a folder that was not walked,
// below an unread one, or in one that has no photo left, as the folder of an unmounted disk. Returns the
// number of deleted photos.
Result<std::uint64_t> forget_expired(Library& library, ThumbnailStore& thumbnails,
                                     std::span<const WalkedFolder> walked);

}  // namespace hone
