// SPDX-License-Identifier: GPL-3.0-or-later
// Random writes of every kind, and the comparison of two snapshots, for suites that follow changes.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <tuple>

#include "catalog/catalog.hpp"
#include "library/snapshot.hpp"

namespace hone::test {

inline constexpr PhotoNumber kMostPhotos = 400;
inline constexpr std::size_t kMostPeople = 2000;

// Returns the first difference, or "".
inline std::string difference(const Snapshot& a, const Snapshot& b) {
    const auto same = [](double one, double two) {
        return one == two || (std::isnan(one) && std::isnan(two));
    };
    if (a.counts().photos != b.counts().photos)
        return fmt::format("{} photos, not {}", a.counts().photos, b.counts().photos);
    if (a.counts().failed != b.counts().failed)
        return fmt::format("{} failed, not {}", a.counts().failed, b.counts().failed);
    if (a.counts().skipped != b.counts().skipped) return "skipped files";
    for (FolderId folder = 0; folder < 50; ++folder) {
        if (a.files_of(folder) != b.files_of(folder)) return fmt::format("files of folder {}", folder);
    }
    if (a.photos_with_time() != b.photos_with_time()) return "photos with a time";
    if (a.photos_with_position() != b.photos_with_position()) return "photos with a position";
    if (a.photos_with_people() != b.photos_with_people()) return "photos with people";
    if (a.faces() != b.faces()) return fmt::format("{} faces, not {}", a.faces(), b.faces());
    for (std::size_t person = 0; person < kMostPeople; ++person) {
        if (a.people()[person] != b.people()[person]) return fmt::format("numbers of person {}", person);
    }
    for (PhotoNumber photo = 0; photo < kMostPhotos; ++photo) {
        const CapturePoint &one = a.capture(photo), &two = b.capture(photo);
        if (a.is_available(photo) != b.is_available(photo)) return fmt::format("availability of {}", photo);
        if (!same(one.seconds, two.seconds) || !same(one.latitude, two.latitude) ||
            !same(one.longitude, two.longitude))
            return fmt::format("capture of {}", photo);
        const PhotoSize &left_size = a.size_of(photo), &right_size = b.size_of(photo);
        if (std::tie(left_size.bytes, left_size.folder, left_size.pixels, left_size.raw) !=
            std::tie(right_size.bytes, right_size.folder, right_size.pixels, right_size.raw))
            return fmt::format("size of {}", photo);
        const CopiesOfPhoto &left_files = a.copies()[photo], &right_files = b.copies()[photo];
        if (left_files.bytes != right_files.bytes || left_files.files != right_files.files)
            return fmt::format("copies of {}", photo);
        if (!std::ranges::equal(a.people_of(photo), b.people_of(photo)))
            return fmt::format("people of {}", photo);
        if (a.groups().pictures().set_of(photo) != b.groups().pictures().set_of(photo))
            return fmt::format("picture of {}", photo);
        if (a.groups().bursts().set_of(photo) != b.groups().bursts().set_of(photo))
            return fmt::format("burst of {}", photo);
        const std::uint32_t left = a.groups().of(photo), right = b.groups().of(photo);
        if ((left == PhotoGroups::kNone) != (right == PhotoGroups::kNone) ||
            (left != PhotoGroups::kNone &&
             !std::ranges::equal(a.groups().members(left), b.groups().members(right))))
            return fmt::format("group of {}", photo);
    }
    return "";
}

// Not thread-safe.
class RandomWrites {
  public:
    // The photos lie in two folders below `root`. seed: other seeds give other photos and writes. alone:
    // false when others write the same catalogue, so that a write may be refused.
    explicit RandomWrites(Catalog& catalog, VectorKey key = {"content", "model"}, const fs::path& root = "/",
                          unsigned seed = 20261130, bool alone = true)
        : catalog_(&catalog), key_(std::move(key)), seed_(seed), alone_(alone), random_(seed) {
        for (const char* name : {"a", "b"}) folders_.push_back(*catalog.add_folder(root / name));
    }
    // The largest number that a photo got.
    [[nodiscard]] PhotoNumber photos() const { return photos_; }

    PhotoNumber some_photo() { return 1 + below(std::max(1U, photos_)); }

