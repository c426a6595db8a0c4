// SPDX-License-Identifier: GPL-3.0-or-later
// Groups faces into people: single-link clustering below a distance, under constraints.
//
// Every face keeps its kKept nearest faces within reach. Links shorter than `link` are taken in ascending
// order (Kruskal) and join two groups unless a constraint forbids it:
//   - no photo shows a person twice, unless a user confirmed it;
//   - no face joins a person that a user rejected for it;
//   - two people that a user separated stay separate;
//   - the faces of the joined group are alike overall: the root mean square of the distances between the
//     groups is at most kAlike x same, so that a chain of look-alikes does not join strangers.
// Faces that a user confirmed for one person are together from the start. The groups depend on the faces and
// constraints only, not on the order of their arrival (up to equal distances).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "catalog/people.hpp"

namespace hone {

struct ClusterFace {
    FaceId id = 0;
    PhotoNumber photo = 0;
    PersonId confirmed = 0;          // the person that a user confirmed; 0: none
    std::vector<PersonId> rejected;  // people that a user rejected
    std::span<const float> vector;   // dimension values; copied
};

// Two groups that may be one person.
struct ClusterQuestion {
    std::size_t face = 0, other = 0;  // indices of the two nearest faces, one of each group
    float distance = 0;
    std::size_t face_group = 0, other_group = 0;  // sizes of their groups
};

// Not thread-safe.
class FaceClusters {
  public:
    static constexpr std::size_t kKept = 64;  // links per face
    static constexpr double kAlike = 1.15;
    static constexpr double kAsk = 1.15;  // the user is asked up to this times max(same, link)

    // dimension: of the vectors. link, same: distances (model/face_pack.hpp).
    FaceClusters(std::size_t dimension, double link, double same);
    ~FaceClusters();

    // Costs O(faces x added) distances, on `threads` threads. Ids must be new.
    void add(std::span<const ClusterFace> faces, unsigned threads);

    // Sets the constraints that a user gave for an existing face. face: index.
    void set_constraints(std::size_t face, PersonId confirmed, std::span<const PersonId> rejected);
    [[nodiscard]] std::size_t size() const;
    // Faces have indices in the order of add().
    [[nodiscard]] FaceId id(std::size_t face) const;
    // Returns, by face index, the smallest index in its group. Recomputes only changes since the last call.
    [[nodiscard]] const std::vector<std::uint32_t>& groups();
    // Returns the faces whose groups may have changed since the last call, ascending.
    [[nodiscard]] std::vector<std::uint32_t> take_updated();
    // The stored vector of a face.
    [[nodiscard]] std::span<const float> vector(std::size_t face) const;
    // Returns the person that a user confirmed for the group, or 0. group: index of its first face.
    [[nodiscard]] PersonId person_of(std::uint32_t group) const;
    // Returns the pairs of groups with faces nearer than kAsk x same that were not joined and still may be,
    // the nearest first. Computed again after a change, which costs O(faces).
    [[nodiscard]] const std::vector<ClusterQuestion>& questions();
    // Returns the `count` faces nearest to a vector of dimension values, with their distances, the nearest
    // first.
    [[nodiscard]] std::vector<std::pair<std::size_t, float>> nearest(std::span<const float> vector,
                                                                     std::size_t count) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace hone
