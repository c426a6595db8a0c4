#include <gtest/gtest.h>

#include "search/feedback/method.hpp"

namespace hone {
namespace {

const std::vector<float> kWords{1, 0, 0}, kDog{0, 1, 0}, kCat{0, 0, 1};

std::vector<float> combine(std::string_view method, const Evidence& evidence) {
    return (*find_feedback_method(method))->combine(evidence).vector;
}

TEST(Average, IsTheOriginalsRule) {
    EXPECT_EQ(combine("average", {kWords, {kDog, kCat}, {}}), (std::vector<float>{0.5F, 0.25F, 0.25F}));
    EXPECT_EQ(combine("average", {kWords, {}, {}}), kWords);
    EXPECT_EQ(combine("average", {{}, {kDog, kCat}, {}}), (std::vector<float>{0, 0.5F, 0.5F}));
}

TEST(Average, IsNotMovedByWhatDoesNotFit) {
    EXPECT_EQ(combine("average", {kWords, {kDog}, {kCat}}), (std::vector<float>{0.5F, 0.5F, 0}));
}

TEST(Rocchio, HasTheTextbooksWeights) {
    EXPECT_EQ(combine("rocchio", {kWords, {kDog}, {kCat}}), (std::vector<float>{1, 0.75F, -0.15F}));
    EXPECT_EQ(combine("rocchio", {kWords, {kDog, kDog}, {}}), (std::vector<float>{1, 0.75F, 0}))
        << "the mean, not the sum";
}

TEST(FindFeedbackMethod, NamesTheKnownOnes) {
    const auto unknown = find_feedback_method("magic");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().kind, ErrorKind::kUsage);
    EXPECT_NE(unknown.error().message.find("average, rocchio"), std::string::npos);
}

}  // namespace
}  // namespace hone
