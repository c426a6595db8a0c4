// SPDX-License-Identifier: GPL-3.0-or-later
// The parts with which `hone index` and `hone worker` index photos. Not thread-safe.
#pragma once

#include <memory>

#include "cli/faces.hpp"
#include "ingest/indexer.hpp"

namespace hone {

// Returns the parts for an Indexer with all analyzers of the library, in the order of display. space: the
// content vectors of the model. faces: null when faces are not detected. What is given by reference must
// outlive the Indexer.
IndexParts index_parts(Library& library, ThumbnailStore& thumbnails, DecoderPool& decoders,
                       IndexObserver& observer, const std::shared_ptr<ImageTextModel>& model,
                       const std::shared_ptr<VectorSpace>& space, const std::shared_ptr<FaceAnalyzer>& faces);

class IndexingTools {
  public:
    // Opens everything that the library's settings select. A missing face model is only logged. library must
    // outlive the result.
    static Result<std::unique_ptr<IndexingTools>> open(Library& library,
                                                       std::shared_ptr<ImageTextModel> model);

    [[nodiscard]] FaceAnalyzer* faces() const { return faces_.get(); }  // null: faces are not detected
    // Returns the parts for an Indexer. This object and the observer must outlive it.
    IndexParts parts(IndexObserver& observer);

  private:
    IndexingTools(Library& library, std::shared_ptr<ImageTextModel> model,
                  std::shared_ptr<VectorSpace> space);

    Library& library_;
    std::shared_ptr<ImageTextModel> model_;
    std::shared_ptr<VectorSpace> space_;
    DecoderPool decoders_;
    ThumbnailStore thumbnails_;
    std::shared_ptr<FaceAnalyzer> faces_;
};

}  // namespace hone
