// SPDX-License-Identifier: GPL-3.0-or-later
// Encodes and decodes photo documents.
#include "catalog/surrealdb/photo_document.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <algorithm>

#include "catalog/surrealdb/cbor_head.hpp"
#include "photo/metadata_text.hpp"

namespace hone::surreal {

namespace {

void append(Bytes& out, const SQLite::Column& column) {
    if (column.isNull()) {
        out.push_back(kCborNull);
    } else if (column.isInteger()) {
        append_integer(out, column.getInt64());
    } else if (column.isFloat()) {
        append_head(out, cbor_encode_double, column.getDouble());
    } else {
        const auto* data = static_cast<const char*>(column.getBlob());
        const std::string_view bytes(data == nullptr ? "" : data,
                                     static_cast<std::size_t>(column.getBytes()));
        if (column.isText() && travels_as_text(bytes)) {
            append_text(out, bytes);
        } else {
            append_head(out, cbor_encode_bytestring_start, bytes.size());
            out.insert(out.end(), bytes.begin(), bytes.end());
        }
    }
}

struct Item {
    enum class Kind { kNone, kNull, kInteger, kNumber, kText, kBytes, kArray, kMap } kind = Kind::kNone;
    std::int64_t integer = 0;
    double number = 0;
    std::string_view bytes;  // also of text; points into the input
    std::size_t size = 0;    // of an array or map

