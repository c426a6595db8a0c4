// SPDX-License-Identifier: GPL-3.0-or-later
// The parts with which `hone index` and `hone worker` index photos. Not thread-safe.
#pragma once

#include <memory>

#include "cli/faces.hpp"
#include "ingest/indexer.hpp"
#include "library/model_choice.hpp"

namespace hone {

// Returns the parts for an Indexer with all analyzers of the library, in the order of display; opens the
// vectors of the models. faces: null when faces are not detected. What is given by reference must outlive the
// Indexer.
Result<IndexParts> index_parts(Library& library, ThumbnailStore& thumbnails, DecoderPool& decoders,
                               IndexObserver& observer, const ModelChoice& models,
                               const std::shared_ptr<FaceAnalyzer>& faces);

class IndexingTools {
  public:
    // Opens everything that the library's settings select. A missing face model is only logged. library must
    // outlive the result.
    static Result<std::unique_ptr<IndexingTools>> open(Library& library, ModelChoice models);

    [[nodiscard]] FaceAnalyzer* faces() const { return faces_.get(); }  // null: faces are not detected
    // Returns the parts for an Indexer. This object and the observer must outlive it.
    Result<IndexParts> parts(IndexObserver& observer);

  private:
    IndexingTools(Library& library, ModelChoice models);

    Library& library_;
    const ModelChoice models_;
    DecoderPool decoders_;
    ThumbnailStore thumbnails_;
    std::shared_ptr<FaceAnalyzer> faces_;
};

}  // namespace hone
