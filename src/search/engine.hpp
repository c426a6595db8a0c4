// Search: words, marks and filters in, a page of photos with reasons out. A pure function of the library's
// state and the query: nothing is remembered of a search but what the library alone determines (statistics,
// groups of copies).
#pragma once

#include <memory>
#include <mutex>
#include <stop_token>

#include "catalog/catalog.hpp"
#include "ingest/library.hpp"
#include "model/image_text_model.hpp"
#include "search/calibration.hpp"
#include "search/photo_groups.hpp"
#include "search/query.hpp"
#include "vector/vector_space.hpp"

namespace hone {

// Safe from any thread. library outlives it.
class SearchEngine {
  public:
    SearchEngine(Library& library, std::shared_ptr<const VectorSpace> content,
                 std::shared_ptr<ImageTextModel> model);

    // kUsage for a query that cannot be asked, kNotFound for a photo that is not there, kUnavailable for a
    // filter that cannot be answered yet, or when `stop` was asked for: it is looked at between the steps.
    Result<SearchPage> search(const SearchQuery& query, const ExamplePictures& examples,
                              const std::stop_token& stop = {}) const;

    // Photos that could be found now.
    [[nodiscard]] std::uint64_t searchable() const;

    // What the first search with marks would wait for; for a thread of its own, after start.
    Result<> warm_up() const;

  private:
    friend class SearchRun;
    [[nodiscard]] std::shared_ptr<const SpaceStatistics> statistics(const SpaceView& view) const;
    // Nothing for a model that is calibrated itself, and while the bank is not made.
    [[nodiscard]] std::shared_ptr<const BackgroundVocabulary> background_vocabulary() const;

    Library& library_;
    const std::shared_ptr<const VectorSpace> content_;
    const std::shared_ptr<ImageTextModel> model_;
    mutable LibraryFactsCache facts_;
    mutable std::mutex mutex_;  // guards what follows
    mutable std::shared_ptr<const SpaceStatistics> statistics_;
    mutable std::size_t measured_ = 0;  // rows that statistics_ is of
    mutable std::shared_ptr<const BackgroundVocabulary> vocabulary_;
};

}  // namespace hone
