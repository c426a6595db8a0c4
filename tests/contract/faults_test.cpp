// SPDX-License-Identifier: GPL-3.0-or-later
// The fault campaign. Each journey (a scan, a backup, ...) runs once without faults, to count its calls to
// the disk, and then once for each call and each kind of fault, with the fault at that call. Afterwards the
// library opens, the checks of `hone doctor` find nothing that they cannot repair, everything that was
// acknowledged is there, and the same journey again leads to the state of an undisturbed one.
//
// Normally a sample of the calls, evenly spread; all of them with HONE_TEST_LONG=1.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include "analyze/content.hpp"
#include "analyze/description.hpp"
#include "base/sha256.hpp"
#include "base/time.hpp"
#include "ingest/forget.hpp"
#include "ingest/indexer.hpp"
#include "ingest/repair.hpp"
#include "library/backup.hpp"
#include "people/people.hpp"
#include "server/auth/users.hpp"
#include "tests/contract/needs.hpp"
#include "tests/support/bitmap.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/style_images.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using test::Fault;
using test::FaultPlan;
using test::FaultyFileSystem;

const fs::path kModel = test::source_directory() / "deps/testmodels/clip-manifest";

std::string_view fault_name(Fault fault) {
    switch (fault) {
        case Fault::kIoError:
            return "EIO";
        case Fault::kNoSpace:
            return "ENOSPC";
        case Fault::kDiskFull:
            return "full disk";
        case Fault::kShort:
            return "short transfer";
        case Fault::kPowerCut:
            return "power cut";
        case Fault::kNone:
        case Fault::kHang:
            break;
    }
    return "none";
}

// What every run shares, because starting it takes long.
struct Tools {
    std::shared_ptr<ImageTextModel> model = std::make_shared<ImageTextModel>(
        *read_manifest(kModel), ModelOptions{Device::kCpu, std::nullopt, {}});
    DecoderPool decoders{2};
};

class Faults : public testing::Test {
  protected:
    static void TearDownTestSuite() { tools_.reset(); }
    void SetUp() override {
        HONE_NEEDS(kModel);
        if (!tools_) tools_ = std::make_unique<Tools>();
    }
    static Tools& tools() { return *tools_; }

    // Records that a step succeeded, or checks that its error is one for a person.
    template <typename Value>
    bool did(const std::string& step, const Result<Value>& result) {
        if (result) {
            acknowledged_.insert(step);
            return true;
        }
        const std::string& message = result.error().message;
        EXPECT_FALSE(message.empty()) << step;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
        EXPECT_EQ(message.find("Success"), std::string::npos) << message;
        return false;
    }
    [[nodiscard]] bool acknowledged(const std::string& step) const { return acknowledged_.contains(step); }

    [[nodiscard]] fs::path root() const { return base_.path() / "disk"; }
    [[nodiscard]] fs::path library_folder() const { return root() / "library"; }

    std::unique_ptr<Library> open_library() {
        auto library = Library::open(library_folder(), Access::kWrite, "test");
        return did("open", library) ? std::move(*library) : nullptr;
    }

    // Scans the folder of photos. Returns true when it succeeded for every file.
    bool scan(Library& library) {
        const auto space = library.open_content(*tools().model);
        if (!did("open vectors", space) || !did("open styles", library.styles())) return false;
        const auto root = library.catalog().add_folder(photos_.path());
        if (!did("add folder", root)) return false;
        ThumbnailStore thumbnails(library_folder() / "thumbs", tools().decoders);
        IndexObserver observer;
        Indexer indexer(
            {library,
             thumbnails,
             tools().decoders,
             observer,
             {std::make_shared<DescriptionAnalyzer>(), std::make_shared<ContentAnalyzer>(tools().model)},
             {{content_key(*tools().model), *space}},
             {tools().model, nullptr}});
        const auto summary = indexer.run(whole(std::span(&*root, 1)), {}, {});
        if (!did("run", summary)) return false;
        for (const auto& failure : summary->failures) EXPECT_FALSE(failure.reason.empty());
        return summary->failed == 0;
    }

