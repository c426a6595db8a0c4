// SPDX-License-Identifier: GPL-3.0-or-later
// The neighbour search, the forest of groups and the constraints on joining.
#include "people/face_clusters.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "base/parallel.hpp"

namespace hone {

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = std::uint32_t;

constexpr std::size_t kTile = 512;  // faces per side of a tile

struct Link {
    float distance;
    Row other;
    bool operator<(const Link& link) const {
        return std::tie(distance, other) < std::tie(link.distance, link.other);
    }
};

struct Edge {
    float distance;
    Row a, b;  // a < b
    bool operator<(const Edge& edge) const {
        return std::tie(distance, a, b) < std::tie(edge.distance, edge.a, edge.b);
    }
    bool operator==(const Edge& edge) const { return a == edge.a && b == edge.b; }
};

class Forest {
  public:
    Row root(Row face) {
        while (parent_[face] != face) face = parent_[face] = parent_[parent_[face]];
        return face;
    }
    // The smaller face becomes the root.
    void join(Row a, Row b) {
        a = root(a);
        b = root(b);
        if (a == b) return;
        parent_[std::max(a, b)] = std::min(a, b);
        std::swap(next_[a], next_[b]);  // joins the two rings
    }
    void grow(std::size_t size) {
        const std::size_t before = parent_.size();
        parent_.resize(size);
        next_.resize(size);
        std::iota(parent_.begin() + static_cast<std::ptrdiff_t>(before), parent_.end(),
                  static_cast<Row>(before));
        std::iota(next_.begin() + static_cast<std::ptrdiff_t>(before), next_.end(), static_cast<Row>(before));
    }
    // The faces that are joined with this one, ascending.
    [[nodiscard]] std::vector<Row> members(Row face) const {
        std::vector<Row> all{face};
        for (Row at = next_[face]; at != face; at = next_[at]) all.push_back(at);
        std::ranges::sort(all);
        return all;
    }

  private:
    std::vector<Row> parent_;
    std::vector<Row> next_;  // the members of a component form a ring
};

// The state of a group while it grows.
struct Group {
    PersonId person = 0;
    std::vector<Row> faces;
    std::unordered_set<PhotoNumber> photos;
    std::vector<PersonId> rejected;
    Eigen::VectorXd sum;
    double squares = 0;  // sum of the squared lengths
};

}  // namespace

struct FaceClusters::State {
    State(std::size_t d, double link_below, double same_below)
        : dimension(d),
          link(static_cast<float>(link_below)),
          reach(static_cast<float>(kAsk * std::max(same_below, link_below))),
          alike(kAlike * std::max(same_below, link_below)) {}

    const std::size_t dimension;
    const float link, reach;
    const double alike;
    std::vector<float> vectors;  // contiguous, one vector after the other
    std::vector<float> squares;  // squared lengths
    std::vector<FaceId> ids;
    std::vector<PhotoNumber> photos;
    std::vector<PersonId> confirmed;
    std::vector<std::vector<PersonId>> rejected;
    std::vector<std::vector<Link>> links;  // by face, a heap with the longest link on top
    Forest components;                     // contains everything that can be joined
    std::unordered_map<PersonId, Row> first_of_person;
    std::vector<Row> changed;  // faces whose components must be recomputed; may repeat
    std::vector<Row> updated;  // faces whose groups were computed since take_updated()
    bool asks_again = true;    // questions_ is outdated
    std::vector<ClusterQuestion> questions;
    std::vector<Row> group_of;
    std::unordered_map<Row, PersonId> person_of_group;

    [[nodiscard]] std::size_t size() const { return ids.size(); }
    [[nodiscard]] Eigen::Map<const Matrix> rows(std::size_t first, std::size_t count) const {
        return {vectors.data() + first * dimension, static_cast<Eigen::Index>(count),
                static_cast<Eigen::Index>(dimension)};
    }

    // a times b transposed. Eigen's matrix product first copies b into another order, which does not pay for
    // a few rows.
    static void multiply(const Eigen::Map<const Matrix>& a, const Eigen::Map<const Matrix>& b,
                         Matrix& products) {
        constexpr Eigen::Index kFew = 8;
        if (a.rows() > kFew) {
            products.noalias() = a * b.transpose();
            return;
        }
        products.resize(a.rows(), b.rows());
        for (Eigen::Index row = 0; row < a.rows(); ++row)
            products.row(row).transpose().noalias() = b * a.row(row).transpose();
    }

