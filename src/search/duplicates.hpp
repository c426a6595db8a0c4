// Which photos the library has more than once: three separate questions, because what a person does with the
// answers differs. Hone deletes nothing; it says what is there.
//
//   bytes    one photo in several files. A group is one photo; its entries are its files. Two names of one
//            file (hard links, symbolic links: same inode, size and time) are one entry, because deleting
//            "the other one" would delete the photo.
//   picture  one picture in several photos: re-encoded, scaled, cropped, turned, edited. Groups of
//            group_same_pictures() over the pairs that the indexing found (docs/style.md).
//   moment   one scene in several shots: a burst. Photos of one known camera, each taken at most
//   kBurstSeconds
//            after the one before it. A time at midnight is a day without a time, or a clock that was never
//            set, and no moment. Photos that are the same picture count as one: the best of those in the
//            burst stands for them; what is left with fewer than two photos is no burst.
//
// Only files that are there count: one that is missing, or whose folder is away, is in no group. For picture
// and moment a raw file beside its finished picture of the same name counts as that picture: the two belong
// together.
//
// The best comes first, by `best_original`: camera raw before everything else; then most pixels; then the
// larger file, which of two equally large pictures is the less compressed one; then the oldest by the time
// taken; then the first that came into the library. In `bytes`, where all that is equal: the file that was
// modified longest ago, then by path. In `moment` the photos stay in the order they were taken, since no
// measure here says which shot of a burst is the best.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "catalog/catalog.hpp"

namespace hone {

enum class DuplicateKind { kExact, kNear, kBurst };

std::string_view duplicate_kind_name(DuplicateKind kind);  // "bytes"
// kUsage naming the kinds there are.
Result<DuplicateKind> parse_duplicate_kind(std::string_view name);

inline constexpr std::int64_t kBurstSeconds = 2;  // EXIF times are whole seconds

struct Duplicate {
    Photo photo;
    fs::path path;                 // in a folder that is there now
    std::size_t copies = 1;        // files of these bytes that are there
    std::optional<TakenAt> taken;  // unknown when only the file's modification time is known
};

struct DuplicateGroup {
    std::vector<Duplicate> photos;    // at least two, the best first
    std::uint64_t bytes_to_free = 0;  // of all files here but one of the first photo's
};

struct DuplicatePage {
    DuplicateKind kind = DuplicateKind::kExact;
    std::vector<DuplicateGroup> groups;  // bytes, picture: most bytes to free first; moment: newest first
    std::size_t total = 0;               // groups in all
};

// True when a is the better original of one picture (the rule above; taken_*: seconds, the older wins).
bool best_original(const Photo& a, std::int64_t taken_a, const Photo& b, std::int64_t taken_b);

// Groups `offset` up to `offset + limit` of that order. Reads every group's photos, a few small queries each;
// what costs more is only asked for the groups of the page.
Result<DuplicatePage> find_duplicates(Catalog& catalog, DuplicateKind kind, std::size_t offset,
                                      std::size_t limit);

}  // namespace hone
