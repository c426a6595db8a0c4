// SPDX-License-Identifier: GPL-3.0-or-later
// Builds, orders and completes the groups of duplicates.
#include "search/duplicates.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <unordered_map>

namespace hone {

namespace {

constexpr std::array<std::pair<DuplicateKind, std::string_view>, 3> kKinds = {
    {{DuplicateKind::kExact, "exact"}, {DuplicateKind::kNear, "near"}, {DuplicateKind::kBurst, "burst"}}};

// A group before the expensive questions are asked.
struct Draft {
    std::vector<Duplicate> photos;
    std::uint64_t bytes_to_free = 0;
    std::int64_t at = 0;  // time of a burst
};

class DuplicateFinder {
  public:
    DuplicateFinder(Catalog& catalog, const Snapshot& library) : catalog_(catalog), library_(library) {}

    Result<std::vector<Draft>> exact() {
        HONE_TRY(const std::vector<PhotoNumber> photos, catalog_.with_copies());
        std::vector<Draft> drafts;
        for (const PhotoNumber number : photos) {
            HONE_TRY(const std::optional<Photo> photo, catalog_.photo(number));
            HONE_TRY(std::vector<FileRecord> files, files_of(number));
            if (!photo || files.size() < 2) continue;
            std::ranges::sort(files, {}, [](const FileRecord& file) {
                return std::tie(file.facts.modified_ns, file.facts.path);
            });
            Draft draft;
            for (const FileRecord& file : files)
                draft.photos.push_back({*photo, file.facts.path, files.size(), {}});
            draft.bytes_to_free = photo->bytes * (files.size() - 1);
            drafts.push_back(std::move(draft));
        }
        return drafts;
    }

    Result<std::vector<Draft>> near() {
        const Partition& pictures = library_.groups().pictures();
        std::vector<Draft> drafts;
        for (std::uint32_t picture = 0; picture < pictures.numbers(); ++picture) {
            if (!pictures.exists(picture)) continue;
            HONE_TRY(Draft draft, draft_of(pictures.members(picture)));
            if (draft.photos.size() < 2) continue;
            // Orders by the facts known so far. Photos that differ only in age have the same size, so the
            // bytes to free are already right.
            std::ranges::sort(draft.photos, [](const Duplicate& a, const Duplicate& b) {
                return best_original(a.photo, 0, b.photo, 0);
            });
            count_bytes(draft);
            drafts.push_back(std::move(draft));
        }
        return drafts;
    }

    Result<std::vector<Draft>> bursts() {
        const Partition& bursts = library_.groups().bursts();
        std::vector<Draft> drafts;
        for (std::uint32_t burst = 0; burst < bursts.numbers(); ++burst) {
            if (bursts.exists(burst)) HONE_CHECK(add_burst(bursts.members(burst), drafts));
        }
        return drafts;
    }

    // Completes a group of the page.
    Result<DuplicateGroup> finish(DuplicateKind kind, Draft draft) {
        std::unordered_map<PhotoNumber, std::int64_t> seconds;
        for (Duplicate& duplicate : draft.photos) {
            HONE_TRY(const std::optional<AnalysisResults> analysis_results,
                     catalog_.analysis_results(duplicate.photo.number));
            seconds[duplicate.photo.number] = INT64_MAX;
            if (!analysis_results || analysis_results->taken.source == TakenSource::kModified) continue;
            duplicate.taken = analysis_results->taken;
            seconds[duplicate.photo.number] = analysis_results->taken.local_seconds;
        }
        if (kind == DuplicateKind::kNear) {
            std::ranges::sort(draft.photos, [&](const Duplicate& a, const Duplicate& b) {
                return best_original(a.photo, seconds[a.photo.number], b.photo, seconds[b.photo.number]);
            });
        }
        return DuplicateGroup{std::move(draft.photos), draft.bytes_to_free};
    }

  private:
    // Returns the available files, each once.
    Result<std::vector<FileRecord>> files_of(PhotoNumber number) {
        HONE_TRY(const std::vector<FileRecord> records, catalog_.files_of(number));
        std::vector<FileRecord> files;
        std::set<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>> known;
        for (const FileRecord& record : records) {
            const FileFacts& facts = record.facts;
            if (record.state == FileState::kPhoto && record.reachable &&
                known.emplace(facts.inode, facts.size, facts.modified_ns).second)
                files.push_back(record);
        }
        return files;
    }

