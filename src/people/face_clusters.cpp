// SPDX-License-Identifier: GPL-3.0-or-later
// The neighbour search, the components of groups, the constraints on joining, and the open questions.
#include "people/face_clusters.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/parallel.hpp"
#include "base/stop.hpp"

namespace hone {

namespace {

struct Edge {
    float distance;
    FaceRow a, b;  // a < b
    bool operator<(const Edge& edge) const {
        return std::tie(distance, a, b) < std::tie(edge.distance, edge.a, edge.b);
    }
    bool operator==(const Edge& edge) const { return a == edge.a && b == edge.b; }
};

// Rows in the order of their first insertion.
class RowSet {
  public:
    void insert(FaceRow row) {
        if (row >= is_in_.size()) is_in_.resize(row + row / 4 + 1);
        if (is_in_[row]) return;
        is_in_[row] = true;
        rows_.push_back(row);
    }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    std::vector<FaceRow> take() {
        for (const FaceRow row : rows_) is_in_[row] = false;
        return std::exchange(rows_, {});
    }

  private:
    std::vector<bool> is_in_;
    std::vector<FaceRow> rows_;
};

// The state of a group while it grows.
struct Group {
    PersonId person = 0;
    std::vector<FaceRow> faces;
    std::unordered_set<PhotoNumber> photos;
    std::vector<PersonId> rejected;
    Eigen::VectorXd sum;
    double squares = 0;  // sum of the squared lengths
};

// A question of one group, in the order in which questions are asked.
struct Asked : ClusterQuestion {
    FaceId id = 0;      // of `face`
    FaceRow asker = 0;  // the group whose links led to it
    bool operator<(const Asked& asked) const {
        return std::tuple(asked.settles, distance, id, other, asker) <
               std::tuple(settles, asked.distance, asked.id, asked.other, asked.asker);
    }
};

// The links that a part of the new faces lead to.
struct Found {
    struct Pair {
        FaceRow face, other;
        float distance;
    };
    std::vector<Pair> links;   // for the heap of `face`
    std::vector<Pair> joined;  // nearer than `link`, in different components
};

}  // namespace

struct FaceClusters::State {
    State(FaceTable&& from, double same_below)
        : table(std::move(from)), alike(kAlike * std::max<double>(same_below, table.spec().link)) {
        for (FaceRow row = 0; row < table.size(); ++row) {
            if (table[row].confirmed) first_of_person.emplace(table[row].person, row);
        }
    }

    FaceTable table;
    const double alike;
    std::unordered_map<FaceRow, std::vector<PersonId>> rejected;
    std::unordered_map<PersonId, std::set<FaceRow>> rejected_by;
    std::unordered_map<PersonId, FaceRow> first_of_person;
    RowSet changed;  // faces whose components must be recomputed
    RowSet updated;  // faces whose groups were computed since take_updated()

    // Questions, once somebody asks. An asker is a group with links that leave it.
    bool asks = false;
    std::set<Asked> questions;
    std::unordered_map<FaceRow, std::vector<std::set<Asked>::iterator>> questions_of;  // by asker
    std::set<std::pair<FaceRow, FaceRow>> watchers;                // (face of another group, asker)
    std::unordered_map<FaceRow, std::vector<FaceRow>> watched_by;  // by asker
    RowSet relinked;                                               // faces with new links to other components

    // Changes to the table between construction and destruction are all or nothing for the next process.
    struct Change {
        explicit Change(FaceTable& of) : table(of) { table.begin(); }
        ~Change() { table.finish(); }
        Change(const Change&) = delete;
        FaceTable& table;
    };

    // Without compression, for concurrent readers.
    [[nodiscard]] FaceRow root_of(FaceRow face) const {
        while (table[face].parent != face) face = table[face].parent;
        return face;
    }
    FaceRow root(FaceRow face) {
        while (table[face].parent != face) face = table[face].parent = table[table[face].parent].parent;
        return face;
    }
    // The smaller face becomes the root. The members of a component form a ring.
    void join(FaceRow one, FaceRow two) {
        const FaceRow a = root(one), b = root(two);
        if (a == b) return;
        table[std::max(a, b)].parent = std::min(a, b);
        std::swap(table[a].ring, table[b].ring);
    }
    // The component's faces, ascending.
    [[nodiscard]] std::vector<FaceRow> members(FaceRow face) const {
        std::vector<FaceRow> all;
        FaceRow at = face;
        do {
            if (table[at].id != 0) all.push_back(at);
            at = table[at].ring;
        } while (at != face);
        std::ranges::sort(all);
        return all;
    }
    template <typename Visit>
    bool any_in_group(FaceRow group, const Visit& visit) const {
        FaceRow at = group;
        do {
            if (visit(at)) return true;
            at = table[at].group_ring;
        } while (at != group);
        return false;
    }

