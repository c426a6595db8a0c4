// SPDX-License-Identifier: GPL-3.0-or-later
// Builds, orders and completes the groups of duplicates.
#include "search/duplicates.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/stop.hpp"

namespace hone {

namespace {

constexpr std::array<std::pair<DuplicateKind, std::string_view>, 3> kKinds = {
    {{DuplicateKind::kExact, "exact"}, {DuplicateKind::kNear, "near"}, {DuplicateKind::kBurst, "burst"}}};

// A photo of a group, with the number of its files in reachable folders.
struct Entry {
    PhotoNumber photo = 0;
    std::size_t copies = 1;
};

// The facts by which groups are ordered.
struct Draft {
    std::uint32_t group = 0;  // the number of the set; in exact, of the photo
    std::int64_t at = 0;      // time of a burst
    std::uint64_t bytes_to_free = 0;
    PhotoNumber first = 0;
};

// Finds the groups in the snapshot alone. Its functions end with Stopped.
class GroupFinder {
  public:
    GroupFinder(const Snapshot& library, std::span<const Folder> folders, std::stop_token stop)
        : library_(library), stop_(std::move(stop)) {
        for (const Folder& folder : folders) {
            if (folder.reachable) reachable_.insert(folder.id);
        }
    }

    // In no order.
    [[nodiscard]] std::vector<Draft> drafts(DuplicateKind kind) const {
        std::vector<Draft> drafts;
        if (kind == DuplicateKind::kExact) {
            for (std::size_t photo = 0; photo < library_.copies().size(); ++photo)
                add(kind, static_cast<std::uint32_t>(photo), drafts);
            return drafts;
        }
        const Partition& sets = sets_of(kind);
        for (std::uint32_t set = 0; set < sets.numbers(); ++set) {
            if (sets.exists(set)) add(kind, set, drafts);
        }
        return drafts;
    }

    // The group's photos in the order of the page. exact: the photo alone, or nothing for less than two
    // files.
    [[nodiscard]] std::vector<Entry> entries(DuplicateKind kind, std::uint32_t group) const {
        throw_if_stopped(stop_);
        if (kind == DuplicateKind::kExact) {
            if (library_.copies()[group].files.empty()) return {};
            const Entry entry{group, copies_of(group)};
            return entry.copies > 1 ? std::vector{entry} : std::vector<Entry>{};
        }
        std::vector<PhotoNumber> photos = sets_of(kind).members(group);
        if (kind == DuplicateKind::kBurst)
            std::ranges::stable_sort(photos, {}, [&](PhotoNumber shot) { return seconds_of(shot); });
        std::vector<Entry> entries;
        std::unordered_map<std::uint32_t, std::size_t> kept;  // picture -> index into entries
        for (const PhotoNumber photo : photos) {
            const std::size_t copies = copies_of(photo);
            if (copies == 0) continue;
            if (const std::uint32_t picture = library_.groups().picture_of(photo);
                kind == DuplicateKind::kBurst && picture != PhotoGroups::kNone) {
                const auto [place, first] = kept.try_emplace(picture, entries.size());
                if (!first) {
                    Entry& known = entries[place->second];
                    if (worth(photo) < worth(known.photo)) known = {photo, copies};
                    continue;
                }
            }
            entries.push_back({photo, copies});
        }
        if (kind == DuplicateKind::kNear)
            std::ranges::sort(entries, {}, [&](const Entry& entry) { return worth(entry.photo); });
        return entries.size() > 1 ? entries : std::vector<Entry>{};
    }

  private:
    [[nodiscard]] const Partition& sets_of(DuplicateKind kind) const {
        const PhotoGroups& groups = library_.groups();
        return kind == DuplicateKind::kNear ? groups.pictures() : groups.bursts();
    }

    void add(DuplicateKind kind, std::uint32_t group, std::vector<Draft>& drafts) const {
        const std::vector<Entry> photos = entries(kind, group);
        if (photos.empty()) return;
        Draft draft;
        draft.group = group;
        draft.first = photos.front().photo;
        if (kind == DuplicateKind::kBurst) draft.at = static_cast<std::int64_t>(seconds_of(draft.first));
        for (const Entry& entry : photos) draft.bytes_to_free += bytes_of(entry.photo) * entry.copies;
        draft.bytes_to_free -= bytes_of(draft.first);
        drafts.push_back(draft);
    }

    // Also of a raw file that a finished photo stands for.
    [[nodiscard]] std::uint64_t bytes_of(PhotoNumber photo) const {
        const CopiesOfPhoto& copies = library_.copies()[photo];
        return copies.files.empty() ? library_.size_of(photo).bytes : copies.bytes;
    }

    // Infinity for an unknown time.
    [[nodiscard]] double seconds_of(PhotoNumber photo) const {
        const double seconds = library_.capture(photo).seconds;
        return std::isnan(seconds) ? std::numeric_limits<double>::infinity() : seconds;
    }

    // The files in reachable folders, two names of one file once.
    [[nodiscard]] std::size_t copies_of(PhotoNumber photo) const {
        const std::vector<FileOfPhoto>& files = library_.copies()[photo].files;
        if (files.empty()) return reachable_.contains(library_.size_of(photo).folder) ? 1 : 0;
        std::vector<std::pair<std::uint64_t, std::int64_t>> known;
        for (const FileOfPhoto& file : files) {
            if (reachable_.contains(file.folder)) known.emplace_back(file.inode, file.modified_ns);
        }
        std::ranges::sort(known);
        return known.size() - std::ranges::unique(known).size();
    }