    static void keep(std::vector<Link>& heap, const Link& link) {
        if (heap.size() == kKept && !(link < heap.front())) return;
        heap.push_back(link);
        std::push_heap(heap.begin(), heap.end());
        if (heap.size() <= kKept) return;
        std::pop_heap(heap.begin(), heap.end());
        heap.pop_back();
    }

    // A person's faces are computed together. A face that no longer belongs to the person may stay in the
    // component, which only has to contain everything that can be joined.
    void join_person(Row face) {
        if (confirmed[face] == 0) return;
        const auto [seed, is_new] = first_of_person.emplace(confirmed[face], face);
        if (!is_new) components.join(seed->second, face);
    }

    void find_links(std::size_t first_new, unsigned threads) {
        struct Found {
            Row a, b;
            float distance;
        };
        const std::size_t total = size(), tiles = (total - first_new + kTile - 1) / kTile;
        std::atomic<std::size_t> next = 0;
        // Few new faces: divide each tile's earlier faces among the threads instead.
        const std::size_t parts = tiles >= threads ? 1 : threads, units = tiles * parts;
        const unsigned workers = static_cast<unsigned>(std::clamp<std::size_t>(threads, 1, units));
        // The pairs of a large group are many, so they go into the bounded heaps at once.
        constexpr std::size_t kHeldPairs = 1 << 18;
        std::mutex merging;
        const auto merge = [&](std::vector<Found>& found) {
            const std::lock_guard lock(merging);
            for (const Found& one : found) {
                keep(links[one.a], {one.distance, one.b});
                keep(links[one.b], {one.distance, one.a});
                if (one.distance < link) components.join(one.a, one.b);
                if (one.a < first_new && is_new_change(one.a)) changed.push_back(one.a);
            }
            found.clear();
        };
        const float most = reach * reach;
        const auto work = [&](std::size_t) {
            Matrix products;
            std::vector<Found> found;
            found.reserve(kHeldPairs);
            while (true) {
                const std::size_t unit = next++;
                if (unit >= units) break;
                const std::size_t a = first_new + unit / parts * kTile, rows_a = std::min(kTile, total - a);
                // Every earlier face, and those of the tile itself.
                const std::size_t share = (a + rows_a + parts - 1) / parts, from = unit % parts * share,
                                  to = std::min(from + share, a + rows_a);
                for (std::size_t b = from; b < to; b += kTile) {
                    const std::size_t rows_b = std::min(kTile, to - b);
                    multiply(rows(a, rows_a), rows(b, rows_b), products);
                    for (std::size_t i = 0; i < rows_a; ++i) {
                        const float* line = products.data() + i * rows_b;
                        const float own = squares[a + i];
                        for (std::size_t j = 0; j < rows_b && b + j < a + i; ++j) {
                            const float squared = own + squares[b + j] - 2 * line[j];
                            if (squared >= most) continue;
                            found.push_back({static_cast<Row>(b + j), static_cast<Row>(a + i),
                                             std::sqrt(std::max(0.0F, squared))});
                            if (found.size() == kHeldPairs) merge(found);
                        }
                    }
                }
            }
            merge(found);
        };
        in_parallel(workers, workers, [&](std::size_t worker, std::size_t) { work(worker); });
    }

    // True at most once in a row for the same face, which is what keeps `changed` short.
    [[nodiscard]] bool is_new_change(Row face) const { return changed.empty() || changed.back() != face; }

    // Returns true when no constraint forbids the join.
    [[nodiscard]] bool may_join(const Group& a, const Group& b) const {
        if (a.person != 0 && b.person != 0 && a.person != b.person) return false;
        const auto rejects = [](const Group& group, PersonId person) {
            return person != 0 && std::ranges::find(group.rejected, person) != group.rejected.end();
        };
        if (rejects(a, b.person) || rejects(b, a.person)) return false;
        const Group &small = a.photos.size() < b.photos.size() ? a : b, &large = &small == &a ? b : a;
        if (std::ranges::any_of(small.photos,
                                [&](PhotoNumber photo) { return large.photos.contains(photo); }))
            return false;
        const double n = static_cast<double>(a.faces.size()), m = static_cast<double>(b.faces.size());
        const double mean_square = a.squares / n + b.squares / m - 2 * a.sum.dot(b.sum) / (n * m);
        return mean_square <= alike * alike;
    }

