// SPDX-License-Identifier: GPL-3.0-or-later
// Compares new photos with the library on all processors.
#include "ingest/same_picture_finder.hpp"

#include <atomic>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "analyze/same_picture.hpp"
#include "base/config.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "ingest/file_processor.hpp"
#include "library/unavailable.hpp"

namespace hone {

namespace {

constexpr std::size_t kBatch = 64;       // photos per transaction
constexpr std::size_t kFeatures = 1000;  // photos with features in memory, 60 KB each
constexpr int kThumbnail = 480;          // pixels; features are computed at 256

AnalyzerKey same_picture_key() {
    constexpr int kVersion = 1;  // raise it when more or other pairs would be found
    return {"same-picture", kVersion, std::string(style_fingerprint())};
}

// Features of the most recently used photos. Safe from any thread.
class FeatureCache {
  public:
    std::optional<PictureFeatures> find(PhotoNumber photo) {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(photo);
        if (found == entries_.end()) return std::nullopt;
        order_.splice(order_.begin(), order_, found->second);
        return found->second->second;
    }
    void add(PhotoNumber photo, const PictureFeatures& features) {
        const std::lock_guard lock(mutex_);
        if (entries_.contains(photo)) return;
        order_.emplace_front(photo, features);
        entries_[photo] = order_.begin();
        if (order_.size() <= kFeatures) return;
        entries_.erase(order_.back().first);
        order_.pop_back();
    }

