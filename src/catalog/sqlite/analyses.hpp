// SPDX-License-Identifier: GPL-3.0-or-later
// Analyses in SQLite: the tables analysis, metadata, keyword, look and same_picture.
#pragma once

#include "catalog/analyses.hpp"
#include "catalog/sqlite/connections.hpp"

namespace hone {

// Both run inside the caller's transaction and throw SQLite::Exception.
void store_analysis_results(Statements& statements, PhotoNumber photo,
                            const AnalysisResults& analysis_results);
void insert_analysis(Statements& statements, PhotoNumber photo, const AnalyzerKey& key);

class SqliteAnalyses : public virtual AnalysisCatalog {
  public:
    explicit SqliteAnalyses(Connections& connections) : connections_(connections) {}

    Result<std::vector<Analysis>> analyses(PhotoNumber photo) override;
    Result<std::vector<bool>> analyzed(std::span<const AnalyzerKey> keys) override;
    Result<> mark_analyzed(std::span<const PhotoNumber> photos, const AnalyzerKey& key) override;
    Result<std::optional<AnalysisResults>> analysis_results(PhotoNumber photo) override;
    Result<std::optional<TakenAt>> taken(PhotoNumber photo) override;
    Result<std::vector<PhotoNumber>> styled_photos() override;
    Result<> for_each_style(std::span<const PhotoNumber> photos,
                            const std::function<Result<>(PhotoNumber, std::span<const std::uint8_t>,
                                                         std::span<const std::uint64_t>)>& visit) override;
    Result<> add_same_pictures(std::span<const SamePicture> pairs) override;
    Result<std::vector<SamePicture>> same_pictures() override;

  private:
    Connections& connections_;
};

}  // namespace hone
