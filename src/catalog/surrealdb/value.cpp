// SPDX-License-Identifier: GPL-3.0-or-later
// Encodes and decodes SurrealDB values with libcbor.
#include "catalog/surrealdb/value.hpp"

#include <cbor.h>
#include <fmt/chrono.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "catalog/surrealdb/cbor_head.hpp"
#include "photo/metadata_text.hpp"

namespace hone::surreal {

namespace {

// https://surrealdb.com/docs/surrealdb/integration/cbor
constexpr std::uint64_t kNone = 6, kRecord = 8, kDateTime = 12, kDuration = 14, kUuid = 37;

void encode_array(const Array& array, Bytes& out) {
    append_head(out, cbor_encode_array_start, array.size());
    for (const Value& value : array) encode(value, out);
}

struct Release {
    void operator()(cbor_item_t* item) const { cbor_decref(&item); }
};
using Item = std::unique_ptr<cbor_item_t, Release>;

std::string uuid_text(const Bytes& bytes) {
    const std::string hex = to_hex(bytes);
    if (hex.size() != 32) return hex;
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                       hex.substr(16, 4), hex.substr(20));
}

Value read(const cbor_item_t* item);

Value read_tag(const cbor_item_t* item) {
    const Item inner(cbor_tag_item(item));
    const Value value = read(inner.get());
    const auto parts = value.items();
    switch (cbor_tag_value(item)) {
        case kNone:
            return {};
        case kRecord:
            if (parts.size() == 2) return RecordId{parts[0].text(), parts[1]};
            return value;
        case kDateTime:
            if (parts.empty()) return value;
            return DateTime{parts[0].integer(),
                            parts.size() > 1 ? static_cast<std::uint32_t>(parts[1].integer()) : 0};
        case kDuration:
            return fmt::format("{}s{}ns", parts.empty() ? 0 : parts[0].integer(),
                               parts.size() > 1 ? parts[1].integer() : 0);
        case kUuid:
            if (const auto* bytes = value.as<Bytes>()) return uuid_text(*bytes);
            return value;
        default:  // 7 table, 9 uuid and 10 decimal are already text
            return value;
    }
}

std::string read_text(const cbor_item_t* item) {
    if (cbor_string_is_definite(item))
        return {reinterpret_cast<const char*>(cbor_string_handle(item)), cbor_string_length(item)};
    std::string text;
    for (std::size_t chunk = 0; chunk < cbor_string_chunk_count(item); ++chunk)
        text += read_text(cbor_string_chunks_handle(item)[chunk]);
    return text;
}

Value read(const cbor_item_t* item) {
    switch (cbor_typeof(item)) {
        case CBOR_TYPE_UINT:
            return static_cast<std::int64_t>(std::min<std::uint64_t>(cbor_get_int(item), INT64_MAX));
        case CBOR_TYPE_NEGINT:
            return -1 - static_cast<std::int64_t>(std::min<std::uint64_t>(cbor_get_int(item), INT64_MAX));
        case CBOR_TYPE_BYTESTRING: {
            Bytes bytes;
            const auto add = [&](const cbor_item_t* part) {
                const auto* from = cbor_bytestring_handle(part);
                bytes.insert(bytes.end(), from, from + cbor_bytestring_length(part));
            };
            if (cbor_bytestring_is_definite(item)) {
                add(item);
            } else {
                for (std::size_t chunk = 0; chunk < cbor_bytestring_chunk_count(item); ++chunk)
                    add(cbor_bytestring_chunks_handle(item)[chunk]);
            }
            return bytes;
        }
        case CBOR_TYPE_STRING:
            return read_text(item);
        case CBOR_TYPE_ARRAY: {
            Array array;
            array.reserve(cbor_array_size(item));
            for (std::size_t at = 0; at < cbor_array_size(item); ++at)
                array.push_back(read(cbor_array_handle(item)[at]));
            return array;
        }
        case CBOR_TYPE_MAP: {
            Object object;
            object.reserve(cbor_map_size(item));
            for (std::size_t at = 0; at < cbor_map_size(item); ++at) {
                const cbor_pair& pair = cbor_map_handle(item)[at];
                object.emplace_back(read(pair.key).text(), read(pair.value));
            }
            return object;
        }
        case CBOR_TYPE_TAG:
            return read_tag(item);
        case CBOR_TYPE_FLOAT_CTRL:
            if (!cbor_float_ctrl_is_ctrl(item)) return static_cast<double>(cbor_float_get_float(item));
            if (cbor_is_bool(item)) return cbor_get_bool(item);
            if (cbor_ctrl_value(item) == CBOR_CTRL_NULL) return Null{};
            return {};
    }
    return {};
}

// libcbor 0.8 refuses the tags 6 to 20 in their short form (0xC6 to 0xD4), among them SurrealDB's, so rewrite
// them with two bytes. Heads follow each other regardless of nesting, so one pass finds all of them.
Bytes with_wide_tags(std::span<const std::uint8_t> bytes) {
    Bytes out;
    out.reserve(bytes.size() + bytes.size() / 16);
    for (std::size_t at = 0; at < bytes.size();) {
        const std::uint8_t head = bytes[at];
        const unsigned kind = head >> 5U, info = head & 31U;
        if (kind == 6 && info >= 6 && info <= 20) {
            out.push_back(0xD8);
            out.push_back(static_cast<std::uint8_t>(info));
            ++at;
            continue;
        }
        std::uint64_t size = 1;
        if (info >= 24 && info < 28) {
            const std::uint64_t width = std::uint64_t{1} << (info - 24U);
            std::uint64_t length = 0;
            for (std::uint64_t byte = 1; byte <= width && at + byte < bytes.size(); ++byte)
                length = length << 8U | bytes[at + byte];
            size += width;
            if (kind == 2 || kind == 3) size += std::min<std::uint64_t>(length, bytes.size());
        } else if ((kind == 2 || kind == 3) && info < 24) {
            size += info;
        }
        const std::size_t end = at + std::min<std::uint64_t>(size, bytes.size() - at);
        out.insert(out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                   bytes.begin() + static_cast<std::ptrdiff_t>(end));
        at = end;
    }
    return out;
}

std::string key_text(const Value& key) {
    if (const auto* text = key.as<std::string>()) return *text;
    return to_json(key).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Value::Value() = default;
Value::Value(None) {}
Value::Value(Null null) : data_(null) {}
Value::Value(bool truth) : data_(truth) {}
Value::Value(std::int64_t number) : data_(number) {}
Value::Value(int number) : data_(std::int64_t{number}) {}
Value::Value(double number) : data_(number) {}
Value::Value(std::string text) : data_(std::move(text)) {}
Value::Value(std::string_view text) : data_(std::string(text)) {}
Value::Value(const char* text) : data_(std::string(text)) {}
Value::Value(Bytes bytes) : data_(std::move(bytes)) {}
Value::Value(Floats floats) : data_(std::move(floats)) {}
Value::Value(DateTime time) : data_(time) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;
Value::Value(Array array) : data_(std::move(array)) {}
Value::Value(Object object) : data_(std::move(object)) {}
Value::Value(RecordId id) : data_(std::vector<RecordId>{std::move(id)}) {}

bool Value::operator==(const Value& other) const {
    return data_ == other.data_;
}

const Value& Value::operator[](std::string_view field) const {
    static const Value none;
    if (const auto* object = as<Object>()) {
        for (const auto& [name, value] : *object) {
            if (name == field) return value;
        }
    }
    return none;
}

std::int64_t Value::integer(std::int64_t otherwise) const {
    if (const auto* number = as<std::int64_t>()) return *number;
    if (const auto* number = as<double>();
        number && std::abs(*number) < 9e18 && std::trunc(*number) == *number)
        return static_cast<std::int64_t>(*number);
    return otherwise;
}

double Value::number(double otherwise) const {
    if (const auto* number = as<double>()) return *number;
    if (const auto* number = as<std::int64_t>()) return static_cast<double>(*number);
    return otherwise;
}

std::string Value::text(std::string_view otherwise) const {
    const auto* text = as<std::string>();
    return text ? *text : std::string(otherwise);
}

std::span<const Value> Value::items() const {
    if (const auto* array = as<Array>()) return *array;
    return {};
}

const RecordId* record_of(const Value& value) {
    const auto* held = value.as<std::vector<RecordId>>();
    return held && !held->empty() ? held->data() : nullptr;
}

void encode(const Value& value, Bytes& out) {
    struct Encoder {
        Bytes& out;
        void operator()(None) const {
            append_head(out, cbor_encode_tag, kNone);
            out.push_back(kCborNull);
        }
        void operator()(Null) const { out.push_back(kCborNull); }
        void operator()(bool truth) const { out.push_back(truth ? 0xF5 : 0xF4); }
        void operator()(std::int64_t number) const { append_integer(out, number); }
        void operator()(double number) const { append_head(out, cbor_encode_double, number); }
        void operator()(const std::string& text) const { append_text(out, text); }
        void operator()(const Bytes& bytes) const {
            append_head(out, cbor_encode_bytestring_start, bytes.size());
            out.insert(out.end(), bytes.begin(), bytes.end());
        }
        void operator()(const Floats& floats) const {
            append_head(out, cbor_encode_array_start, floats.size());
            std::size_t at = out.size();
            out.resize(at + 5 * floats.size());
            for (const float number : floats) at += cbor_encode_single(number, out.data() + at, 5);
        }
        void operator()(DateTime time) const {
            append_head(out, cbor_encode_tag, kDateTime);
            encode_array({Value(time.seconds), Value(std::int64_t{time.nanoseconds})}, out);
        }
        void operator()(const Array& array) const { encode_array(array, out); }
        void operator()(const Object& object) const {
            append_head(out, cbor_encode_map_start, object.size());
            for (const auto& [name, held] : object) {
                append_text(out, name);
                encode(held, out);
            }
        }
        void operator()(const std::vector<RecordId>& id) const {
            append_head(out, cbor_encode_tag, kRecord);
            append_head(out, cbor_encode_array_start, 2);
            append_text(out, id.front().table);
            encode(id.front().key, out);
        }
    };
    std::visit(Encoder{out}, value.data_);
}

Result<Value> decode(std::span<const std::uint8_t> bytes) {
    const Bytes readable = with_wide_tags(bytes);
    cbor_load_result outcome{};
    const Item item(cbor_load(readable.data(), readable.size(), &outcome));
    if (!item || outcome.error.code != CBOR_ERR_NONE || outcome.read != readable.size())
        return fail("the server sent {} bytes of invalid CBOR", bytes.size());
    return read(item.get());
}

nlohmann::json to_json(const Value& value) {
    using nlohmann::json;
    struct Writer {
        json operator()(None) const { return nullptr; }
        json operator()(Null) const { return nullptr; }
        json operator()(bool truth) const { return truth; }
        json operator()(std::int64_t number) const { return number; }
        json operator()(double number) const { return number; }
        json operator()(const std::string& text) const { return text; }
        json operator()(const Bytes& bytes) const { return to_hex(bytes); }
        json operator()(const Floats& floats) const { return floats; }
        json operator()(DateTime time) const {
            constexpr std::int64_t kYear9999 = 253'402'300'799;
            if (time.seconds < -kYear9999 || time.seconds > kYear9999) return time.seconds;
            std::string text = fmt::format("{:%FT%T}", fmt::gmtime(static_cast<std::time_t>(time.seconds)));
            if (time.nanoseconds != 0) text += fmt::format(".{:09}", time.nanoseconds);
            return text + "Z";
        }
        json operator()(const Array& array) const {
            json list = json::array();
            for (const Value& item : array) list.push_back(to_json(item));
            return list;
        }
        json operator()(const Object& object) const {
            json fields = json::object();
            for (const auto& [name, held] : object) fields[name] = to_json(held);
            return fields;
        }
        json operator()(const std::vector<RecordId>& id) const {
            return id.front().table + ":" + key_text(id.front().key);
        }
    };
    return std::visit(Writer{}, value.data_);
}

}  // namespace hone::surreal