    [[nodiscard]] PersonId confirmed(FaceRow face) const {
        return table[face].confirmed ? table[face].person : 0;
    }
    // A person's faces are computed together. A face that no longer belongs to the person may stay in the
    // component, which only has to contain everything that can be joined.
    void join_person(FaceRow face) {
        const PersonId person = confirmed(face);
        if (person == 0) return;
        const auto [seed, is_new] = first_of_person.emplace(person, face);
        if (!is_new) join(seed->second, face);
    }
    void set_rejected(FaceRow face, std::span<const PersonId> people) {
        const auto known = rejected.find(face);
        if (known != rejected.end()) {
            for (const PersonId person : known->second) rejected_by[person].erase(face);
            rejected.erase(known);
        }
        table[face].rejects = !people.empty();
        if (people.empty()) return;
        rejected[face].assign(people.begin(), people.end());
        for (const PersonId person : people) rejected_by[person].insert(face);
    }

    // Finds the links of rows [first, last) to each other and to all earlier ones. Only reads the table.
    [[nodiscard]] std::vector<Found> find_links(FaceRow first, FaceRow last, unsigned threads) const {
        constexpr std::size_t kQueries = 64;
        const std::size_t queries = last - first, blocks = (queries + kQueries - 1) / kQueries;
        // Few new faces: divide the earlier ones among the threads.
        const std::size_t parts = blocks >= threads ? 1 : threads;
        std::vector<Found> found(blocks * parts);
        std::atomic<std::size_t> next = 0;
        const auto work = [&](std::size_t, std::size_t) {
            for (std::size_t unit = next++; unit < found.size(); unit = next++) {
                std::vector<FaceRow> rows;
                const std::size_t block = unit / parts, part = unit % parts;
                for (std::size_t at = block * kQueries; at < std::min(queries, (block + 1) * kQueries); ++at)
                    rows.push_back(first + static_cast<FaceRow>(at));
                const std::size_t end = rows.back(),
                                  share = (end / parts + kTileRows) / kTileRows * kTileRows;
                find_links(rows, static_cast<FaceRow>(std::min(end, part * share)),
                           static_cast<FaceRow>(std::min(end, (part + 1) * share)), found[unit]);
            }
        };
        const std::size_t workers = std::clamp<std::size_t>(found.size(), 1, std::max(1U, threads));
        in_parallel(workers, static_cast<unsigned>(workers), work);
        return found;
    }

    // Links of the queries to rows [first, last) that come before each. Keeps only links that one of the two
    // faces may keep, so that the many pairs of a large group do not pile up.
    void find_links(std::span<const FaceRow> queries, FaceRow first, FaceRow last, Found& found) const {
        const FaceTableSpec& spec = table.spec();
        std::vector<std::vector<FaceLink>> nearest(queries.size());  // heaps
        std::vector<std::set<FaceRow>> joins(queries.size());        // components joined by each query
        table.near(queries, first, last, [&](std::size_t query, FaceRow other) {
            const FaceRow face = queries[query];
            if (other >= face || table[other].id == 0) return;
            const float distance = FaceTable::distance(table.vector(face), table.vector(other));
            if (distance >= spec.reach) return;
            const std::span<const FaceLink> kept = table.links(other);
            if (kept.size() < FaceLinks::kKept || FaceLink{distance, face} < kept.front())
                found.links.push_back({other, face, distance});
            std::vector<FaceLink>& heap = nearest[query];
            heap.push_back({distance, other});
            std::ranges::push_heap(heap, std::less<>{});
            if (heap.size() > FaceLinks::kKept) {
                std::ranges::pop_heap(heap, std::less<>{});
                heap.pop_back();
            }
            if (distance < spec.link && joins[query].insert(root_of(other)).second)
                found.joined.push_back({face, other, distance});
        });
        for (std::size_t query = 0; query < queries.size(); ++query) {
            for (const FaceLink& link : nearest[query])
                found.links.push_back({queries[query], link.other, link.distance});
        }
    }

