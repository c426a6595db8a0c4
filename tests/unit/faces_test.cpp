// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding detector outputs, cutting faces out, and grouping them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "analyze/face_chip.hpp"
#include "model/face_detector.hpp"
#include "people/face_clusters.hpp"
#include "tests/support/temporary_folder.hpp"

namespace hone {
namespace {

using ::testing::HasSubstr;

Tensor zeros(std::vector<std::int64_t> shape) {
    std::size_t count = 1;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
    return {std::move(shape), std::vector<float>(count)};
}

// One face, 40 pixels wide and 80 high, in the cell of row 3 and column 5.
std::vector<Tensor> center_face_outputs() {
    std::vector<Tensor> outputs{zeros({1, 1, 8, 16}), zeros({1, 2, 8, 16}), zeros({1, 2, 8, 16}),
                                zeros({1, 10, 8, 16})};
    const std::size_t cell = 3 * 16 + 5, plane = 8 * 16;
    outputs[0].values[cell] = 0.9F;
    outputs[1].values[cell] = std::log(20.0F);
    outputs[1].values[plane + cell] = std::log(10.0F);
    outputs[2].values[cell] = 0.25F;
    outputs[2].values[plane + cell] = -0.25F;
    for (std::size_t point = 0; point < 5; ++point) {
        outputs[3].values[2 * point * plane + cell] = 0.1F * static_cast<float>(point);
        outputs[3].values[(2 * point + 1) * plane + cell] = 0.2F;
    }
    return outputs;
}

TEST(FaceDetector, CenterFaceIsReadAsItsAuthorsWriteIt) {
    const auto faces = decode_center_face(center_face_outputs(), 0.5F);
    ASSERT_TRUE(faces) << faces.error().message;
    ASSERT_EQ(faces->size(), 1U);
    const DetectedFace& face = faces->front();
    EXPECT_FLOAT_EQ(face.score, 0.9F);
    EXPECT_NEAR(face.box.width, 40, 1e-3);
    EXPECT_NEAR(face.box.height, 80, 1e-3);
    EXPECT_NEAR(face.box.x, 4 * (5 - 0.25 + 0.5) - 20, 1e-3);
    EXPECT_NEAR(face.box.y, 4 * (3 + 0.25 + 0.5) - 40, 1e-3);
    EXPECT_NEAR(face.points[2].x, face.box.x + 8, 1e-3);
    EXPECT_NEAR(face.points[2].y, face.box.y + 16, 1e-3);
}

TEST(FaceDetector, AnOutputOfAnotherShapeIsNamed) {
    auto outputs = center_face_outputs();
    outputs[3] = zeros({1, 8, 8, 16});
    const auto faces = decode_center_face(outputs, 0.5F);
    ASSERT_FALSE(faces);
    EXPECT_THAT(faces.error().message, HasSubstr("landmarks has the shape 1x8x8x16"));
    EXPECT_THAT(decode_yolo(std::vector{zeros({1, 6, 10})}, 0.5F).error().message, HasSubstr("1x6x10"));
}

TEST(FaceDetector, YuNetIsReadAsItsAuthorsWriteIt) {
    std::vector<Tensor> outputs;
    for (const std::int64_t numbers : {1, 1, 4, 10}) {
        for (const std::int64_t stride : {8, 16, 32})
            outputs.push_back(zeros({1, (64 / stride) * (32 / stride), numbers}));
    }
    // Stride 16: 4 columns; row 1, column 2.
    outputs[1].values[6] = 0.81F;
    outputs[4].values[6] = 1;
    outputs[7].values[4 * 6 + 2] = std::log(2.0F);
    outputs[10].values[10 * 6] = 0.5F;
    const auto faces = decode_yunet(outputs, 64, 32, 0.7F);
    ASSERT_TRUE(faces) << faces.error().message;
    ASSERT_EQ(faces->size(), 1U);
    EXPECT_NEAR(faces->front().score, 0.9, 1e-5);
    EXPECT_NEAR(faces->front().box.width, 32, 1e-3);
    EXPECT_NEAR(faces->front().box.height, 16, 1e-3);
    EXPECT_NEAR(faces->front().box.x, 32 - 16, 1e-3);
    EXPECT_NEAR(faces->front().points[0].x, 40, 1e-3);
    EXPECT_FALSE(decode_yunet(outputs, 128, 32, 0.7F));
}

TEST(FaceDetector, YoloHasNoLandmarks) {
    Tensor output = zeros({1, 5, 3});
    const float face[] = {100, 50, 20, 30, 0.8F};
    for (std::size_t row = 0; row < 5; ++row) output.values[row * 3 + 1] = face[row];
    const auto faces = decode_yolo(std::vector{output}, 0.5F);
    ASSERT_TRUE(faces);
    ASSERT_EQ(faces->size(), 1U);
    EXPECT_FLOAT_EQ(faces->front().box.x, 90);
    EXPECT_FLOAT_EQ(faces->front().box.y, 35);
    EXPECT_FALSE(faces->front().has_points);
}

TEST(FaceDetector, OfOverlappingFacesTheBestStays) {
    const auto face = [](float score, float x) { return DetectedFace{score, {x, 0, 10, 10}, {}, false}; };
    const auto kept = suppress({face(0.6F, 1), face(0.9F, 0), face(0.7F, 8)}, 0.3);
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_FLOAT_EQ(kept[0].score, 0.9F);
    EXPECT_FLOAT_EQ(kept[1].score, 0.7F);
}

// Values of the reference pipeline (tests/reference/faces.py) for the same numbers.
TEST(FaceChip, SimilarityEqualsTheReference) {
    const Landmarks from{{{120, 100}, {180, 110}, {150, 140}, {118, 170}, {170, 178}}};
    const Landmarks to{{{47.5492F, 46.5990F},
                        {100.4761F, 46.5990F},
                        {74.0127F, 76.5625F},
                        {50.4149F, 103.0233F},
                        {97.6104F, 103.0233F}}};
    const Similarity fit = fit_similarity(from, to);
    // The residual is orthogonal to rotation, scaling and translation.
    double dx = 0, dy = 0, turn = 0, grow = 0;
    for (std::size_t at = 0; at < from.size(); ++at) {
        const double x = fit.a * from[at].x - fit.b * from[at].y + fit.tx,
                     y = fit.b * from[at].x + fit.a * from[at].y + fit.ty;
        dx += x - to[at].x;
        dy += y - to[at].y;
        grow += (x - to[at].x) * from[at].x + (y - to[at].y) * from[at].y;
        turn += -(x - to[at].x) * from[at].y + (y - to[at].y) * from[at].x;
    }
    EXPECT_NEAR(dx, 0, 1e-3);
    EXPECT_NEAR(dy, 0, 1e-3);
    EXPECT_NEAR(grow, 0, 1e-1);
    EXPECT_NEAR(turn, 0, 1e-1);
}

TEST(FaceChip, APartOfTheSameSizeIsThePartAndOutsideIsBlack) {
    Image image{40, 30, std::vector<std::uint8_t>(3 * 40 * 30)};
    for (std::size_t at = 0; at < image.rgb.size(); ++at)
        image.rgb[at] = static_cast<std::uint8_t>(at * 2654435761U >> 24U);
    const Image chip = warp(image, {1, 0, -30, -5}, 16);
    for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 16; ++x) {
            const bool inside = x + 30 < 40 && y + 5 < 30;
            EXPECT_EQ(chip.row(y)[3 * x], inside ? image.row(y + 5)[3 * (x + 30)] : 0) << x << " " << y;
        }
    }
}

