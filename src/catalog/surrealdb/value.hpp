// SPDX-License-Identifier: GPL-3.0-or-later
// A SurrealDB value and its encoding: CBOR (RFC 8949) with SurrealDB's tags.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace hone::surreal {

class Value;
using Bytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;  // an array of 32-bit floats, stored compactly
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;  // in the order of the encoding
struct None {
    bool operator==(const None&) const = default;
};
struct Null {
    bool operator==(const Null&) const = default;
};
struct DateTime {
    std::int64_t seconds = 0;
    std::uint32_t nanoseconds = 0;
    bool operator==(const DateTime&) const = default;
};
struct RecordId;

// Strings are UTF-8; other bytes are Bytes. Not thread-safe; const calls are safe from any thread.
class Value {
  public:
    // Defined in the .cpp, because the variant's types are incomplete here.
    Value();  // NONE
    Value(None none);
    Value(Null null);
    Value(bool truth);
    Value(std::int64_t number);
    Value(int number);
    Value(double number);
    Value(std::string text);
    Value(std::string_view text);
    Value(const char* text);
    Value(Bytes bytes);
    Value(Floats floats);
    Value(DateTime time);
    Value(Array array);
    Value(Object object);
    Value(RecordId id);
    Value(const Value& other);
    Value(Value&& other) noexcept;
    Value& operator=(const Value& other);
    Value& operator=(Value&& other) noexcept;
    ~Value();

    template <typename T>
    [[nodiscard]] const T* as() const {
        return std::get_if<T>(&data_);
    }
    [[nodiscard]] bool is_nothing() const {
        return std::holds_alternative<None>(data_) || std::holds_alternative<Null>(data_);
    }
    // Returns a field of an object; NONE when the field is missing or the value is not an object.
    [[nodiscard]] const Value& operator[](std::string_view field) const;
    // Also of a float without a fraction.
    [[nodiscard]] std::int64_t integer(std::int64_t otherwise = 0) const;
    [[nodiscard]] double number(double otherwise = 0) const;
    [[nodiscard]] std::string text(std::string_view otherwise = "") const;
    [[nodiscard]] std::span<const Value> items() const;  // of an array; empty for any other value

    bool operator==(const Value& other) const;

  private:
    std::variant<None, Null, bool, std::int64_t, double, std::string, Bytes, Floats, DateTime, Array, Object,
                 std::vector<RecordId>>
        data_;  // the last holds one element: RecordId contains a Value

    friend const RecordId* record_of(const Value&);
    friend void encode(const Value&, Bytes&);
    friend nlohmann::json to_json(const Value&);
};

struct RecordId {
    std::string table;
    Value key;
    bool operator==(const RecordId&) const = default;
};

const RecordId* record_of(const Value& value);  // null when it is not a record id

// Appends the encoded value to `out`. Pure function.
void encode(const Value& value, Bytes& out);
// Decodes one value that fills the bytes exactly. kFailed for invalid CBOR. Pure function.
Result<Value> decode(std::span<const std::uint8_t> bytes);
// For people: record ids as table:key, bytes as a base16 string, times as ISO 8601. Pure function.
nlohmann::json to_json(const Value& value);

}  // namespace hone::surreal
