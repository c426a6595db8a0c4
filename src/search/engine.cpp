// SPDX-License-Identifier: GPL-3.0-or-later
// The values that a search reads of an opened library, and their caches.
#include "search/engine.hpp"

#include "base/config.hpp"
#include "search/background_vocabulary.hpp"
#include "search/chain.hpp"

namespace hone {

namespace {

class CatalogLookup final : public PhotoLookup {
  public:
    explicit CatalogLookup(Catalog& catalog) : catalog_(catalog) {}
    Result<std::vector<Photo>> resolve(std::span<const std::string> ids_or_paths,
                                       const std::stop_token& stop) override {
        return catalog_.resolve(ids_or_paths, stop);
    }
    Result<std::vector<PhotoNumber>> matching(const PhotoFilter& filter,
                                              const std::stop_token& stop) override {
        return catalog_.matching(filter, stop);
    }
    Result<std::vector<PhotoNumber>> matching_newest_taken(const PhotoFilter& filter,
                                                           const std::stop_token& stop) override {
        return catalog_.matching_newest_taken(filter, stop);
    }
    Result<std::vector<PhotoNumber>> matching_text(std::span<const std::string> words, bool paths,
                                                   const std::stop_token& stop) override {
        return catalog_.matching_text(words, paths, stop);
    }
    Result<std::vector<ListedPhoto>> list(std::span<const PhotoNumber> photos,
                                          const std::stop_token& stop) override {
        return catalog_.list(photos, stop);
    }

  private:
    Catalog& catalog_;
};

}  // namespace

SearchEngine::SearchEngine(Library& library, std::shared_ptr<const VectorSpace> content,
                           std::shared_ptr<ImageTextModel> model)
    : library_(library), content_(std::move(content)), model_(std::move(model)) {}

std::uint64_t SearchEngine::searchable() const {
    const auto library = library_.snapshot();
    if (!library) return 0;
    const SpaceView view = content_->view();
    const std::array<std::uint64_t, 3> state{(*library)->version(), view.size(), view.generation()};
    const std::lock_guard lock(searchable_mutex_);
    if (searchable_of_ != state) {
        searchable_ = 0;
        view.for_each(
            [&](std::size_t, PhotoNumber photo) { searchable_ += (*library)->is_available(photo) ? 1 : 0; });
        searchable_of_ = state;
    }
    return searchable_;
}

std::shared_ptr<const SpaceStatistics> SearchEngine::statistics(const SpaceView& view) const {
    const std::lock_guard lock(mutex_);
    const std::size_t rows = SpaceStatistics::measured_size(view.size());
    if (!statistics_ || measured_ != rows || generation_ != view.generation()) {
        statistics_ = SpaceStatistics::measure(view, processor_count());
        measured_ = rows;
        generation_ = view.generation();
    }
    return statistics_;
}

std::shared_ptr<const BackgroundVocabulary> SearchEngine::background_vocabulary() const {
    if (model_->manifest().calibration) return nullptr;
    const std::lock_guard lock(mutex_);
    if (!vocabulary_) {
        if (auto vocabulary = load_background_vocabulary(library_.vectors_directory(), *model_, false))
            vocabulary_ = std::move(*vocabulary);
    }
    return vocabulary_;
}

Result<> SearchEngine::warm_up() const {
    if (const SpaceView view = content_->view(); view.size() > 0) (void)statistics(view);
    if (model_->manifest().calibration) return {};
    HONE_TRY(const auto made, load_background_vocabulary(library_.vectors_directory(), *model_, true));
    const std::lock_guard lock(mutex_);
    vocabulary_ = made;
    return {};
}

Result<SearchPage> SearchEngine::search(const SearchQuery& query, const ExamplePictures& examples,
                                        const std::stop_token& stop) const {
    SearchedLibrary searched;
    HONE_TRY(searched.photos, library_.snapshot());
    searched.content = content_->view();
    searched.threads = processor_count();
    const bool by_marks = !query.like.empty() || !query.unlike.empty() || !query.seen.empty() ||
                          (!query.from.empty() && query.has_text());
    if ((by_marks || query.diverse) && searched.content.size() > 0)
        searched.statistics = statistics(searched.content);
    if (query.has_question()) {
        if (const auto styles = library_.styles())
            searched.styles = StyleViews{(*styles)->styles().view(), (*styles)->terms().view()};
    }
    searched.model = model_->manifest().name;
    searched.calibration = model_->manifest().calibration;
    searched.vocabulary = background_vocabulary();
    CatalogLookup lookup(library_.catalog());
    return hone::search(
        searched, lookup, [&](std::string_view text) { return model_->embed_text(text); }, query, examples,
        stop);
}

}  // namespace hone
