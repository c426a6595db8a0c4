// SPDX-License-Identifier: GPL-3.0-or-later
// Groups faces into people: single-link clustering below a distance, under constraints.
//
// Every face keeps its FaceLinks::kKept nearest faces within reach. Links shorter than `link` are taken in
// ascending order (Kruskal) and join two groups unless a constraint forbids it:
//   - no photo shows a person twice, unless a user confirmed it;
//   - no face joins a person that a user rejected for it;
//   - two people that a user separated stay separate;
//   - the faces of the joined group are alike overall: the root mean square of the distances between the
//     groups is at most kAlike x same, so that a chain of look-alikes does not join strangers.
// Faces that a user confirmed for one person are together from the start. The groups depend on the faces and
// constraints only, not on the order of their arrival (up to equal distances).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "people/face_table.hpp"

namespace hone {

struct ClusterFace {
    FaceId id = 0;
    PhotoNumber photo = 0;
    PersonId confirmed = 0;          // the person that a user confirmed; 0: none
    std::vector<PersonId> rejected;  // people that a user rejected
    std::span<const float> vector;   // dimension values; copied
    PersonId person = 0;             // without a confirmed one: the person in the catalogue
};

// Is the group of `face` the person of `other`?
struct ClusterQuestion {
    FaceRow face = 0, other = 0;  // the two nearest faces, one of each group
    float distance = 0;
    std::uint32_t settles = 0;  // faces in the group that is asked about
    std::uint32_t others = 0;   // faces in the other group
};

// Not thread-safe.
class FaceClusters {
  public:
    static constexpr double kAlike = 1.15;
    static constexpr double kAsk = 1.15;  // the user is asked up to this times max(same, link)

    // Without files. dimension: of the vectors. link, same: distances (model/face_pack.hpp).
    FaceClusters(std::size_t dimension, double link, double same);
    // Groups that are kept in files (FaceTable::open()). model: fingerprint of the vectors.
    static Result<std::unique_ptr<FaceClusters>> open(const fs::path& folder, const std::string& model,
                                                      std::size_t dimension, double link, double same,
                                                      MappedBytes::Sharing sharing);
    ~FaceClusters();

    // Adds a face, whose links connect() finds. Its id must be new. kFailed when the disk is full.
    Result<> append(const ClusterFace& face);
    // Finds the links of the appended faces on `threads` threads: O(faces x appended) distances.
    void connect(unsigned threads);
    // append() for each, and connect().
    Result<> add(std::span<const ClusterFace> faces, unsigned threads);
    // Removes a face that is gone. Rows of other faces stay.
    void remove(FaceRow face);

    // Sets what the catalogue says of an existing face. confirmed: a user confirmed the person.
    void set_person(FaceRow face, PersonId person, bool confirmed);
    // Sets the people that a user rejected.
    void set_rejected(FaceRow face, std::span<const PersonId> rejected);
    // Faces with rejections, those of an earlier process included.
    [[nodiscard]] std::vector<FaceRow> faces_with_rejections() const;
    // update() computes the groups of these faces, or of all, again.
    void mark(std::span<const FaceRow> faces);
    void mark_all();

    // Rows, removed faces included.
    [[nodiscard]] std::size_t size() const;
    // id: 0 for a removed face. person, confirmed: as set_person() said.
    [[nodiscard]] const FaceRecord& face(FaceRow face) const;
    [[nodiscard]] std::optional<FaceRow> find(FaceId id) const;
    [[nodiscard]] std::vector<FaceRow> faces_on(PhotoNumber photo) const;
    [[nodiscard]] std::span<const float> vector(FaceRow face) const;
    // Computes the groups anew that changes may have touched. Costs what their components hold.
    void update();
    // Returns the faces whose groups may have changed since the last call, ascending.
    [[nodiscard]] std::vector<FaceRow> take_updated();
    // The first face of the group. Call update() before.
    [[nodiscard]] FaceRow group(FaceRow face) const;
    // Returns the person that a user confirmed for the group, or 0. group: its first face.
    [[nodiscard]] PersonId person_of(FaceRow group) const;
    // Visits pairs of groups that were not joined and may still be one person, because two of their faces are
    // nearer than kAsk x max(same, link): the ones that settle most first, then the nearest. Stops when
    // visit() returns false. The first call reads all links between groups; later ones cost what they visit.
    void visit_questions(const std::function<bool(const ClusterQuestion&)>& visit);
    // Returns the `count` faces nearest to a vector of dimension values, with their distances, the nearest
    // first. Costs O(faces), on `threads` threads. Ends with Stopped (base/stop.hpp) when a stop is
    // requested.
    [[nodiscard]] std::vector<std::pair<FaceRow, float>> nearest(std::span<const float> vector,
                                                                 std::size_t count, unsigned threads,
                                                                 const std::stop_token& stop = {}) const;

    // The state of the catalogue (Catalog::faces_state()) with which the files agree; empty: with none.
    [[nodiscard]] std::string state() const;
    void set_state(std::string_view state);

  private:
    struct State;
    explicit FaceClusters(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace hone