    [[nodiscard]] bool is_scalar() const {
        return kind != Kind::kNone && kind != Kind::kArray && kind != Kind::kMap;
    }
};

// Reads CBOR items in sequence.
class ItemReader {
  public:
    explicit ItemReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    // Returns kNone at the end of the bytes, or for an item that no photo document contains.
    Item next() {
        static const cbor_callbacks kCallbacks = callbacks();
        Item item;
        const auto outcome = cbor_stream_decode(bytes_.data(), bytes_.size(), &kCallbacks, &item);
        if (outcome.status != CBOR_DECODER_FINISHED) return {};
        bytes_ = bytes_.subspan(outcome.read);
        return item;
    }
    std::optional<std::string_view> text() {
        const Item item = next();
        if (item.kind != Item::Kind::kText) return std::nullopt;
        return item.bytes;
    }
    // Returns the number of items that follow.
    std::optional<std::size_t> start(Item::Kind kind) {
        const Item item = next();
        if (item.kind != kind || item.size > bytes_.size()) return std::nullopt;
        return item.size;
    }
    [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  private:
    template <typename Number>
    static void take(void* item, Number number) {
        take_item(item, Item::Kind::kInteger).integer = static_cast<std::int64_t>(number);
    }
    template <typename Number>
    static void take_negative(void* item, Number number) {
        take_item(item, Item::Kind::kInteger).integer = -1 - static_cast<std::int64_t>(number);
    }
    template <Item::Kind kind>
    static void take_bytes(void* item, cbor_data data, std::size_t size) {
        take_item(item, kind).bytes = {reinterpret_cast<const char*>(data), size};
    }
    template <Item::Kind kind>
    static void take_start(void* item, std::size_t size) {
        take_item(item, kind).size = size;
    }
    static Item& take_item(void* item, Item::Kind kind) {
        auto& taken = *static_cast<Item*>(item);
        taken.kind = kind;
        return taken;
    }
    static cbor_callbacks callbacks() {
        cbor_callbacks calls = cbor_empty_callbacks;
        calls.uint8 = take<std::uint8_t>;
        calls.uint16 = take<std::uint16_t>;
        calls.uint32 = take<std::uint32_t>;
        calls.uint64 = take<std::uint64_t>;
        calls.negint8 = take_negative<std::uint8_t>;
        calls.negint16 = take_negative<std::uint16_t>;
        calls.negint32 = take_negative<std::uint32_t>;
        calls.negint64 = take_negative<std::uint64_t>;
        calls.float8 = [](void* item, double number) {
            take_item(item, Item::Kind::kNumber).number = number;
        };
        calls.null = [](void* item) { take_item(item, Item::Kind::kNull); };
        calls.string = take_bytes<Item::Kind::kText>;
        calls.byte_string = take_bytes<Item::Kind::kBytes>;
        calls.array_start = take_start<Item::Kind::kArray>;
        calls.map_start = take_start<Item::Kind::kMap>;
        return calls;
    }

    std::span<const std::uint8_t> bytes_;
};

// Run the statement before the bytes are destroyed.
void bind(SQLite::Statement& statement, int index, const Item& item, const Column& column) {
    switch (item.kind) {
        case Item::Kind::kInteger:
            statement.bind(index, item.integer);
            break;
        case Item::Kind::kNumber:
            statement.bind(index, item.number);
            break;
        case Item::Kind::kText:
        case Item::Kind::kBytes:
            if (column.blob)
                statement.bindNoCopy(index, item.bytes.data(), static_cast<int>(item.bytes.size()));
            else
                statement.bind(index, std::string(item.bytes));
            break;
        default:
            statement.bind(index);
    }
}

// Maps the table's columns to positions in rows with these columns. A missing column maps beyond the end.
std::vector<std::size_t> indexes_of(const Table& table, std::string_view names) {
    std::vector<std::string_view> known;
    while (!names.empty()) {
        const std::size_t end = std::min(names.find(", "), names.size());
        known.push_back(names.substr(0, end));
        names.remove_prefix(std::min(end + 2, names.size()));
    }
    std::vector<std::size_t> indexes;
    for (const Column& column : table.columns)
        indexes.push_back(static_cast<std::size_t>(std::ranges::find(known, column.name) - known.begin()));
    return indexes;
}

}  // namespace

Bytes encode_document(Statements& statements, const Tables& tables, std::int64_t photo) {
    Bytes body, rows;
    std::size_t count_of_tables = 0;
    for (const Table& table : tables.all()) {
        if (!table.photo) continue;
        const auto read = statements(table.read_photo);
        read->bind(1, photo);
        std::size_t count = 0;
        rows.clear();
        for (; read->executeStep(); ++count) {
            append_head(rows, cbor_encode_array_start, table.columns.size());
            for (std::size_t column = 0; column < table.columns.size(); ++column)
                append(rows, read->getColumn(static_cast<int>(column)));
        }
        if (count == 0) continue;
        ++count_of_tables;
        append_text(body, table.name);
        append_head(body, cbor_encode_array_start, 1 + count);
        append_text(body, table.names);
        body.insert(body.end(), rows.begin(), rows.end());
    }
    if (count_of_tables == 0) return {};
    Bytes document;
    document.reserve(kLongestHead + body.size());
    append_head(document, cbor_encode_map_start, count_of_tables);
    document.insert(document.end(), body.begin(), body.end());
    return document;
}

bool write_document(Statements& statements, const Tables& tables, std::span<const std::uint8_t> bytes) {
    ItemReader items(bytes);
    const auto count_of_tables = items.start(Item::Kind::kMap);
    if (!count_of_tables) return false;
    std::vector<Item> values;
    for (std::size_t at = 0; at < *count_of_tables; ++at) {
        const auto name = items.text();
        const auto size = items.start(Item::Kind::kArray);
        const auto names = items.text();
        if (!name || !size || !names) return false;
        const Table* table = tables.find(*name);
        std::vector<std::size_t> indexes;  // empty: the columns are in this version's order
        if (table != nullptr && *names != table->names) indexes = indexes_of(*table, *names);
        for (std::size_t row = 1; row < *size; ++row) {
            const auto count = items.start(Item::Kind::kArray);
            if (!count) return false;
            values.resize(*count);
            for (Item& value : values) {
                value = items.next();
                if (!value.is_scalar()) return false;
            }
            if (table == nullptr) continue;
            const auto bound = [&](const Statements::Use& statement) -> SQLite::Statement& {
                for (std::size_t column = 0; column < table->columns.size(); ++column) {
                    const std::size_t index = indexes.empty() ? column : indexes[column];
                    if (index < values.size())
                        bind(*statement, static_cast<int>(column) + 1, values[index], table->columns[column]);
                }
                return *statement;
            };
            // The row may already belong to another photo; for any other error, the second statement throws.
            if (bound(statements(table->insert)).tryExecuteStep() != SQLITE_DONE)
                bound(statements(table->write)).exec();
        }
    }
    return items.at_end();
}

}  // namespace hone::surreal