TEST(AgeRange, LiesOnTheLinesOfTheManifest) {
    AgeGenderManifest manifest;
    manifest.ranges = {{0, 0, 2}, {20, 15, 25}, {40, 35, 60}};
    EXPECT_EQ(age_range(manifest, -5).low, 0);
    EXPECT_EQ(age_range(manifest, 30).low, 25);
    EXPECT_EQ(age_range(manifest, 30).high, 43);
    EXPECT_EQ(age_range(manifest, 99).high, 60);
}

TEST(FacePack, AWrongFieldIsNamed) {
    const test::TemporaryFolder folder;
    const auto pack_of = [&](const std::string& detector) {
        EXPECT_TRUE(write_file_atomically(
            folder.path() / "manifest.json",
            R"({"format": 1, "role": "faces", "name": "x", "face-detector": )" + detector + "}"));
        return read_face_pack(folder.path());
    };
    EXPECT_TRUE(pack_of(R"({"kind": "yolo", "file": {"path": "a.onnx"}})"));
    EXPECT_EQ(manifest_role(folder.path()), "faces");
    EXPECT_THAT(pack_of(R"({"kind": "magic", "file": {"path": "a.onnx"}})").error().message,
                HasSubstr("face-detector.kind"));
    EXPECT_THAT(pack_of(R"({"kind": "yolo", "file": {"path": "../a.onnx"}})").error().message,
                HasSubstr("outside"));
    EXPECT_THAT(pack_of(R"({"kind": "yolo", "file": {"path": "a"}, "score": 7})").error().message,
                HasSubstr("score is 7"));
}

