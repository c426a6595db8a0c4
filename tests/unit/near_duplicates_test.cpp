// SPDX-License-Identifier: GPL-3.0-or-later
// Candidates for near duplicates, and the groups made from pairs.
#include "ingest/near_duplicates.hpp"

#include "library/photo_groups.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/style_images.hpp"

namespace hone {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::mt19937_64 random_numbers(1);

StyleVector random_style() {
    StyleVector style;
    double squares = 0;
    for (float& value : style) {
        value = static_cast<float>(static_cast<double>(random_numbers() % 2001) - 1000);
        squares += value * value;
    }
    for (float& value : style) value = static_cast<float>(value / std::sqrt(squares));
    return style;
}

PhotoHashes random_hashes() {
    PhotoHashes hashes;
    for (auto& hash : hashes.turned) hash = random_numbers();
    for (auto& hash : hashes.crops) hash = random_numbers();
    return hashes;
}

std::vector<PhotoNumber> numbers(const std::vector<NearDuplicateCandidate>& candidates) {
    std::vector<PhotoNumber> out;
    for (const auto& candidate : candidates) out.push_back(candidate.photo);
    return out;
}

TEST(NearDuplicateCount, GrowsWithTheLibrary) {
    EXPECT_EQ(near_duplicate_count(0), 5);
    EXPECT_EQ(near_duplicate_count(1400), 5);
    EXPECT_EQ(near_duplicate_count(14'000), 10);
    EXPECT_EQ(near_duplicate_count(1'400'000), 20);
}

TEST(NearDuplicateIndex, EqualsTheSlowDefinition) {
    NearDuplicateIndex index;
    std::vector<StyleVector> styles;
    std::vector<PhotoHashes> hashes;
    for (PhotoNumber photo = 0; photo < 500; ++photo) {
        styles.push_back(random_style());
        hashes.push_back(random_hashes());
        index.add(1000 + photo, styles.back(), hashes.back());
    }
    EXPECT_EQ(index.size(), 500U);
    const StyleVector style = random_style();
    const PhotoHashes hash = random_hashes();
    const auto all = index.candidates(style, hash, {}, 500);
    ASSERT_EQ(all.size(), 500U);
    std::vector<int> distances;
    for (const auto& candidate : all) {
        const std::size_t photo = candidate.photo - 1000;
        float exact = 0;
        for (std::size_t axis = 0; axis < kStyleDimension; ++axis) exact += style[axis] * styles[photo][axis];
        EXPECT_NEAR(candidate.similarity, exact, .02);
        EXPECT_EQ(candidate.distance, hash_distance(hash, hashes[photo]));
        distances.push_back(candidate.distance);
    }
    EXPECT_TRUE(std::ranges::is_sorted(all, std::greater{}, &NearDuplicateCandidate::similarity));

    // Three from each source: the first three of all, and the three nearest hashes.
    const auto some = index.candidates(style, hash, {}, 3);
    for (int at = 0; at < 3; ++at) EXPECT_EQ(some[at].photo, all[at].photo);
    std::ranges::sort(distances);
    EXPECT_EQ(std::ranges::count_if(some, [&](const auto& one) { return one.distance <= distances[2]; }) >= 3,
              true);
    EXPECT_LE(some.size(), 6U);
}

TEST(NearDuplicateIndex, EitherSourceIsEnough) {
    NearDuplicateIndex index;
    for (PhotoNumber photo = 1; photo <= 300; ++photo) index.add(photo, random_style(), random_hashes());
    const StyleVector style = random_style();
    const PhotoHashes hashes = random_hashes();
    index.add(901, style, random_hashes());
    index.add(902, random_style(), hashes);
    PhotoHashes cropped = random_hashes();
    cropped.crops[3] = hashes.turned[6];  // the query is rotated and a crop of it
    index.add(903, random_style(), cropped);
    PhotoHashes inside = random_hashes();
    inside.turned[0] = hashes.crops[1];  // it is a crop of the query
    index.add(904, random_style(), inside);
    const auto found = numbers(index.candidates(style, hashes));
    for (const PhotoNumber photo : {901U, 902U, 903U, 904U}) EXPECT_THAT(found, testing::Contains(photo));
}

TEST(NearDuplicateIndex, LeavesOutTheQueryAndWhatWasRemoved) {
    NearDuplicateIndex index;
    const StyleVector style = random_style();
    const PhotoHashes hashes = random_hashes();
    EXPECT_THAT(index.candidates(style, hashes), IsEmpty());
    index.add(7, style, hashes);
    EXPECT_THAT(numbers(index.candidates(style, hashes)), ElementsAre(7));
    EXPECT_THAT(index.candidates(style, hashes, 7), IsEmpty());
    for (PhotoNumber photo = 8; photo < 12; ++photo) index.add(photo, random_style(), random_hashes());
    EXPECT_TRUE(index.remove(7));
    EXPECT_FALSE(index.remove(7));
    EXPECT_EQ(index.size(), 4U);
    EXPECT_THAT(numbers(index.candidates(style, hashes)), testing::UnorderedElementsAre(8, 9, 10, 11));
    EXPECT_TRUE(index.remove(11)) << "the row that moved into the gap";
    EXPECT_THAT(numbers(index.candidates(style, hashes)), testing::UnorderedElementsAre(8, 9, 10));
}

TEST(NearDuplicateIndex, AddReplaces) {
    NearDuplicateIndex index;
    const StyleVector old = random_style(), now = random_style();
    index.add(5, old, random_hashes());
    const PhotoHashes hashes = random_hashes();
    index.add(5, now, hashes);
    EXPECT_EQ(index.size(), 1U);
    const auto found = index.candidates(now, hashes);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NEAR(found[0].similarity, 1, .02);
    EXPECT_EQ(found[0].distance, 0);
}

TEST(NearDuplicateIndex, DoesNotDependOnTheOrderOfAdding) {
    NearDuplicateIndex forward, backward;
    std::vector<std::pair<StyleVector, PhotoHashes>> photos;
    for (int photo = 0; photo < 40; ++photo) photos.emplace_back(random_style(), random_hashes());
    photos[10] = photos[30] = photos[20];  // ties
    for (PhotoNumber photo = 0; photo < 40; ++photo) {
        forward.add(photo, photos[photo].first, photos[photo].second);
        backward.add(39 - photo, photos[39 - photo].first, photos[39 - photo].second);
    }
    const auto& [style, hashes] = photos[20];
    const auto found = numbers(forward.candidates(style, hashes, {}, 2));
    EXPECT_EQ(found, numbers(backward.candidates(style, hashes, {}, 2)));
    EXPECT_THAT(found, ElementsAre(10, 20));
}

TEST(Groups, CertainPairsChain) {
    const SamePair pairs[] = {{1, 2, true}, {4, 3, true}, {2, 3, true}, {8, 9, true}};
    EXPECT_THAT(group_same_pictures(pairs), ElementsAre(ElementsAre(1, 2, 3, 4), ElementsAre(8, 9)));
    EXPECT_THAT(group_same_pictures({}), IsEmpty());
    const SamePair with_itself[] = {{5, 5, true}, {6, 6, false}};
    EXPECT_THAT(group_same_pictures(with_itself), IsEmpty());
}

TEST(Groups, AnUncertainPairAddsOnePhoto) {
    const SamePair pairs[] = {{1, 2, true}, {2, 3, false}, {10, 11, false}};
    EXPECT_THAT(group_same_pictures(pairs), ElementsAre(ElementsAre(1, 2, 3), ElementsAre(10, 11)));
}

TEST(Groups, AnUncertainPairDoesNotJoinTwoGroups) {
    const SamePair pairs[] = {{1, 2, true}, {3, 4, true}, {2, 3, false}};
    EXPECT_THAT(group_same_pictures(pairs), ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4)));
    // The same pair from both sides, or two pairs that share a photo, are not a second witness.
    const SamePair repeated[] = {{1, 2, true}, {3, 4, true}, {2, 3, false}, {3, 2, false}, {2, 4, false}};
    EXPECT_THAT(group_same_pictures(repeated), ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4)));
    const SamePair two[] = {{1, 2, true}, {3, 4, true}, {2, 3, false}, {4, 1, false}};
    EXPECT_THAT(group_same_pictures(two), ElementsAre(ElementsAre(1, 2, 3, 4)));
}

TEST(Groups, DoNotDependOnTheOrderOfPairs) {
    std::vector<SamePair> pairs = {{1, 2, true},  {3, 4, true},   {5, 6, true},  {2, 3, false},
                                   {1, 4, false}, {4, 5, false},  {2, 6, false}, {9, 2, false},
                                   {9, 5, false}, {20, 21, false}};
    const auto expected = group_same_pictures(pairs);
    EXPECT_THAT(expected, ElementsAre(ElementsAre(1, 2, 3, 4, 5, 6, 9), ElementsAre(20, 21)));
    std::mt19937 order(4);
    for (int round = 0; round < 50; ++round) {
        std::ranges::shuffle(pairs, order);
        for (auto& pair : pairs) {
            if (order() % 2) std::swap(pair.a, pair.b);
        }
        EXPECT_EQ(group_same_pictures(pairs), expected);
    }
}

}  // namespace
}  // namespace hone
