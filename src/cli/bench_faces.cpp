// SPDX-License-Identifier: GPL-3.0-or-later
// `hone bench faces`: how well faces are distinguished, and the cost of grouping many of them.
#include "cli/bench_faces.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "base/config.hpp"
#include "base/time.hpp"
#include "cli/faces.hpp"
#include "wire/document.hpp"

namespace hone {

using nlohmann::json;

namespace {

Result<std::unique_ptr<FaceAnalyzer>> analyzer_of(const FacesBenchFlags& flags) {
    std::vector<fs::path> folders{flags.models};
    if (flags.models.empty()) folders = model_directories("");
    HONE_TRY(FacePack pack, find_face_pack(folders, flags.model));
    return std::make_unique<FaceAnalyzer>(std::move(pack), FaceOptions{});
}

// Returns the vector of the photo's face with the highest score; empty without a face.
Result<std::vector<float>> vector_of(const std::string& path, FaceAnalyzer& analyzer, DecoderPool& decoders) {
    HONE_TRY(const std::vector<FoundFace> faces, find_faces(path, analyzer, decoders));
    const auto best = std::ranges::max_element(faces, {}, [](const FoundFace& face) {
        return face.vector.empty() ? -1 : face.score * std::min(face.box.width, face.box.height);
    });
    return best == faces.end() ? std::vector<float>{} : best->vector;
}

double distance(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t at = 0; at < a.size(); ++at) sum += (double{a[at]} - b[at]) * (double{a[at]} - b[at]);
    return std::sqrt(sum);
}

Result<> bench_pairs(const FacesBenchFlags& flags, const GlobalOptions& options) {
    HONE_TRY(const auto analyzer, analyzer_of(flags));
    if (!analyzer->pack().embedder) return fail("the model {} cannot compare faces", analyzer->pack().name);
    HONE_TRY(const std::string text, read_text(flags.pairs));
    DecoderPool decoders(1);
    std::map<std::string, std::vector<float>> vectors;
    std::vector<double> same, different;
    std::size_t without = 0, line_number = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        ++line_number;
        if (line.empty() || line[0] == '#') continue;
        // With tabs between the fields, paths may contain spaces.
        std::vector<std::string> fields;
        std::istringstream words(line);
        const bool tabs = line.find('\t') != std::string::npos;
        for (std::string field;
             tabs ? static_cast<bool>(std::getline(words, field, '\t')) : static_cast<bool>(words >> field);)
            fields.push_back(field);
        if (fields.size() != 3 || (fields[2] != "same" && fields[2] != "different"))
            return fail(ErrorKind::kUsage, "{}, line {}: not `path_a path_b same|different`", flags.pairs,
                        line_number);
        std::span<const float> both[2];
        for (std::size_t side = 0; side < 2; ++side) {
            fs::path path = fields[side];
            if (path.is_relative()) {
                std::error_code error;
                const fs::path beside = fs::path(flags.pairs).parent_path() / path;
                if (!fs::exists(path, error) && fs::exists(beside, error)) path = beside;
            }
            auto known = vectors.find(path.native());
            if (known == vectors.end()) {
                HONE_TRY(auto vector, vector_of(path.native(), *analyzer, decoders));
                known = vectors.emplace(path.native(), std::move(vector)).first;
            }
            both[side] = known->second;
        }
        if (both[0].empty() || both[1].empty()) {
            ++without;
            continue;
        }
        (fields[2] == "same" ? same : different).push_back(distance(both[0], both[1]));
    }
    std::ranges::sort(same);
    std::ranges::sort(different);
    double right = 0;
    for (const double d : same) {
        const auto [low, high] = std::equal_range(different.begin(), different.end(), d);
        right += static_cast<double>(different.end() - high) + 0.5 * static_cast<double>(high - low);
    }
    const double pairs = static_cast<double>(same.size()) * static_cast<double>(different.size());
    json answer{{"model", analyzer->pack().name},
                {"pairs", same.size() + different.size()},
                {"same", same.size()},
                {"different", different.size()},
                {"without_face", without},
                {"threshold", analyzer->pack().embedder->same},
                {"auc", pairs > 0 ? json(right / pairs) : json()},
                {"tar_at_far", json::object()}};
    const auto below = [](const std::vector<double>& sorted, double limit) {
        return static_cast<double>(std::ranges::lower_bound(sorted, limit) - sorted.begin());
    };
    for (const double far : {0.01, 0.001, 0.0001}) {
        if (different.empty() || same.empty()) break;
        // The largest threshold at which at most this fraction of the different pairs match.
        const auto may = static_cast<std::size_t>(far * static_cast<double>(different.size()));
        const double limit = may < different.size() ? different[may] : different.back();
        answer["tar_at_far"][fmt::format("{}", far)] = below(same, limit) / static_cast<double>(same.size());
    }
    const double limit = analyzer->pack().embedder->same;
    if (!same.empty()) answer["tar"] = below(same, limit) / static_cast<double>(same.size());
    if (!different.empty()) answer["far"] = below(different, limit) / static_cast<double>(different.size());
    fmt::print("{}\n", dump(answer, options.json ? 2 : -1));
    return {};
}

