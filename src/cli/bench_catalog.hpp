// SPDX-License-Identifier: GPL-3.0-or-later
// `hone bench catalog`: how fast prepared photos enter a catalogue, compared with the limit of its server.
// For the main thread only.
#pragma once

#include <cstddef>

#include "cli/context.hpp"

namespace hone {

// Fills two new databases next to the one in --catalog (NAME-bench-hone and NAME-bench-limit, removed at the
// end) with `photos` analysed photos of two faces each (vectors of 384 and 128 values). (1) The graph's own
// records and edges alone, 16 photos per transaction, over two concurrent connections: the limit of the
// server. (2) Hone's catalogue: the same plus its own tables, the replica, and the order of commits.
// Alternates between both and prints photos per second of each. kUsage without a server.
Result<> bench_catalog(const GlobalOptions& options, std::size_t photos);

}  // namespace hone
