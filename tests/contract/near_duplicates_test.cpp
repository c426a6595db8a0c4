// SPDX-License-Identifier: GPL-3.0-or-later
// Near duplicates on real photos: 30 originals, 576 copies of them in 20 transforms, and other photos in
// between. Prints recall per transform, precision, and the cost of each step.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "analyze/same_picture.hpp"
#include "ingest/near_duplicates.hpp"
#include "library/photo_groups.hpp"
#include "photo/decode.hpp"
#include "tests/contract/needs.hpp"

namespace hone {
namespace {

// This thread's own processor time, ms: other programs on the machine do not count.
double thread_milliseconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

struct Sample {
    std::string name;
    std::string truth;      // photos of the same truth are the same picture
    std::string transform;  // of a copy; empty: an original or any other photo
    StyleVector style{};
    PhotoHashes hashes;
    std::optional<PictureFeatures> features;
};

constexpr auto kOlderPortrait = "older portrait";

struct Costs {
    double style = 0, vector = 0, hashes = 0, features = 0;  // ms
};

template <typename Work>
void on_two_threads(std::size_t count, Work work) {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < 2; ++thread) {
        threads.emplace_back([=] {
            for (std::size_t at = thread; at < count; at += 2) work(at, thread);
        });
    }
}

std::vector<std::vector<std::string>> read_table(const fs::path& path) {
    std::ifstream file(path);
    std::vector<std::vector<std::string>> rows;
    std::string line;
    std::getline(file, line);
    for (; std::getline(file, line);) {
        std::vector<std::string> cells(1);
        for (const char letter : line) {
            if (letter == '\t') {
                cells.emplace_back();
            } else {
                cells.back() += letter;
            }
        }
        rows.push_back(std::move(cells));
    }
    return rows;
}

// All photos of the tests, analysed once.
struct Photos {
    std::vector<Sample> samples;
    std::size_t originals = 0;  // first come the originals,
    // then photos without a copy, except the older encodings of the current portraits
    std::size_t others = 0;
    std::size_t copies = 0;  // then all copies