    // The checks behind `hone doctor`.
    void expect_clean() {
        const auto exists = path_exists(library_folder() / "catalog.db");
        ASSERT_TRUE(exists) << exists.error().message;
        const auto pending = restore_is_pending(library_folder());
        ASSERT_TRUE(pending) << pending.error().message;
        if (*exists && !*pending) {
            const auto damage = save_damaged_catalogue(library_folder());
            ASSERT_TRUE(damage) << damage.error().message;
            ASSERT_FALSE(*damage) << (*damage)->damage;
        }
        if (*exists) {
            const auto reader = Library::open(library_folder(), Access::kRead);
            ASSERT_TRUE(reader) << reader.error().message;
        }
        const auto library = Library::open(library_folder(), Access::kWrite, "doctor");
        ASSERT_TRUE(library) << library.error().message;
        const auto whole = (*library)->catalog().check();
        EXPECT_TRUE(whole) << whole.error().message;
        const auto vectors = check_vectors(**library, *tools().model, true);
        ASSERT_TRUE(vectors) << vectors.error().message;
        EXPECT_EQ(vectors->wrong, 0U) << "opening brings the vectors up to date";
        ThumbnailStore store(library_folder() / "thumbs", tools().decoders);
        const auto thumbnails = check_thumbnails((*library)->catalog(), store, true);
        ASSERT_TRUE(thumbnails) << thumbnails.error().message;
        if (photos_have_files_) {
            EXPECT_EQ(thumbnails->wrong, thumbnails->repaired);
        }
    }

    // Everything that a person can see of the library, independent of photo numbers and times.
    [[nodiscard]] std::string state() {
        const auto opened = Library::open(library_folder(), Access::kWrite, "state");
        if (!opened) return "cannot be opened: " + opened.error().message;
        Library& library = **opened;
        Catalog& catalog = library.catalog();
        std::vector<std::string> lines;
        const auto space = *library.open_content(*tools().model);
        const auto styles = *library.styles();
        ThumbnailStore thumbnails(library_folder() / "thumbs", tools().decoders);
        const auto known = *catalog.known_photos();
        std::size_t photos = 0;
        for (PhotoNumber number = 0; number < known.size(); ++number) {
            if (!known[number]) continue;
            ++photos;
            const Photo photo = **catalog.photo(number);
            std::string line = fmt::format("photo {} {}x{} {}", to_hex(photo.id).substr(0, 8), photo.width,
                                           photo.height, photo.format);
            const auto files = *catalog.files_of(number);
            for (const FileRecord& file : files)
                line +=
                    fmt::format(" {}:{}", file.facts.path.filename().native(), static_cast<int>(file.state));
            const auto analyses = *catalog.analyses(number);
            for (const Analysis& analysis : analyses) line += fmt::format(" {}", analysis.analyzer);
            if (const auto row = space->find(number)) {
                const auto values = space->view().values(*row);
                line +=
                    " vector " + to_hex(sha256(std::string_view(reinterpret_cast<const char*>(values.data()),
                                                                values.size_bytes())))
                                     .substr(0, 8);
            }
            line += fmt::format(" style {} terms {} thumbnails {} faces {}",
                                styles->styles().find(number).has_value(),
                                styles->terms().find(number).has_value(), thumbnails.has_all(photo.id),
                                catalog.faces_of(number)->size());
            lines.push_back(line);
        }
        lines.push_back(fmt::format("{} photos, {} rows, {} styles", photos, space->view().size(),
                                    styles->styles().view().size()));
        lines.push_back(fmt::format("{} pairs", catalog.same_pictures()->size()));
        const auto people = *catalog.people();
        for (const PersonCount& person : people)
            lines.push_back(fmt::format("person {} {} {}", person.name, person.hidden, person.photos));
        for (const auto& entry : fs::recursive_directory_iterator(root())) {
            const std::string name = entry.path().lexically_relative(root()).native();
            if (!entry.is_directory() && !name.ends_with("-wal") && !name.ends_with("-shm"))
                lines.push_back("file " + name);
        }
        std::ranges::sort(lines);
        return fmt::format("{}", fmt::join(lines, "\n"));
    }