// People with 1 to 200 faces each, and strangers.
Result<> bench_clusters(const FacesBenchFlags& flags, const GlobalOptions& options) {
    constexpr std::size_t kDimension = 128;
    std::mt19937 random(7);
    std::normal_distribution<float> normal;
    std::vector<std::uint32_t> truth;
    std::array<float, kDimension> center{}, vector{};
    std::size_t left = 0;  // faces of this person
    std::uint32_t person = 0;
    const auto next_face = [&] {
        if (left == 0) {
            for (float& value : center) value = 0.08F * normal(random);
            left = person % 3 == 0 ? 1 : 1 + random() % 200;
            ++person;
        }
        --left;
        std::ranges::transform(center, vector.begin(),
                               [&](float value) { return value + 0.025F * normal(random); });
        truth.push_back(person);
        return ClusterFace{
            static_cast<FaceId>(truth.size()), static_cast<PhotoNumber>(truth.size()), 0, {}, vector};
    };
    // In files, as in a library.
    const fs::path folder = fs::temp_directory_path() / fmt::format("hone-bench-faces-{}", ::getpid());
    const std::unique_ptr<const fs::path, void (*)(const fs::path*)> removes(
        &folder, [](const fs::path* made) {
            std::error_code ignored;
            fs::remove_all(*made, ignored);
        });
    HONE_TRY(const auto clusters,
             FaceClusters::open(folder, "bench", kDimension, 0.51, 0.55, MappedBytes::Sharing::kShared));
    const Stopwatch watch;
    for (std::size_t at = 0; at < flags.synthetic; ++at) HONE_CHECK(clusters->append(next_face()));
    clusters->connect(processor_count());
    clusters->update();
    const double full = watch.seconds();
    const Stopwatch again;
    const ClusterFace last = next_face();
    HONE_CHECK(clusters->add(std::span(&last, 1), processor_count()));
    clusters->update();
    const double one = again.seconds();
    std::vector<std::uint32_t> groups;
    for (FaceRow row = 0; row < clusters->size(); ++row) groups.push_back(clusters->group(row));
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const double peak = static_cast<double>(usage.ru_maxrss) / 1024;  // mapped files included
    std::map<std::pair<std::uint32_t, std::uint32_t>, double> both;
    std::map<std::uint32_t, double> found, true_sizes;
    for (std::size_t at = 0; at < groups.size(); ++at) {
        ++both[{groups[at], truth[at]}];
        ++found[groups[at]];
        ++true_sizes[truth[at]];
    }
    const auto pairs = [](const auto& sizes) {
        double sum = 0;
        for (const auto& [key, size] : sizes) sum += size * (size - 1) / 2;
        return sum;
    };
    const double right = pairs(both), precision = right / std::max(1.0, pairs(found)),
                 recall = right / std::max(1.0, pairs(true_sizes));
    const json answer{{"faces", flags.synthetic}, {"seconds", full},        {"one_more_ms", one * 1000},
                      {"peak_mb", peak},          {"groups", found.size()}, {"people", true_sizes.size()},
                      {"precision", precision},   {"recall", recall}};
    if (options.json)
        fmt::print("{}\n", dump(answer, 2));
    else
        fmt::print(
            "{} faces: grouped in {:.1f} s, one more {:.1f} ms, {:.0f} MB at most; {} groups of {} people, "
            "precision {:.4f}, recall {:.4f}\n",
            flags.synthetic, full, one * 1000, peak, found.size(), true_sizes.size(), precision, recall);
    return {};
}