    void connect(unsigned threads) {
        // Between two parts, the table is whole: a process that dies loses at most one.
        constexpr std::size_t kPart = 2048;
        while (table.connected() < table.size()) {
            const std::size_t first = table.connected(), last = std::min(first + kPart, table.size());
            const std::vector<Found> found =
                find_links(static_cast<FaceRow>(first), static_cast<FaceRow>(last), threads);
            const Change change(table);
            for (const Found& part : found) {
                for (const Found::Pair& pair : part.links) {
                    table.keep(pair.face, {pair.distance, pair.other});
                    if (pair.face < first && pair.distance >= table.spec().link) relinked.insert(pair.face);
                }
                for (const Found::Pair& pair : part.joined) join(pair.face, pair.other);
            }
            table.set_connected(last);
        }
    }

    // Drops links to removed faces. A full list had no room for others that come next, so it is made again.
    void renew_links(FaceRow face) {
        const std::span<FaceLink> links = table.links(face);
        const auto is_gone = [&](const FaceLink& link) { return table[link.other].id == 0; };
        if (std::ranges::none_of(links, is_gone)) return;
        std::vector<FaceLink> kept;
        if (links.size() < FaceLinks::kKept) {
            std::ranges::remove_copy_if(links, std::back_inserter(kept), is_gone);
        } else {
            table.near(std::span(&face, 1), 0, static_cast<FaceRow>(table.connected()),
                       [&](std::size_t, FaceRow other) {
                           if (other == face || table[other].id == 0) return;
                           const float distance =
                               FaceTable::distance(table.vector(face), table.vector(other));
                           if (distance < table.spec().reach) kept.push_back({distance, other});
                       });
        }
        table[face].links = 0;
        for (const FaceLink& link : kept) table.keep(face, link);
    }

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

    void solve(const std::vector<FaceRow>& members) {
        if (members.size() == 1) {
            set_group(members, confirmed(members.front()));
            return;
        }
        std::unordered_map<FaceRow, std::size_t> place;  // position of a face among the groups
        std::vector<Group> groups(members.size());
        std::unordered_map<PersonId, std::size_t> seeds;
        for (std::size_t at = 0; at < members.size(); ++at) {
            const FaceRow face = members[at];
            Group& group = groups[at];
            const std::span<const float> vector = table.vector(face);
            group.faces = {face};
            group.photos = {table[face].photo};
            group.person = confirmed(face);
            if (const auto people = rejected.find(face); people != rejected.end())
                group.rejected = people->second;
            group.sum =
                Eigen::Map<const Eigen::VectorXf>(vector.data(), static_cast<Eigen::Index>(vector.size()))
                    .cast<double>();
            group.squares = group.sum.squaredNorm();
            place[face] = at;
            if (group.person == 0) continue;
            const auto [seed, first] = seeds.emplace(group.person, at);
            if (!first) {
                absorb(groups[seed->second], group);
                place[face] = seed->second;
            }
        }
        std::vector<Edge> edges;
        for (const FaceRow face : members) {
            for (const FaceLink& one : table.links(face)) {
                if (one.distance < table.spec().link)
                    edges.push_back({one.distance, std::min(face, one.other), std::max(face, one.other)});
            }
        }
        std::ranges::sort(edges, std::less<>{});
        edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
        for (const Edge& edge : edges) {
            std::size_t a = place.at(edge.a), b = place.at(edge.b);
            if (a == b || !may_join(groups[a], groups[b])) continue;
            if (groups[a].faces.size() < groups[b].faces.size()) std::swap(a, b);
            for (const FaceRow face : groups[b].faces) place[face] = a;
            absorb(groups[a], groups[b]);
        }
        for (const Group& one : groups) {
            if (!one.faces.empty()) set_group(one.faces, one.person);
        }
    }

    void set_group(std::span<const FaceRow> faces, PersonId person) {
        const FaceRow first = std::ranges::min(faces);
        for (std::size_t at = 0; at < faces.size(); ++at) {
            table[faces[at]].group = first;
            table[faces[at]].group_ring = faces[(at + 1) % faces.size()];
        }
        table[first].group_person = person;
        table[first].group_size = static_cast<std::uint32_t>(faces.size());
    }

