// SPDX-License-Identifier: GPL-3.0-or-later
// The search engine: query text, marks and filters in, a page of photos with reasons out. A result depends
// only on the library's state and the query. The engine caches only data derived from the library
// (statistics, groups of copies).
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <stop_token>

#include "catalog/catalog.hpp"
#include "library/library.hpp"
#include "model/image_text_model.hpp"
#include "search/calibration.hpp"
#include "search/query.hpp"
#include "vector/vector_space.hpp"

namespace hone {

// Safe from any thread. library must outlive it.
class SearchEngine {
  public:
    SearchEngine(Library& library, std::shared_ptr<const VectorSpace> content,
                 std::shared_ptr<ImageTextModel> model);

    // See hone::search() (search/chain.hpp).
    Result<SearchPage> search(const SearchQuery& query, const ExamplePictures& examples,
                              const std::stop_token& stop = {}) const;

    // Returns the number of photos that a search can return.
    [[nodiscard]] std::uint64_t searchable() const;

    // Precomputes the statistics and the background vocabulary, so the first search with marks does not wait
    // for them. Call it from a background thread at start-up.
    Result<> warm_up() const;

  private:
    [[nodiscard]] std::shared_ptr<const SpaceStatistics> statistics(const SpaceView& view) const;
    // Null if the model's manifest has its own calibration, or until warm_up() has finished.
    [[nodiscard]] std::shared_ptr<const BackgroundVocabulary> background_vocabulary() const;

    Library& library_;
    const std::shared_ptr<const VectorSpace> content_;
    const std::shared_ptr<ImageTextModel> model_;
    mutable std::mutex searchable_mutex_;  // guards the next two
    mutable std::uint64_t searchable_ = 0;
    mutable std::optional<std::array<std::uint64_t, 3>> searchable_of_;  // versions behind searchable_
    mutable std::mutex mutex_;                                           // guards the members below
    mutable std::shared_ptr<const SpaceStatistics> statistics_;
    mutable std::size_t measured_ = 0;      // number of rows behind statistics_
    mutable std::uint64_t generation_ = 0;  // of the view behind statistics_
    mutable std::shared_ptr<const BackgroundVocabulary> vocabulary_;
};

}  // namespace hone
