// SPDX-License-Identifier: GPL-3.0-or-later
// Builds graph records and edges from rows.
#include "catalog/surrealdb/graph.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstring>

#include "photo/metadata_text.hpp"

namespace hone::surreal {

namespace {

Floats floats_of(const SQLite::Column& column) {
    Floats floats(static_cast<std::size_t>(column.getBytes()) / sizeof(float));
    if (!floats.empty()) std::memcpy(floats.data(), column.getBlob(), floats.size() * sizeof(float));
    return floats;
}

constexpr const char* kPhotoSql =
    "SELECT (SELECT path FROM place WHERE photo_id = photo.id AND state = 0 ORDER BY id LIMIT 1), "
    "ifnull((SELECT taken_at FROM metadata WHERE photo_id = photo.id), added_at), height, width, bytes, "
    "(SELECT data FROM analysis JOIN vector ON space = 'content' AND vector.model = analysis.model AND "
    "vector.photo_id = analysis.photo_id WHERE analysis.photo_id = photo.id AND analyzer = 'content' "
    "ORDER BY vector.rowid DESC LIMIT 1), "
    "(SELECT hashes FROM look WHERE photo_id = photo.id) FROM photo WHERE id = ?";
constexpr const char* kFacesSql =
    "SELECT id, photo_id, x, y, width, height, score, age, male, vector FROM face WHERE photo_id = ? ORDER "
    "BY id";
constexpr const char* kFaceSql =
    "SELECT id, photo_id, x, y, width, height, score, age, male, vector FROM face WHERE id = ?";
constexpr const char* kPhotoOfFaceSql = "SELECT photo_id FROM face WHERE id = ?";

class Graph {
  public:
    Graph(Statements& statements, bool whole_edges, GraphChange& out)
        : whole_edges_(whole_edges),
          out_(out),
          photo_(statements(kPhotoSql)),
          faces_(statements(kFacesSql)),
          face_(statements(kFaceSql)) {}

    void forget_photo(std::int64_t photo) {
        gone("has_basic_metadata", photo);
        gone("has_image_embedding_vector", photo);
        gone("has_image_hash_metadata", photo);
        gone("basic_metadata", photo);
        gone("image_embedding_vector", photo);
        gone("image_hash_metadata", photo);
        gone("base_image", photo);
        faces_->reset();
        faces_->bind(1, photo);
        std::vector<std::int64_t> faces;
        while (faces_->executeStep()) faces.push_back(faces_->getColumn(0).getInt64());
        for (const std::int64_t face : faces) forget_face(face);
    }
    void forget_face(std::int64_t face) {
        for (const char* table : {"has_face_in_picture_vector", "has_face_age_and_gender_estimation"}) {
            gone(table, Array{"image", face});
            gone(table, Array{"face", face});
        }
        gone("has_face_in_picture", face);
        if (whole_edges_) gone("has_image_embedding_vector", Array{"face", face});
        gone("face_in_picture_vector", face);
        gone("face_age_and_gender_estimation", face);
        gone("face_in_picture", face);
    }
    // Adds nothing for a photo without files.
    void add_photo(std::int64_t photo) {
        photo_->reset();
        photo_->bind(1, photo);
        if (!photo_->executeStep() || photo_->isColumnNull(0)) return;
        const RecordId base{"base_image", photo};
        const auto column = photo_->getColumn(0);
        const std::string bytes(static_cast<const char*>(column.getBlob()),
                                static_cast<std::size_t>(column.getBytes()));
        row(base, {{"path", utf8_path(bytes)}});
        const RecordId metadata{"basic_metadata", photo};
        row(metadata, {{"created", DateTime{photo_->getColumn(1).getInt64(), 0}},
                       {"file_extension", extension_of(bytes)},
                       {"height", photo_->getColumn(2).getInt64()},
                       {"width", photo_->getColumn(3).getInt64()},
                       {"size_in_bytes", photo_->getColumn(4).getInt64()},
                       {"base", base}});
        edge("has_basic_metadata", photo, base, metadata);
        if (!photo_->isColumnNull(5)) {
            const RecordId embedding{"image_embedding_vector", photo};
            row(embedding, {{"embedding", floats_of(photo_->getColumn(5))}, {"base", base}});
            edge("has_image_embedding_vector", photo, base, embedding);
        }
        if (const auto hashes = photo_->getColumn(6); hashes.getBytes() >= 8) {
            std::uint64_t plain = 0;
            std::memcpy(&plain, hashes.getBlob(), sizeof plain);
            const RecordId hash{"image_hash_metadata", photo};
            row(hash, {{"hash", fmt::format("{:016x}", plain)}, {"hash_type", "dhash"}, {"base", base}});
            edge("has_image_hash_metadata", photo, base, hash);
        }
        faces_->reset();
        faces_->bind(1, photo);
        while (faces_->executeStep()) add_face(*faces_);
    }
    // For photos with files only.
    void add_face(std::int64_t face) {
        face_->reset();
        face_->bind(1, face);
        if (!face_->executeStep()) return;
        photo_->reset();
        photo_->bind(1, face_->getColumn(1).getInt64());
        if (photo_->executeStep() && !photo_->isColumnNull(0)) add_face(*face_);
    }