    // Returns what was done.
    std::string change() {
        switch (below(16)) {
            case 0: {
                const fs::path directory = folders_[below(2)].path / fmt::format("d{}", below(3));
                std::vector<bool> seen(500);
                for (std::size_t file = 0; file < seen.size(); ++file) seen[file] = below(3) != 0;
                check(catalog_->end_scan({directory, true, {}}, seen));
                return "end_scan";
            }
            case 1:
                check(catalog_->mark_available(1 + below(80)));
                return "mark_available";
            case 2: {
                const PhotoNumber first = some_photo(), second = some_photo();
                if (first == second || !*catalog_->photo(first) || !*catalog_->photo(second))
                    return "nothing";
                const SamePicture pair{first, second, 30, .9, below(3) != 0};
                check(catalog_->add_same_pictures(std::span(&pair, 1)));
                return "add_same_pictures";
            }
            case 3:
            case 9: {
                // The machine's grouping, which leaves some faces with nobody.
                PeopleChange grouping;
                grouping.added = 2;
                for (int photo = 0; photo < 3; ++photo) {
                    const auto faces = catalog_->faces_of(some_photo());
                    for (const Face& face : *faces)
                        grouping.faces.push_back({face.id, -PersonId{below(3)}, false});
                }
                check(catalog_->change_people(grouping));
                return "a grouping";
            }
            case 6:
                edit_a_person();
                return "an edit of a person";
            case 7: {
                const auto missing = catalog_->missing_photos(std::numeric_limits<std::int64_t>::max());
                if (missing->empty() || below(4) != 0) return "nothing";
                const PhotoNumber photo = missing->at(below(static_cast<std::uint32_t>(missing->size())));
                check(catalog_->forget(std::span(&photo, 1)));
                return "forget";
            }
            case 8: {
                const FaceFacts face{{1, 2, 3, 4}, {}, 0.5F, {}, {}};
                const PhotoNumber photo = some_photo();
                if (*catalog_->photo(photo)) {
                    check(catalog_->add_face(photo, face));
                }
                return "add_face";
            }
            case 4:
                check(catalog_->undo_people_edit());
                return "undo_people_edit";
            case 5: {
                if (below(4) != 0) return "nothing";
                const std::size_t at = below(2);
                check(catalog_->remove_folder(folders_[at].id));
                folders_[at] = *catalog_->add_folder(folders_[at].path);
                return "remove_folder";
            }
            default: {
                std::vector<FileOutcome> outcomes;
                for (std::uint32_t file = 0; file <= below(4); ++file) outcomes.push_back(some_outcome());
                const auto committed = catalog_->commit(outcomes);
                check(committed);
                if (!committed) return "a refused commit";
                for (const CommittedFile& file : *committed)
                    photos_ = std::max(photos_, file.photo.value_or(0));
                return "commit";
            }
        }
    }

  private:
    template <typename Done>
    void check(const Done& done) const {
        EXPECT_TRUE(done || !alone_) << done.error().message;
    }
    std::uint32_t below(std::uint32_t count) {
        return std::uniform_int_distribution<std::uint32_t>(0, count - 1)(random_);
    }

    FileOutcome some_outcome() {
        const Folder& root = folders_[below(2)];
        const std::uint32_t name = below(30);
        const bool raw = below(5) == 0;
        FileOutcome outcome{root.id,
                            {root.path / fmt::format("d{}/{}.{}", name % 3, name, raw ? "dng" : "jpg"), 1,
                             1000 + below(2), 7 + below(2), 0},
                            {}};
        const std::uint32_t kind = below(10);
        if (kind == 0) {
            outcome.what = FileOutcome::Failed{"decode", "broken"};
            return outcome;
        }
        if (kind == 1) {
            outcome.what = FileOutcome::Skipped{below(2) == 0 ? "text" : "video"};
            return outcome;
        }
        FileOutcome::Photo photo;
        // Indexed again, it may turn out to be larger.
        photo.photo = {sha256(fmt::format("{} {} {}", seed_, below(60), raw)),
                       1,
                       static_cast<int>(10 + below(2)),
                       10,
                       raw ? "dng" : "jpeg",
                       0};
        if (below(4) != 0) {
            photo.vectors = {{key_, {static_cast<float>(photo.photo.id[0]), 1, 0}}};
        }
        if (below(4) != 0) {
            AnalysisResults results;
            results.style = {0};
            results.hashes = {0};
            results.metadata.make = below(2) == 0 ? "Canon" : "Nikon";
            results.taken = {1'000'000 + below(40), std::nullopt,
                             below(5) == 0 ? TakenSource::kModified : TakenSource::kExif};
            if (below(3) == 0) {
                results.metadata.latitude = below(90);
                results.metadata.longitude = below(90);
            }
            photo.analysis_results = results;
        }
        if (below(3) == 0) {
            photo.faces.emplace().resize(below(4));
            photo.face_model = "faces";
            for (std::size_t face = 0; face < photo.faces->size(); ++face)
                (*photo.faces)[face].box = {static_cast<float>(100 * face), 0, 10, 10};
        }
        outcome.what = std::move(photo);
        return outcome;
    }

    // Someone with a face, mostly; 0: there is none.
    PersonId some_person() {
        const auto people = *catalog_->people();
        return people.empty() ? 0 : people[below(static_cast<std::uint32_t>(people.size()))].id;
    }

    void edit_a_person() {
        const PersonId id = some_person();
        if (id == 0) return;
        const auto found = catalog_->person(id);
        const auto faces = *catalog_->faces_of_person(id);
        if (!found || faces.empty()) return;
        Person person = *found;
        PeopleChange edit;
        edit.what = "edited";
        switch (below(5)) {
            case 0:
                person.name = below(3) == 0 ? "" : fmt::format("Anna {}", below(20));
                edit.people.push_back(person);
                for (const Face& face : faces) edit.faces.push_back({face.id, id, true});
                break;
            case 1:
                person.hidden = !person.hidden;
                edit.people.push_back(person);
                break;
            case 2:  // a merge: the other's name is free then
                edit.people.push_back({id, "", person.hidden});
                for (const Face& face : faces) edit.faces.push_back({face.id, some_person(), true});
                break;
            case 3:  // a split
                edit.added = 1;
                edit.faces.push_back({faces.front().id, -1, true});
                edit.rejections.push_back({faces.front().id, id});
                break;
            default:
                for (const Face& face : faces) edit.faces.push_back({face.id, 0, false});
        }
        const auto done = catalog_->change_people(edit);
        if (!done && done.error().kind != ErrorKind::kConflict) check(done);
    }

    Catalog* catalog_;
    const VectorKey key_;
    const unsigned seed_;
    const bool alone_;
    std::mt19937 random_;
    std::vector<Folder> folders_;
    PhotoNumber photos_ = 0;
};

}  // namespace hone::test