    struct Journey {
        std::function<void()> prepare;  // makes the disk as it is before
        std::function<void()> act;      // with the faults
        // after the faults, before act() again: what was acknowledged is there
        std::function<void()> check;
    };

    void run(const char* name, const Journey& journey) {
        fs::create_directories(root());
        journey.prepare();
        const fs::path before = base_.path() / "before";
        fs::copy(root(), before, fs::copy_options::recursive);
        const auto reset = [&] {
            fs::remove_all(root());
            fs::copy(before, root(), fs::copy_options::recursive);
            acknowledged_.clear();
        };
        std::string expected;
        std::uint64_t calls = 0;
        std::map<Fault, std::vector<std::uint64_t>> hit_by;
        {
            reset();
            FaultyFileSystem disk(root());
            journey.act();
            calls = disk.calls();
            for (const Fault fault :
                 {Fault::kIoError, Fault::kNoSpace, Fault::kDiskFull, Fault::kShort, Fault::kPowerCut})
                hit_by[fault] = disk.calls_for(fault);
            journey.check();
            expect_clean();
            expected = state();
        }
        ASSERT_FALSE(HasFailure()) << "without faults";
        const char* const long_form = std::getenv("HONE_TEST_LONG");
        const bool all = long_form != nullptr && std::string_view(long_form) == "1";
        std::map<std::string_view, int> injected;
        std::uint32_t seed = 0;
        for (const Fault fault :
             {Fault::kIoError, Fault::kNoSpace, Fault::kDiskFull, Fault::kShort, Fault::kPowerCut}) {
            const std::vector<std::uint64_t>& can_fail = hit_by.at(fault);
            const std::size_t samples = all ? can_fail.size() : std::min<std::size_t>(can_fail.size(), 5);
            for (std::size_t sample = 0; sample < samples; ++sample) {
                // In the sample each kind of fault hits other calls.
                const std::size_t shift = all ? 0 : static_cast<std::size_t>(fault) * can_fail.size() / 6;
                const std::uint64_t at =
                    can_fail[(sample * can_fail.size() + shift) / samples % can_fail.size()];
                const std::uint32_t last = fault == Fault::kPowerCut && all ? 1 : 0;
                for (std::uint32_t variant = 0; variant <= last; ++variant) {
                    // All calls: once with nothing that was not synced, and once with something.
                    const std::uint32_t kind = all ? (variant == 0 ? 0 : 1 + seed / 2 % 3) : seed % 4;
                    const std::uint32_t survivors = kind < 3 ? kind : 3 + seed;
                    ++seed;
                    reset();
                    FaultyFileSystem disk(root());
                    disk.start({fault, at, survivors});
                    try {
                        journey.act();
                    } catch (const std::exception& error) {
                        ADD_FAILURE() << "an exception escaped: " << error.what();
                    }
                    const std::string what = disk.injected();
                    if (what.empty()) {
                        ASSERT_FALSE(HasFailure()) << name << ", call " << at << " of " << calls;
                        continue;
                    }
                    ++injected[fault_name(fault)];
                    if (fault == Fault::kPowerCut)
                        disk.restart();
                    else
                        disk.start({});
                    expect_clean();
                    if (!HasFailure()) journey.check();
                    if (!HasFailure()) {
                        journey.act();
                        expect_clean();
                        EXPECT_EQ(state(), expected);
                    }
                    ASSERT_FALSE(HasFailure())
                        << name << ": " << fault_name(fault) << " at call " << at << " of " << calls << " ("
                        << what << "), survivors " << survivors;
                }
            }
        }
        int sum = 0;
        std::vector<std::string> parts;
        for (const auto& [kind, count] : injected) {
            sum += count;
            parts.push_back(fmt::format("{} {}", count, kind));
        }
        EXPECT_GT(sum, 0);
        fmt::print("{} faults injected into {} ({} calls): {}\n", sum, name, calls, fmt::join(parts, ", "));
    }