  private:
    void add_face(SQLite::Statement& query) {
        const std::int64_t number = query.getColumn(0).getInt64();
        const RecordId base{"base_image", query.getColumn(1).getInt64()}, face{"face_in_picture", number};
        row(face, {{"top_left_x", query.getColumn(2).getDouble()},
                   {"top_left_y", query.getColumn(3).getDouble()},
                   {"width", query.getColumn(4).getDouble()},
                   {"height", query.getColumn(5).getDouble()},
                   {"confidence", query.getColumn(6).getDouble()},
                   {"base", base}});
        edge("has_face_in_picture", number, base, face);
        if (whole_edges_) edge("has_image_embedding_vector", Array{"face", number}, base, face);
        if (!query.isColumnNull(7)) {
            const RecordId estimate{"face_age_and_gender_estimation", number};
            row(estimate, {{"age", query.getColumn(7).getDouble()},
                           {"gender", query.getColumn(8).getDouble() >= 0.5 ? "male" : "female"},
                           {"base", face}});
            edge("has_face_age_and_gender_estimation", Array{"image", number}, base, estimate);
            edge("has_face_age_and_gender_estimation", Array{"face", number}, face, estimate);
        }
        if (!query.isColumnNull(9)) {
            const RecordId vector{"face_in_picture_vector", number};
            row(vector, {{"embedding", floats_of(query.getColumn(9))}, {"base", face}});
            edge("has_face_in_picture_vector", Array{"image", number}, base, vector);
            edge("has_face_in_picture_vector", Array{"face", number}, face, vector);
        }
    }
    static std::string extension_of(const std::string& path) {
        std::string extension = utf8_path(fs::path(path).extension());
        if (extension.starts_with('.')) extension.erase(0, 1);
        return extension;
    }
    void gone(const char* table, Value key) { out_.gone.emplace_back(RecordId{table, std::move(key)}); }
    void row(const RecordId& id, Object fields) {
        fields.emplace_back("id", id);
        out_.rows.emplace_back(std::move(fields));
    }
    void edge(const char* table, Value key, const RecordId& from, const RecordId& to) {
        auto known = std::ranges::find(out_.edges, table, &std::pair<std::string, Array>::first);
        if (known == out_.edges.end()) known = out_.edges.insert(known, {table, {}});
        known->second.emplace_back(
            Object{{"id", RecordId{table, std::move(key)}}, {"in", from}, {"out", to}});
    }

