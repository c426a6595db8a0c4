// Looks for photos that show the same picture: candidates by look and hashes, then the check of each pair on
// the thumbnails. The originals are not needed. What was found is in the catalogue, a batch at a time.
#pragma once

#include <functional>
#include <stop_token>

#include "ingest/near_duplicates.hpp"
#include "ingest/thumbnail_store.hpp"

namespace hone {

class SamePictureFinder {
  public:
    SamePictureFinder(Catalog& catalog, ThumbnailStore& thumbnails)
        : catalog_(catalog), thumbnails_(thumbnails) {}

    // How many photos were not compared with the others yet.
    Result<std::size_t> prepare();
    // Compares them, on every processor; on_progress is told how many are done, from any thread. Ends early
    // when stop is asked: what is done is kept.
    Result<> run(const std::stop_token& stop, const std::function<void(std::size_t)>& on_progress);

  private:
    struct Work;
    Result<> compare(Work& work, std::size_t at, std::vector<SamePicture>& pairs) const;

    Catalog& catalog_;
    ThumbnailStore& thumbnails_;
    std::vector<PhotoNumber> waiting_;
};

}  // namespace hone
