// hone bench catalog: how fast ready photos go into a catalogue, against what its server takes at most.
#pragma once

#include <cstddef>

#include "cli/context.hpp"

namespace hone {

// Two new databases beside the one that --catalog names (NAME-bench-hone and NAME-bench-limit, removed at the
// end), filled with `photos` photos of two faces each (vectors of 384 and 128 numbers) that are analysed
// already: (1) the graph's own records and edges alone, 16 photos a transaction, from two connections at
// once: the limit of the server; (2) Hone's catalogue: those, its own tables, the mirror, and the order of
// commits. Prints photos a second of both; both take turns.
Result<> bench_catalog(const GlobalOptions& options, std::size_t photos);

}  // namespace hone
