// SPDX-License-Identifier: GPL-3.0-or-later
// Where the catalogue keeps each kind of an analyzer's result.
#pragma once

#include "analyze/analyzer.hpp"
#include "catalog/files.hpp"

namespace hone {

// Adds an analyzer's result to the outcome of its photo, with the keys that mark it as done. Pure function.
void store_result(FileOutcome::Photo& photo, const Analyzer& analyzer, AnalysisResult result);

FaceFacts to_facts(const FoundFace& face);

}  // namespace hone
