// SPDX-License-Identifier: GPL-3.0-or-later
// `hone query FILE|-`: runs SurrealQL on the catalogue's server.
#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>

#include "catalog/surrealdb/client.hpp"
#include "cli/commands.hpp"
#include "wire/document.hpp"

namespace hone {

using nlohmann::json;

namespace {

constexpr std::uint64_t kLargestQuery = 4U << 20;  // bytes

Result<> query(const GlobalOptions& options, const std::string& name) {
    HONE_TRY(const auto address, server_address(options.catalog));
    if (!address)
        return fail(
            ErrorKind::kUsage,
            "a query needs a SurrealDB server: give --catalog surrealdb://USER:PASSWORD@HOST:PORT/NAMESPACE/"
            "DATABASE or set HONE_CATALOG");
    std::string statements;
    if (name == "-") {
        statements.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
        HONE_TRY(statements, read_text(name, kLargestQuery));
    }
    surreal::Client client(*address, {});
    HONE_CHECK(client.connect());
    HONE_TRY(const surreal::Array results, client.query_once(statements));
    json list = json::array();
    for (const surreal::Value& result : results) list.push_back(to_json(result));
    fmt::print("{}\n", dump(list, 2));
    return {};
}

}  // namespace

void add_query(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command =
        app.add_subcommand("query", "run SurrealQL on the catalogue's server and print the results as JSON");
    command->add_option("FILE", *name, "file with statements; - reads standard input")->required();
    command->callback([&options, &chosen, name] {
        chosen = [&options, name] { return run_command([&] { return query(options, *name); }); };
    });
}

}  // namespace hone
