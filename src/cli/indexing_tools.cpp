// SPDX-License-Identifier: GPL-3.0-or-later
// Opens the parts for indexing.
#include "cli/indexing_tools.hpp"

#include "base/config.hpp"
#include "base/log.hpp"

namespace hone {

IndexingTools::IndexingTools(Library& library, std::shared_ptr<ImageTextModel> model,
                             std::shared_ptr<VectorSpace> space)
    : library_(library),
      space_(std::move(space)),
      analyzer_(std::move(model)),
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
    return {library_, &analyzer_, space_.get(), thumbnails_, decoders_, observer, faces_.get()};
}

}  // namespace hone
