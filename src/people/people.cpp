// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of people, and the update of groups after scans and edits.
#include "people/people.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/config.hpp"
#include "base/stop.hpp"
#include "catalog/leases.hpp"

namespace hone {

namespace {

constexpr double kRegionOverlap = 0.2;  // programs draw boxes with more or less of the hair
constexpr std::size_t kLongestName = 200;

Result<std::string> clean_name(const std::string& text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    std::string name = text;
    while (!name.empty() && blank(name.back())) name.pop_back();
    name.erase(name.begin(), std::ranges::find_if_not(name, blank));
    if (name.size() > kLongestName)
        return fail(ErrorKind::kUsage, "the name has {} bytes; at most {} are kept", name.size(),
                    kLongestName);
    if (std::ranges::any_of(name, [](unsigned char c) { return c < ' ' || c == 0x7F; }))
        return fail(ErrorKind::kUsage, "the name holds a control character");
    return name;
}

std::string called(const Person& person) {
    return person.name.empty() ? fmt::format("person {}", person.id) : person.name;
}

// Returns a person that the change adds.
Person add_to(PeopleChange& change, const std::string& name) {
    const Person person{-static_cast<PersonId>(++change.added), name, false};
    if (!name.empty()) change.people.push_back(person);
    return person;
}

std::string counted(std::size_t faces) {
    return fmt::format("{} {}", faces, faces == 1 ? "face" : "faces");
}

}  // namespace

People::People(Catalog& catalog, const FacePack* pack, std::string model, GroupFiles files)
    : catalog_(catalog),
      model_(std::move(model)),
      dimension_(pack != nullptr && pack->embedder ? static_cast<std::size_t>(pack->embedder->dimension) : 0),
      link_(dimension_ > 0 ? pack->embedder->link : 0),
      same_(dimension_ > 0 ? pack->embedder->same : 0),
      files_(std::move(files)) {}

Result<> People::update() {
    Leases* const leases = catalog_.leases();
    const std::string grouping = "people";
    if (leases != nullptr) {
        HONE_TRY(const std::vector<bool> granted, leases->take(std::span(&grouping, 1)));
        // Another process is grouping the same faces; its result arrives here too.
        if (!granted.front()) return {};
    }
    Result<> updated = [&]() -> Result<> {
        const std::lock_guard lock(mutex_);
        return take_regions();
    }();
    if (updated) updated = regroup();
    if (leases != nullptr) leases->release(std::span(&grouping, 1));
    return updated;
}

void People::note(const Changes& changes) {
    const std::lock_guard lock(notes_mutex_);
    follows_ = true;
    everything_changed_ = everything_changed_ || changes.everything;
    for (const auto& [photo, faces] : changes.faces) changed_.insert(photo);
    for (const Capture& capture : changes.shown) described_.insert(capture.photo);
}

Result<> People::regroup() {
    const std::lock_guard lock(mutex_);
    if (dimension_ == 0) {
        // Faces that nobody groups are not kept beside the catalogue, where they might be forgotten.
        return files_.writes ? remove_tree(files_.folder) : Result<>{};
    }
    // A person may edit while the groups are computed; the groups are then computed again from the edit.
    constexpr int kAttempts = 8;
    Result<> done;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        done = group_changes();
        if (done) return {};
        state_.clear();  // these groups are not in the catalogue
        if (done.error().kind != ErrorKind::kConflict) break;
    }
    // They may hold half a change: compare everything the next time.
    clusters_.reset();
    return done;
}

Result<> People::group_changes() {
    HONE_TRY(std::string state, catalog_.faces_state());
    // Waits until the changes of every commit in this state have been noted.
    (void)catalog_.observed_state();
    if (clusters_ && state == state_) return {};
    bool everything = false;
    if (!clusters_) {
        HONE_TRY(const bool agrees, open_clusters(state));
        everything = !agrees;
    }
    std::vector<PhotoNumber> changed;
    {
        const std::lock_guard notes(notes_mutex_);
        changed.assign(changed_.begin(), changed_.end());
        changed_.clear();
        const bool noted_everything = std::exchange(everything_changed_, false);
        everything = everything || noted_everything || (state != state_ && !follows_);
    }
    clusters_->set_state("");
    state_ = std::move(state);
    HONE_CHECK(everything ? compare_all_faces() : read_changed_faces(changed));
    clusters_->connect(processor_count());
    HONE_CHECK(take_rejections());
    HONE_CHECK(write_groups());
    clusters_->set_state(state_);
    return {};
}

