// SPDX-License-Identifier: GPL-3.0-or-later
// Viewers see the listed fields of a document, and the lists are those of docs/openapi.yaml.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/stop.hpp"
#include "server/openapi.hpp"
#include "wire/document.hpp"
#include "wire/viewer_fields.hpp"

namespace hone {
namespace {

using nlohmann::json;

const json& openapi() {
    static const json kDocument = json::parse(openapi_document());
    return kDocument;
}

const json& schema_of(const std::string& name) {
    return openapi()["components"]["schemas"].at(name);
}

// The fields of an object as {name: {"fields of it"}, or null for a value, or "numbers"}.
json tree_of(const Fields& fields) {
    json tree = json::object();
    for (const Field& field : fields) {
        EXPECT_FALSE(tree.contains(field.name)) << field.name << " is listed twice";
        tree[field.name] = field.kind == Field::Kind::kObject    ? tree_of(field.inner)
                           : field.kind == Field::Kind::kNumbers ? json("numbers")
                                                                 : json();
    }
    return tree;
}

// The same for the fields of a schema that viewers see.
json tree_of(const json& schema) {
    if (schema.contains("$ref")) {
        const auto name = schema["$ref"].get<std::string>();
        return tree_of(schema_of(name.substr(name.rfind('/') + 1)));
    }
    if (schema.contains("items")) return tree_of(schema["items"]);
    if (schema.contains("oneOf")) {
        EXPECT_EQ(schema["oneOf"].size(), 2U) << schema;
        EXPECT_EQ(schema["oneOf"][1], json::parse(R"({"type": "null"})"));
        return tree_of(schema["oneOf"][0]);
    }
    json tree;
    for (const json& part : schema.value("allOf", json::array())) {
        const json fields = tree_of(part);
        if (!fields.is_null()) tree.update(fields);
    }
    const json properties = schema.value("properties", json::object());
    for (const auto& [name, property] : properties.items()) {
        if (!property.value("x-owners-only", false)) tree[name] = tree_of(property);
    }
    const json others = schema.value("additionalProperties", json(false));
    if (others.is_object()) {
        EXPECT_THAT(others.value("type", ""), testing::AnyOf("number", "integer")) << schema;
        return "numbers";
    }
    return tree;
}

// Puts fields that no list knows into every object.
void spoil(json& value) {
    if (value.is_structured()) {
        for (json& inner : value) spoil(inner);
    }
    if (!value.is_object()) return;
    value["unlisted"] = "/home/unlisted";
    value["unlisted_list"] = {"/home/unlisted"};
    value["unlisted_object"] = {{"id", "/home/unlisted"}, {"name", "/home/unlisted"}};
}

TEST(ViewerFields, AreTheFieldsOfTheOpenApiDocumentThatAreNotForOwnersOnly) {
    for (const auto& [schema, fields] : viewer_fields()) {
        // A made-up query has a few facets with fixed names; whichever comes back, it is a number.
        EXPECT_EQ(tree_of(fields), tree_of(schema_of(schema))) << schema;
    }
}

TEST(ViewerFields, HideWhatIsNotListedInEveryDocument) {
    for (const auto& [schema, fields] : viewer_fields()) {
        ASSERT_TRUE(schema_of(schema).contains("examples")) << schema;
        const json example = schema_of(schema)["examples"][0];
        json spoiled = example;
        spoil(spoiled);
        const Document document(schema, example), with_more(schema, spoiled);
        EXPECT_EQ(with_more.for_role(Role::kOwner), spoiled) << schema;
        EXPECT_EQ(with_more.for_role(Role::kViewer), document.for_role(Role::kViewer)) << schema;
        const std::string seen = dump(*document.for_role(Role::kViewer));
        EXPECT_THAT(seen, testing::Not(testing::HasSubstr("/home"))) << schema;
        EXPECT_GE(document.for_role(Role::kViewer)->size(), 1U) << schema;
    }
}

TEST(ViewerFields, ADocumentWithoutAListIsForOwners) {
    const Document document("Failures", {{"failures", json::array()}});
    EXPECT_EQ(document.for_role(Role::kViewer), std::nullopt);
    EXPECT_EQ(document.for_role(Role::kOwner), document.all());
}

TEST(Documents, HaveOneTextWhetherSomeoneMayLeaveOrNot) {
    const json document = {
        {"empty", json::object()},
        {"none", json::array()},
        {"quoted \"name\"", "b\xff"},
        {"results", {{{"id", 1}, {"reasons", {{{"from", "a"}}, {{"from", nullptr}}}}}, 2, {3, {4}}}},
        {"total", 1.5}};
    EXPECT_EQ(dump(document, std::stop_token()), dump(document));
    for (const json& value : {json(), json("text"), json(7), json::array(), json::object(), json({1, {2}})})
        EXPECT_EQ(dump(value, std::stop_token()), dump(value));
    std::stop_source nobody;
    nobody.request_stop();
    EXPECT_THROW((void)dump(document, nobody.get_token()), Stopped);
}

TEST(Pick, KeepsTheListedShapeOnly) {
    const Fields fields{"value", {"object", {"inner"}}, Field::numbers("numbers")};
    const json picked = pick(json::parse(R"({
        "value": [1, [2, {"hidden": 3}], {"hidden": 4}], "other": 5,
        "object": [{"inner": 1, "hidden": 2}, "text", null], "numbers": {"a": 1, "b": "text", "c": {"d": 2}}})"),
                             fields);
    EXPECT_EQ(picked, json::parse(R"({"value": [1, [2]], "object": [{"inner": 1}], "numbers": {"a": 1}})"));
    EXPECT_EQ(pick({{"object", nullptr}}, fields), json::parse(R"({"object": null})"));
    for (const json& wrong : {json("/home"), json(1)})
        EXPECT_EQ(pick({{"object", wrong}, {"numbers", wrong}}, fields), json::object()) << wrong;
    EXPECT_EQ(pick({{"value", {{"hidden", 1}}}}, fields), json::object());
}

}  // namespace
}  // namespace hone
