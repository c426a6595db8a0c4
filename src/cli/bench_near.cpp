// SPDX-License-Identifier: GPL-3.0-or-later
// Times NearDuplicateIndex on made styles and hashes.
#include "cli/bench_near.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "base/config.hpp"
#include "base/parallel.hpp"
#include "base/time.hpp"
#include "cli/median.hpp"
#include "ingest/near_duplicates.hpp"
#include "wire/document.hpp"

namespace hone {

namespace {

constexpr int kQueries = 31;

StyleVector made_style(std::mt19937_64& random) {
    std::normal_distribution<float> normal;
    StyleVector style;
    double square = 0;
    for (float& value : style) {
        value = normal(random);
        square += static_cast<double>(value) * value;
    }
    for (float& value : style) value = static_cast<float>(value / std::sqrt(square));
    return style;
}

PhotoHashes made_hashes(std::mt19937_64& random) {
    PhotoHashes hashes;
    for (auto& hash : hashes.turned) hash = random();
    for (auto& hash : hashes.crops) hash = random();
    return hashes;
}

}  // namespace

Result<> bench_near(const GlobalOptions& options, std::size_t photos) {
    std::mt19937_64 random(1);
    NearDuplicateIndex index;
    for (std::size_t photo = 1; photo <= photos; ++photo)
        HONE_CHECK(index.add(static_cast<PhotoNumber>(photo), made_style(random), made_hashes(random)));
    const unsigned threads = processor_count();
    // As many bytes as a query looks at, read once.
    std::vector<std::uint64_t> bytes(
        photos * (kStyleDimension + 6 * sizeof(std::uint64_t)) / sizeof(std::uint64_t), 1);
    std::vector<double> queries, reads;
    std::uint64_t sum = 0;
    for (int query = 0; query < kQueries; ++query) {
        const StyleVector style = made_style(random);
        const PhotoHashes hashes = made_hashes(random);
        const Stopwatch watch;
        sum += index.candidates(style, hashes, {}, 0, threads).size();
        queries.push_back(watch.seconds());
        const Stopwatch reading;
        std::atomic<std::uint64_t> total = 0;
        in_parallel(bytes.size(), threads, [&](std::size_t first, std::size_t last) {
            total += std::accumulate(bytes.begin() + static_cast<std::ptrdiff_t>(first),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(last), std::uint64_t{0});
        });
        reads.push_back(reading.seconds());
        sum += total;
    }
    const double milliseconds = median(queries) * 1000, reading = median(reads) * 1000;
    if (options.json) {
        fmt::print("{}\n", dump({{"photos", photos},
                                 {"milliseconds", milliseconds},
                                 {"reading_ms", reading},
                                 {"ratio", milliseconds / reading},
                                 {"checksum", sum}},
                                2));
        return {};
    }
    fmt::print(
        "one photo compared with {}: {:.1f} ms on {} threads, {:.1f} times reading the same bytes once\n",
        photos, milliseconds, threads, milliseconds / reading);
    return {};
}

}  // namespace hone