Result<bool> People::open_clusters(const std::string& state) {
    Result<std::unique_ptr<FaceClusters>> opened;
    if (!files_.folder.empty()) {
        opened = FaceClusters::open(
            files_.folder, model_, dimension_, link_, same_,
            files_.writes ? MappedBytes::Sharing::kShared : MappedBytes::Sharing::kPrivate);
        if (!opened && files_.writes) return std::unexpected(opened.error());
    }
    clusters_ =
        opened && *opened ? std::move(*opened) : std::make_unique<FaceClusters>(dimension_, link_, same_);
    const std::string agreed = clusters_->state();
    state_ = agreed;
    rejected_.clear();
    for (const FaceRow row : clusters_->faces_with_rejections()) rejected_.insert(clusters_->face(row).id);
    // A process ended between computing groups and writing them.
    if (agreed.empty()) clusters_->mark_all();
    return !agreed.empty() && agreed == state;
}

Result<> People::take_face(const Face& face, std::optional<FaceRow> known) {
    if (known && clusters_->face(*known).photo == face.photo &&
        std::ranges::equal(face.vector, clusters_->vector(*known))) {
        clusters_->set_person(*known, face.person, face.confirmed);
        return {};
    }
    if (known) clusters_->remove(*known);
    ClusterFace added{face.id, face.photo, face.confirmed ? face.person : 0, {}, face.vector, face.person};
    return clusters_->append(added);
}

Result<> People::compare_all_faces() {
    std::vector<bool> is_there(clusters_->size());
    Result<> taken;
    HONE_CHECK(catalog_.for_each_face(model_, [&](const Face& face) {
        if (face.vector.size() != dimension_ || !taken) return;
        const std::optional<FaceRow> known = clusters_->find(face.id);
        if (known && *known < is_there.size()) is_there[*known] = true;
        taken = take_face(face, known);
    }));
    HONE_CHECK(taken);
    for (FaceRow row = 0; row < is_there.size(); ++row) {
        if (!is_there[row] && clusters_->face(row).id != 0) clusters_->remove(row);
    }
    return {};
}

Result<> People::read_changed_faces(std::span<const PhotoNumber> photos) {
    for (const PhotoNumber photo : photos) {
        HONE_TRY(const std::vector<Face> faces, catalog_.faces_of(photo));
        std::vector<FaceRow> gone = clusters_->faces_on(photo);
        for (const Face& face : faces) {
            if (face.model != model_ || face.vector.size() != dimension_) continue;
            const std::optional<FaceRow> known = clusters_->find(face.id);
            if (known) std::erase(gone, *known);
            HONE_CHECK(take_face(face, known));
        }
        for (const FaceRow row : gone) clusters_->remove(row);
    }
    return {};
}

// Rejections are few, so all of them are compared.
Result<> People::take_rejections() {
    HONE_TRY(const auto rejections, catalog_.rejections());
    std::map<FaceId, std::vector<PersonId>> rejected;
    for (const FaceRejection& rejection : rejections) rejected[rejection.face].push_back(rejection.person);
    for (const FaceId face : std::exchange(rejected_, {})) {
        const auto row = clusters_->find(face);
        if (row && !rejected.contains(face)) clusters_->set_rejected(*row, {});
    }
    for (const auto& [face, people] : rejected) {
        rejected_.insert(face);
        if (const auto row = clusters_->find(face)) clusters_->set_rejected(*row, people);
    }
    return {};
}

