// Search: words, marks and filters in, a page of photos with reasons out. A pure function of the library's
// state and the query.
#pragma once

#include <memory>

#include "catalog/catalog.hpp"
#include "catalog/present_photos.hpp"
#include "model/image_text_model.hpp"
#include "search/query.hpp"
#include "vector/vector_space.hpp"

namespace hone {

// Safe from any thread.
class SearchEngine {
  public:
    SearchEngine(Catalog& catalog, PresentPhotos& present, std::shared_ptr<const VectorSpace> content,
                 std::shared_ptr<ImageTextModel> model)
        : catalog_(catalog), present_(present), content_(std::move(content)), model_(std::move(model)) {}

    // kUsage for a query that cannot be asked, kNotFound for a photo that is not there, kUnavailable for a
    // filter that cannot be answered yet.
    Result<SearchPage> search(const SearchQuery& query, const ExampleVectors& examples) const;

    // Photos that could be found now.
    [[nodiscard]] std::uint64_t searchable() const;

  private:
    struct Mark {
        std::string name;  // full id, or the example's name
        std::optional<PhotoNumber> photo;
        std::vector<float> vector;
    };
    Result<Mark> find_mark(const std::string& name, const ExampleVectors& examples,
                           const SpaceView& view) const;
    Result<std::vector<Mark>> find_marks(const std::vector<std::string>& names,
                                         const ExampleVectors& examples, const SpaceView& view) const;

    // The page of a query without a question.
    Result<SearchPage> list(const SearchQuery& query, const PhotoFilter& filter) const;
    Result<SearchHit> hit_of(Photo photo) const;

    Catalog& catalog_;
    PresentPhotos& present_;
    const std::shared_ptr<const VectorSpace> content_;
    const std::shared_ptr<ImageTextModel> model_;
};

}  // namespace hone