    static void absorb(Group& into, Group& from) {
        if (into.person == 0) into.person = from.person;
        into.faces.insert(into.faces.end(), from.faces.begin(), from.faces.end());
        into.photos.insert(from.photos.begin(), from.photos.end());
        into.rejected.insert(into.rejected.end(), from.rejected.begin(), from.rejected.end());
        into.sum += from.sum;
        into.squares += from.squares;
        from = {};
    }

    void solve(const std::vector<Row>& members) {
        std::unordered_map<Row, std::size_t> place;  // position of a face among the groups
        std::vector<Group> groups(members.size());
        std::unordered_map<PersonId, std::size_t> seeds;
        for (std::size_t at = 0; at < members.size(); ++at) {
            const Row face = members[at];
            Group& group = groups[at];
            group.faces = {face};
            group.photos = {photos[face]};
            group.person = confirmed[face];
            group.rejected = rejected[face];
            group.sum = rows(face, 1).row(0).transpose().cast<double>();
            group.squares = squares[face];
            place[face] = at;
            if (group.person == 0) continue;
            const auto [seed, first] = seeds.emplace(group.person, at);
            if (!first) {
                absorb(groups[seed->second], group);
                place[face] = seed->second;
            }
        }
        std::vector<Edge> edges;
        for (const Row face : members) {
            for (const Link& one : links[face]) {
                if (one.distance < link)
                    edges.push_back({one.distance, std::min(face, one.other), std::max(face, one.other)});
            }
        }
        std::ranges::sort(edges, std::less<>{});
        edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
        for (const Edge& edge : edges) {
            std::size_t a = place.at(edge.a), b = place.at(edge.b);
            if (a == b || !may_join(groups[a], groups[b])) continue;
            if (groups[a].faces.size() < groups[b].faces.size()) std::swap(a, b);
            for (const Row face : groups[b].faces) place[face] = a;
            absorb(groups[a], groups[b]);
        }
        for (const Group& one : groups) {
            if (one.faces.empty()) continue;
            const Row first = std::ranges::min(one.faces);
            for (const Row face : one.faces) group_of[face] = first;
            person_of_group[first] = one.person;
        }
    }

    // Costs what the changed components hold.
    void update() {
        if (changed.empty()) return;
        std::unordered_set<Row> dirty;
        for (const Row face : changed) dirty.insert(components.root(face));
        for (const Row root : dirty) {
            const std::vector<Row> faces = components.members(root);
            for (const Row face : faces) person_of_group.erase(face);
            solve(faces);
            updated.insert(updated.end(), faces.begin(), faces.end());
        }
        changed.clear();
        asks_again = true;
    }
};

FaceClusters::FaceClusters(std::size_t dimension, double link, double same)
    : state_(std::make_unique<State>(dimension, link, same)) {}

FaceClusters::~FaceClusters() = default;

void FaceClusters::add(std::span<const ClusterFace> faces, unsigned threads) {
    State& state = *state_;
    const std::size_t first = state.size();
    if (faces.empty()) return;
    for (const ClusterFace& face : faces) {
        const Row number = static_cast<Row>(state.size());
        state.vectors.insert(state.vectors.end(), face.vector.begin(), face.vector.end());
        state.squares.push_back(
            std::inner_product(face.vector.begin(), face.vector.end(), face.vector.begin(), 0.0F));
        state.ids.push_back(face.id);
        state.photos.push_back(face.photo);
        state.confirmed.push_back(face.confirmed);
        state.rejected.push_back(face.rejected);
        state.links.emplace_back();
        state.group_of.push_back(number);
        state.changed.push_back(number);
    }
    state.components.grow(state.size());
    for (std::size_t face = first; face < state.size(); ++face) state.join_person(static_cast<Row>(face));
    state.find_links(first, threads);
}

void FaceClusters::set_constraints(std::size_t face, PersonId confirmed, std::span<const PersonId> rejected) {
    State& state = *state_;
    if (state.confirmed[face] == confirmed && std::ranges::equal(state.rejected[face], rejected)) return;
    state.confirmed[face] = confirmed;
    state.rejected[face].assign(rejected.begin(), rejected.end());
    state.changed.push_back(static_cast<Row>(face));
    state.join_person(static_cast<Row>(face));
}

std::size_t FaceClusters::size() const {
    return state_->size();
}

FaceId FaceClusters::id(std::size_t face) const {
    return state_->ids[face];
}

const std::vector<std::uint32_t>& FaceClusters::groups() {
    state_->update();
    return state_->group_of;
}