    // The least is the best original.
    [[nodiscard]] std::tuple<bool, std::int64_t, std::int64_t, double, PhotoNumber> worth(
        PhotoNumber photo) const {
        const PhotoSize& size = library_.size_of(photo);
        return {!size.raw, -std::int64_t{size.pixels}, -static_cast<std::int64_t>(size.bytes),
                seconds_of(photo), photo};
    }

    const Snapshot& library_;
    const std::stop_token stop_;
    std::set<FolderId> reachable_;
};

// Sorts only those from `first` to `last`, both at most the size.
void sort_page(std::vector<Draft>& drafts, std::size_t first, std::size_t last) {
    const auto before = [](const Draft& a, const Draft& b) {
        const auto order = [](const Draft& draft) {
            return std::tuple(-draft.at, -static_cast<std::int64_t>(draft.bytes_to_free), draft.first);
        };
        return order(a) < order(b);
    };
    const auto at = [&](std::size_t index) { return drafts.begin() + static_cast<std::ptrdiff_t>(index); };
    std::nth_element(drafts.begin(), at(first), drafts.end(), before);
    std::partial_sort(at(first), at(last), drafts.end(), before);
}

// The photo's files in reachable folders, two names of one file once, the one modified longest ago first.
std::vector<Duplicate> duplicates_of(const ListedPhoto& listed, std::span<const FileRecord> records) {
    std::vector<const FileRecord*> files;
    std::set<std::pair<std::uint64_t, std::int64_t>> known;
    for (const FileRecord& file : records) {
        if (file.state == FileState::kPhoto && file.reachable &&
            known.emplace(file.facts.inode, file.facts.modified_ns).second)
            files.push_back(&file);
    }
    std::ranges::sort(files, {}, [](const FileRecord* file) {
        return std::tie(file->facts.modified_ns, file->facts.path);
    });
    std::vector<Duplicate> duplicates;
    for (const FileRecord* file : files)
        duplicates.push_back({listed.photo, file->facts.path, files.size(), listed.listing.taken});
    return duplicates;
}

// Adds the facts that the snapshot lacks, in one or two statements.
Result<std::vector<DuplicateGroup>> fill_groups(Catalog& catalog, DuplicateKind kind,
                                                const GroupFinder& finder, std::span<const Draft> page,
                                                const std::stop_token& stop) {
    if (page.empty()) return {};
    std::vector<std::vector<Entry>> groups;
    std::vector<PhotoNumber> photos;
    for (const Draft& draft : page) {
        for (const Entry& entry : groups.emplace_back(finder.entries(kind, draft.group)))
            photos.push_back(entry.photo);
    }
    HONE_TRY(std::vector<ListedPhoto> listed, catalog.list(photos, stop));
    std::vector<FileRecord> files;
    if (kind == DuplicateKind::kExact) {
        HONE_TRY(files, catalog.files_of(photos, stop));
        std::ranges::stable_sort(files, {}, &FileRecord::photo);
    }
    std::vector<DuplicateGroup> filled;
    auto next = listed.begin();
    for (std::size_t at = 0; at < page.size(); ++at) {
        DuplicateGroup group{{}, page[at].bytes_to_free};
        for (const Entry& entry : groups[at]) {
            // Someone may have forgotten the photo since the snapshot was made.
            if (next == listed.end() || next->photo.number != entry.photo) continue;
            if (kind == DuplicateKind::kExact) {
                const auto records =
                    std::ranges::equal_range(files, std::optional(entry.photo), {}, &FileRecord::photo);
                group.photos = duplicates_of(*next, std::span(records));
            } else {
                group.photos.push_back({std::move(next->photo), std::move(next->listing.path), entry.copies,
                                        std::move(next->listing.taken)});
            }
            ++next;
        }
        if (group.photos.size() > 1) filled.push_back(std::move(group));
    }
    return filled;
}

}  // namespace

std::string_view duplicate_kind_name(DuplicateKind kind) {
    return std::ranges::find(kKinds, kind, &std::pair<DuplicateKind, std::string_view>::first)->second;
}

Result<DuplicateKind> parse_duplicate_kind(std::string_view name) {
    for (const auto& [kind, known] : kKinds) {
        if (name == known) return kind;
    }
    return fail(ErrorKind::kUsage, "unknown kind '{}'; the kinds are exact, near and burst",
                name.substr(0, 40));
}

Result<DuplicatePage> find_duplicates(Catalog& catalog, const Snapshot& library, DuplicateKind kind,
                                      std::size_t offset, std::size_t limit, const std::stop_token& stop) {
    try {
        HONE_TRY(const std::vector<Folder> folders, catalog.folders());
        const GroupFinder finder(library, folders, stop);
        std::vector<Draft> drafts = finder.drafts(kind);
        const std::size_t first = std::min(offset, drafts.size()),
                          last = first + std::min(limit, drafts.size() - first);
        sort_page(drafts, first, last);
        DuplicatePage page;
        page.kind = kind;
        page.total = drafts.size();
        HONE_TRY(page.groups,
                 fill_groups(catalog, kind, finder, std::span(drafts).subspan(first, last - first), stop));
        return page;
    } catch (const Stopped&) {
        return fail(ErrorKind::kUnavailable, "the list was cancelled: it took too long, or the client left");
    }
}

}  // namespace hone
