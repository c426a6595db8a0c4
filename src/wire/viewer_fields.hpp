// SPDX-License-Identifier: GPL-3.0-or-later
// The fields that viewers see, in one table: one list for each document that viewers get. A document that is
// missing here is for owners only, and a field that is missing in its list is hidden from viewers.
// tests/unit/wire_test.cpp compares the table with docs/openapi.yaml. Safe from any thread.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// One field of an object that viewers see.
struct Field {
    enum class Kind {
        kValue,   // a value, or a list of values; objects in it are hidden
        kObject,  // an object, or a list of objects, with the fields `inner`; also null
        kNumbers  // an object with any names, and numbers as values
    };
    Field(const char* field) : name(field) {}  // NOLINT(google-explicit-constructor): lists of names
    Field(const char* field, std::vector<Field> fields)
        : name(field), inner(std::move(fields)), kind(Kind::kObject) {}
    static Field numbers(const char* field) {
        Field made(field);
        made.kind = Kind::kNumbers;
        return made;
    }

    std::string name;
    std::vector<Field> inner;
    Kind kind = Kind::kValue;
};

using Fields = std::vector<Field>;

// By the name of the document's schema in docs/openapi.yaml.
const std::map<std::string, Fields, std::less<>>& viewer_fields();

// Returns the listed fields of an object.
nlohmann::json pick(const nlohmann::json& object, const Fields& fields);

}  // namespace hone