  private:
    using Order = std::list<std::pair<PhotoNumber, PictureFeatures>>;
    std::mutex mutex_;
    Order order_;  // most recently used first
    std::unordered_map<PhotoNumber, Order::iterator> entries_;
};

}  // namespace

struct SamePictureFinder::Work {
    FeatureCache features;
    unsigned threads_of_query = 1;
    std::atomic<std::size_t> next = 0, done = 0;
    std::mutex mutex;                             // guards the members below
    std::vector<PhotoNumber> finished, compared;  // not yet committed, and committed
    std::vector<SamePicture> pairs;
    std::optional<Error> error;
};

void SamePictureFinder::add(PhotoNumber photo, const AnalysisResults& results) {
    new_.insert(photo);
    // Without an index, the first comparison reads all photos.
    if (index_.size() > 0)
        not_in_index_.insert_or_assign(
            photo, Query{style_vector(to_style(results.style)), to_hashes(results.hashes)});
}

Result<std::size_t> SamePictureFinder::prepare(bool whole, bool shared) {
    now_.clear();
    if (whole && (!read_ || shared)) {
        const AnalyzerKey key = same_picture_key();
        HONE_TRY(const std::vector<bool> done, catalog_.analyzed(std::span(&key, 1)));
        waiting_.clear();
        HONE_TRY(const std::vector<PhotoNumber> photos, catalog_.styled_photos());
        for (const PhotoNumber photo : photos) {
            if (photo >= done.size() || !done[photo]) waiting_.insert(photo);
        }
        read_ = true;
    }
    for (const auto& [photo, query] : not_in_index_) HONE_CHECK(index_.add(photo, query.style, query.hashes));
    not_in_index_.clear();
    waiting_.insert(new_.begin(), new_.end());
    if (!whole) now_.assign(new_.begin(), new_.end());
    new_.clear();
    // What failed before for a passing reason is tried again by whole scans only.
    if (whole) {
        now_.assign(waiting_.begin(), waiting_.end());
    }
    return now_.size();
}

Result<> SamePictureFinder::compare(Work& work, std::size_t at, std::vector<SamePicture>& pairs,
                                    BlockingCalls& calls) const {
    const PhotoNumber number = now_[at];
    const auto features_of = [&](PhotoNumber photo,
                                 PictureFeatures::Mirrored mirrored) -> Result<PictureFeatures> {
        if (mirrored == PictureFeatures::Mirrored::kNo) {
            if (auto known = work.features.find(photo)) return *known;
        }
        HONE_TRY(const std::optional<Photo> facts, unavailable_if_failed(catalog_.photo(photo)));
        if (!facts) return fail("it is gone");
        // After one drive did not answer, a missing thumbnail is not worth another wait.
        HONE_TRY(const std::string webp, calls.abandoned()
                                             ? unavailable_if_failed(thumbnails_.find(facts->id, kThumbnail))
                                             : thumbnails_.get(catalog_, *facts, kThumbnail, calls));
        PhotoWork whole;
        whole.network_side = kThumbnail;  // not reduced
        HONE_TRY(const PreparedPhoto thumbnail,
                 decoders_.prepare({reinterpret_cast<const std::uint8_t*>(webp.data()), webp.size()}, whole));
        PictureFeatures features(style_image(thumbnail.network), mirrored);
        work.features.add(photo, features);
        return features;
    };
    std::optional<Query> query;
    HONE_CHECK(
        catalog_.for_each_style(std::span(&number, 1), [&](PhotoNumber, auto style, auto hashes) -> Result<> {
            query = Query{style_vector(to_style(style)), to_hashes(hashes)};
            return {};
        }));
    if (!query) return fail("it is gone");
    HONE_TRY(const PictureFeatures mine, features_of(number, PictureFeatures::Mirrored::kYes));
    Result<> complete;
    for (const NearDuplicateCandidate& candidate :
         index_.candidates(query->style, query->hashes, number, 0, work.threads_of_query)) {
        const auto other = features_of(candidate.photo, PictureFeatures::Mirrored::kNo);
        if (!other) {
            log::debug("cannot compare photo {} with {}: {}", number, candidate.photo, other.error().message);
            if (other.error().kind == ErrorKind::kUnavailable) complete = std::unexpected(other.error());
            continue;
        }
        const PairCheck check = check_pair(mine, *other);
        if (check.same)
            pairs.push_back({std::min(number, candidate.photo), std::max(number, candidate.photo),
                             check.inliers, check.correlation, check.certain});
    }
    return complete;
}

Result<> SamePictureFinder::run(const std::stop_token& stop,
                                const std::function<void(std::size_t)>& on_progress) {
    Work work;
    if (index_.size() == 0) {
        HONE_TRY(const std::vector<PhotoNumber> photos, catalog_.styled_photos());
        HONE_CHECK(
            catalog_.for_each_style(photos, [&](PhotoNumber photo, auto style, auto hashes) -> Result<> {
                return index_.add(photo, style_vector(to_style(style)), to_hashes(hashes));
            }));
    }
    // Few photos: all processors search for each of them.
    const unsigned workers_wanted =
        static_cast<unsigned>(std::min<std::size_t>(now_.size(), processor_count()));
    work.threads_of_query = std::max(1U, processor_count() / std::max(1U, workers_wanted));
    const auto flush = [&](bool all) {
        // Requires work.mutex: two threads must not write the same batch.
        const bool any = !work.finished.empty() || !work.pairs.empty();
        if (work.error || !any || (!all && work.finished.size() < kBatch)) return;
        auto written = catalog_.add_same_pictures(work.pairs);
        if (written) written = catalog_.mark_analyzed(work.finished, same_picture_key());
        if (!written) work.error = written.error();
        work.compared.insert(work.compared.end(), work.finished.begin(), work.finished.end());
        work.finished.clear();
        work.pairs.clear();
    };
    {
        std::vector<std::jthread> workers;
        const auto compare_all = [&]() -> Result<> {
            BlockingCalls calls(patience_, stop);
            for (std::size_t at = work.next++; at < now_.size() && !stop.stop_requested(); at = work.next++) {
                std::vector<SamePicture> pairs;
                const auto compared = compare(work, at, pairs, calls);
                if (!compared) log::debug("cannot compare photo {}: {}", now_[at], compared.error().message);
                const bool finished = compared || compared.error().kind != ErrorKind::kUnavailable;
                on_progress(++work.done);
                const std::lock_guard lock(work.mutex);
                if (work.error) return {};
                if (finished) work.finished.push_back(now_[at]);
                work.pairs.insert(work.pairs.end(), pairs.begin(), pairs.end());
                flush(false);
            }
            return {};
        };
        for (unsigned worker = 0; worker < workers_wanted; ++worker) {
            workers.emplace_back([&] {
                const auto ended = catching("the search for near duplicates", compare_all);
                const std::lock_guard lock(work.mutex);
                if (!ended && !work.error) work.error = ended.error();
            });
        }
    }
    const std::lock_guard lock(work.mutex);
    flush(true);
    if (work.error) return std::unexpected(*work.error);
    for (const PhotoNumber photo : work.compared) waiting_.erase(photo);
    return {};
}

}  // namespace hone
