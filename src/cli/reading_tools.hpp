// What `hone index` and `hone worker` read photos with.
#pragma once

#include <memory>

#include "analyze/content.hpp"
#include "cli/faces.hpp"
#include "ingest/indexer.hpp"

namespace hone {

class ReadingTools {
  public:
    // As the library's settings say; faces that cannot be read are a line in the log. library outlives this.
    static Result<std::unique_ptr<ReadingTools>> open(Library& library,
                                                      std::shared_ptr<ImageTextModel> model);

    [[nodiscard]] FaceAnalyzer* faces() const { return faces_.get(); }  // nullptr: they are not read
    // For an Indexer that lives no longer than this and the observer.
    IndexParts parts(IndexObserver& observer);

  private:
    ReadingTools(Library& library, std::shared_ptr<ImageTextModel> model, std::shared_ptr<VectorSpace> space);

    Library& library_;
    std::shared_ptr<VectorSpace> space_;
    ContentAnalyzer analyzer_;
    DecoderPool decoders_;
    ThumbnailStore thumbnails_;
    std::unique_ptr<FaceAnalyzer> faces_;
};

}  // namespace hone