    test::TemporaryFolder photos_, base_;
    std::set<std::string> acknowledged_;
    bool photos_have_files_ = true;
    static std::unique_ptr<Tools> tools_;
};

std::unique_ptr<Tools> Faults::tools_;

TEST_F(Faults, OfAScanLoseNothing) {
    photos_.write("a.bmp", test::plain_bitmap(40, 30, 0x102030));
    photos_.write("sub/b.bmp", test::plain_bitmap(30, 40, 0x908070));
    photos_.write("notes.txt", "no picture");
    // Twice the same picture, so they are compared.
    const Image scene = test::random_scene(1);
    const auto color_at = [&](int x, int y) {
        const std::uint8_t* pixel = scene.row(y) + 3 * x;
        return static_cast<std::uint32_t>(pixel[0] << 16 | pixel[1] << 8 | pixel[2]);
    };
    photos_.write("c.bmp", test::bitmap(256, 192, color_at));
    photos_.write("d.bmp", test::bitmap(255, 192, color_at));
    run("a scan",
        {[] {},
         [&] {
             const auto library = open_library();
             if (library && scan(*library)) acknowledged_.insert("scan");
             if (library && did("snapshot", library->snapshot())) did("store", library->store_snapshot());
         },
         [&] {
             if (!acknowledged("scan")) return;
             const auto library = *Library::open(library_folder(), Access::kRead);
             EXPECT_EQ((*library->snapshot())->counts().photos, 4U);
             EXPECT_EQ(library->catalog().available()->size(), 4U);
             for (const char* name : {"a.bmp", "sub/b.bmp", "c.bmp", "d.bmp"}) {
                 const auto file = *library->catalog().find_file(photos_.path() / name);
                 ASSERT_TRUE(file && file->photo) << name;
                 EXPECT_TRUE(*library->catalog().has_vector(*file->photo, content_key(*tools().model)));
             }
             EXPECT_EQ(library->catalog().same_pictures()->size(), 1U);
         }});
}

TEST_F(Faults, AWriteThatHangsHoldsUpNoReader) {
    fs::create_directories(root());
    FaultyFileSystem disk(root());
    const auto library = *Library::open(library_folder(), Access::kWrite, "test");
    Catalog& catalog = library->catalog();
    ASSERT_TRUE(catalog.set_setting("a-key", "0"));
    ASSERT_TRUE(library->snapshot());
    disk.start({});
    ASSERT_TRUE(catalog.set_setting("a-key", "1"));
    const auto writes = disk.calls_for(Fault::kNoSpace);
    ASSERT_FALSE(writes.empty());
    for (const std::uint64_t at : {writes.front(), writes.back()}) {
        const std::string value = fmt::format("hung at {}", at);
        disk.start({Fault::kHang, at});
        std::atomic<bool> written = false;
        std::jthread writer([&] {
            EXPECT_TRUE(catalog.set_setting("a-key", value));
            written = true;
        });
        while (disk.injected().empty() && !written) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        EXPECT_NE(*catalog.setting("a-key"), value);
        EXPECT_TRUE(catalog.available());
        EXPECT_TRUE(library->snapshot());
        EXPECT_FALSE(written) << "the readers waited for " << disk.injected();
        writer.join();
        EXPECT_EQ(*catalog.setting("a-key"), value);
    }
}

