// SPDX-License-Identifier: GPL-3.0-or-later
// Opens the parts for indexing.
#include "cli/indexing_tools.hpp"

#include "analyze/content.hpp"
#include "analyze/description.hpp"
#include "base/config.hpp"
#include "base/log.hpp"

namespace hone {

Result<IndexParts> index_parts(Library& library, ThumbnailStore& thumbnails, DecoderPool& decoders,
                               IndexObserver& observer, const ModelChoice& models,
                               const std::shared_ptr<FaceAnalyzer>& faces) {
    IndexParts parts{library, thumbnails, decoders, observer, {}, {}, models};
    const auto add_content = [&](const std::shared_ptr<ImageTextModel>& model,
                                 std::string_view name) -> Result<> {
        HONE_TRY(auto space, library.open_content(*model));
        parts.analyzers.push_back(std::make_shared<ContentAnalyzer>(model, name));
        parts.spaces.push_back({content_key(*model), std::move(space)});
        return {};
    };
    parts.analyzers.push_back(std::make_shared<DescriptionAnalyzer>());
    HONE_CHECK(add_content(models.in_use, ContentAnalyzer::kName));
    if (models.next) HONE_CHECK(add_content(models.next, ContentAnalyzer::kNextName));
    if (faces) parts.analyzers.push_back(faces);
    return parts;
}

IndexingTools::IndexingTools(Library& library, ModelChoice models)
    : library_(library),
      models_(std::move(models)),
      decoders_(processor_count()),
      thumbnails_(library.directory() / "thumbs", decoders_) {}

Result<std::unique_ptr<IndexingTools>> IndexingTools::open(Library& library, ModelChoice models) {
    std::unique_ptr<IndexingTools> tools(new IndexingTools(library, std::move(models)));
    if (auto faces = open_faces(library))
        tools->faces_ = std::move(*faces);
    else
        log::info("faces are not indexed: {}", faces.error().message);
    return tools;
}

Result<IndexParts> IndexingTools::parts(IndexObserver& observer) {
    return index_parts(library_, thumbnails_, decoders_, observer, models_, faces_);
}

}  // namespace hone
