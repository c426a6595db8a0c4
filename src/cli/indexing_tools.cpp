// SPDX-License-Identifier: GPL-3.0-or-later
// Opens the parts for indexing.
#include "cli/indexing_tools.hpp"

#include "analyze/content.hpp"
#include "analyze/description.hpp"
#include "base/config.hpp"
#include "base/log.hpp"

namespace hone {

IndexParts index_parts(Library& library, ThumbnailStore& thumbnails, DecoderPool& decoders,
                       IndexObserver& observer, const std::shared_ptr<ImageTextModel>& model,
                       const std::shared_ptr<VectorSpace>& space,
                       const std::shared_ptr<FaceAnalyzer>& faces) {
    std::vector<std::shared_ptr<Analyzer>> analyzers;
    analyzers.push_back(std::make_shared<DescriptionAnalyzer>());
    analyzers.push_back(std::make_shared<ContentAnalyzer>(model));
    if (faces) analyzers.push_back(faces);
    return {library,
            thumbnails,
            decoders,
            observer,
            std::move(analyzers),
            {{content_key(*model), space}},
            model->manifest().name};
}

IndexingTools::IndexingTools(Library& library, std::shared_ptr<ImageTextModel> model,
                             std::shared_ptr<VectorSpace> space)
    : library_(library),
      model_(std::move(model)),
      space_(std::move(space)),
      decoders_(processor_count()),
      thumbnails_(library.directory() / "thumbs", decoders_) {}

Result<std::unique_ptr<IndexingTools>> IndexingTools::open(Library& library,
                                                           std::shared_ptr<ImageTextModel> model) {
    HONE_TRY(auto space, library.open_content(*model));
    std::unique_ptr<IndexingTools> tools(new IndexingTools(library, std::move(model), std::move(space)));
    if (auto faces = open_faces(library))
        tools->faces_ = std::move(*faces);
    else
        log::info("faces are not indexed: {}", faces.error().message);
    return tools;
}

IndexParts IndexingTools::parts(IndexObserver& observer) {
    return index_parts(library_, thumbnails_, decoders_, observer, model_, space_, faces_);
}

}  // namespace hone