// Adds photos without files, each with one face; a person stands for each face.
class FaultsWithPeople : public Faults {
  protected:
    static constexpr std::size_t kNumbers = 4;
    FaultsWithPeople() {
        photos_have_files_ = false;
        pack_.embedder.emplace();
        pack_.embedder->dimension = kNumbers;
        pack_.embedder->link = 0.5;
        pack_.embedder->same = 0.6;
    }
    void add_face(Catalog& catalog, const std::string& name, std::vector<float> vector) {
        FileOutcome::Photo photo;
        photo.photo = {sha256(name), name.size(), 640, 480, "jpeg", 0};
        FaceFacts face;
        face.box = {1, 10, 50, 50};
        face.score = 0.9F;
        face.vector = std::move(vector);
        photo.faces = std::vector<FaceFacts>{face};
        photo.face_model = "net";
        photo.done = {{"faces", 1, "net"}};
        const FileOutcome outcome{
            catalog.add_folder("/photos")->id, {"/photos/" + name, name.size(), 1, 1, 0}, std::move(photo)};
        ASSERT_TRUE(catalog.commit(std::span(&outcome, 1)));
    }
    static PersonId person_on(Catalog& catalog, const std::string& photo) {
        const auto faces = catalog.faces_of((**catalog.photo(sha256(photo))).number);
        return faces && !faces->empty() ? faces->front().person : 0;
    }
    [[nodiscard]] GroupFiles groups() const { return {library_folder() / "vectors/faces", true}; }
    FacePack pack_;
};

TEST_F(FaultsWithPeople, OfEditsLoseNothing) {
    const Journey edits{[&] {
                            const auto library = *Library::open(library_folder(), Access::kWrite, "test");
                            add_face(library->catalog(), "anna", {1, 0, 0, 0});
                            add_face(library->catalog(), "ben", {0, 1, 0, 0});
                            add_face(library->catalog(), "carla", {0, 0, 1, 0});
                            add_face(library->catalog(), "dora", {0, 0, 0, 1});
                            ASSERT_TRUE(People(library->catalog(), &pack_, "net", groups()).update());
                        },
                        [&] {
                            const auto library = open_library();
                            if (!library) return;
                            Catalog& catalog = library->catalog();
                            did("setting", catalog.set_setting("a-key", "a value"));
                            People people(catalog, &pack_, "net", groups());
                            did("group", people.update());
                            std::map<std::string, PersonId> ids;
                            for (const char* who : {"anna", "ben", "carla", "dora"}) {
                                const auto photo = catalog.photo(sha256(who));
                                if (!did("find", photo) || !*photo) return;
                                const auto faces = catalog.faces_of((*photo)->number);
                                if (!did("find faces", faces)) return;
                                ids[who] = faces->front().person;
                            }
                            // An earlier run was disturbed after the merge.
                            if (ids["carla"] == ids["dora"]) {
                                if (!did("undo before", people.undo())) return;
                                ids["dora"] = person_on(catalog, "dora");
                            }
                            did("name", people.name(ids["anna"], "Anna"));
                            did("hide", people.hide(ids["ben"], true));
                            if (!did("merge", people.merge(std::vector<PersonId>{ids["carla"], ids["dora"]})))
                                return;
                            acknowledged_.insert("undo begun");
                            did("undo", people.undo());
                        },
                        [&] {
                            const auto library = *Library::open(library_folder(), Access::kRead);
                            Catalog& catalog = library->catalog();
                            if (acknowledged("setting")) {
                                EXPECT_EQ(*catalog.setting("a-key"), "a value");
                            }
                            if (acknowledged("name")) {
                                EXPECT_EQ(catalog.person(person_on(catalog, "anna"))->name, "Anna");
                            }
                            if (acknowledged("hide")) {
                                EXPECT_TRUE(catalog.person(person_on(catalog, "ben"))->hidden);
                            }
                            const bool together = person_on(catalog, "carla") == person_on(catalog, "dora");
                            if (acknowledged("merge") && !acknowledged("undo begun")) {
                                EXPECT_TRUE(together);
                            }
                            if (acknowledged("undo")) {
                                EXPECT_FALSE(together);
                            }
                            for (const char* who : {"anna", "ben", "carla", "dora"})
                                EXPECT_NE(person_on(catalog, who), 0);
                        }};
    run("edits of people", edits);
}

