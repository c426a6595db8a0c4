// Who is who: groups faces, takes what a person says of them and keeps it. Every edit is in the history and
// can be taken back.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "catalog/catalog.hpp"
#include "model/face_pack.hpp"
#include "people/face_clusters.hpp"

namespace hone {

struct PersonQuestion {
    Face face;            // is this ...
    PersonId person = 0;  // ... also this one?
    float distance = 0;
    std::uint64_t settles = 0;  // faces that an answer decides
};

struct PeopleEditResult {
    std::int64_t edit = 0;
    std::string what;
    PersonId person = 0;  // 0: no person in particular
};

// Safe from any thread. Writes need a catalogue that is open for writing.
class People {
  public:
    // pack: whose vectors are compared; nullptr: nothing is grouped, edits work all the same.
    People(Catalog& catalog, const FacePack* pack, std::string model);

    // After a scan. Named regions of metadata become named people; groups and people are brought in line with
    // the faces and with what was said of them.
    Result<> update();

    // A name that somebody else has is kConflict. An empty name takes the name away. The person's faces are
    // confirmed by it.
    Result<PeopleEditResult> name(PersonId person, const std::string& name);
    // Into the first, or into the only one with a name; two names need `name`, else kConflict.
    Result<PeopleEditResult> merge(std::span<const PersonId> people, const std::string& name = "");
    // The faces become a person of their own and stay apart from the one they were.
    Result<PeopleEditResult> split(PersonId person, std::span<const FaceId> faces);
    // name: of a person who may be new; used when person is 0.
    Result<PeopleEditResult> assign(std::span<const FaceId> faces, PersonId person, const std::string& name);
    // "Not the same person", for ever.
    Result<PeopleEditResult> reject(std::span<const FaceId> faces, PersonId person);
    Result<PeopleEditResult> hide(PersonId person, bool hidden);
    // kNotFound when there is nothing to take back.
    Result<PeopleEditResult> undo();

    // The one that settles most first.
    Result<std::vector<PersonQuestion>> questions(std::size_t limit);
    // Most alike first, the face itself left out, with their distances. kUsage when the face has no vector.
    Result<std::vector<std::pair<Face, float>>> similar(const Face& face, std::size_t limit);

  private:
    Result<> take_regions();
    // Cheap when no face and nothing said of one changed.
    Result<> regroup();
    Result<> fill_clusters(std::span<const Face> faces);
    Result<> write_groups(std::span<const Face> faces);
    Result<PeopleEditResult> done(const PeopleChange& change, PersonId person);
    Result<std::vector<Face>> find_faces(std::span<const FaceId> faces);

    Catalog& catalog_;
    const std::string model_;
    const std::size_t dimension_;
    const double link_, same_;
    std::mutex mutex_;   // guards what follows
    std::string state_;  // of the catalogue's faces when clusters_ was made
    std::unique_ptr<FaceClusters> clusters_;
};

}  // namespace hone