constexpr std::size_t kMostTimedPhotos = 100;

// Detects, aligns, embeds and estimates on one thread; the same run measures the networks' part. Excludes
// decoding: the photos are in memory, in the decoder's form for the detector's 640 pixels.
Result<> bench_speed(const FacesBenchFlags& flags, const GlobalOptions& options) {
    std::vector<fs::path> folders{flags.models};
    if (flags.models.empty()) folders = model_directories("");
    std::vector<std::unique_ptr<FaceAnalyzer>> analyzers;
    for (StoredFacePack& stored : list_face_packs(folders)) {
        if (stored.pack && stored.is_complete && (flags.model.empty() || stored.pack->name == flags.model))
            analyzers.push_back(std::make_unique<FaceAnalyzer>(std::move(*stored.pack), FaceOptions{}));
    }
    if (analyzers.empty())
        return fail(ErrorKind::kUnavailable, "no face model is installed: run script/bootstrap");
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator it(flags.photos, error), end; !error && it != end; it.increment(error))
        files.push_back(it->path());
    if (error) return fail("cannot read the folder {}: {}", flags.photos, error.message());
    std::ranges::sort(files);
    std::vector<std::pair<Image, int>> photos;
    DecoderPool decoders(1);
    for (const fs::path& file : files) {
        if (photos.size() >= kMostTimedPhotos) break;
        const auto bytes = read_file(file, kMaximumFileBytes);
        if (!bytes) continue;
        PhotoWork work;
        work.faces_side = 640;
        if (auto prepared = decoders.prepare(*bytes, work))
            photos.emplace_back(std::move(prepared->faces), prepared->width);
    }
    if (photos.empty()) return fail("no photo in {} can be read", flags.photos);
    struct Times {
        double whole = 0, networks = 0;
        std::size_t faces = 0;
    };
    std::vector<Times> times(analyzers.size());
    for (const auto& analyzer : analyzers) {
        HONE_TRY(const auto loaded, analyzer->find(photos[0].first, photos[0].second));
    }
    // Alternately, so that other load on the machine affects all.
    for (const auto& [image, width] : photos) {
        for (std::size_t at = 0; at < analyzers.size(); ++at) {
            const double before = network_seconds();
            const Stopwatch watch;
            HONE_TRY(const auto found, analyzers[at]->find(image, width));
            times[at].whole += watch.seconds();
            times[at].networks += network_seconds() - before;
            times[at].faces += found.size();
        }
    }
    json list = json::array();
    const auto count = static_cast<double>(photos.size());
    for (std::size_t at = 0; at < analyzers.size(); ++at) {
        const Times& of = times[at];
        list.push_back({{"model", analyzers[at]->pack().name},
                        {"photos", photos.size()},
                        {"faces", of.faces},
                        {"photos_per_second", count / of.whole},
                        {"networks_alone", count / of.networks},
                        {"share", of.networks / of.whole}});
        if (!options.json)
            fmt::print(
                "{}: {:.1f} photos/s with {:.1f} faces each, its networks alone {:.1f} photos/s: {:.1f} % of "
                "that\n",
                analyzers[at]->pack().name, count / of.whole, static_cast<double>(of.faces) / count,
                count / of.networks, 100 * of.networks / of.whole);
    }
    if (options.json) fmt::print("{}\n", dump({{"models", list}}, 2));
    return {};
}

}  // namespace

Result<> bench_faces(const FacesBenchFlags& flags, const GlobalOptions& options) {
    if (flags.synthetic > 0) return bench_clusters(flags, options);
    if (!flags.pairs.empty()) return bench_pairs(flags, options);
    if (!flags.photos.empty()) return bench_speed(flags, options);
    return fail(ErrorKind::kUsage, "give --pairs FILE, --photos FOLDER or --synthetic N");
}

}  // namespace hone
