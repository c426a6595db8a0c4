#include "ingest/indexer.hpp"

#include <algorithm>
#include <chrono>

#include "base/bounded_queue.hpp"
#include "base/config.hpp"
#include "base/log.hpp"
#include "ingest/vector_sync.hpp"
#include "photo/decode.hpp"

namespace hone {

namespace {

constexpr std::size_t kCommitFiles = 64;  // in one transaction, or what came within
constexpr auto kCommitTime = std::chrono::milliseconds(500);
constexpr std::size_t kQueuedFiles = 256;  // names and facts only
constexpr double kRateWarmUp = 2.0;        // seconds before a time left is told

struct WorkItem {
    FolderId folder;
    FileFacts facts;
};

struct PreparedItem {
    FileOutcome outcome;
    std::vector<float> tensor;
};

struct DoneItem {
    FileOutcome outcome;
};

// Kinds for the summary's "skipped".
std::string kind_of(std::span<const std::uint8_t> head) {
    const std::string_view bytes(reinterpret_cast<const char*>(head.data()),
                                 std::min<std::size_t>(head.size(), 64));
    if (bytes.empty()) return "empty file";
    if (bytes.size() > 12 && bytes.substr(4, 4) == "ftyp") return "video";
    if (bytes.starts_with("\x1A\x45\xDF\xA3")) return "video";
    if (bytes.starts_with("RIFF") && bytes.size() > 12 && bytes.substr(8, 4) == "AVI ") return "video";
    return "not a picture";
}

}  // namespace

// What the threads of one run share.
struct Indexer::Run {
    explicit Run(unsigned decoders, std::size_t prepared_capacity)
        : work(kQueuedFiles), prepared(prepared_capacity), done(kQueuedFiles), decoders_left(decoders) {}

    BoundedQueue<WorkItem> work;
    BoundedQueue<PreparedItem> prepared;
    BoundedQueue<DoneItem> done;
    std::atomic<unsigned> decoders_left, embedders_left{0};

    std::mutex mutex;  // guards summary, seen, error
    IndexSummary summary;
    std::vector<bool> seen;  // by place
    std::optional<Error> error;

