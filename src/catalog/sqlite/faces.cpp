// SPDX-License-Identifier: GPL-3.0-or-later
// Reads and writes faces.
#include "catalog/sqlite/faces.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "catalog/sqlite/columns.hpp"
#include "photo/metadata.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr double kSameFaceOverlap = 0.35;  // minimum overlap at which a new face replaces an earlier one

constexpr const char* kFaceColumns =
    "face.id, face.photo_id, face.model, face.x, face.y, face.width, face.height, face.points, face.score, "
    "face.age, face.male, face.vector, face.person_id, face.confirmed, face.age_low, face.age_high";

template <typename Number>
std::vector<Number> numbers_of(const SQLite::Column& column) {
    std::vector<Number> numbers(static_cast<std::size_t>(column.getBytes()) / sizeof(Number));
    if (!numbers.empty()) std::memcpy(numbers.data(), column.getBlob(), numbers.size() * sizeof(Number));
    return numbers;
}

Face face_of(const SQLite::Statement& query) {
    Face face;
    face.id = query.getColumn(0).getInt64();
    face.photo = static_cast<PhotoNumber>(query.getColumn(1).getInt64());
    face.model = query.getColumn(2).getString();
    face.box.x = static_cast<float>(query.getColumn(3).getDouble());
    face.box.y = static_cast<float>(query.getColumn(4).getDouble());
    face.box.width = static_cast<float>(query.getColumn(5).getDouble());
    face.box.height = static_cast<float>(query.getColumn(6).getDouble());
    if (const auto points = numbers_of<float>(query.getColumn(7)); points.size() == 10)
        std::ranges::copy(points, face.landmarks.emplace().begin());
    face.score = static_cast<float>(query.getColumn(8).getDouble());
    if (!query.getColumn(9).isNull())
        face.estimate = {static_cast<float>(query.getColumn(9).getDouble()),
                         static_cast<float>(query.getColumn(10).getDouble()), query.getColumn(14).getInt(),
                         query.getColumn(15).getInt()};
    face.vector = numbers_of<float>(query.getColumn(11));
    face.person = query.getColumn(12).isNull() ? 0 : query.getColumn(12).getInt64();
    face.confirmed = query.getColumn(13).getInt() != 0;
    return face;
}

// id 0: a new face.
void put_face(Statements& statements, FaceId id, PhotoNumber photo, const std::string& model,
              const FaceFacts& face) {
    const auto upsert = statements(
        "INSERT INTO face (id, photo_id, model, x, y, width, height, points, score, age, male, vector, "
        "age_low, "
        "age_high) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET model = "
        "excluded.model, "
        "x = excluded.x, y = excluded.y, width = excluded.width, height = excluded.height, points = "
        "excluded.points, score = excluded.score, age = excluded.age, male = excluded.male, vector = "
        "excluded.vector, age_low = excluded.age_low, age_high = excluded.age_high");
    if (id != 0) upsert->bind(1, id);
    upsert->bind(2, static_cast<std::int64_t>(photo));
    upsert->bind(3, model);
    upsert->bind(4, static_cast<double>(face.box.x));
    upsert->bind(5, static_cast<double>(face.box.y));
    upsert->bind(6, static_cast<double>(face.box.width));
    upsert->bind(7, static_cast<double>(face.box.height));
    if (face.landmarks) upsert->bind(8, face.landmarks->data(), static_cast<int>(sizeof *face.landmarks));
    upsert->bind(9, static_cast<double>(face.score));
    if (face.estimate) {
        upsert->bind(10, static_cast<double>(face.estimate->age));
        upsert->bind(11, static_cast<double>(face.estimate->male));
        upsert->bind(13, face.estimate->age_low);
        upsert->bind(14, face.estimate->age_high);
    }
    if (!face.vector.empty())
        upsert->bind(12, face.vector.data(), static_cast<int>(face.vector.size() * sizeof(float)));
    upsert->exec();
}

std::vector<NamedRegion> read_named_regions(Statements& statements,
                                            std::optional<std::span<const PhotoNumber>> photos) {
    static constexpr const char* kRest =
        " JOIN photo ON photo.id = photo_id WHERE instr(document, '\"regions\"') > 0 AND EXISTS (SELECT 1 "
        "FROM "
        "place WHERE place.photo_id = photo.id AND place.state = 0)";
    static constexpr const char* kSelect = "SELECT photo_id, document, photo.width, photo.height FROM ";
    static const std::string of_all = std::string(kSelect) + "metadata" + kRest;
    static const std::string of_these =
        std::string(kSelect) + "json_each(?) AS wanted JOIN metadata ON metadata.photo_id = wanted.value" +
        kRest;
    const auto query = statements(photos ? of_these : of_all);
    if (photos) query->bind(1, json(*photos).dump());
    std::vector<NamedRegion> regions;
    while (query->executeStep()) {
        const auto metadata = parse_metadata(json::parse(query->getColumn(1).getString(), nullptr, false));
        if (!metadata) continue;
        const double width = query->getColumn(2).getInt(), height = query->getColumn(3).getInt();
        for (const Region& region : metadata->regions) {
            if (region.name.empty() || (!region.type.empty() && region.type != "Face")) continue;
            const auto pixels = [](double share, double side) { return static_cast<float>(share * side); };
            regions.push_back(
                {static_cast<PhotoNumber>(query->getColumn(0).getInt64()),
                 region.name,
                 {pixels(region.x - region.width / 2, width), pixels(region.y - region.height / 2, height),
                  pixels(region.width, width), pixels(region.height, height)}});
        }
    }
    return regions;
}

