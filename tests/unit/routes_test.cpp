// SPDX-License-Identifier: GPL-3.0-or-later
// The table of routes, and its agreement with docs/openapi.yaml.
#include "server/route.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "server/openapi.hpp"
#include "wire/viewer_fields.hpp"

namespace hone {
namespace {

using nlohmann::json;

std::string replaced(std::string_view path, const std::string& part) {
    std::string text(path);
    if (const std::size_t hole = text.find("{}"); hole != std::string::npos) text.replace(hole, 2, part);
    return text;
}

TEST(Routes, AreThoseOfTheOpenApiDocument) {
    const json document = json::parse(openapi_document());
    std::set<std::string> documented, served;
    for (const auto& [path, item] : document["paths"].items()) {
        for (const auto& [method, operation] : item.items()) {
            std::string upper = method;
            std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
            documented.insert(upper + " " + path);
        }
    }
    for (const Route& route : all_routes()) {
        const std::string name = fmt::format("{} {}", route.method, replaced(route.path, "{id}"));
        EXPECT_TRUE(served.insert(name).second) << name << " twice";
    }
    EXPECT_EQ(documented, served);
}

// A viewer gets a document exactly where a viewer may call the route.
TEST(Routes, ForViewersReturnDocumentsThatViewersSee) {
    const json document = json::parse(openapi_document());
    int documents = 0;
    for (const Route& route : all_routes()) {
        std::string method(route.method);
        std::ranges::transform(method, method.begin(), [](unsigned char c) { return std::tolower(c); });
        const json& responses = document["paths"][replaced(route.path, "{id}")][method]["responses"];
        for (const auto& [status, response] : responses.items()) {
            const json schema = response.value("/content/application~1json/schema"_json_pointer, json());
            if (!status.starts_with('2') || schema.is_null()) continue;
            ++documents;
            const auto reference = schema["$ref"].get<std::string>();
            const std::string name = reference.substr(reference.rfind('/') + 1);
            EXPECT_EQ(viewer_fields().contains(name), route.needs != UserAction::kManage)
                << route.method << " " << route.path << ": " << name;
        }
    }
    EXPECT_GT(documents, 20);
}

TEST(Routes, EachIsFoundByItsPath) {
    for (const Route& route : all_routes()) {
        const std::string path = replaced(route.path, "12");
        const FoundRoute found = find_route(route.method, path);
        EXPECT_EQ(found.route, &route) << path;
        EXPECT_EQ(found.part, path == route.path ? "" : "12") << path;
        EXPECT_TRUE(find_route("BREW", path).known_path) << path;
        EXPECT_EQ(find_route("BREW", path).route, nullptr) << path;
    }
}

TEST(Routes, KnowNoOtherPaths) {
    for (const char* path :
         {"", "/", "/api/v1", "/api/v1/", "/api/v1/photos/", "/api/v1/photos/a/b", "/api/v1/photos//original",
          "/api/v1/photos/a/b/original", "/api/v1/people/1/", "/API/v1/photos", "/healthz/"}) {
        const FoundRoute found = find_route("GET", path);
        EXPECT_EQ(found.route, nullptr) << path;
        EXPECT_FALSE(found.known_path) << path;
    }
    EXPECT_EQ(find_route("HEAD", "/api/v1/photos").route, find_route("GET", "/api/v1/photos").route);
    EXPECT_EQ(find_route("HEAD", "/api/v1/scan").route, nullptr);
}

TEST(Routes, LimitTheBody) {
    EXPECT_EQ(body_limit("POST", "/api/v1/session"), 64U << 10);
    EXPECT_EQ(body_limit("POST", "/api/v1/examples"), 64U << 20);
    EXPECT_EQ(body_limit("POST", "/api/v1/search"), 4U << 20);
    EXPECT_EQ(body_limit("POST", "/nothing"), 4U << 20);
}

// A thread of the connections cannot look up who asks.
TEST(Routes, WithoutAWorkerAreForEverybody) {
    for (const Route& route : all_routes()) {
        if (route.runs_on == RunsOn::kConnection) {
            EXPECT_EQ(route.needs, UserAction::kAnybody) << route.path;
        }
    }
}

}  // namespace
}  // namespace hone