// Grouping.

constexpr std::size_t kNumbers = 16;

struct Crowd {
    std::vector<std::vector<float>> vectors;
    std::vector<std::size_t> who;
};

// People far apart in the space, with similar faces each.
Crowd crowd(std::size_t people, std::size_t faces, float spread) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    Crowd made;
    for (std::size_t person = 0; person < people; ++person) {
        std::vector<float> center(kNumbers);
        for (float& value : center) value = normal(random);
        for (std::size_t face = 0; face < faces; ++face) {
            std::vector<float> vector = center;
            for (float& value : vector) value += spread * normal(random);
            made.vectors.push_back(vector);
            made.who.push_back(person);
        }
    }
    return made;
}

ClusterFace face_of(const Crowd& made, std::size_t at, PersonId confirmed = 0) {
    return {static_cast<FaceId>(at + 1), static_cast<PhotoNumber>(at), confirmed, {}, made.vectors[at]};
}

std::vector<ClusterFace> faces_of(const Crowd& made) {
    std::vector<ClusterFace> faces;
    for (std::size_t at = 0; at < made.vectors.size(); ++at) faces.push_back(face_of(made, at));
    return faces;
}

// Sets of face ids.
std::set<std::set<FaceId>> partition(FaceClusters& clusters) {
    std::map<std::uint32_t, std::set<FaceId>> groups;
    clusters.update();
    for (FaceRow row = 0; row < clusters.size(); ++row) {
        if (clusters.face(row).id != 0) groups[clusters.group(row)].insert(clusters.face(row).id);
    }
    std::set<std::set<FaceId>> sets;
    for (auto& [group, faces] : groups) sets.insert(std::move(faces));
    return sets;
}

std::vector<ClusterQuestion> questions(FaceClusters& clusters) {
    std::vector<ClusterQuestion> all;
    clusters.visit_questions([&](const ClusterQuestion& question) {
        all.push_back(question);
        return true;
    });
    return all;
}

TEST(FaceClusters, FindsThePeople) {
    const Crowd made = crowd(20, 10, 0.1F);
    FaceClusters clusters(kNumbers, 1.2, 1.3);
    std::vector<ClusterFace> faces = faces_of(made);
    ASSERT_TRUE(clusters.add(faces, 2));
    EXPECT_EQ(partition(clusters).size(), 20U);
}