std::vector<std::uint32_t> FaceClusters::take_updated() {
    state_->update();
    std::vector<Row> faces = std::exchange(state_->updated, {});
    std::ranges::sort(faces);
    const auto twice = std::ranges::unique(faces);
    faces.erase(twice.begin(), twice.end());
    return faces;
}

std::span<const float> FaceClusters::vector(std::size_t face) const {
    return std::span<const float>(state_->vectors).subspan(face * state_->dimension, state_->dimension);
}

PersonId FaceClusters::person_of(std::uint32_t group) const {
    const auto found = state_->person_of_group.find(group);
    return found == state_->person_of_group.end() ? 0 : found->second;
}

const std::vector<ClusterQuestion>& FaceClusters::questions() {
    State& state = *state_;
    state.update();
    if (!state.asks_again) return state.questions;
    std::unordered_map<std::uint64_t, ClusterQuestion> nearest;
    for (Row face = 0; face < state.size(); ++face) {
        for (const Link& link : state.links[face]) {
            const Row a = state.group_of[face], b = state.group_of[link.other];
            if (a == b) continue;
            const std::uint64_t key = (std::uint64_t{std::min(a, b)} << 32U) | std::max(a, b);
            const ClusterQuestion question{std::min(face, link.other), std::max(face, link.other),
                                           link.distance, 0, 0};
            const auto [known, first] = nearest.emplace(key, question);
            if (!first && link.distance < known->second.distance) known->second = question;
        }
    }
    std::unordered_set<Row> asked;
    for (const auto& [key, question] : nearest) {
        asked.insert(state.group_of[question.face]);
        asked.insert(state.group_of[question.other]);
    }
    std::unordered_map<Row, std::unordered_set<PhotoNumber>> photos;
    std::unordered_map<Row, std::vector<PersonId>> rejected;
    std::unordered_map<Row, std::size_t> sizes;
    for (Row face = 0; face < state.size(); ++face) {
        const Row group = state.group_of[face];
        if (!asked.contains(group)) continue;
        ++sizes[group];
        photos[group].insert(state.photos[face]);
        auto& list = rejected[group];
        list.insert(list.end(), state.rejected[face].begin(), state.rejected[face].end());
    }
    std::vector<ClusterQuestion>& questions = state.questions;
    questions.clear();
    for (const auto& [key, question] : nearest) {
        const Row a = state.group_of[question.face], b = state.group_of[question.other];
        const PersonId one = person_of(a), two = person_of(b);
        const auto rejects = [&](Row group, PersonId person) {
            return person != 0 && std::ranges::find(rejected[group], person) != rejected[group].end();
        };
        const bool together =
            std::ranges::any_of(photos[a], [&](PhotoNumber photo) { return photos[b].contains(photo); });
        if ((one != 0 && two != 0) || rejects(a, two) || rejects(b, one) || together) continue;
        questions.push_back(question);
        questions.back().face_group = sizes[a];
        questions.back().other_group = sizes[b];
    }
    std::ranges::sort(questions, [](const ClusterQuestion& a, const ClusterQuestion& b) {
        return std::tie(a.distance, a.face, a.other) < std::tie(b.distance, b.face, b.other);
    });
    state.asks_again = false;
    return questions;
}

std::vector<std::pair<std::size_t, float>> FaceClusters::nearest(std::span<const float> vector,
                                                                 std::size_t count) const {
    const State& state = *state_;
    const Eigen::Map<const Eigen::VectorXf> query(vector.data(), static_cast<Eigen::Index>(vector.size()));
    std::vector<std::pair<std::size_t, float>> faces;
    if (vector.size() != state.dimension || state.size() == 0) return faces;
    const Eigen::VectorXf products = state.rows(0, state.size()) * query;
    const float own = query.squaredNorm();
    for (std::size_t face = 0; face < state.size(); ++face)
        faces.emplace_back(
            face, std::sqrt(std::max(
                      0.0F, own + state.squares[face] - 2 * products[static_cast<Eigen::Index>(face)])));
    const std::size_t kept = std::min(count, faces.size());
    std::ranges::partial_sort(faces, faces.begin() + static_cast<std::ptrdiff_t>(kept),
                              [](const auto& a, const auto& b) {
                                  return std::tie(a.second, a.first) < std::tie(b.second, b.first);
                              });
    faces.resize(kept);
    return faces;
}

}  // namespace hone
