// SPDX-License-Identifier: GPL-3.0-or-later
// The description analyzer: metadata, capture time, style and hashes, all from one decoding and without a
// network.
#pragma once

#include "analyze/analyzer.hpp"

namespace hone {

// Raising the version of one of its keys repeats all of them.
class DescriptionAnalyzer final : public Analyzer {
  public:
    static constexpr int kMetadataVersion = 2;  // raise it when photo/metadata.hpp reads more

    [[nodiscard]] std::string_view name() const override { return "description"; }
    [[nodiscard]] std::vector<AnalyzerKey> keys() const override;
    [[nodiscard]] bool reads_sidecars() const override { return true; }
    void request(PhotoWork& work) const override;
    Result<AnalyzerRuns> open() override;
    std::vector<Result<AnalysisResult>> run(std::span<const AnalyzerInput* const> photos) override;
};

}  // namespace hone