TEST(FaceClusters, TheSameFacesInAnyOrderAndInAnyPartsAreTheSamePeople) {
    const Crowd made = crowd(30, 6, 0.28F);  // close enough for some of them to touch
    std::vector<std::size_t> order(made.vectors.size());
    for (std::size_t at = 0; at < order.size(); ++at) order[at] = at;
    std::mt19937 random(9);
    std::set<std::set<FaceId>> first;
    for (int run = 0; run < 6; ++run) {
        FaceClusters clusters(kNumbers, 1.5, 1.6);
        for (std::size_t start = 0; start < order.size();) {
            const std::size_t count = run == 0 ? order.size() : 1 + random() % 40;
            std::vector<ClusterFace> part;
            for (std::size_t at = start; at < std::min(start + count, order.size()); ++at)
                part.push_back(face_of(made, order[at]));
            ASSERT_TRUE(clusters.add(part, 1));
            clusters.update();
            start += count;
        }
        if (run == 0)
            first = partition(clusters);
        else
            EXPECT_EQ(partition(clusters), first) << "run " << run;
        std::ranges::shuffle(order, random);
    }
    EXPECT_GT(first.size(), 1U);
}

TEST(FaceClusters, APhotoShowsNobodyTwice) {
    const Crowd made = crowd(1, 2, 0.01F);
    FaceClusters clusters(kNumbers, 1, 1);
    std::vector<ClusterFace> faces{face_of(made, 0), face_of(made, 1)};
    faces[1].photo = faces[0].photo;
    ASSERT_TRUE(clusters.add(faces, 1));
    EXPECT_EQ(partition(clusters).size(), 2U);
    EXPECT_TRUE(questions(clusters).empty());
}

TEST(FaceClusters, WhatAPersonSaidHolds) {
    const Crowd made = crowd(2, 4, 0.05F);
    FaceClusters clusters(kNumbers, 1, 1);
    std::vector<ClusterFace> faces = faces_of(made);
    faces[0].confirmed = faces[4].confirmed = 7;  // one person, however different
    faces[1].confirmed = 8;                       // another one, however similar
    faces[2].rejected = {7, 8};
    ASSERT_TRUE(clusters.add(faces, 1));
    clusters.update();
    EXPECT_EQ(clusters.group(0), clusters.group(4));
    EXPECT_NE(clusters.group(0), clusters.group(1));
    EXPECT_NE(clusters.group(2), clusters.group(0));
    EXPECT_NE(clusters.group(2), clusters.group(1));
    EXPECT_EQ(clusters.person_of(clusters.group(4)), 7);
    EXPECT_EQ(clusters.person_of(clusters.group(2)), 0);
}

TEST(FaceClusters, WhatIsSaidLaterIsAsIfSaidFromTheStart) {
    const Crowd made = crowd(12, 5, 0.28F);
    std::vector<ClusterFace> faces = faces_of(made);
    FaceClusters later(kNumbers, 1.5, 1.6);
    ASSERT_TRUE(later.add(faces, 1));
    const auto before = partition(later);
    const auto set_constraints = [&](std::size_t face, PersonId confirmed, std::vector<PersonId> rejected) {
        faces[face].confirmed = confirmed;
        faces[face].rejected = std::move(rejected);
        later.set_person(static_cast<FaceRow>(face), confirmed, confirmed != 0);
        later.set_rejected(static_cast<FaceRow>(face), faces[face].rejected);
        FaceClusters anew(kNumbers, 1.5, 1.6);
        ASSERT_TRUE(anew.add(faces, 1));
        EXPECT_EQ(partition(later), partition(anew));
    };
    set_constraints(0, 1, {});
    set_constraints(30, 1, {});  // one person, far apart
    set_constraints(1, 2, {1});
    set_constraints(2, 0, {1, 2});
    EXPECT_NE(partition(later), before);
    for (const std::size_t face : {0U, 30U, 1U, 2U}) set_constraints(face, 0, {});
    EXPECT_EQ(partition(later), before);
}