// Turns other programs' names for faces into named people. Skips faces that a user has edited.
Result<> People::take_regions() {
    std::vector<PhotoNumber> changed;
    bool everything = !regions_read_;
    {
        const std::lock_guard lock(notes_mutex_);
        everything = everything || !follows_ || everything_changed_;
        changed.assign(described_.begin(), described_.end());
        // A face may come after the region that names it.
        changed.insert(changed.end(), changed_.begin(), changed_.end());
        described_.clear();
    }
    HONE_TRY(const std::vector<NamedRegion> regions,
             everything ? catalog_.named_regions() : catalog_.named_regions(changed));
    if (regions.empty()) {
        regions_read_ = true;
        return {};
    }
    regions_read_ = false;  // until all of these are taken
    HONE_TRY(const auto rejections, catalog_.rejections());
    for (const NamedRegion& region : regions) {
        const auto name = clean_name(region.name);
        if (!name || name->empty()) continue;
        HONE_TRY(const std::vector<Face> faces, catalog_.faces_of(region.photo));
        const Face* best = nullptr;
        double most = kRegionOverlap;
        for (const Face& face : faces) {
            if (const double shared = overlap(face.box, region.box); shared >= most) {
                most = shared;
                best = &face;
            }
        }
        if (best != nullptr && best->confirmed) continue;
        HONE_TRY(std::optional<Person> person, catalog_.person_named(*name));
        const bool refused =
            best != nullptr && person && std::ranges::any_of(rejections, [&](const FaceRejection& rejection) {
                return rejection.face == best->id && rejection.person == person->id;
            });
        // An undone edit stays undone.
        if (refused) continue;
        PeopleChange change;
        if (!person) person = add_to(change, *name);
        FaceId face = best != nullptr ? best->id : 0;
        if (best == nullptr) {
            FaceFacts drawn;
            drawn.box = region.box;
            drawn.score = 1;
            HONE_TRY(face, catalog_.add_face(region.photo, drawn));
        }
        change.faces.push_back({face, person->id, true});
        HONE_CHECK(catalog_.change_people(change));
    }
    regions_read_ = true;
    return {};
}

// Every group becomes one person: the confirmed one, else the previous person of most of its faces (who goes
// to the group with most of them), else a new one.
Result<> People::write_groups() {
    const std::vector<FaceRow> updated = clusters_->take_updated();
    // Group -> previous person -> number of faces.
    std::map<FaceRow, std::map<PersonId, std::size_t>> counts;
    std::map<FaceRow, PersonId> person_of;
    std::unordered_map<PersonId, bool> taken, named;
    for (const FaceRow row : updated) {
        const FaceRecord& face = clusters_->face(row);
        auto& was = counts[face.group];
        if (face.person != 0 && !face.confirmed) ++was[face.person];
    }
    for (const auto& [group, was] : counts) {
        if (const PersonId person = clusters_->person_of(group); person != 0) {
            person_of[group] = person;
            taken[person] = true;
        }
    }
    struct Candidate {
        std::size_t faces;
        FaceRow group;
        PersonId person;
    };
    std::vector<Candidate> candidates;
    for (const auto& [group, was] : counts) {
        for (const auto& [person, count] : was) {
            if (!person_of.contains(group)) candidates.push_back({count, group, person});
        }
    }
    std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
        return std::tuple(b.faces, a.group, a.person) < std::tuple(a.faces, b.group, b.person);
    });
    for (const Candidate& candidate : candidates) {
        if (person_of.contains(candidate.group) || taken[candidate.person]) continue;
        const auto [name, first] = named.try_emplace(candidate.person, false);
        if (first) {
            HONE_TRY(const Person person, catalog_.person(candidate.person));
            name->second = !person.name.empty();
        }
        // Only a user's edit moves a name.
        if (name->second) continue;
        person_of[candidate.group] = candidate.person;
        taken[candidate.person] = true;
    }
    PeopleChange change;
    std::vector<FaceRow> assigned;
    for (const FaceRow row : updated) {
        const FaceRecord& face = clusters_->face(row);
        if (face.confirmed) continue;
        auto& person = person_of[face.group];
        if (person == 0) person = add_to(change, "").id;
        if (person == face.person) continue;
        change.faces.push_back({face.id, person, false});
        assigned.push_back(row);
    }
    if (change.faces.empty()) return {};
    change.computed_from = state_;
    const Result<AppliedPeopleChange> written = catalog_.change_people(change);
    if (!written) {
        clusters_->mark(updated);
        return std::unexpected(written.error());
    }
    const AppliedPeopleChange& applied = *written;
    for (std::size_t at = 0; at < assigned.size(); ++at) {
        const PersonId person = change.faces[at].person;
        clusters_->set_person(assigned[at],
                              person < 0 ? applied.added.at(static_cast<std::size_t>(-person - 1)) : person,
                              false);
    }
    state_ = applied.state;
    return {};
}

// Before an edit, so that the groups on the disk are those of the catalogue's present state, and the edit is
// all that is read.
Result<> People::prepare_edit() {
    {
        const std::lock_guard lock(mutex_);
        if (clusters_) return {};
    }
    return regroup();
}

