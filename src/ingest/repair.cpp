#include "ingest/repair.hpp"

#include <algorithm>

#include "ingest/vector_sync.hpp"

namespace hone {

Result<RepairReport> check_vectors(Library& library, const ImageTextModel& model, bool repair) {
    Catalog& catalog = library.catalog();
    const VectorKey key = content_key(model);
    HONE_TRY(const auto space, library.open_content(model));
    HONE_TRY(const std::vector<PhotoNumber> numbers, catalog.vector_numbers(key));
    RepairReport report;
    const SpaceView view = space->view();
    HONE_CHECK(catalog.for_each_vector(
        key, numbers, [&](PhotoNumber number, std::span<const float> values) -> Result<> {
            ++report.checked;
            const auto row = space->find(number);
            if (!row || *row >= view.size() || !std::ranges::equal(view.values(*row), values)) ++report.wrong;
            return {};
        }));
    if (report.wrong == 0 || !repair) return report;
    HONE_CHECK(space->clear());
    HONE_CHECK(sync_vectors(catalog, key, *space));
    report.repaired = report.wrong;
    return report;
}

Result<RepairReport> check_thumbnails(Catalog& catalog, ThumbnailStore& thumbnails, bool repair) {
    HONE_TRY(const std::vector<PhotoNumber> present, catalog.present());
    RepairReport report;
    for (const PhotoNumber number : present) {
        HONE_TRY(const std::optional<Photo> photo, catalog.photo(number));
        if (!photo) continue;
        ++report.checked;
        if (thumbnails.is_whole(photo->id)) continue;
        ++report.wrong;
        if (!repair) continue;
        thumbnails.forget(photo->id);
        if (thumbnails.get(catalog, *photo, kThumbnailSizes[0])) ++report.repaired;
    }
    return report;
}

}  // namespace hone
