// SPDX-License-Identifier: GPL-3.0-or-later
// Converts rows to records and back.
#include "catalog/surrealdb/rows.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <map>

#include "catalog/sqlite/text_index.hpp"
#include "catalog/surrealdb/photo_document.hpp"
#include "photo/metadata_text.hpp"

namespace hone::surreal {

namespace {

Value value_of(std::string bytes, bool text) {
    if (text && travels_as_text(bytes)) return bytes;
    return Bytes(bytes.begin(), bytes.end());
}

Value value_of(const SQLite::Column& column) {
    if (column.isNull()) return {};
    if (column.isInteger()) return std::int64_t{column.getInt64()};
    if (column.isFloat()) return column.getDouble();
    const auto* data = static_cast<const char*>(column.getBlob());
    return value_of(std::string(data == nullptr ? "" : data, static_cast<std::size_t>(column.getBytes())),
                    column.isText());
}

void bind(SQLite::Statement& statement, int index, const Value& value, const Column& column) {
    const auto bytes = [&](const char* data, std::size_t size) {
        if (column.blob)
            statement.bind(index, static_cast<const void*>(data), static_cast<int>(size));
        else
            statement.bind(index, std::string(data, size));
    };
    if (const auto* number = value.as<std::int64_t>())
        statement.bind(index, *number);
    else if (const auto* fraction = value.as<double>())
        statement.bind(index, *fraction);
    else if (const auto* text = value.as<std::string>())
        bytes(text->data(), text->size());
    else if (const auto* blob = value.as<Bytes>())
        bytes(blob->empty() ? "" : reinterpret_cast<const char*>(blob->data()), blob->size());
    else
        statement.bind(index);
}

Value part_value(const ChangedRow::Key::value_type& part) {
    if (const auto* number = std::get_if<std::int64_t>(&part)) return *number;
    return value_of(std::get<std::string>(part), true);
}

// Makes a record's key from a row's key: the number or text, or an array of several. Keys on the server
// cannot contain bytes, so text that cannot be sent as a string becomes the text of its bytes.
Value record_key(const ChangedRow::Key& key) {
    Array parts;
    for (const auto& part : key) {
        Value value = part_value(part);
        if (const auto* bytes = value.as<Bytes>()) {
            std::string digits = "bytes ";
            for (const std::uint8_t byte : *bytes) digits += fmt::format("{:02x}", byte);
            value = digits;
        }
        parts.push_back(std::move(value));
    }
    return parts.size() == 1 ? parts.front() : Value(std::move(parts));
}

RecordId document_id(std::int64_t photo) {
    return {std::string("hone_") + kDocument, photo};
}

std::optional<std::int64_t> photo_in(const SQLite::Column& column) {
    if (column.isNull()) return std::nullopt;
    return column.getInt64();
}

}  // namespace

bool travels_as_text(std::string_view text) {
    return is_utf8(text) && !text.contains('\0');
}

Tables::Tables(SQLite::Database& database) {
    for (const char* name : kHookedTables) {
        Table table;
        table.name = name;
        SQLite::Statement info(database,
                               fmt::format("SELECT name, type, pk FROM pragma_table_info('{}')", name));
        while (info.executeStep()) {
            const std::string type = info.getColumn(1).getString();
            table.columns.push_back(
                {info.getColumn(0).getString(), type == "BLOB", info.getColumn(2).getInt()});
        }
        const auto index_of = [&](auto member, const auto& value) -> std::optional<std::size_t> {
            const auto found = std::ranges::find(table.columns, value, member);
            if (found == table.columns.end()) return std::nullopt;
            return static_cast<std::size_t>(found - table.columns.begin());
        };
        for (int part = 1; const auto column = index_of(&Column::key, part); ++part)
            table.key.push_back(*column);
        table.photo = index_of(&Column::name, table.name == "photo" ? "id" : "photo_id");
        std::string names, marks, where;
        for (const Column& column : table.columns) {
            names += (names.empty() ? "" : ", ") + column.name;
            marks += marks.empty() ? "?" : ", ?";
        }
        for (const std::size_t column : table.key)
            where += (where.empty() ? "" : " AND ") + table.columns[column].name + " = ?";
        table.names = names;
        table.read = fmt::format("SELECT {} FROM {} WHERE {}", names, name, where);
        // FAIL needs no rollback of the statement, which makes it faster than the others.
        table.insert = fmt::format("INSERT OR FAIL INTO {} ({}) VALUES ({})", name, names, marks);
        table.write = fmt::format("INSERT OR REPLACE INTO {} ({}) VALUES ({})", name, names, marks);
        table.remove = fmt::format("DELETE FROM {} WHERE {}", name, where);
        if (table.photo) {
            const std::string& column = table.columns[*table.photo].name;
            table.read_photo = fmt::format("SELECT {} FROM {} WHERE {} = ?", names, name, column);
            table.remove_photo = fmt::format("DELETE FROM {} WHERE {} = ?", name, column);
        }
        tables_.push_back(std::move(table));
    }
}

const Table* Tables::find(std::string_view name) const {
    const auto found = std::ranges::find(tables_, name, &Table::name);
    return found == tables_.end() ? nullptr : &*found;
}

Value document_of(Statements& statements, const Tables& tables, std::int64_t photo) {
    Bytes rows = encode_document(statements, tables, photo);
    if (rows.empty()) return {};
    return Object{{"id", document_id(photo)}, {"rows", std::move(rows)}};
}

RecordChange record_change(Statements& statements, const Tables& tables,
                           const std::vector<ChangedRow>& changes) {
    using What = ChangedRow::What;
    RecordChange out;
    std::map<std::int64_t, bool> photos;  // photo -> whether it is new
    const auto change_photo = [&](std::optional<std::int64_t> photo) {
        if (photo) photos.try_emplace(*photo, false);
    };
    for (const ChangedRow& row : changes) {
        const Table& table = *tables.find(row.table);
        const RecordId id{"hone_" + row.table, record_key(row.key)};
        // Whether the server had a record of this row, and whether it has one afterwards.
        bool before = row.what != What::kInserted, after = row.what != What::kDeleted;
        const auto read = statements(table.read);
        if (after) {
            int index = 0;
            for (const auto& part : row.key)
                std::visit([&](const auto& value) { read->bind(++index, value); }, part);
            if (!read->executeStep()) continue;
        }
        if (table.photo) {
            std::optional<std::int64_t> photo_before, photo_after;
            if (after) photo_after = photo_in(read->getColumn(static_cast<int>(*table.photo)));
            if (before) {
                const bool changed = !after || row.columns[*table.photo];
                photo_before = changed ? row.integer_before(*table.photo) : photo_after;
            }
            change_photo(photo_before);
            change_photo(photo_after);
            if (table.name == "photo" && row.what == What::kInserted) photos[*photo_after] = true;
            before = before && !photo_before;
            after = after && !photo_after;
        }
        if (before) out.gone.emplace_back(id);
        if (before && row.what == What::kDeleted) {
            Array key;
            for (const auto& part : row.key) key.push_back(part_value(part));
            out.deleted.emplace_back(Array{row.table, std::move(key)});
        }
        if (!after) continue;
        Object fields{{"id", id}};
        for (std::size_t column = 0; column < table.columns.size(); ++column) {
            const auto value = read->getColumn(static_cast<int>(column));
            if (table.columns[column].name != "id" && !value.isNull())
                fields.emplace_back(table.columns[column].name, value_of(value));
        }
        out.written.emplace_back(id);
        out.rows.emplace_back(std::move(fields));
    }
    for (const auto& [photo, is_new] : photos) {
        const RecordId id = document_id(photo);
        Value document = document_of(statements, tables, photo);
        if (!is_new) out.gone.emplace_back(id);
        if (document.is_nothing()) {
            out.deleted.emplace_back(Array{kDocument, Array{photo}});
            continue;
        }
        out.written.emplace_back(id);
        out.rows.push_back(std::move(document));
    }
    return out;
}

RecordReader::RecordReader(Statements& statements, const Tables& tables, bool empty)
    : tables_(tables), empty_(empty), statements_(statements) {}

Result<> RecordReader::write(const Value& record) {
    const RecordId* id = record_of(record["id"]);
    if (id == nullptr || !id->table.starts_with("hone_")) return {};
    const std::string name = id->table.substr(5);
    if (name == kDocument) return write_photo(id->key.integer(), record["rows"]);
    const Table* table = tables_.find(name);
    if (table == nullptr) return {};
    const auto insert = statements_(table->write);
    int index = 0;
    for (const Column& column : table->columns)
        bind(*insert, ++index, column.name == "id" ? id->key : record[column.name], column);
    insert->exec();
    // From libraries before photo documents.
    if (name == "place" || name == "metadata" || name == "keyword") {
        if (const std::int64_t photo = (name == "metadata" ? id->key : record["photo_id"]).integer();
            photo > 0)
            words_.insert(photo);
    }
    return {};
}

Result<> RecordReader::write_photo(std::int64_t photo, const Value& rows) {
    if (!empty_) remove_photo(photo);
    const auto* bytes = rows.as<Bytes>();
    if (bytes == nullptr || !write_document(statements_, tables_, *bytes))
        return fail("the catalogue's record hone_bundle:{0} is damaged: photo {0} cannot be read", photo);
    words_.insert(photo);
    return {};
}

void RecordReader::remove_photo(std::int64_t photo) {
    for (const Table& table : tables_.all()) {
        if (!table.photo) continue;
        const auto remove = statements_(table.remove_photo);
        remove->bind(1, photo);
        remove->exec();
    }
}

void RecordReader::remove(const Value& row) {
    const auto parts = row.items();
    if (parts.size() != 2) return;
    const std::string name = parts[0].text();
    const auto key = parts[1].items();
    if (name == kDocument && key.size() == 1) {
        remove_photo(key[0].integer());
        const auto words = statements_("DELETE FROM words WHERE rowid = ?");
        words->bind(1, key[0].integer());
        words->exec();
        return;
    }
    const Table* table = tables_.find(name);
    if (table == nullptr || key.size() != table->key.size()) return;
    const auto remove = statements_(table->remove);
    int index = 0;
    for (const Value& part : key) {
        const Column& column = table->columns[table->key[static_cast<std::size_t>(index)]];
        bind(*remove, ++index, part, column);
    }
    remove->exec();
    if (name == "keyword") words_.insert(key[0].integer());
}

void RecordReader::finish() {
    for (const std::int64_t photo : words_) {
        const auto known = statements_("SELECT 1 FROM photo WHERE id = ?");
        known->bind(1, photo);
        if (known->executeStep()) refresh_text_index(statements_, static_cast<PhotoNumber>(photo));
    }
    words_.clear();
}

}  // namespace hone::surreal
