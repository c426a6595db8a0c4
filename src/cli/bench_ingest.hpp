// SPDX-License-Identifier: GPL-3.0-or-later
// `hone bench ingest`: the file processor without networks, compared with libvips alone on the same files.
// For the main thread only.
#pragma once

#include <string>

#include "cli/context.hpp"

namespace hone {

// Runs both on every processor, alternately, `rounds` times. (1) libvips alone, on threads of one process:
// read the file, decode it once at the size of the largest thumbnail, make and encode the three thumbnails.
// (2) Hone's file processor into a new library: the same plus SHA-256, metadata, hashes and style, in the
// sandbox, into the catalogue. Prints photos per second of each.
Result<> bench_ingest(const GlobalOptions& options, const std::string& folder, int rounds);

}  // namespace hone
