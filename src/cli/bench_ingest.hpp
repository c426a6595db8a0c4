// hone bench ingest: the intake without networks against libvips alone on the same files.
#pragma once

#include <string>

#include "cli/context.hpp"

namespace hone {

// Both with every processor, in turn, `rounds` times: (1) libvips alone, in threads of one process: read the
// file, decode it once at the size that the largest thumbnail needs, make and encode the three thumbnails;
// (2) Hone's intake into a new library: that, and SHA-256, metadata, hashes, look, behind the wall, into the
// catalogue. Prints photos a second of each.
Result<> bench_ingest(const GlobalOptions& options, const std::string& folder, int rounds);

}  // namespace hone