TEST(FaceClusters, AChainOfNearlyAlikePhotosJoinsNoStrangers) {
    FaceClusters clusters(1, 1.1, 1.1);
    std::vector<std::vector<float>> line;
    std::vector<ClusterFace> faces;
    for (int at = 0; at < 12; ++at) line.push_back({static_cast<float>(at)});
    for (std::size_t at = 0; at < line.size(); ++at)
        faces.push_back({static_cast<FaceId>(at + 1), static_cast<PhotoNumber>(at), 0, {}, line[at]});
    ASSERT_TRUE(clusters.add(faces, 1));
    clusters.update();
    EXPECT_NE(clusters.group(0), clusters.group(11));
}

TEST(FaceClusters, TheNearestComeFirst) {
    const Crowd made = crowd(3, 3, 0.05F);
    FaceClusters clusters(kNumbers, 1, 1);
    std::vector<ClusterFace> faces = faces_of(made);
    ASSERT_TRUE(clusters.add(faces, 1));
    const auto nearest = clusters.nearest(made.vectors[4], 3, 1);
    ASSERT_EQ(nearest.size(), 3U);
    EXPECT_EQ(nearest[0].first, 4U);
    for (const auto& [face, distance] : nearest) EXPECT_EQ(made.who[face], 1U);
}

// Questions as ids, so that rows may differ.
std::vector<std::tuple<FaceId, FaceId, std::uint32_t, float>> questions_by_id(FaceClusters& clusters) {
    std::vector<std::tuple<FaceId, FaceId, std::uint32_t, float>> all;
    for (const ClusterQuestion& one : questions(clusters))
        all.emplace_back(clusters.face(one.face).id, clusters.face(one.other).id, one.settles, one.distance);
    return all;
}

// Large groups, so that faces have more neighbours than they keep, near enough for questions.
TEST(FaceClusters, AnyChangesLeadToTheGroupsAndQuestionsOfTheSameFacesAnew) {
    const Crowd made = crowd(6, 90, 0.3F);
    constexpr double kLink = 1.4, kSame = 1.6;
    std::mt19937 random(11);
    std::vector<ClusterFace> faces = faces_of(made);
    for (ClusterFace& face : faces) face.photo = static_cast<PhotoNumber>(random() % 400);
    FaceClusters changed(kNumbers, kLink, kSame);
    std::map<FaceId, ClusterFace> present;
    std::size_t next = 0, asked = 0;
    for (int step = 0; step < 40; ++step) {
        std::vector<ClusterFace> part;
        for (std::size_t count = random() % 25; count > 0 && next < faces.size(); --count)
            part.push_back(faces[next++]);
        ASSERT_TRUE(changed.add(part, 2));
        for (const ClusterFace& face : part) present.emplace(face.id, face);
        if (present.empty()) continue;
        const auto any = [&] {
            return std::next(present.begin(), static_cast<long>(random() % present.size()));
        };
        for (int times = 0; times < 3; ++times) {
            const auto face = any();
            const FaceRow row = *changed.find(face->first);
            switch (random() % 3) {
                case 0:
                    changed.remove(row);
                    present.erase(face);
                    break;
                case 1:
                    face->second.confirmed = static_cast<PersonId>(random() % 4);
                    changed.set_person(row, face->second.confirmed, face->second.confirmed != 0);
                    break;
                default:
                    face->second.rejected.assign(random() % 2, static_cast<PersonId>(1 + random() % 3));
                    changed.set_rejected(row, face->second.rejected);
            }
            if (present.empty()) break;
        }
        FaceClusters anew(kNumbers, kLink, kSame);
        for (const auto& [id, face] : present) ASSERT_TRUE(anew.append(face));
        anew.connect(1);
        ASSERT_EQ(partition(changed), partition(anew)) << "step " << step;
        ASSERT_EQ(questions_by_id(changed), questions_by_id(anew)) << "step " << step;
        asked += questions(anew).size();
    }
    EXPECT_GT(asked, 100U);
}