    // Returns std::nullopt for a photo in an unreachable folder.
    Result<std::optional<Duplicate>> duplicate_of(PhotoNumber number) {
        HONE_TRY(const std::optional<Photo> photo, catalog_.photo(number));
        HONE_TRY(const std::vector<FileRecord> files, files_of(number));
        if (!photo || files.empty()) return std::nullopt;
        return Duplicate{*photo, files.front().facts.path, files.size(), {}};
    }

    Result<Draft> draft_of(std::span<const PhotoNumber> numbers) {
        Draft draft;
        for (const PhotoNumber number : numbers) {
            HONE_TRY(std::optional<Duplicate> duplicate, duplicate_of(number));
            if (duplicate) draft.photos.push_back(std::move(*duplicate));
        }
        return draft;
    }

    static void count_bytes(Draft& draft) {
        for (const Duplicate& duplicate : draft.photos)
            draft.bytes_to_free += duplicate.photo.bytes * duplicate.copies;
        draft.bytes_to_free -= draft.photos.front().photo.bytes;
    }

    Result<> add_burst(std::span<const PhotoNumber> shots, std::vector<Draft>& drafts) {
        std::vector<PhotoNumber> burst(shots.begin(), shots.end());
        std::ranges::stable_sort(burst, {}, [&](PhotoNumber shot) { return library_.capture(shot).seconds; });
        Draft draft;
        std::unordered_map<std::uint32_t, std::size_t> kept;  // picture -> index into draft.photos
        for (const PhotoNumber shot : burst) {
            HONE_TRY(std::optional<Duplicate> duplicate, duplicate_of(shot));
            if (!duplicate) continue;
            if (const std::uint32_t picture = library_.groups().picture_of(shot);
                picture != PhotoGroups::kNone) {
                const auto [place, first] = kept.try_emplace(picture, draft.photos.size());
                if (!first) {
                    Duplicate& known = draft.photos[place->second];
                    if (best_original(duplicate->photo, 0, known.photo, 0)) known = std::move(*duplicate);
                    continue;
                }
            }
            draft.photos.push_back(std::move(*duplicate));
        }
        if (draft.photos.size() < 2) return {};
        count_bytes(draft);
        draft.at = static_cast<std::int64_t>(library_.capture(burst.front()).seconds);
        drafts.push_back(std::move(draft));
        return {};
    }

    Catalog& catalog_;
    const Snapshot& library_;
};

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

bool best_original(const Photo& a, std::int64_t taken_a, const Photo& b, std::int64_t taken_b) {
    const auto worth = [](const Photo& photo, std::int64_t taken) {
        const auto pixels = static_cast<std::int64_t>(photo.width) * photo.height;
        return std::tuple(!is_raw_name(photo.format), -pixels, -static_cast<std::int64_t>(photo.bytes), taken,
                          photo.number);
    };
    return worth(a, taken_a) < worth(b, taken_b);
}

Result<DuplicatePage> find_duplicates(Catalog& catalog, const Snapshot& library, DuplicateKind kind,
                                      std::size_t offset, std::size_t limit) {
    DuplicateFinder finder(catalog, library);
    HONE_TRY(std::vector<Draft> drafts, kind == DuplicateKind::kExact  ? finder.exact()
                                        : kind == DuplicateKind::kNear ? finder.near()
                                                                       : finder.bursts());
    std::ranges::sort(drafts, [](const Draft& a, const Draft& b) {
        const auto order = [](const Draft& draft) {
            const Photo& first = draft.photos.front().photo;
            return std::tuple(-draft.at, -static_cast<std::int64_t>(draft.bytes_to_free), first.number);
        };
        return order(a) < order(b);
    });
    DuplicatePage page;
    page.kind = kind;
    page.total = drafts.size();
    for (std::size_t group = offset; group < drafts.size() && group - offset < limit; ++group) {
        HONE_TRY(DuplicateGroup finished, finder.finish(kind, std::move(drafts[group])));
        page.groups.push_back(std::move(finished));
    }
    return page;
}

}  // namespace hone
