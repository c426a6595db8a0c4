// SPDX-License-Identifier: GPL-3.0-or-later
// Stores the outcome of a file in the tables that it concerns.
#include "catalog/sqlite/outcomes.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include "base/time.hpp"
#include "catalog/sqlite/analyses.hpp"
#include "catalog/sqlite/columns.hpp"
#include "catalog/sqlite/faces.hpp"
#include "catalog/sqlite/files.hpp"
#include "catalog/sqlite/raw_pairs.hpp"
#include "catalog/sqlite/text_index.hpp"

namespace hone {

namespace {

std::optional<PhotoNumber> number_of(Statements& statements, const PhotoId& id) {
    const auto query = statements("SELECT id FROM photo WHERE sha = ?");
    query->bind(1, id.data(), static_cast<int>(id.size()));
    if (!query->executeStep()) return std::nullopt;
    return static_cast<PhotoNumber>(query->getColumn(0).getInt64());
}

// The photo was read without a sidecar. If a copy has one, mark the photo for re-reading, because the
// sidecar counts.
void forget_sidecars(Statements& statements, PhotoNumber photo) {
    const auto update = statements("UPDATE place SET sidecar = 0 WHERE photo_id = ? AND sidecar != 0");
    update->bind(1, static_cast<std::int64_t>(photo));
    update->exec();
}

PhotoNumber commit_photo(Statements& statements, const FileOutcome::Photo& outcome, bool& is_new) {
    const PhotoFacts& photo = outcome.photo;
    const auto known = number_of(statements, photo.id);
    is_new = !known;
    if (known && outcome.analysis_results) {
        // Indexed again: a newer analyzer may find more.
        const auto update =
            statements("UPDATE photo SET width = ?, height = ?, format = ?, color = ? WHERE id = ?");
        update->bind(1, photo.width);
        update->bind(2, photo.height);
        update->bind(3, photo.format);
        update->bind(4, static_cast<std::int64_t>(photo.color));
        update->bind(5, static_cast<std::int64_t>(*known));
        update->exec();
    }
    if (is_new) {
        const auto insert = statements(
            "INSERT INTO photo (sha, bytes, width, height, format, color, added_at) "
            "VALUES (?,?,?,?,?,?,?)");
        insert->bind(1, photo.id.data(), static_cast<int>(photo.id.size()));
        insert->bind(2, static_cast<std::int64_t>(photo.bytes));
        insert->bind(3, photo.width);
        insert->bind(4, photo.height);
        insert->bind(5, photo.format);
        insert->bind(6, static_cast<std::int64_t>(photo.color));
        insert->bind(7, unix_seconds());
        insert->exec();
    }
    const PhotoNumber number =
        known ? *known : static_cast<PhotoNumber>(statements.database().getLastInsertRowid());
    for (const PhotoVector& vector : outcome.vectors) {
        const auto insert =
            statements("INSERT OR REPLACE INTO vector (photo_id, space, model, data) VALUES (?,?,?,?)");
        insert->bind(1, static_cast<std::int64_t>(number));
        insert->bind(2, vector.key.space);
        insert->bind(3, vector.key.model);
        insert->bind(4, vector.values.data(), static_cast<int>(vector.values.size() * sizeof(float)));
        insert->exec();
    }
    if (outcome.analysis_results) store_analysis_results(statements, number, *outcome.analysis_results);
    if (outcome.faces) store_faces(statements, number, outcome.face_model, *outcome.faces);
    for (const AnalyzerKey& key : outcome.done) insert_analysis(statements, number, key);
    return number;
}

}  // namespace

CommittedFile store_outcome(Statements& statements, const FileOutcome& outcome) {
    CommittedFile committed;
    FileState state = FileState::kPhoto;
    std::string stage, reason;
    if (const auto* photo = std::get_if<FileOutcome::Photo>(&outcome.what)) {
        committed.photo = commit_photo(statements, *photo, committed.new_photo);
    } else if (const auto* failed = std::get_if<FileOutcome::Failed>(&outcome.what)) {
        state = FileState::kFailed;
        stage = failed->stage;
        reason = failed->reason;
    } else {
        state = FileState::kSkipped;
        reason = std::get<FileOutcome::Skipped>(outcome.what).kind;
    }
    const auto known = statements("SELECT photo_id FROM place WHERE path = ?");
    bind_path(*known, 1, outcome.facts.path);
    committed.new_file = !known->executeStep();
    std::optional<std::int64_t> before;
    if (!committed.new_file && !known->isColumnNull(0)) before = known->getColumn(0).getInt64();
    const auto upsert = statements(
        "INSERT INTO place (folder_id, path, size, modified_ns, inode, state, "
        "photo_id, stage, reason, sidecar) VALUES (?,?,?,?,?,?,?,?,?,?) "
        "ON CONFLICT (path) DO UPDATE SET folder_id = excluded.folder_id, size = "
        "excluded.size, modified_ns = excluded.modified_ns, "
        "inode = excluded.inode, state = excluded.state, photo_id = "
        "excluded.photo_id, stage = excluded.stage, reason = excluded.reason, "
        "sidecar = excluded.sidecar "
        "RETURNING id");
    upsert->bind(1, outcome.folder);
    bind_path(*upsert, 2, outcome.facts.path);
    upsert->bind(3, static_cast<std::int64_t>(outcome.facts.size));
    upsert->bind(4, outcome.facts.modified_ns);
    upsert->bind(5, static_cast<std::int64_t>(outcome.facts.inode));
    upsert->bind(6, static_cast<int>(state));
    if (committed.photo) upsert->bind(7, static_cast<std::int64_t>(*committed.photo));
    upsert->bind(8, stage);
    upsert->bind(9, reason);
    upsert->bind(10, static_cast<std::int64_t>(outcome.facts.sidecar));
    upsert->executeStep();
    committed.file = upsert->getColumn(0).getInt64();
    if (before && before != committed.photo) update_missing_since(statements, *before);
    if (committed.photo) update_missing_since(statements, *committed.photo);
    if (committed.photo) {
        const auto& photo = std::get<FileOutcome::Photo>(outcome.what);
        if (photo.analysis_results && outcome.facts.sidecar == 0)
            forget_sidecars(statements, *committed.photo);
        refresh_text_index(statements, *committed.photo);
    }
    // The photo that the path held before.
    if (before && before != committed.photo)
        refresh_text_index(statements, static_cast<PhotoNumber>(*before));
    if (committed.photo || before) pair_raw_files(statements, outcome.facts.path);
    return committed;
}

}  // namespace hone