class FaceFiles : public testing::Test {
  protected:
    std::unique_ptr<FaceClusters> open(const std::string& model = "net",
                                       MappedBytes::Sharing sharing = MappedBytes::Sharing::kShared) {
        auto opened = FaceClusters::open(folder_.path() / "faces", model, kNumbers, 1.5, 1.6, sharing);
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }
    fs::path file(const char* name) const { return folder_.path() / "faces" / name; }

    test::TemporaryFolder folder_;
    const Crowd made_ = crowd(30, 6, 0.28F);
    const std::vector<ClusterFace> faces_ = faces_of(made_);
};

TEST_F(FaceFiles, KeepTheGroups) {
    const std::span all(faces_);
    std::set<std::set<FaceId>> groups;
    {
        const auto clusters = open();
        ASSERT_TRUE(clusters->add(all.first(150), 2));
        groups = partition(*clusters);
        clusters->set_state("7");
    }
    const auto clusters = open();
    EXPECT_EQ(clusters->state(), "7");
    EXPECT_EQ(partition(*clusters), groups);
    EXPECT_EQ(clusters->take_updated().size(), 0U) << "nothing is computed again";
    ASSERT_TRUE(clusters->add(all.subspan(150), 2));
    FaceClusters anew(kNumbers, 1.5, 1.6);
    ASSERT_TRUE(anew.add(faces_, 1));
    EXPECT_EQ(partition(*clusters), partition(anew));
    EXPECT_EQ(questions_by_id(*clusters), questions_by_id(anew));
}

TEST_F(FaceFiles, OfOtherNetworksAreNotUsed) {
    ASSERT_TRUE(open()->add(faces_, 1));
    EXPECT_EQ(open("other")->size(), 0U);
}

TEST_F(FaceFiles, WrittenByAProcessThatDiedMeanwhileAreNotUsed) {
    ASSERT_TRUE(open()->add(faces_, 1));
    EXPECT_EQ(open()->size(), faces_.size());
    {
        auto table = FaceTable::open(folder_.path() / "faces", {"net", kNumbers, 1.5F, 1.84F},
                                     MappedBytes::Sharing::kShared);
        ASSERT_TRUE(table);
        EXPECT_EQ(table->size(), faces_.size());
        table->begin();
    }
    EXPECT_EQ(open()->size(), 0U);
}

TEST_F(FaceFiles, FromBeforeAPowerFailureAreNotUsed) {
    std::string header;
    {
        const auto clusters = open();
        ASSERT_TRUE(clusters->add(faces_, 1));
        header = *read_text(file("header"));
    }
    // As they are on the disk while a process has them open, and then another start of the machine.
    const std::string boot = read_text("/proc/sys/kernel/random/boot_id")->substr(0, 36);
    const std::size_t at = header.find(boot);
    ASSERT_NE(at, std::string::npos);
    ASSERT_TRUE(write_file_atomically(file("header"), header));
    EXPECT_EQ(open()->size(), faces_.size()) << "the same start of the machine: its memory had everything";
    header[at] = header[at] == '0' ? '1' : '0';
    ASSERT_TRUE(write_file_atomically(file("header"), header));
    EXPECT_EQ(open()->size(), 0U);
}

TEST_F(FaceFiles, AReaderChangesNothing) {
    ASSERT_TRUE(open()->add(std::span(faces_).first(100), 1));
    const auto before = *read_file(file("records"));
    {
        const auto reader = open("net", MappedBytes::Sharing::kPrivate);
        ASSERT_TRUE(reader->add(std::span(faces_).subspan(100), 1));
        reader->update();
        EXPECT_EQ(reader->size(), faces_.size());
    }
    EXPECT_EQ(*read_file(file("records")), before);
    const auto writer = open();
    EXPECT_EQ(writer->size(), 100U);
    const auto beside = FaceClusters::open(folder_.path() / "faces", "net", kNumbers, 1.5, 1.6,
                                           MappedBytes::Sharing::kPrivate);
    ASSERT_FALSE(beside);
    EXPECT_EQ(beside.error().kind, ErrorKind::kInUse);
}

}  // namespace
}  // namespace hone