Result<PeopleEditResult> People::done(const PeopleChange& change, PersonId person) {
    HONE_CHECK(prepare_edit());
    HONE_TRY(const AppliedPeopleChange applied, catalog_.change_people(change));
    HONE_CHECK(regroup());
    return PeopleEditResult{applied.edit, change.what, person < 0 ? applied.added.front() : person};
}

Result<std::vector<Face>> People::find_faces(std::span<const FaceId> faces) {
    if (faces.empty()) return fail(ErrorKind::kUsage, "name at least one face");
    std::vector<Face> found;
    for (const FaceId id : faces) {
        HONE_TRY(Face face, catalog_.face(id));
        found.push_back(std::move(face));
    }
    return found;
}

Result<PeopleEditResult> People::name(PersonId id, const std::string& text) {
    HONE_TRY(Person person, catalog_.person(id));
    HONE_TRY(const std::string name, clean_name(text));
    if (!name.empty()) {
        HONE_TRY(const auto other, catalog_.person_named(name));
        if (other && other->id != id)
            return fail(ErrorKind::kConflict, "another person is named {} (person {}); merge the two instead",
                        name, other->id);
    }
    HONE_TRY(const std::vector<Face> faces, catalog_.faces_of_person(id));
    PeopleChange change;
    for (const Face& face : faces) {
        if (!face.confirmed) change.faces.push_back({face.id, id, true});
    }
    change.what = name.empty()          ? fmt::format("removed the name of {}", called(person))
                  : person.name.empty() ? fmt::format("named {} {}", counted(faces.size()), name)
                                        : fmt::format("renamed {} to {}", person.name, name);
    person.name = name;
    change.people.push_back(person);
    return done(change, id);
}

Result<PeopleEditResult> People::merge(std::span<const PersonId> people, const std::string& text) {
    if (people.size() < 2) return fail(ErrorKind::kUsage, "name at least two people to merge");
    HONE_TRY(std::string name, clean_name(text));
    std::vector<Person> all;
    for (const PersonId id : people) {
        HONE_TRY(Person person, catalog_.person(id));
        if (std::ranges::any_of(all, [&](const Person& other) { return other.id == id; })) continue;
        all.push_back(std::move(person));
    }
    const auto has_name = [](const Person& person) { return !person.name.empty(); };
    if (name.empty() && std::ranges::count_if(all, has_name) > 1) {
        std::string names;
        for (const Person& person : all) names += names.empty() ? called(person) : " and " + called(person);
        return fail(ErrorKind::kConflict, "{} have different names; choose the name to keep", names);
    }
    const auto first_named = std::ranges::find_if(all, has_name);
    Person target = first_named == all.end() ? all.front() : *first_named;
    if (name.empty()) name = target.name;
    PeopleChange change;
    std::size_t faces = 0;
    for (const Person& person : all) {
        HONE_TRY(const std::vector<Face> theirs, catalog_.faces_of_person(person.id));
        for (const Face& face : theirs) change.faces.push_back({face.id, target.id, true});
        faces += theirs.size();
        if (person.id != target.id && has_name(person))
            change.people.push_back({person.id, "", person.hidden});
    }
    change.what = fmt::format("merged {} people, {}, into {}", all.size(), counted(faces),
                              name.empty() ? called(target) : name);
    target.name = name;
    change.people.push_back(target);  // after the others have released their names
    return done(change, target.id);
}

Result<PeopleEditResult> People::split(PersonId id, std::span<const FaceId> ids) {
    HONE_TRY(const Person person, catalog_.person(id));
    HONE_TRY(const std::vector<Face> faces, find_faces(ids));
    for (const Face& face : faces) {
        if (face.person != id)
            return fail(ErrorKind::kUsage, "the face {} is not one of {}", face.id, called(person));
    }
    HONE_TRY(const std::vector<Face> all, catalog_.faces_of_person(id));
    PeopleChange change;
    const PersonId own = add_to(change, "").id;
    for (const Face& face : all) {
        const bool moved = std::ranges::find(ids, face.id) != ids.end();
        // Confirm the remaining faces, so that the two people do not merge again.
        change.faces.push_back({face.id, moved ? own : id, true});
        change.rejections.push_back({face.id, moved ? id : own});
    }
    change.what = fmt::format("moved {} of {} to a new person", counted(faces.size()), called(person));
    return done(change, own);
}