    // made: orig/, copies/ and truth.tsv. others: folders of photos between them. older: a folder with
    // older-to-current.tsv, when there is one.
    Photos(const fs::path& made, const std::vector<fs::path>& folders, const fs::path& older) {
        std::vector<fs::path> paths;
        const auto add = [&](const fs::path& path, std::string truth, std::string transform) {
            paths.push_back(path);
            samples.push_back({path.filename().string(), std::move(truth), std::move(transform), {}, {}, {}});
        };
        const auto files_of = [](const fs::path& folder) {
            std::set<fs::path> files;
            std::error_code error;
            for (const auto& entry : fs::directory_iterator(folder, error)) files.insert(entry.path());
            return files;
        };
        std::set<std::string>
            digits;  // of the originals: coco_000000000790 and COCO's own file are one photo
        for (const auto& path : files_of(made / "orig")) {
            add(path, "orig/" + path.filename().string(), "");
            const std::string stem = path.stem();
            digits.insert(stem.substr(stem.rfind('_') + 1));
        }
        originals = samples.size();
        for (const fs::path& folder : folders) {
            for (const auto& path : files_of(folder)) {
                std::string stem = path.stem();
                const bool photo =
                    path.extension() == ".jpg" || path.extension() == ".jpeg" || path.extension() == ".png";
                if (!photo || digits.contains(stem.substr(stem.rfind('_') + 1))) continue;
                if (stem == "cat_720p") stem = "cat_1080p";  // one photo in two sizes
                add(path, path.parent_path().filename().string() + "/" + stem + path.extension().string(),
                    "");
            }
        }
        others = samples.size() - originals;
        for (const auto& row : read_table(made / "truth.tsv")) add(made / row.at(0), row.at(1), row.at(2));
        if (!older.empty()) {
            for (const auto& row : read_table(older / "older-to-current.tsv")) {
                if (row.size() > 1 && !row[1].empty()) add(older / row[0], row[1], kOlderPortrait);
            }
        }
        copies = samples.size() - originals - others;

        std::array<Costs, 2> costs;
        on_two_threads(samples.size(), [&](std::size_t at, std::size_t thread) {
            const auto bytes = read_file(paths[at]);
            if (!bytes) return;
            const auto photo = decode_photo(*bytes, kStyleSide);
            if (!photo) return;
            Sample& sample = samples[at];
            Costs& cost = costs[thread];
            const Image image = style_image(photo->image);
            auto start = thread_milliseconds();
            const StyleBytes style = describe_style(image);
            cost.style += thread_milliseconds() - start;
            start = thread_milliseconds();
            sample.style = style_vector(style);
            cost.vector += thread_milliseconds() - start;
            start = thread_milliseconds();
            sample.hashes = describe_hashes(image);
            cost.hashes += thread_milliseconds() - start;
            start = thread_milliseconds();
            sample.features.emplace(image, PictureFeatures::Mirrored::kYes);
            cost.features += thread_milliseconds() - start;
        });
        const double count = static_cast<double>(samples.size());
        fmt::print(
            "{} originals, {} other photos, {} copies; 256 pixels, processor time per photo: "
            "look {:.2f} ms, vector {:.3f} ms, hashes {:.2f} ms, features of both mirrors {:.2f} ms\n",
            originals, others, copies, (costs[0].style + costs[1].style) / count,
            (costs[0].vector + costs[1].vector) / count, (costs[0].hashes + costs[1].hashes) / count,
            (costs[0].features + costs[1].features) / count);
    }
};

struct Tally {
    int copies = 0, among_candidates = 0, found = 0;
};

struct PhotoSet {
    const char* name;
    fs::path made;                 // orig/, copies/ and truth.tsv
    std::vector<fs::path> others;  // folders of photos between them
    fs::path older;                // a folder with older-to-current.tsv, or empty
    std::size_t copies;
};

// Photos of script/samples and script/golden; and COCO's and portraits in older encodings where ../shared has
// them.
std::vector<PhotoSet> available() {
    const fs::path deps = test::source_directory() / "deps", samples = deps / "samples";
    std::vector<PhotoSet> sets = {
        {"samples",
         deps / "golden/neardup",
         {samples / "getty", samples / "mate", samples / "opencv", samples / "scikit-image", deps / "people"},
         {},
         600}};
    const fs::path shared = test::shared_directory() / "photos";
    if (test::exists(shared / "neardup"))
        sets.push_back(
            {"coco",
             shared / "neardup/generated",
             {shared / "coco-captions/images", shared / "known", shared / "faces-us-senate/images"},
             shared / "faces-us-senate",
             576 + 99});
    return sets;
}

class NearDuplicates : public testing::TestWithParam<PhotoSet> {};

TEST_P(NearDuplicates, OfRealPhotosAreFoundAndNothingElse) {
    const PhotoSet& set = GetParam();
    HONE_NEEDS(set.made / "truth.tsv");
    const Photos photos(set.made, set.others, set.older);
    ASSERT_EQ(photos.originals, 30U);
    ASSERT_EQ(photos.copies, set.copies);
    const auto& samples = photos.samples;
    for (const Sample& sample : samples) ASSERT_TRUE(sample.features) << sample.name << " was not decoded";

    // 1. Every photo against a library without copies: the situation of a user who adds a copy.
    const std::size_t library = photos.originals + photos.others;
    NearDuplicateIndex index;
    for (std::size_t at = 0; at < library; ++at)
        index.add(static_cast<PhotoNumber>(at), samples[at].style, samples[at].hashes);
    struct Answer {
        bool among_candidates = false, found = false;
        std::size_t candidates = 0;
        std::vector<std::string> wrong;
        double search = 0, check = 0;  // ms
    };
    std::vector<Answer> answers(samples.size());
    const auto ask = [&](const NearDuplicateIndex& in, std::size_t at, const auto& same) {
        const Sample& sample = samples[at];
        Answer& answer = answers[at];
        answer = {};
        auto start = thread_milliseconds();
        const auto candidates = in.candidates(sample.style, sample.hashes, static_cast<PhotoNumber>(at));
        answer.search = thread_milliseconds() - start;
        answer.candidates = candidates.size();
        start = thread_milliseconds();
        for (const auto& candidate : candidates) {
            const Sample& other = samples[candidate.photo];
            const bool right = other.truth == sample.truth;
            const PairCheck check = check_pair(*sample.features, *other.features);
            answer.among_candidates |= right;
            answer.found |= right && check.same;
            if (check.same) same(candidate.photo, check);
            if (check.same && !right)
                answer.wrong.push_back(fmt::format("{} is not {} ({} inliers, correlation {:.3f})",
                                                   sample.name, other.name, check.inliers,
                                                   check.correlation));
        }
        answer.check = thread_milliseconds() - start;
    };
    on_two_threads(samples.size(), [&](std::size_t at, std::size_t) {
        ask(index, at, [](PhotoNumber, const PairCheck&) {});
    });

    std::map<std::string, Tally> by_transform;
    int found = 0, wrong = 0;
    double search = 0, check = 0, candidates = 0;
    for (std::size_t at = 0; at < samples.size(); ++at) {
        const Answer& answer = answers[at];
        search += answer.search;
        check += answer.check;
        candidates += static_cast<double>(answer.candidates);
        wrong += static_cast<int>(answer.wrong.size());
        for (const auto& line : answer.wrong) fmt::print("wrong: {}\n", line);
        if (at < library) continue;
        Tally& tally = by_transform[samples[at].transform];
        ++tally.copies;
        tally.among_candidates += answer.among_candidates;
        tally.found += answer.found;
        found += answer.found;
        if (!answer.found)
            fmt::print("missed: {}{}\n", samples[at].name,
                       answer.among_candidates ? ", although a candidate" : ", no candidate");
    }
    Tally generated;
    fmt::print("library of {} photos; copies, original among the candidates, found:\n", library);
    for (const auto& [transform, tally] : by_transform) {
        fmt::print("  {:14} {:3} {:3} {:3}  recall {:.3f}\n", transform, tally.copies, tally.among_candidates,
                   tally.found, static_cast<double>(tally.found) / tally.copies);
        if (transform == kOlderPortrait) continue;
        generated.copies += tally.copies;
        generated.among_candidates += tally.among_candidates;
        generated.found += tally.found;
    }
    const Tally& portraits = by_transform[kOlderPortrait];
    const double recall = static_cast<double>(generated.found) / generated.copies;
    const double precision = static_cast<double>(found) / (found + wrong);
    const double count = static_cast<double>(samples.size());
    fmt::print(
        "generated copies: candidates {:.4f}, recall {:.4f}; precision {:.4f} ({} wrong); a photo: {:.1f} "
        "candidates, search {:.2f} ms, checks {:.1f} ms\n",
        static_cast<double>(generated.among_candidates) / generated.copies, recall, precision, wrong,
        candidates / count, search / count, check / count);
    EXPECT_GE(recall, .99);
    EXPECT_GE(precision, .99);
    if (portraits.copies > 0) {
        EXPECT_GE(static_cast<double>(portraits.found) / portraits.copies, .99);
    }

    // 2. Everything in one library, as after indexing: groups.
    NearDuplicateIndex everything;
    for (std::size_t at = 0; at < samples.size(); ++at)
        everything.add(static_cast<PhotoNumber>(at), samples[at].style, samples[at].hashes);
    std::array<std::vector<SamePair>, 2> pairs_of_thread;
    on_two_threads(samples.size(), [&](std::size_t at, std::size_t thread) {
        ask(everything, at, [&](PhotoNumber other, const PairCheck& pair) {
            pairs_of_thread[thread].push_back({static_cast<PhotoNumber>(at), other, pair.certain});
        });
    });
    auto pairs = pairs_of_thread[0];
    pairs.insert(pairs.end(), pairs_of_thread[1].begin(), pairs_of_thread[1].end());
    const auto certain = std::ranges::count_if(pairs, [](const SamePair& pair) { return pair.certain; });
    const auto groups = group_same_pictures(pairs);
    std::size_t with_original = 0;
    for (const auto& group : groups) {
        std::set<std::string> truths;
        for (const PhotoNumber member : group) truths.insert(samples[member].truth);
        std::string names;
        for (const auto& truth : truths) names += " " + truth;
        EXPECT_EQ(truths.size(), 1U) << "one group of" << names;
        if (group.front() < library) with_original += group.size() - 1;
    }
    const double grouped = static_cast<double>(with_original) / static_cast<double>(photos.copies);
    fmt::print(
        "one library of all {}: {} pairs ({} certain), {} groups, {:.4f} of the copies in the group of their "
        "original\n",
        samples.size(), pairs.size(), certain, groups.size(), grouped);
    EXPECT_GE(grouped, .99);
}

INSTANTIATE_TEST_SUITE_P(All, NearDuplicates, testing::ValuesIn(available()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace hone