    void update() {
        if (changed.empty() && relinked.empty()) return;
        const Change change(table);
        std::unordered_set<FaceRow> roots;
        for (const FaceRow face : changed.take()) roots.insert(root(face));
        std::vector<FaceRow> computed;
        for (const FaceRow component : roots) {
            const std::vector<FaceRow> faces = members(component);
            if (faces.empty()) continue;
            if (table.removed() > 0) {
                for (const FaceRow face : faces) renew_links(face);
            }
            solve(faces);
            computed.insert(computed.end(), faces.begin(), faces.end());
        }
        const auto leaves = [&](FaceRow face) {
            return std::ranges::any_of(table.links(face), [&](const FaceLink& link) {
                return table[link.other].id != 0 && table[link.other].group != table[face].group;
            });
        };
        const std::vector<FaceRow> newly_linked = relinked.take();
        for (const FaceRow face : computed) {
            table[face].leaves = leaves(face);
            updated.insert(face);
        }
        for (const FaceRow face : newly_linked) table[face].leaves = table[face].id != 0 && leaves(face);
        if (asks) ask_again(computed, newly_linked);
    }

    void forget_questions(FaceRow asker) {
        if (const auto known = questions_of.find(asker); known != questions_of.end()) {
            for (const auto& question : known->second) questions.erase(question);
            questions_of.erase(known);
        }
        if (const auto known = watched_by.find(asker); known != watched_by.end()) {
            for (const FaceRow face : known->second) watchers.erase({face, asker});
            watched_by.erase(known);
        }
    }

    // Renews the questions of the computed faces' groups, and of the groups that ask about one of them.
    void ask_again(std::span<const FaceRow> computed, std::span<const FaceRow> newly_linked) {
        std::set<FaceRow> askers;
        for (const FaceRow face : computed) {
            askers.insert(face);  // it may have been a group's first face
            askers.insert(table[face].group);
            for (auto watcher = watchers.lower_bound({face, 0});
                 watcher != watchers.end() && watcher->first == face; ++watcher)
                askers.insert(watcher->second);
        }
        for (const FaceRow face : newly_linked) askers.insert(table[face].group);
        for (const FaceRow asker : askers) forget_questions(asker);
        for (const FaceRow asker : askers) {
            if (table[asker].id != 0 && table[asker].group == asker) ask(asker);
        }
    }

    void ask(FaceRow asker) {
        struct Nearest {
            FaceRow face, other;
            float distance;
        };
        std::map<FaceRow, Nearest> nearest;  // by the other group
        any_in_group(asker, [&](FaceRow face) {
            if (!table[face].leaves) return false;
            for (const FaceLink& link : table.links(face)) {
                if (table[link.other].id == 0 || table[link.other].group == asker) continue;
                const Nearest one{std::min(face, link.other), std::max(face, link.other), link.distance};
                const auto [known, first] = nearest.emplace(table[link.other].group, one);
                if (!first && std::tie(one.distance, one.face, one.other) <
                                  std::tie(known->second.distance, known->second.face, known->second.other))
                    known->second = one;
            }
            return false;
        });
        for (const auto& [group, pair] : nearest) {
            const FaceRow outside = table[pair.face].group == group ? pair.face : pair.other;
            watchers.emplace(outside, asker);
            watched_by[asker].push_back(outside);
            if (!may_be_one(asker, group)) continue;
            // Ask about the smaller group, never about a confirmed one.
            const FaceRow one = table[pair.face].group, two = table[pair.other].group;
            const bool about_first = person_of(one) == 0 &&
                                     (person_of(two) != 0 || table[one].group_size <= table[two].group_size);
            const FaceRow asked = about_first ? pair.face : pair.other,
                          other = about_first ? pair.other : pair.face;
            const std::uint32_t others = table[table[other].group].group_size;
            // Two single faces decide little, so ask only about people that are known and about groups.
            if (others < 2 && person_of(table[other].group) == 0) continue;
            Asked question;
            question.face = asked;
            question.other = other;
            question.distance = pair.distance;
            question.settles = table[table[asked].group].group_size;
            question.others = others;
            question.id = table[asked].id;
            question.asker = asker;
            questions_of[asker].push_back(questions.insert(question).first);
        }
    }