Result<PeopleEditResult> People::assign(std::span<const FaceId> ids, PersonId id, const std::string& text) {
    HONE_TRY(const std::vector<Face> faces, find_faces(ids));
    PeopleChange change;
    Person person;
    if (id != 0) {
        HONE_TRY(person, catalog_.person(id));
    } else {
        HONE_TRY(const std::string name, clean_name(text));
        if (name.empty()) return fail(ErrorKind::kUsage, "name a person");
        HONE_TRY(const auto known, catalog_.person_named(name));
        if (known) {
            person = *known;
        } else {
            person = add_to(change, name);
        }
    }
    // Confirm the rest of a group that only the machine has put together.
    std::vector<Face> theirs;
    if (person.id > 0) {
        HONE_TRY(theirs, catalog_.faces_of_person(person.id));
    }
    for (const Face& face : theirs) {
        if (!face.confirmed) change.faces.push_back({face.id, person.id, true});
    }
    for (const Face& face : faces) change.faces.push_back({face.id, person.id, true});
    change.what = fmt::format("marked {} as {}", counted(faces.size()), called(person));
    return done(change, person.id);
}

Result<PeopleEditResult> People::reject(std::span<const FaceId> ids, PersonId id) {
    HONE_TRY(const Person person, catalog_.person(id));
    HONE_TRY(const std::vector<Face> faces, find_faces(ids));
    HONE_TRY(const std::vector<Face> theirs, catalog_.faces_of_person(id));
    PeopleChange change;
    for (const Face& face : theirs) {
        if (!face.confirmed && std::ranges::find(ids, face.id) == ids.end())
            change.faces.push_back({face.id, id, true});
    }
    for (const Face& face : faces) {
        change.rejections.push_back({face.id, id});
        if (face.person == id) change.faces.push_back({face.id, 0, false});
    }
    change.what = fmt::format("marked {} as not {}", counted(faces.size()), called(person));
    return done(change, id);
}

Result<PeopleEditResult> People::hide(PersonId id, bool hidden) {
    HONE_TRY(Person person, catalog_.person(id));
    PeopleChange change;
    change.what = fmt::format("{} {}", hidden ? "hid" : "unhid", called(person));
    person.hidden = hidden;
    change.people.push_back(person);
    return done(change, id);
}

Result<PeopleEditResult> People::undo() {
    HONE_CHECK(prepare_edit());
    HONE_TRY(const auto undone, catalog_.undo_people_edit());
    if (!undone) return fail(ErrorKind::kNotFound, "there is nothing to undo");
    HONE_CHECK(regroup());
    return PeopleEditResult{undone->id, "undone: " + undone->what, 0};
}

Result<std::vector<PersonQuestion>> People::questions(std::size_t limit, const std::stop_token& stop) {
    HONE_CHECK(regroup());
    const std::lock_guard lock(mutex_);
    std::vector<PersonQuestion> questions;
    if (!clusters_ || limit == 0) return questions;
    Result<> read;
    const auto take = [&](const ClusterQuestion& one) -> Result<> {
        const PersonId id = clusters_->face(one.other).person;
        if (id == 0) return {};
        HONE_TRY(const Person person, catalog_.person(id));
        if (person.hidden || (person.name.empty() && one.others < 2)) return {};
        HONE_TRY(Face face, catalog_.face(clusters_->face(one.face).id));
        questions.push_back({std::move(face), id, one.distance, one.settles});
        return {};
    };
    clusters_->visit_questions([&](const ClusterQuestion& one) {
        throw_if_stopped(stop);
        read = take(one);
        return read && questions.size() < limit;
    });
    HONE_CHECK(read);
    return questions;
}

Result<std::vector<std::pair<Face, float>>> People::similar(const Face& face, std::size_t limit,
                                                            const std::stop_token& stop) {
    HONE_CHECK(regroup());
    const std::lock_guard lock(mutex_);
    if (face.vector.empty() || face.model != model_ || !clusters_)
        return fail(ErrorKind::kUsage, "the face {} is too small to compare, or was found by other networks",
                    face.id);
    std::vector<std::pair<Face, float>> faces;
    for (const auto& [at, distance] : clusters_->nearest(face.vector, limit + 1, processor_count(), stop)) {
        throw_if_stopped(stop);
        const FaceId id = clusters_->face(at).id;
        if (id == face.id) continue;
        HONE_TRY(Face other, catalog_.face(id));
        faces.emplace_back(std::move(other), distance);
    }
    if (faces.size() > limit) faces.resize(limit);
    return faces;
}

}  // namespace hone
