// SPDX-License-Identifier: GPL-3.0-or-later
// Measures how fast a server and Hone's catalogue accept photos.
#include "cli/bench_catalog.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>

#include "base/sha256.hpp"
#include "base/time.hpp"
#include "catalog/surrealdb/surreal_catalog.hpp"
#include "cli/commands.hpp"

namespace hone {

namespace {

using surreal::Array;
using surreal::Object;
using surreal::RecordId;

constexpr std::size_t kContentNumbers = 384, kFaceNumbers = 128, kFaces = 2;
// Photos per transaction; parts in which both sides alternate.
constexpr std::size_t kPhotosAtOnce = 16, kParts = 10;

std::vector<float> random_vector(std::size_t numbers, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> vector(numbers);
    for (float& value : vector) value = normal(random) / std::sqrt(static_cast<float>(numbers));
    return vector;
}

FileOutcome ready_photo(FolderId folder, std::size_t number) {
    const std::string path = fmt::format("/bench/{:03}/IMG_{:07}.jpg", number / 1000, number);
    FileOutcome::Photo what;
    what.photo = {sha256(path), 3'000'000, 4000, 3000, "jpeg", 0x808080};
    what.vectors = {{{"content", "bench"}, random_vector(kContentNumbers, number)}};
    what.done = {{"content", 1, "bench"},
                 {"metadata", 1, ""},
                 {"hashes", 1, ""},
                 {"look", 1, ""},
                 {"faces", 1, "bench"}};
    AnalysisResults& analysis_results = what.analysis_results.emplace();
    analysis_results.metadata.model = "Canon EOS 5D";
    analysis_results.style.assign(229, static_cast<std::uint8_t>(number));
    analysis_results.hashes = {number * 0x9E3779B97F4A7C15, 2};
    auto& faces = what.faces.emplace();
    for (std::size_t at = 0; at < kFaces; ++at) {
        FaceFacts face;
        face.box = {300.0F + 500.0F * static_cast<float>(at), 10, 200, 260};
        face.score = 0.9F;
        face.vector = random_vector(kFaceNumbers, kFaces * number + at + 1'000'000'000);
        face.estimate = {31, 0.2F, 28, 40};
        faces.push_back(std::move(face));
    }
    what.face_model = "bench";
    return {folder, {path, 3'000'000, 1'700'000'000'000'000'000, number + 1, 0}, std::move(what)};
}

// Writes the graph of the photos first .. last as catalog/surrealdb/graph.cpp does.
Result<> write_graph(surreal::Client& client, std::size_t first, std::size_t last) {
    Array rows;
    std::vector<std::pair<std::string, Array>> edges;
    const auto row = [&](const RecordId& id, Object fields) {
        fields.emplace_back("id", id);
        rows.emplace_back(std::move(fields));
    };
    const auto edge = [&](const char* table, surreal::Value key, const RecordId& from, const RecordId& to) {
        auto known = std::ranges::find(edges, table, &std::pair<std::string, Array>::first);
        if (known == edges.end()) known = edges.insert(known, {table, {}});
        known->second.emplace_back(
            Object{{"id", RecordId{table, std::move(key)}}, {"in", from}, {"out", to}});
    };
    for (std::size_t number = first; number < last; ++number) {
        const auto key = static_cast<std::int64_t>(number);
        const FileOutcome outcome = ready_photo(0, number);
        const auto& photo = std::get<FileOutcome::Photo>(outcome.what);
        const RecordId base{"base_image", key}, metadata{"basic_metadata", key},
            embedding{"image_embedding_vector", key}, hash{"image_hash_metadata", key};
        row(base, {{"path", utf8_path(outcome.facts.path)}});
        row(metadata, {{"created", surreal::DateTime{1'700'000'000, 0}},
                       {"file_extension", "jpg"},
                       {"height", 3000},
                       {"width", 4000},
                       {"size_in_bytes", 3'000'000},
                       {"base", base}});
        row(embedding, {{"embedding", photo.vectors.front().values}, {"base", base}});
        row(hash, {{"hash", fmt::format("{:016x}", photo.analysis_results->hashes[0])},
                   {"hash_type", "dhash"},
                   {"base", base}});
        edge("has_basic_metadata", key, base, metadata);
        edge("has_image_embedding_vector", key, base, embedding);
        edge("has_image_hash_metadata", key, base, hash);
        for (std::size_t at = 0; at < kFaces; ++at) {
            const FaceFacts& one = (*photo.faces)[at];
            const std::int64_t of = key * static_cast<std::int64_t>(kFaces) + static_cast<std::int64_t>(at);
            const RecordId face{"face_in_picture", of}, estimate{"face_age_and_gender_estimation", of},
                vector{"face_in_picture_vector", of};
            row(face, {{"top_left_x", double{one.box.x}},
                       {"top_left_y", double{one.box.y}},
                       {"width", double{one.box.width}},
                       {"height", double{one.box.height}},
                       {"confidence", double{one.score}},
                       {"base", base}});
            row(estimate, {{"age", 31.0}, {"gender", "female"}, {"base", face}});
            row(vector, {{"embedding", one.vector}, {"base", face}});
            edge("has_face_in_picture", of, base, face);
            edge("has_face_age_and_gender_estimation", Array{"image", of}, base, estimate);
            edge("has_face_age_and_gender_estimation", Array{"face", of}, face, estimate);
            edge("has_face_in_picture_vector", Array{"image", of}, base, vector);
            edge("has_face_in_picture_vector", Array{"face", of}, face, vector);
        }
    }
    std::string statements = "BEGIN;\nINSERT $rows RETURN NONE;\n";
    Object variables{{"rows", std::move(rows)}};
    for (auto& [table, list] : edges) {
        statements += fmt::format("INSERT RELATION INTO {0} ${0} RETURN NONE;\n", table);
        variables.emplace_back(table, std::move(list));
    }
    HONE_TRY(const Array done, client.query(statements + "COMMIT;", variables));
    (void)done;
    return {};
}

// Returns the seconds for the photos first .. last over two connections.
Result<double> fill_bare(std::span<const std::unique_ptr<surreal::Client>> clients, std::size_t first,
                         std::size_t last) {
    const Stopwatch watch;
    std::atomic<std::size_t> next = first;
    std::vector<Result<>> outcomes(clients.size());
    std::vector<std::jthread> threads;
    for (std::size_t at = 0; at < clients.size(); ++at) {
        threads.emplace_back([&, at] {
            for (std::size_t from = 0; outcomes[at] && (from = next.fetch_add(kPhotosAtOnce)) < last;)
                outcomes[at] = write_graph(*clients[at], from, std::min(last, from + kPhotosAtOnce));
        });
    }
    threads.clear();
    for (const auto& outcome : outcomes) HONE_CHECK(outcome);
    return watch.seconds();
}

// Returns the seconds until the photos first .. last and their graph, which is written concurrently, are
// stored.
Result<double> fill_catalog(Catalog& catalog, surreal::Client& server, FolderId folder, std::size_t first,
                            std::size_t last) {
    constexpr std::size_t kAtOnce = 64;  // like the indexer
    const Stopwatch watch;
    for (std::size_t from = first; from < last; from += kAtOnce) {
        std::vector<FileOutcome> outcomes;
        for (std::size_t number = from; number < std::min(last, from + kAtOnce); ++number)
            outcomes.push_back(ready_photo(folder, number));
        HONE_TRY(const auto committed, catalog.commit(outcomes));
        (void)committed;
    }
    for (;;) {
        HONE_TRY(const Array due, server.query("SELECT id FROM hone_due LIMIT 1"));
        if (due.front().items().empty()) return watch.seconds();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

}  // namespace

Result<> bench_catalog(const GlobalOptions& options, std::size_t photos) {
    HONE_TRY(const auto named, server_address(options.catalog));
    if (!named) return fail(ErrorKind::kUsage, "name the server to measure with --catalog surrealdb://...");
    surreal::Address bare = *named, whole = *named;
    bare.database += "-bench-limit";
    whole.database += "-bench-hone";
    const fs::path scratch = fs::temp_directory_path() / fmt::format("hone-bench-{}", ::getpid());
    const auto clean = [&] {
        for (const surreal::Address& address : {bare, whole}) {
            surreal::Client client(address, {});
            (void)client.query(fmt::format("REMOVE DATABASE IF EXISTS `{}`", address.database));
        }
        std::error_code ignored;
        fs::remove_all(scratch, ignored);
    };
    clean();
    const auto measure = [&]() -> Result<> {
        // The graph's tables, with Hone's definitions.
        {
            HONE_TRY(const auto tables, open_surreal_catalog(bare, scratch / "limit", true));
        }
        HONE_TRY(const auto catalog, open_surreal_catalog(whole, scratch / "hone", true));
        HONE_TRY(const Folder folder, catalog->add_folder("/bench"));
        surreal::Client server(whole, {});
        std::vector<std::unique_ptr<surreal::Client>> clients;
        for (int at = 0; at < 2; ++at)
            clients.push_back(std::make_unique<surreal::Client>(bare, surreal::Patience{}));
        double bare_seconds = 0, seconds = 0;
        for (std::size_t part = 0; part < kParts; ++part) {
            const std::size_t first = photos * part / kParts, last = photos * (part + 1) / kParts;
            HONE_TRY(const double limit, fill_bare(clients, first, last));
            HONE_TRY(const double ours, fill_catalog(*catalog, server, folder.id, first, last));
            bare_seconds += limit;
            seconds += ours;
            fmt::print("{:6} photos: {:.0f} photos/s; the graph alone {:.0f}\n", last,
                       static_cast<double>(last - first) / ours, static_cast<double>(last - first) / limit);
            std::fflush(stdout);
        }
        fmt::print("{} photos of {} faces each: {:.0f} photos/s, {:.0f} % of the {:.0f} of the graph alone\n",
                   photos, kFaces, static_cast<double>(photos) / seconds, 100 * bare_seconds / seconds,
                   static_cast<double>(photos) / bare_seconds);
        return {};
    };
    const auto measured = measure();
    clean();
    return measured;
}

}  // namespace hone