TEST_F(Faults, OfABackupKeepAWholeOne) {
    const fs::path file = root() / "backups/hone.backup";
    const auto now = std::chrono::sys_days(std::chrono::year{2026} / 3 / 1) + std::chrono::hours(12);
    std::uint64_t after = 0;
    const auto expect_whole = [&](const fs::path& backup, bool must_be_new) {
        const auto there = inspect_backup(backup);
        ASSERT_TRUE(there) << there.error().message;
        EXPECT_TRUE(there->photos == after || (!must_be_new && there->photos == 1)) << there->photos;
        const fs::path target = base_.path() / "restored";
        fs::remove_all(target);
        const auto restored = restore_backup(backup, target, {});
        ASSERT_TRUE(restored) << restored.error().message;
        EXPECT_EQ(restored->photos, there->photos);
        EXPECT_EQ((*Library::open(target, Access::kRead))->catalog().available()->size(), there->photos);
        EXPECT_EQ(*(*Users::open(target))->any(), true);
    };
    run("a backup",
        {[&] {
             photos_.write("a.bmp", test::plain_bitmap(40, 30, 0x102030));
             const auto library = *Library::open(library_folder(), Access::kWrite, "test");
             ASSERT_TRUE((*Users::open(library_folder()))->add("ada", "a long password", Role::kOwner));
             ASSERT_TRUE(scan(*library));
             ASSERT_TRUE(library->catalog().set_setting(kBackupFolderSetting, (root() / "daily").native()));
             ASSERT_TRUE(library->catalog().set_setting(kBackupKeepSetting, "1"));
             ASSERT_TRUE(make_directories(file.parent_path()));
             ASSERT_TRUE(write_backup(library_folder(), file, true));
             ASSERT_TRUE(*write_scheduled_backup(*library, now - std::chrono::hours(48)));
             photos_.write("b.bmp", test::plain_bitmap(40, 30, 0x807060));
             ASSERT_TRUE(scan(*library));
             after = library->catalog().available()->size();
             ASSERT_EQ(after, 2U);
         },
         [&] {
             did("backup", write_backup(library_folder(), file, true));
             if (const auto library = open_library())
                 did("scheduled backup", write_scheduled_backup(*library, now));
         },
         [&] {
             expect_whole(file, acknowledged("backup"));
             const auto daily = backups_in(root() / "daily");
             ASSERT_TRUE(daily) << daily.error().message;
             ASSERT_FALSE(daily->empty());
             for (const fs::path& backup : *daily)
                 expect_whole(backup, acknowledged("scheduled backup") && backup == daily->back());
         }});
}

