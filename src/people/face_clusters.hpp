// Which faces are one person: single links below a distance, under constraints.
//
// Every face remembers its kKept nearest faces within reach. Links shorter than `link` are taken from the
// shortest on (Kruskal) and join two groups when nothing speaks against it:
//   - no photo shows a person twice (unless a person said so),
//   - no face goes to a person that somebody said it is not,
//   - two people that a person told apart stay apart,
//   - the faces of the joined group are alike as a whole: the root mean square of their distances between the
//     groups is at most kAlike x same, so that a chain of look-alikes does not join strangers.
// Faces that a person confirmed as somebody's are together from the start. The groups depend on the faces and
// on what was said of them, not on the order in which they came (up to equal distances).
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
    PersonId confirmed = 0;          // whose face it is, as a person said; 0: nobody said
    std::vector<PersonId> rejected;  // whose it is not
    std::span<const float> vector;   // copied
};

// Two groups that may be one person.
struct ClusterQuestion {
    std::size_t face = 0, other = 0;  // indices of the two nearest faces, one of each group
    float distance = 0;
};

// Not safe from several threads at once.
class FaceClusters {
  public:
    static constexpr std::size_t kKept = 64;  // links a face
    static constexpr double kAlike = 1.15;
    static constexpr double kAsk = 1.15;  // up to this times max(same, link) a person is asked

    // link, same: distances (model/face_pack.hpp).
    FaceClusters(std::size_t dimension, double link, double same);
    ~FaceClusters();

    // O(faces x added) distances. Ids must be new.
    void add(std::span<const ClusterFace> faces, unsigned threads);

    // What a person says of a face that is there.
    void set_constraints(std::size_t face, PersonId confirmed, std::span<const PersonId> rejected);
    // Whether the faces that are here are the first of these, with the same ids, photos and vectors.
    [[nodiscard]] bool begins(std::span<const ClusterFace> faces) const;

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] FaceId id(std::size_t face) const;
    // By face: the smallest index of its group. Only what changed since the last call is worked out
    // anew.
    [[nodiscard]] const std::vector<std::uint32_t>& groups();
    // Of a group's first face: whose it is, as a person said; 0 when nobody did.
    [[nodiscard]] PersonId person_of(std::uint32_t group) const;
    // Pairs of groups with faces nearer than kAsk x same that were not joined and may be, the nearest first.
    [[nodiscard]] std::vector<ClusterQuestion> questions();
    // Faces by distance to a vector, the nearest first.
    [[nodiscard]] std::vector<std::pair<std::size_t, float>> nearest(std::span<const float> vector,
                                                                     std::size_t count) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace hone
