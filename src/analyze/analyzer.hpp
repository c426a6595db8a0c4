// SPDX-License-Identifier: GPL-3.0-or-later
// What all analyzers have in common. An analyzer computes something from one decoded photo; it does not know
// where its result is stored or who asks for it. A new analyzer is a class in this room and a line in
// cli/indexing_tools.cpp; a new kind of result is also a place in the catalogue (ingest/store_result.hpp).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "analyze/analysis_result.hpp"
#include "photo/analyzer_key.hpp"
#include "photo/prepare.hpp"
#include "photo/walk.hpp"

namespace hone {

// The input of all analyzers of a photo, from one decoding.
struct AnalyzerInput {
    FileFacts file;
    PreparedPhoto prepared;  // has what the analyzers' request() asked for
};

// How an opened analyzer is used best.
struct AnalyzerRuns {
    std::size_t batch = 1;  // photos per run
    unsigned parallel = 1;  // concurrent runs
};

// Safe from any thread.
class Analyzer {
  public:
    virtual ~Analyzer() = default;

    // The name by which a person pauses it, unique: "faces".
    [[nodiscard]] virtual std::string_view name() const = 0;
    // Identifies the work: a photo with all these analyses is not analysed again. One key, unless one pass
    // over the pixels gives several results.
    [[nodiscard]] virtual std::vector<AnalyzerKey> keys() const = 0;
    // True when the result depends on the XMP files beside the photo as well.
    [[nodiscard]] virtual bool reads_sidecars() const { return false; }
    // Adds to the decoder's work what run() reads.
    virtual void request(PhotoWork& work) const = 0;
    // Opens the networks, unless they are open. Called before the first photo of a scan, because a library
    // without new photos needs no network. kFailed when no photo can be analysed.
    virtual Result<AnalyzerRuns> open() = 0;
    // Returns one result per photo, in order. At most open().batch photos.
    virtual std::vector<Result<AnalysisResult>> run(std::span<const AnalyzerInput* const> photos) = 0;
};

}  // namespace hone
