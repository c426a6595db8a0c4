// SPDX-License-Identifier: GPL-3.0-or-later
// The catalogue as a whole: its changes, its state, its health, and what leaves it. catalog.hpp has the rules
// of every call.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "catalog/changes.hpp"
#include "catalog/photos.hpp"

namespace hone {

class Leases;

struct MissingCount {
    std::uint64_t photos = 0;           // without an available file
    std::optional<std::int64_t> since;  // of the first of them, Unix seconds
};

class CatalogMaintenance {
  public:
    virtual ~CatalogMaintenance() = default;

    // Calls the observer with the whole library, as one Changes with `everything` set, and then with the
    // changes of every write, right after its commit: those of this object, and with a catalogue on a
    // server those of other processes as they arrive, on the thread that writes or pulls. In the order of the
    // commits, one call at a time, until this object ends. When too much came at once, or another process has
    // written the local file, the changes are the whole library again. The observer must not call the
    // catalogue. Replaces an earlier observer. known: returns the whole library if it has it for the given
    // state(), which then is not read; may be null.
    virtual Result<> observe(std::function<void(const Changes&)> observer,
                             const std::function<std::optional<Changes>(const std::string&)>& known = {}) = 0;
    // Returns a text that is new after every write, by whatever process; empty when it is not known. Cheap.
    virtual Result<std::string> state() = 0;
    // Returns the state() that the observer has been told of, in full; empty without an observer.
    virtual std::string observed_state() = 0;

    // Checks the integrity of the stored file. kFailed describes the damage.
    virtual Result<> check() = 0;

    // Reads an index of the missing photos only.
    virtual Result<MissingCount> count_missing() = 0;
    // The photos that have had no available file since `until` (Unix seconds) or longer, by ascending number:
    // their files are gone, changed, or in a folder that was removed. A file in an unreachable folder is
    // available.
    virtual Result<std::vector<PhotoNumber>> missing_photos(std::int64_t until) = 0;
    // Deletes everything about these photos: facts, analyses, vectors, faces with their confirmations and
    // rejections, pairs, text index and file records. People keep their names. Photos with an available file
    // stay. Returns the deleted photos by ascending number; numbers are never used again. (A catalogue on a
    // server: several transactions when there are many.)
    virtual Result<std::vector<Photo>> forget(std::span<const PhotoNumber> photos) = 0;

    // The state of a catalogue on a server.
    struct Condition {
        // "host:port/namespace/database"; empty for a local file, which is always available
        std::string address;
        std::string library;  // the random name that the library got at its creation
        std::string trouble;  // why writes wait, one line; empty when they do not
    };
    // Never fails; asks neither disk nor server.
    virtual Condition condition() = 0;
    // Null when only one process writes the catalogue.
    virtual Leases* leases() = 0;
};

}  // namespace hone