TEST_F(Faults, OfARestoreLeaveTheOldOrTheNewLibrary) {
    const fs::path file = root() / "hone.backup";
    const auto fill = [&](const char* photo, const char* user) {
        photos_.write(photo,
                      test::plain_bitmap(40, 30, static_cast<std::uint32_t>(std::strlen(photo) * 90'000)));
        const auto library = *Library::open(library_folder(), Access::kWrite, "test");
        ASSERT_TRUE((*Users::open(library_folder()))->add(user, "a long password", Role::kOwner));
        ASSERT_TRUE(scan(*library));
        fs::remove(photos_.path() / photo);
    };
    run("a restore", {[&] {
                          fill("new.bmp", "ada");
                          ASSERT_TRUE(write_backup(library_folder(), file, true));
                          fs::remove_all(library_folder());
                          fill("old.bmp", "ben");
                          fill("older.bmp", "carl");
                      },
                      [&] { did("restore", restore_backup(file, library_folder(), {})); },
                      [&] {
                          const auto library = Library::open(library_folder(), Access::kRead);
                          ASSERT_TRUE(library) << library.error().message;
                          Catalog& catalog = (*library)->catalog();
                          const bool is_new = catalog.find_file(photos_.path() / "new.bmp")->has_value();
                          const auto known = *catalog.known_photos();
                          EXPECT_EQ(std::ranges::count(known, true), is_new ? 1 : 2);
                          const auto users = *(*Users::open(library_folder()))->list();
                          EXPECT_EQ(users.front().name, is_new ? "ada" : "ben")
                              << "both files are of one library";
                          EXPECT_EQ(users.size(), is_new ? 1U : 2U);
                          if (acknowledged("restore")) {
                              EXPECT_TRUE(is_new);
                          }
                          EXPECT_FALSE(fs::exists(library_folder() / "restoring"));
                      }});
}

TEST_F(Faults, OfForgettingLeaveNothingOfAForgottenPhoto) {
    PhotoId gone{};
    const auto traces = [&] {
        int files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(library_folder() / "thumbs"))
            files += entry.path().filename().native().starts_with(to_hex(gone)) ? 1 : 0;
        return files;
    };
    run("forgetting",
        {[&] {
             for (const char* name : {"a.bmp", "b.bmp", "c.bmp"})
                 photos_.write(name, test::plain_bitmap(40, 30, static_cast<std::uint32_t>(name[0] * 9000)));
             const auto library = *Library::open(library_folder(), Access::kWrite, "test");
             ASSERT_TRUE(scan(*library));
             gone = library->catalog().resolve((photos_.path() / "b.bmp").native())->id;
             fs::remove(photos_.path() / "b.bmp");
             ASSERT_TRUE(scan(*library));
             ASSERT_EQ(traces(), 3);
         },
         [&] {
             const auto library = open_library();
             if (!library) return;
             const auto plan = plan_forget(library->catalog(), {});
             if (!did("plan", plan)) return;
             ThumbnailStore thumbnails(library_folder() / "thumbs", tools().decoders);
             did("forget", forget_photos(*library, thumbnails, plan->photos));
         },
         [&] {
             const auto library = *Library::open(library_folder(), Access::kWrite, "test");
             const bool known = library->catalog().photo(gone)->has_value();
             if (acknowledged("forget")) {
                 EXPECT_FALSE(known);
             }
             if (!known) {
                 EXPECT_EQ(traces(), 0) << "a thumbnail without a row is never deleted";
             }
             EXPECT_EQ((*library->open_content(*tools().model))->view().size(), known ? 3U : 2U);
             EXPECT_EQ(library->catalog().available()->size(), 2U);
         }});
}

TEST_F(Faults, OfSigningInLoseNoUser) {
    std::string secret;
    run("users", {[] {},
                  [&] {
                      auto users = Users::open(library_folder());
                      if (!did("open users", users)) return;
                      const auto known = (*users)->find("ada");
                      if (!did("find user", known)) return;
                      UserId ada = *known ? (*known)->id : 0;
                      if (ada == 0) {
                          const auto added = (*users)->add("ada", "a long password", Role::kOwner);
                          if (!did("add user", added)) return;
                          ada = *added;
                      }
                      const auto session = (*users)->begin_session(ada);
                      if (did("session", session)) secret = *session;
                  },
                  [&] {
                      const auto users = Users::open(library_folder());
                      ASSERT_TRUE(users) << users.error().message;
                      if (acknowledged("add user")) {
                          EXPECT_TRUE(*(*users)->find("ada"));
                      }
                      if (acknowledged("session")) {
                          EXPECT_TRUE(*(*users)->session(secret));
                      }
                      const auto mode = fs::status(library_folder() / "users.db").permissions();
                      EXPECT_EQ(mode & fs::perms::all, fs::perms::owner_read | fs::perms::owner_write);
                  }});
}

}  // namespace
}  // namespace hone
