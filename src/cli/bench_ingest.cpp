// SPDX-License-Identifier: GPL-3.0-or-later
// Compares Hone's file processor with thumbnails made by libvips alone.
#include "cli/bench_ingest.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vips/vips8>

#include "analyze/description.hpp"
#include "base/config.hpp"
#include "base/time.hpp"
#include "ingest/indexer.hpp"
#include "photo/vips_start.hpp"
#include "wire/document.hpp"

namespace hone {

namespace {

// The work of a program that only makes thumbnails.
bool make_thumbnails_by_libvips(const fs::path& path) try {
    const auto bytes = read_file(path, kMaximumFileBytes);
    if (!bytes) return false;
    VipsBlob* blob = vips_blob_new(nullptr, bytes->data(), bytes->size());
    const auto sized = [](int size) {
        return vips::VImage::option()->set("height", size)->set("size", VIPS_SIZE_DOWN);
    };
    vips::VImage large = vips::VImage::thumbnail_buffer(blob, 1080, sized(1080)).copy_memory();
    vips_area_unref(VIPS_AREA(blob));
    vips::VImage middle = large.thumbnail_image(480, sized(480)).copy_memory();
    vips::VImage small = middle.thumbnail_image(240, sized(240)).copy_memory();
    return !encode_thumbnail(large).empty() && !encode_thumbnail(middle).empty() &&
           !encode_thumbnail(small).empty();
} catch (const vips::VError&) {
    return false;
}

struct Rate {
    std::size_t photos = 0;
    double per_second = 0;
};

Rate libvips_alone(const std::vector<fs::path>& files) {
    std::atomic<std::size_t> next = 0, good = 0;
    const Stopwatch watch;
    {
        std::vector<std::jthread> threads;
        for (unsigned thread = 0; thread < processor_count(); ++thread) {
            threads.emplace_back([&] {
                for (std::size_t at = next++; at < files.size(); at = next++)
                    good += make_thumbnails_by_libvips(files[at]) ? 1 : 0;
            });
        }
    }
    return {good, static_cast<double>(good) / watch.seconds()};
}

Result<Rate> hone_file_processor(const fs::path& folder) {
    std::string scratch = (fs::temp_directory_path() / "hone-bench-XXXXXX").string();
    if (::mkdtemp(scratch.data()) == nullptr) return fail("cannot make a folder in {}", scratch);
    const auto measure = [&]() -> Result<Rate> {
        HONE_TRY(const auto library, Library::open(scratch, Access::kWrite, ""));
        HONE_TRY(const Folder root, library->catalog().add_folder(folder));
        DecoderPool decoders(processor_count());
        ThumbnailStore thumbnails(fs::path(scratch) / "thumbs", decoders);
        IndexObserver nobody;
        Indexer indexer(
            {*library, thumbnails, decoders, nobody, {std::make_shared<DescriptionAnalyzer>()}, {}, {}});
        IndexOptions options;
        options.same_pictures = false;
        const auto tasks = whole(std::span(&root, 1));
        HONE_TRY(const IndexSummary summary, indexer.run(tasks, {}, options));
        return Rate{summary.read, static_cast<double>(summary.read) / summary.seconds};
    };
    auto rate = measure();
    std::error_code ignored;
    fs::remove_all(scratch, ignored);
    return rate;
}

double median_rate(std::vector<Rate> rates) {
    std::ranges::sort(rates, {}, &Rate::per_second);
    return rates[rates.size() / 2].per_second;
}

}  // namespace

Result<> bench_ingest(const GlobalOptions& options, const std::string& folder, int rounds) {
    start_vips();
    std::vector<fs::path> files;
    Walker walker({[&](const FileFacts& facts) {
                       files.push_back(facts.path);
                       return true;
                   },
                   [](const fs::path&, const std::string&) {}});
    const fs::path root = normal_folder(folder);
    HONE_TRY(const auto walked, walker.walk(root, root, true));
    (void)walked;
    std::vector<Rate> alone, processor;
    for (int round = 0; round < rounds; ++round) {
        alone.push_back(libvips_alone(files));
        HONE_TRY(const Rate rate, hone_file_processor(root));
        processor.push_back(rate);
    }
    const double libvips = median_rate(alone), hone = median_rate(processor);
    if (options.json) {
        fmt::print("{}\n", dump({{"files", files.size()},
                                 {"photos", processor.front().photos},
                                 {"processors", processor_count()},
                                 {"rounds", rounds},
                                 {"libvips_alone", libvips},
                                 {"hone", hone}},
                                2));
        return {};
    }
    fmt::print("{} photos, {} processors, photos per second (medians of {})\n", processor.front().photos,
               processor_count(), rounds);
    fmt::print("libvips alone: decode, three thumbnails                    {:7.1f}\n", libvips);
    fmt::print("hone: the same, SHA-256, metadata, hashes, style, catalogue {:7.1f}   {:3.0f} %\n", hone,
               100 * hone / libvips);
    return {};
}

}  // namespace hone