std::vector<Face> read_faces(Statements& statements, PhotoNumber photo) {
    static const std::string sql =
        fmt::format("SELECT {} FROM face WHERE photo_id = ? ORDER BY score DESC, id", kFaceColumns);
    const auto query = statements(sql);
    query->bind(1, static_cast<std::int64_t>(photo));
    std::vector<Face> faces;
    while (query->executeStep()) faces.push_back(face_of(*query));
    return faces;
}

}  // namespace

void count_change(Statements& statements) {
    statements(
        "INSERT INTO setting VALUES ('faces-changes', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1")
        ->exec();
}

void store_faces(Statements& statements, PhotoNumber photo, const std::string& model,
                 const std::vector<FaceFacts>& faces) {
    const std::vector<Face> before = read_faces(statements, photo);
    if (before.empty() && faces.empty()) return;
    count_change(statements);
    // Pairs with the largest overlap first.
    struct Pair {
        double overlap;
        std::size_t before, now;
    };
    std::vector<Pair> pairs;
    for (std::size_t old = 0; old < before.size(); ++old) {
        for (std::size_t now = 0; now < faces.size(); ++now) {
            const double shared = overlap(before[old].box, faces[now].box);
            if (shared >= kSameFaceOverlap) pairs.push_back({shared, old, now});
        }
    }
    std::ranges::sort(pairs, [](const Pair& a, const Pair& b) {
        return std::tuple(-a.overlap, a.before, a.now) < std::tuple(-b.overlap, b.before, b.now);
    });
    std::vector<FaceId> id_of(faces.size(), 0);
    std::vector<bool> kept(before.size());
    for (const Pair& pair : pairs) {
        if (kept[pair.before] || id_of[pair.now] != 0) continue;
        kept[pair.before] = true;
        id_of[pair.now] = before[pair.before].id;
    }
    const auto forget = statements("DELETE FROM face WHERE id = ?");
    for (std::size_t old = 0; old < before.size(); ++old) {
        // A confirmed face stays even if a network no longer detects it.
        if (kept[old] || before[old].confirmed) continue;
        forget->reset();
        forget->bind(1, before[old].id);
        forget->exec();
    }
    for (std::size_t at = 0; at < faces.size(); ++at)
        put_face(statements, id_of[at], photo, model, faces[at]);
}

std::optional<Face> read_face(Statements& statements, FaceId face) {
    static const std::string sql = fmt::format("SELECT {} FROM face WHERE id = ?", kFaceColumns);
    const auto query = statements(sql);
    query->bind(1, face);
    if (!query->executeStep()) return std::nullopt;
    return face_of(*query);
}

std::string read_faces_state(Statements& statements) {
    const auto query = statements("SELECT value FROM setting WHERE key = 'faces-changes'");
    return query->executeStep() ? query->getColumn(0).getString() : std::string();
}

Result<std::vector<Face>> SqliteFaces::faces_of(PhotoNumber photo) {
    return connections_.read(
        [&](Statements& statements) -> Result<std::vector<Face>> { return read_faces(statements, photo); });
}

Result<Face> SqliteFaces::face(FaceId id) {
    return connections_.read([&](Statements& statements) -> Result<Face> {
        auto face = read_face(statements, id);
        if (!face) return fail(ErrorKind::kNotFound, "there is no face {}", id);
        return std::move(*face);
    });
}

Result<std::vector<Face>> SqliteFaces::faces_of_person(PersonId person) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<Face>> {
        static const std::string sql =
            fmt::format("SELECT {} FROM face WHERE person_id = ? AND {} ORDER BY confirmed DESC, id DESC",
                        kFaceColumns, kAvailableFace);
        const auto query = statements(sql);
        query->bind(1, person);
        std::vector<Face> faces;
        while (query->executeStep()) faces.push_back(face_of(*query));
        return faces;
    });
}

Result<> SqliteFaces::for_each_face(const std::string& model, const std::function<void(const Face&)>& visit) {
    return connections_.read([&](Statements& statements) -> Result<> {
        static const std::string sql = fmt::format(
            "SELECT {} FROM face WHERE model = ? AND vector IS NOT NULL ORDER BY id", kFaceColumns);
        const auto query = statements(sql);
        query->bind(1, model);
        while (query->executeStep()) visit(face_of(*query));
        return {};
    });
}

Result<FaceId> SqliteFaces::add_face(PhotoNumber photo, const FaceFacts& face) {
    return connections_.write([&](Statements& statements) -> Result<FaceId> {
        count_change(statements);
        put_face(statements, 0, photo, "", face);
        return statements.database().getLastInsertRowid();
    });
}

Result<std::vector<NamedRegion>> SqliteFaces::named_regions() {
    return connections_.read([&](Statements& statements) -> Result<std::vector<NamedRegion>> {
        return read_named_regions(statements, std::nullopt);
    });
}

Result<std::vector<NamedRegion>> SqliteFaces::named_regions(std::span<const PhotoNumber> photos) {
    return connections_.read([&](Statements& statements) -> Result<std::vector<NamedRegion>> {
        return read_named_regions(statements, photos);
    });
}

Result<std::string> SqliteFaces::faces_state() {
    return connections_.read(
        [&](Statements& statements) -> Result<std::string> { return read_faces_state(statements); });
}

Result<> SqliteFaces::forget_estimates() {
    return connections_.write([&](Statements& statements) -> Result<> {
        count_change(statements);
        statements("UPDATE face SET age = NULL, male = NULL, age_low = NULL, age_high = NULL")->exec();
        return {};
    });
}

}  // namespace hone