    void fail_run(Error reason) {
        {
            const std::lock_guard lock(mutex);
            if (!error) error = std::move(reason);
        }
        work.close();
        prepared.close();
        done.close();
    }
    void see(PlaceId place) {
        const auto index = static_cast<std::size_t>(place);
        if (index >= seen.size()) seen.resize(std::max(index + 1, seen.size() * 2));
        seen[index] = true;
    }
};

IndexProgress Indexer::progress() const {
    const std::lock_guard lock(mutex_);
    IndexProgress now = progress_;
    const double seconds = stage_watch_.seconds();
    if (now.state != IndexState::kIdle && rated_ > 0 && seconds > 0) {
        now.photos_per_second = static_cast<double>(rated_) / seconds;
        if (now.state == IndexState::kRunning && seconds > kRateWarmUp) {
            now.seconds_left =
                static_cast<double>(now.total - std::min(now.total, now.done)) / now.photos_per_second;
        }
    }
    if (paused_ && now.state != IndexState::kIdle) now.state = IndexState::kPaused;
    return now;
}

void Indexer::pause(bool paused) {
    {
        const std::lock_guard lock(mutex_);
        paused_ = paused;
    }
    resumed_.notify_all();
}

void Indexer::wait_while_paused(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    resumed_.wait(lock, stop, [&] { return !paused_; });
}

Result<IndexSummary> Indexer::run(std::span<const Folder> folders, const std::stop_token& stop) {
    const Stopwatch watch;
    HONE_CHECK(analyzer_.model().load_image());
    Catalog& catalog = library_.catalog();
    const VectorKey key = content_key(analyzer_.model());
    // What an earlier run committed but could not put into the vector file (a full disk) is put there now.
    HONE_CHECK(sync_vectors(catalog, key, space_));
    const unsigned decoders = processor_count();
    const unsigned embedders = std::max(1U, analyzer_.model().parallel_runs());
    const std::size_t batch = analyzer_.model().batch_size();
    Run run(decoders, batch * embedders * 2);
    run.embedders_left = embedders;
    {
        const std::lock_guard lock(mutex_);
        progress_ = {IndexState::kCounting, "reading", 0, 0, 0, {}, 0, std::nullopt};
        rated_ = 0;
        stage_watch_ = {};
    }

    const auto add_failure = [&](const FileFacts& file, const std::string& stage, const std::string& reason,
                                 bool known) {
        IndexFailure failure{utf8_path(file.path), stage, reason};
        if (!known) observer_.on_failure(failure);
        const std::lock_guard lock(run.mutex);
        ++run.summary.failed;
        if (run.summary.failures.size() < IndexSummary::kListedFailures)
            run.summary.failures.push_back(std::move(failure));
    };

    // Files that are as they were need no reading: true when the catalogue knows all of this one.
    const auto is_unchanged = [&](const FileFacts& facts) -> Result<bool> {
        HONE_TRY(const std::optional<Place> place, catalog.find_place(facts.path));
        if (!place) return false;
        {
            const std::lock_guard lock(run.mutex);
            run.see(place->id);
        }
        if (place->facts.size != facts.size || place->facts.modified_ns != facts.modified_ns ||
            place->facts.inode != facts.inode)
            return false;
        switch (place->state) {
            case PlaceState::kFailed:
                // Only damage is in the file: rights, disks and devices mend without the file changing.
                if (place->stage != "decode") return false;
                add_failure(facts, place->stage, place->reason, true);
                return true;
            case PlaceState::kSkipped: {
                const std::lock_guard lock(run.mutex);
                ++run.summary.skipped;
                ++run.summary.skipped_kinds[place->reason];
                return true;
            }
            case PlaceState::kMissing:
                HONE_CHECK(catalog.mark_present(place->id));
                [[fallthrough]];
            case PlaceState::kPhoto:
                break;
        }
        HONE_TRY(const bool known, catalog.has_vector(*place->photo, key));
        if (known) {
            const std::lock_guard lock(run.mutex);
            ++run.summary.unchanged;
        }
        return known;
    };

    const auto visit = [&](FolderId folder, const FileFacts& facts) {
        wait_while_paused(stop);
        const auto unchanged = is_unchanged(facts);
        if (!unchanged) {
            run.fail_run(unchanged.error());
            return false;
        }
        {
            const std::lock_guard lock(run.mutex);
            ++run.summary.files;
        }
        {
            const std::lock_guard lock(mutex_);
            ++progress_.total;
            if (*unchanged) ++progress_.done;
        }
        if (!*unchanged && !run.work.push({folder, facts})) return false;
        return !stop.stop_requested();
    };

    std::vector<FolderId> walked;
    std::jthread walker([&] {
        for (const Folder& folder : folders) {
            const auto before = catalog.photos_in(folder.id);
            std::uint64_t found = 0;
            const WalkVisitor visitor{[&](const FileFacts& facts) {
                                          ++found;
                                          return visit(folder.id, facts);
                                      },
                                      [&](const fs::path& path, const std::string& reason) {
                                          add_failure({path, 0, 0, 0}, "walk", reason, false);
                                      }};
            const auto done = walk(folder.path, visitor);
            // An empty folder where photos were is a disk that is not mounted: nothing is concluded from it.
            const bool away = !done || (found == 0 && before && *before > 0);
            if (away)
                add_failure({folder.path, 0, 0, 0}, "walk",
                            done ? "the folder is empty where pictures were: is its disk mounted?"
                                 : done.error().message,
                            false);
            if (const auto marked = catalog.set_reachable(folder.id, !away); !marked)
                run.fail_run(marked.error());
            if (!away) walked.push_back(folder.id);
            if (stop.stop_requested()) break;
        }
        run.work.close();
        const std::lock_guard lock(mutex_);
        progress_.state = IndexState::kRunning;
    });

    const auto read_one = [&](const WorkItem& item) -> std::optional<PreparedItem> {
        FileOutcome outcome{item.folder, item.facts, FileOutcome::Skipped{}};
        const auto finish = [&](auto what) {
            outcome.what = std::move(what);
            run.done.push({std::move(outcome)});
            return std::nullopt;
        };
        // A video of gigabytes is told by its head.
        const auto head = read_head(item.facts.path, kFormatBytes);
        if (!head) return finish(FileOutcome::Failed{"read", head.error().message});
        if (detect_format(*head) == Format::kNone) return finish(FileOutcome::Skipped{kind_of(*head)});
        const auto bytes = read_file(item.facts.path, kMaximumFileBytes);
        if (!bytes) return finish(FileOutcome::Failed{"read", bytes.error().message});
        FileOutcome::IsPhoto photo;
        photo.photo.id = sha256(*bytes);
        photo.photo.bytes = bytes->size();
        const auto known = catalog.photo(photo.photo.id);
        if (known && *known) {
            const auto embedded = catalog.has_vector((*known)->number, key);
            if (embedded && *embedded) return finish(std::move(photo));
        }
        const auto decoded = decode_photo(*bytes, analyzer_.wanted_side());
        if (!decoded) return finish(FileOutcome::Failed{"decode", decoded.error().message});
        photo.photo.width = decoded->width;
        photo.photo.height = decoded->height;
        photo.photo.format = format_name(decoded->format);
        photo.photo.color = mean_color(decoded->image);
        PreparedItem prepared{std::move(outcome), analyzer_.prepare(decoded->image)};
        prepared.outcome.what = std::move(photo);
        return prepared;
    };

    // A picture that does not fit into memory costs this picture, not the run.
    const auto read_guarded = [&](const WorkItem& item) -> std::optional<PreparedItem> {
        try {
            return read_one(item);
        } catch (const std::bad_alloc&) {
            FileOutcome outcome{item.folder, item.facts,
                                FileOutcome::Failed{"decode", "it does not fit into memory"}};
            run.done.push({std::move(outcome)});
            return std::nullopt;
        }
    };

    std::vector<std::jthread> workers;
    for (unsigned decoder = 0; decoder < decoders; ++decoder) {
        workers.emplace_back([&] {
            while (auto item = run.work.pop()) {
                // The rest is taken and dropped: the walker may be waiting for room.
                if (stop.stop_requested()) continue;
                if (auto prepared = read_guarded(*item)) run.prepared.push(std::move(*prepared));
            }
            if (--run.decoders_left == 0) run.prepared.close();
        });
    }
    for (unsigned embedder = 0; embedder < embedders; ++embedder) {
        workers.emplace_back([&] {
            while (auto first = run.prepared.pop()) {
                std::vector<PreparedItem> items;
                items.push_back(std::move(*first));
                while (items.size() < batch) {
                    auto next = run.prepared.try_pop();
                    if (!next) break;
                    items.push_back(std::move(*next));
                }
                std::vector<std::vector<float>> tensors;
                for (PreparedItem& item : items) tensors.push_back(std::move(item.tensor));
                auto vectors = analyzer_.embed(tensors);
                for (std::size_t at = 0; at < items.size(); ++at) {
                    FileOutcome& outcome = items[at].outcome;
                    if (vectors) {
                        auto& photo = std::get<FileOutcome::IsPhoto>(outcome.what);
                        photo.key = key;
                        photo.version = ContentAnalyzer::kVersion;
                        photo.vector = std::move((*vectors)[at]);
                    } else {
                        outcome.what = FileOutcome::Failed{"content", vectors.error().message};
                    }
                    run.done.push({std::move(outcome)});
                }
            }
            if (--run.embedders_left == 0) run.done.close();
        });
    }

    const auto write = [&](std::vector<FileOutcome>& outcomes) -> Result<> {
        HONE_TRY(const std::vector<CommittedFile> committed, catalog.commit(outcomes));
        std::vector<PhotoNumber> searchable;
        for (std::size_t at = 0; at < outcomes.size(); ++at) {
            const FileOutcome& outcome = outcomes[at];
            if (const auto* failed = std::get_if<FileOutcome::Failed>(&outcome.what))
                add_failure(outcome.facts, failed->stage, failed->reason, false);
            const std::lock_guard lock(run.mutex);
            run.see(committed[at].place);
            if (const auto* skipped = std::get_if<FileOutcome::Skipped>(&outcome.what)) {
                ++run.summary.skipped;
                ++run.summary.skipped_kinds[skipped->kind];
            }
            if (const auto* photo = std::get_if<FileOutcome::IsPhoto>(&outcome.what)) {
                if (committed[at].new_photo) ++run.summary.added;
                if (photo->key) {
                    ++run.summary.embedded;
                    HONE_CHECK(space_.append(std::span(&*committed[at].photo, 1), photo->vector));
                }
                searchable.push_back(*committed[at].photo);
            }
        }
        library_.present().add(searchable);
        if (!searchable.empty()) observer_.on_photos(searchable);
        const std::lock_guard run_lock(run.mutex);
        const std::lock_guard lock(mutex_);
        progress_.done += outcomes.size();
        progress_.failed = run.summary.failed;
        progress_.skipped = run.summary.skipped_kinds;
        rated_ = run.summary.embedded;
        outcomes.clear();
        return {};
    };

    std::vector<FileOutcome> outcomes;
    Stopwatch since_commit;
    while (!run.done.finished()) {
        if (auto item = run.done.pop_within(kCommitTime)) outcomes.push_back(std::move(item->outcome));
        const bool due = outcomes.size() >= kCommitFiles ||
                         since_commit.seconds() > std::chrono::duration<double>(kCommitTime).count();
        if (due && !outcomes.empty()) {
            if (const auto written = write(outcomes); !written) {
                run.fail_run(written.error());
                break;
            }
            since_commit = {};
        }
    }
    if (!run.error && !outcomes.empty()) {
        if (const auto written = write(outcomes); !written) run.fail_run(written.error());
    }
    // A failed run leaves its queues closed: the threads end by themselves.
    walker.join();
    workers.clear();

    IndexSummary summary;
    const double reading_seconds = watch.seconds();
    if (!run.error && !stop.stop_requested()) {
        for (const FolderId folder : walked) {
            const auto end = catalog.end_scan(folder, run.seen);
            if (!end) {
                run.error = end.error();
                break;
            }
            run.summary.missing += end->missing;
            run.summary.moved += end->moved;
        }
        if (const auto reloaded = library_.reload_present(); !reloaded && !run.error)
            run.error = reloaded.error();
        make_thumbnails(stop);
    }
    {
        const std::lock_guard lock(mutex_);
        progress_ = {};
        progress_.done = progress_.total = run.summary.files;
        progress_.failed = run.summary.failed;
        progress_.skipped = run.summary.skipped_kinds;
    }
    if (run.error) return std::unexpected(std::move(*run.error));
    HONE_CHECK(catalog.set_setting("indexed-model", analyzer_.model().manifest().name));
    HONE_TRY(const Counts counts, catalog.counts());
    summary = std::move(run.summary);
    summary.photos = counts.photos;
    summary.seconds = watch.seconds();
    summary.photos_per_second =
        reading_seconds > 0 ? static_cast<double>(summary.embedded) / reading_seconds : 0;
    return summary;
}

void Indexer::make_thumbnails(const std::stop_token& stop) {
    Catalog& catalog = library_.catalog();
    const auto present = catalog.present();
    if (!present) return;
    std::vector<Photo> missing;
    for (const PhotoNumber number : *present) {
        const auto photo = catalog.photo(number);
        if (photo && *photo && !thumbnails_.has_grid_sizes((*photo)->id)) missing.push_back(**photo);
    }
    if (missing.empty()) return;
    {
        const std::lock_guard lock(mutex_);
        progress_.stage = "thumbnails";
        progress_.done = 0;
        progress_.total = missing.size();
        rated_ = 0;
        stage_watch_ = {};
    }
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> workers;
    for (unsigned worker = 0; worker < processor_count(); ++worker) {
        workers.emplace_back([&] {
            for (std::size_t at = next++; at < missing.size() && !stop.stop_requested(); at = next++) {
                wait_while_paused(stop);
                // A thumbnail that cannot be made now is made when it is asked for; a full disk must not end
                // the indexing.
                if (const auto made = thumbnails_.make_grid_sizes(catalog, missing[at]); !made)
                    log::debug("{}", made.error().message);
                const std::lock_guard lock(mutex_);
                ++progress_.done;
                ++rated_;
            }
        });
    }
}

}  // namespace hone