    const bool whole_edges_;
    GraphChange& out_;
    const Statements::Use photo_, faces_, face_;
};

// Column indices (catalog/sqlite/schema.cpp).
enum PhotoColumn : std::size_t { kWidth = 3, kFormat = 5 };
enum FileColumn : std::size_t { kPath = 2, kState = 6, kPhoto = 7 };
enum FaceColumn : std::size_t { kFacePhoto = 1, kPerson = 14 };

}  // namespace

bool GraphScope::empty() const {
    return made.empty() && touched.empty() && faces_made.empty() && faces_touched.empty() &&
           faces_gone.empty();
}

bool GraphScope::only_new() const {
    return !made.empty() && std::ranges::includes(made, touched) &&
           std::ranges::includes(made, photos_of_faces);
}

Array GraphScope::photos() const {
    std::set<std::int64_t> all = made;
    all.insert(touched.begin(), touched.end());
    all.insert(photos_of_faces.begin(), photos_of_faces.end());
    return {all.begin(), all.end()};
}

GraphScope graph_scope(Statements& statements, const std::vector<ChangedRow>& changes) {
    using What = ChangedRow::What;
    GraphScope scope;
    const auto place = statements("SELECT photo_id FROM place WHERE id = ? AND photo_id IS NOT NULL");
    const auto face = statements(kPhotoOfFaceSql);
    for (const ChangedRow& row : changes) {
        const auto number = [&](std::size_t part) { return std::get<std::int64_t>(row.key.at(part)); };
        const auto any_changed = [&](std::size_t first, std::size_t last) {
            return row.what != What::kUpdated ||
                   std::find(row.columns.begin() + static_cast<std::ptrdiff_t>(first),
                             row.columns.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                             true) != row.columns.begin() + static_cast<std::ptrdiff_t>(last) + 1;
        };
        if (row.table == "photo") {
            if (row.what == What::kInserted)
                scope.made.insert(number(0));
            else if (any_changed(kWidth, kFormat))
                scope.touched.insert(number(0));
        } else if (row.table == "place") {
            if (!any_changed(kPath, kPath) && !any_changed(kState, kPhoto)) continue;
            if (row.what != What::kInserted && row.integer_before(kPhoto))
                scope.touched.insert(*row.integer_before(kPhoto));
            place->reset();
            place->bind(1, number(0));
            if (place->executeStep()) scope.touched.insert(place->getColumn(0).getInt64());
        } else if (row.table == "metadata" || row.table == "look") {
            scope.touched.insert(number(0));
        } else if (row.table == "vector" && std::get<std::string>(row.key.at(0)) == "content") {
            scope.touched.insert(number(2));
        } else if (row.table == "face") {
            if (row.what == What::kDeleted)
                scope.faces_gone.insert(number(0));
            else if (row.what == What::kInserted)
                scope.faces_made.insert(number(0));
            else if (std::find(row.columns.begin(), row.columns.begin() + kPerson, true) !=
                     row.columns.begin() + kPerson)
                scope.faces_touched.insert(number(0));
            else
                continue;
            if (row.what != What::kInserted && row.integer_before(kFacePhoto))
                scope.photos_of_faces.insert(*row.integer_before(kFacePhoto));
            face->reset();
            face->bind(1, number(0));
            if (face->executeStep()) scope.photos_of_faces.insert(face->getColumn(0).getInt64());
        }
    }
    return scope;
}

GraphChange graph_change(Statements& statements, const GraphScope& scope, bool whole_edges) {
    GraphChange change;
    Graph graph(statements, whole_edges, change);
    for (const std::int64_t gone : scope.faces_gone) graph.forget_face(gone);
    for (const std::int64_t photo : scope.touched) {
        if (!scope.made.contains(photo)) graph.forget_photo(photo);
    }
    std::set<std::int64_t> whole = scope.touched;
    whole.insert(scope.made.begin(), scope.made.end());
    for (const std::int64_t photo : whole) graph.add_photo(photo);
    const auto face = statements(kPhotoOfFaceSql);
    const auto with_photo = [&](std::int64_t number) {
        face->reset();
        face->bind(1, number);
        return face->executeStep() && whole.contains(face->getColumn(0).getInt64());
    };
    for (const std::int64_t number : scope.faces_touched) {
        if (with_photo(number)) continue;
        graph.forget_face(number);
        graph.add_face(number);
    }
    for (const std::int64_t number : scope.faces_made) {
        if (!with_photo(number)) graph.add_face(number);
    }
    return change;
}

std::string insert_edges(GraphChange& change, Object& variables) {
    std::string statements;
    for (auto& [table, edges] : change.edges) {
        statements += fmt::format("INSERT RELATION IGNORE INTO {0} ${0} RETURN NONE;\n", table);
        variables.emplace_back(table, std::move(edges));
    }
    return statements;
}

}  // namespace hone::surreal
