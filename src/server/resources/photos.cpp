// SPDX-License-Identifier: GPL-3.0-or-later
// Photos: lists, details, thumbnails and originals.
#include "wire/photos.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "library/original.hpp"
#include "photo/thumbnail.hpp"
#include "server/context.hpp"
#include "server/parameters.hpp"
#include "server/path_filter.hpp"
#include "server/route.hpp"

namespace hone {

namespace {

const char* original_type(const std::string& format) {
    static constexpr std::pair<std::string_view, const char*> kTypes[] = {
        {"jpeg", "image/jpeg"}, {"png", "image/png"},     {"webp", "image/webp"}, {"gif", "image/gif"},
        {"tiff", "image/tiff"}, {"bmp", "image/bmp"},     {"heif", "image/heif"}, {"avif", "image/avif"},
        {"jxl", "image/jxl"},   {"jpeg2000", "image/jp2"}};
    for (const auto& [name, type] : kTypes) {
        if (name == format) return type;
    }
    return "application/octet-stream";
}

// A folder is a drive: its files have threads that the files of other folders need not wait for.
std::string drive_of(const FileRecord& file) {
    return fmt::format("folder {}", file.folder);
}

// Passes the first of these files that can be opened to `answer`, as file number `at` or later; fails with
// `otherwise` when there is none. Each file is opened with the threads of its drive.
using OriginalAnswer = std::function<Result<Answer>(const OpenOriginal&, const FileRecord&, BlockingCalls&)>;
Result<Answer> answer_from_original(const HttpRequest& request, const Principal& principal,
                                    std::vector<FileRecord> files, std::size_t at, std::string otherwise,
                                    OriginalAnswer answer) {
    if (at >= files.size()) return fail(ErrorKind::kUnavailable, "{}", otherwise);
    const std::string drive = drive_of(files[at]);
    return answer_from_drive(
        request, principal, drive,
        [request, principal, files = std::move(files), at, otherwise = std::move(otherwise),
         answer = std::move(answer)](BlockingCalls& calls) -> Result<Answer> {
            const auto original = open_original(files[at], calls);
            if (original) return answer(*original, files[at], calls);
            log::debug("{}", original.error().message);
            return answer_from_original(request, principal, files, at + 1, otherwise, answer);
        });
}

Result<Answer> list_photos(ServerContext& context, const Call& call) {
    HONE_TRY(const std::size_t limit, number_parameter(call.request, "limit", 200, 1000));
    HONE_TRY(const std::size_t offset, offset_parameter(call.request));
    if (const auto order = text_parameter(call.request, "order"); order && *order != "newest")
        return fail(ErrorKind::kUsage, "unknown order '{}'; the only order is newest", order->substr(0, 40));
    Catalog& catalog = context.library.catalog();
    std::vector<PhotoNumber> photos;
    std::uint64_t total = 0;
    if (const auto text = text_parameter(call.request, "filter")) {
        HONE_TRY(const PhotoFilter filter, parse_filter_of(call.principal, *text));
        HONE_TRY(std::vector<PhotoNumber> numbers, catalog.matching(filter, call.request.gone));
        total = numbers.size();
        std::ranges::reverse(numbers);  // numbers rise with the time of addition
        for (std::size_t at = offset; at < std::min(offset + limit, numbers.size()); ++at)
            photos.push_back(numbers[at]);
    } else {
        HONE_TRY(const std::vector<Photo> newest, catalog.newest(offset, limit, call.request.gone));
        for (const Photo& photo : newest) photos.push_back(photo.number);
        HONE_TRY(const auto snapshot, context.library.snapshot());
        total = snapshot->counts().photos;
    }
    HONE_TRY(auto list, listed_photos(catalog, photos, call.request.gone));
    return Answer(200, photo_page(total, std::move(list)));
}

Result<Answer> show_photo(ServerContext& context, const Call& call) {
    HONE_TRY(const Photo photo, context.find_photo(call.part));
    HONE_TRY(Document details, photo_details(context.library.catalog(), photo));
    return Answer(200, std::move(details));
}

Result<Answer> thumbnail(ServerContext& context, const Call& call) {
    HONE_TRY(const std::size_t size, number_parameter(call.request, "size", 480, 4096));
    if (std::ranges::find(kThumbnailSizes, static_cast<int>(size)) == std::end(kThumbnailSizes)) {
        return fail(ErrorKind::kUsage, "size={} is not one of {}", size, fmt::join(kThumbnailSizes, ", "));
    }
    HONE_TRY(const Photo photo, context.find_photo(call.part));
    // The same id always has the same bytes, so the id is the tag and a copy stays valid for ever.
    const std::string etag = fmt::format("\"{}-{}\"", to_hex(photo.id).substr(0, 32), size);
    HttpResponse response;
    response.headers = {{"Content-Type", "image/webp"},
                        {"ETag", etag},
                        {"Cache-Control", "private, max-age=31536000, immutable"}};
    if (call.request.has_etag(etag)) {
        response.status = 304;
        return response;
    }
    if (auto bytes = context.thumbnails.find(photo.id, static_cast<int>(size))) {
        response.body = std::move(*bytes);
        return response;
    }
    HONE_TRY(std::vector<FileRecord> files, context.library.catalog().files_of(photo.number));
    return answer_from_original(
        call.request, call.principal, std::move(files), 0,
        "the photo can't be opened now; its folder may be offline",
        [&context, id = photo.id, size, response](const OpenOriginal& original, const FileRecord&,
                                                  BlockingCalls& calls) mutable -> Result<Answer> {
            HONE_TRY(response.body, context.thumbnails.make(id, original, static_cast<int>(size), calls));
            return response;
        });
}

Result<Answer> original(ServerContext& context, const Call& call) {
    HONE_TRY(const Photo photo, context.find_photo(call.part));
    const std::string etag = fmt::format("\"{}\"", to_hex(photo.id).substr(0, 32));
    HttpResponse response;
    response.headers = {{"Content-Type", original_type(photo.format)},
                        {"ETag", etag},
                        {"Cache-Control", "private, no-cache"},
                        {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"}};
    if (call.request.has_etag(etag)) {
        response.status = 304;
        return response;
    }
    HONE_TRY(std::vector<FileRecord> files, context.library.catalog().files_of(photo.number));
    return answer_from_original(
        call.request, call.principal, std::move(files), 0,
        "the original can't be opened now; its folder may be offline. Its marks and its thumbnail are kept",
        [response](const OpenOriginal& opened, const FileRecord& file,
                   BlockingCalls&) mutable -> Result<Answer> {
            response.file = {opened.file, opened.size, drive_of(file)};
            return response;
        });
}

}  // namespace

std::span<const Route> photo_routes() {
    static constexpr Route kRoutes[] = {
        {"GET", "/api/v1/photos", UserAction::kView, list_photos},
        {"GET", "/api/v1/photos/{}", UserAction::kView, show_photo},
        {"GET", "/api/v1/photos/{}/thumbnail", UserAction::kView, thumbnail, Route::kJsonBytes,
         RunsOn::kDrive},
        {"GET", "/api/v1/photos/{}/original", UserAction::kView, original, Route::kJsonBytes, RunsOn::kDrive},
    };
    return kRoutes;
}

}  // namespace hone