    [[nodiscard]] PersonId person_of(FaceRow group) const { return table[group].group_person; }

    [[nodiscard]] bool may_be_one(FaceRow a, FaceRow b) const {
        const PersonId one = person_of(a), two = person_of(b);
        const auto rejects = [&](FaceRow group, PersonId person) {
            const auto faces = rejected_by.find(person);
            return person != 0 && faces != rejected_by.end() &&
                   std::ranges::any_of(faces->second,
                                       [&](FaceRow face) { return table[face].group == group; });
        };
        if ((one != 0 && two != 0) || rejects(a, two) || rejects(b, one)) return false;
        const FaceRow small = table[a].group_size <= table[b].group_size ? a : b, large = small == a ? b : a;
        return !any_in_group(small, [&](FaceRow face) {
            return table.any_on(table[face].photo,
                                [&](FaceRow beside) { return table[beside].group == large; });
        });
    }

    void start_asking() {
        asks = true;
        std::set<FaceRow> askers;
        for (FaceRow face = 0; face < table.size(); ++face) {
            if (table[face].id != 0 && table[face].leaves) askers.insert(table[face].group);
        }
        for (const FaceRow asker : askers) ask(asker);
    }
};

namespace {

FaceTableSpec spec_of(const std::string& model, std::size_t dimension, double link, double same) {
    return {model, dimension, static_cast<float>(link),
            static_cast<float>(FaceClusters::kAsk * std::max(same, link))};
}

}  // namespace

FaceClusters::FaceClusters(std::size_t dimension, double link, double same)
    : state_(std::make_unique<State>(FaceTable(spec_of("", dimension, link, same)), same)) {}

FaceClusters::FaceClusters(std::unique_ptr<State> state) : state_(std::move(state)) {}

FaceClusters::~FaceClusters() = default;

Result<std::unique_ptr<FaceClusters>> FaceClusters::open(const fs::path& folder, const std::string& model,
                                                         std::size_t dimension, double link, double same,
                                                         MappedBytes::Sharing sharing) {
    HONE_TRY(FaceTable table, FaceTable::open(folder, spec_of(model, dimension, link, same), sharing));
    return std::unique_ptr<FaceClusters>(new FaceClusters(std::make_unique<State>(std::move(table), same)));
}

Result<> FaceClusters::append(const ClusterFace& face) {
    State& state = *state_;
    const State::Change change(state.table);
    HONE_TRY(const FaceRow row, state.table.append(face.id, face.photo, face.vector));
    state.table[row].person = face.confirmed != 0 ? face.confirmed : face.person;
    state.table[row].confirmed = face.confirmed != 0;
    state.set_rejected(row, face.rejected);
    state.join_person(row);
    state.changed.insert(row);
    return {};
}

void FaceClusters::connect(unsigned threads) {
    state_->connect(threads);
}

Result<> FaceClusters::add(std::span<const ClusterFace> faces, unsigned threads) {
    for (const ClusterFace& face : faces) HONE_CHECK(append(face));
    connect(threads);
    return {};
}

void FaceClusters::remove(FaceRow face) {
    State& state = *state_;
    const State::Change change(state.table);
    state.set_rejected(face, {});
    // Another face of the person must hold the person's faces together.
    if (const PersonId person = state.confirmed(face); person != 0) {
        const auto first = state.first_of_person.find(person);
        if (first != state.first_of_person.end() && first->second == face) {
            state.first_of_person.erase(first);
            for (const FaceRow other : state.members(face)) {
                if (other != face) state.join_person(other);
            }
        }
    }
    state.changed.insert(face);  // stands for its component
    for (auto watcher = state.watchers.lower_bound({face, 0});
         watcher != state.watchers.end() && watcher->first == face; ++watcher)
        state.relinked.insert(watcher->second);
    state.forget_questions(face);
    state.table.remove(face);
}

void FaceClusters::set_person(FaceRow face, PersonId person, bool confirmed) {
    State& state = *state_;
    FaceRecord& record = state.table[face];
    const PersonId before = state.confirmed(face);
    const State::Change change(state.table);
    record.person = person;
    record.confirmed = confirmed && person != 0;
    if (before == state.confirmed(face)) return;
    state.changed.insert(face);
    state.join_person(face);
}

void FaceClusters::set_rejected(FaceRow face, std::span<const PersonId> rejected) {
    State& state = *state_;
    const auto known = state.rejected.find(face);
    if (known == state.rejected.end() ? rejected.empty() && !state.table[face].rejects
                                      : std::ranges::equal(known->second, rejected))
        return;
    const State::Change change(state.table);
    state.set_rejected(face, rejected);
    state.changed.insert(face);
}

std::vector<FaceRow> FaceClusters::faces_with_rejections() const {
    std::vector<FaceRow> faces;
    for (FaceRow face = 0; face < size(); ++face) {
        if (state_->table[face].rejects) faces.push_back(face);
    }
    return faces;
}

void FaceClusters::mark(std::span<const FaceRow> faces) {
    for (const FaceRow face : faces) state_->changed.insert(face);
}

void FaceClusters::mark_all() {
    for (FaceRow face = 0; face < size(); ++face) {
        if (state_->table[face].id != 0) state_->changed.insert(face);
    }
}

std::size_t FaceClusters::size() const {
    return state_->table.size();
}

const FaceRecord& FaceClusters::face(FaceRow face) const {
    return state_->table[face];
}

std::optional<FaceRow> FaceClusters::find(FaceId id) const {
    return state_->table.find(id);
}

std::vector<FaceRow> FaceClusters::faces_on(PhotoNumber photo) const {
    return state_->table.faces_on(photo);
}

std::span<const float> FaceClusters::vector(FaceRow face) const {
    return state_->table.vector(face);
}

void FaceClusters::update() {
    state_->update();
}

std::vector<FaceRow> FaceClusters::take_updated() {
    state_->update();
    std::vector<FaceRow> faces = state_->updated.take();
    std::erase_if(faces, [&](FaceRow face) { return state_->table[face].id == 0; });
    std::ranges::sort(faces);
    return faces;
}

FaceRow FaceClusters::group(FaceRow face) const {
    return state_->table[face].group;
}

PersonId FaceClusters::person_of(FaceRow group) const {
    return state_->person_of(group);
}

void FaceClusters::visit_questions(const std::function<bool(const ClusterQuestion&)>& visit) {
    State& state = *state_;
    state.update();
    if (!state.asks) state.start_asking();
    // Both groups of a pair may have asked.
    std::set<std::pair<FaceRow, FaceRow>> visited;
    for (const Asked& question : state.questions) {
        if (!visited.insert(std::minmax(group(question.face), group(question.other))).second) continue;
        if (!visit(question)) return;
    }
}

std::vector<std::pair<FaceRow, float>> FaceClusters::nearest(std::span<const float> vector, std::size_t count,
                                                             unsigned threads,
                                                             const std::stop_token& stop) const {
    const FaceTable& table = state_->table;
    std::vector<std::pair<FaceRow, float>> faces;
    if (vector.size() != table.spec().dimension || count == 0) return faces;
    std::mutex merging;
    const auto nearer = [](const auto& a, const auto& b) {
        return std::tie(a.second, a.first) < std::tie(b.second, b.first);
    };
    constexpr std::size_t kLeast = 4096;  // faces per thread
    in_parallel(
        table.size(), threads,
        [&](std::size_t first, std::size_t last) {
            std::vector<std::pair<FaceRow, float>> heap;
            for (std::size_t at = first; at < last; ++at) {
                if (at % kLeast == 0) throw_if_stopped(stop);
                const auto face = static_cast<FaceRow>(at);
                if (table[face].id == 0) continue;
                const std::pair one(face, FaceTable::distance(vector, table.vector(face)));
                if (heap.size() == count && !nearer(one, heap.front())) continue;
                heap.push_back(one);
                std::ranges::push_heap(heap, nearer);
                if (heap.size() <= count) continue;
                std::ranges::pop_heap(heap, nearer);
                heap.pop_back();
            }
            const std::lock_guard lock(merging);
            faces.insert(faces.end(), heap.begin(), heap.end());
        },
        kLeast);
    std::ranges::sort(faces, nearer);
    if (faces.size() > count) faces.resize(count);
    return faces;
}

std::string FaceClusters::state() const {
    return state_->table.state();
}

void FaceClusters::set_state(std::string_view state) {
    state_->table.set_state(state);
}

}  // namespace hone
