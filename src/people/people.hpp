// SPDX-License-Identifier: GPL-3.0-or-later
// People: groups faces, applies users' edits and stores them. Every edit is in the history and can be undone.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "model/face_pack.hpp"
#include "people/face_clusters.hpp"

namespace hone {

struct PersonQuestion {
    Face face;            // is this face ...
    PersonId person = 0;  // ... this person as well?
    float distance = 0;
    std::uint64_t settles = 0;  // number of faces that the answer decides
};

// what: the action in words, for the history.
struct PeopleEditResult {
    std::int64_t edit = 0;
    std::string what;
    PersonId person = 0;  // 0: no particular person
};

// Where groups are kept between two runs; without a folder, every object groups all faces anew.
struct GroupFiles {
    fs::path folder;      // derived files (people/face_table.hpp)
    bool writes = false;  // false: only reads them; groups in memory when another process has them open
};

// Safe from any thread. Writes need a catalogue that is open for writing. Every call may fail as the
// catalogue does; edits are kNotFound for an unknown face or person.
class People {
  public:
    // pack: the networks whose vectors are compared; null: faces are not grouped, but edits work. model:
    // fingerprint of the faces.
    People(Catalog& catalog, const FacePack* pack, std::string model, GroupFiles files = {});

    // Tells what a write changed, so that update() and edits read only the faces that changed. Without it,
    // they read all faces after every change. Quick; safe from any thread, also inside Catalog::observe().
    void note(const Changes& changes);

    // Call it after a scan. Turns named regions of metadata into named people, and updates groups and people
    // for the current faces and edits.
    Result<> update();

    // Names a person and confirms its faces. An empty name removes the name. kConflict when another person
    // has the name; kUsage for a name that is too long or contains control characters.
    Result<PeopleEditResult> name(PersonId person, const std::string& name);
    // Merges people into the first, or into the only one with a name. kConflict when two have names and
    // `name` is empty; kUsage for fewer than two people.
    Result<PeopleEditResult> merge(std::span<const PersonId> people, const std::string& name = "");
    // Moves the faces to a new person that stays separate from the old one. kUsage when a face does not
    // belong to the person.
    Result<PeopleEditResult> split(PersonId person, std::span<const FaceId> faces);
    // Assigns faces to a person. name: used when person is 0; creates the person if necessary. kUsage when
    // both are missing.
    Result<PeopleEditResult> assign(std::span<const FaceId> faces, PersonId person, const std::string& name);
    // Records permanently that the faces are not this person.
    Result<PeopleEditResult> reject(std::span<const FaceId> faces, PersonId person);
    // Hides a person in lists, or shows it again.
    Result<PeopleEditResult> hide(PersonId person, bool hidden);
    // Undoes the last edit. kNotFound when there is none.
    Result<PeopleEditResult> undo();

    // These two end with Stopped (base/stop.hpp) when a stop is requested.
    // Ordered by the number of faces the answer decides, the largest first; at most `limit`.
    Result<std::vector<PersonQuestion>> questions(std::size_t limit, const std::stop_token& stop = {});
    // Returns the most similar faces without the face itself, with their distances, the nearest first. kUsage
    // when the face has no vector.
    Result<std::vector<std::pair<Face, float>>> similar(const Face& face, std::size_t limit,
                                                        const std::stop_token& stop = {});

  private:
    Result<> take_regions();
    // Costs what changed since the last call.
    Result<> regroup();
    Result<> group_changes();
    // Opens clusters_. Returns true when the files agree with this state of the catalogue.
    Result<bool> open_clusters(const std::string& state);
    Result<> compare_all_faces();
    Result<> read_changed_faces(std::span<const PhotoNumber> photos);
    // For a face of the catalogue, on a row that is known or not.
    Result<> take_face(const Face& face, std::optional<FaceRow> known);
    Result<> take_rejections();
    Result<> write_groups();
    Result<> prepare_edit();
    Result<PeopleEditResult> done(const PeopleChange& change, PersonId person);
    Result<std::vector<Face>> find_faces(std::span<const FaceId> faces);

    Catalog& catalog_;
    const std::string model_;
    const std::size_t dimension_;
    const double link_, same_;
    const GroupFiles files_;
    std::mutex notes_mutex_;  // guards the next two
    bool follows_ = false, everything_changed_ = false;
    std::set<PhotoNumber> changed_;    // photos whose faces changed, as noted
    std::set<PhotoNumber> described_;  // photos whose metadata may have changed, as noted

    std::mutex mutex_;           // guards the members below
    bool regions_read_ = false;  // those of all photos
    std::string state_;          // Catalog::faces_state() when clusters_ was made
    std::unique_ptr<FaceClusters> clusters_;
    std::set<FaceId> rejected_;  // faces with a rejection
};

}  // namespace hone
