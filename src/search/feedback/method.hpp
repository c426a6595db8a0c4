// How words and marks become one question. One method a file; each is a pure function.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace hone {

// Unit vectors of the model's dimension.
struct Evidence {
    std::span<const float> words;  // empty when there are none
    std::vector<std::span<const float>> liked, unliked;
};

// vector = words_weight * words + sum liked_weight * liked + sum unliked_weight * unliked. Not of unit
// length.
struct FeedbackQuery {
    std::vector<float> vector;
    float words_weight = 0, liked_weight = 0, unliked_weight = 0;  // of each single one
};

class FeedbackMethod {
  public:
    virtual ~FeedbackMethod() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;
    // There is at least one of words, liked, unliked.
    [[nodiscard]] virtual FeedbackQuery combine(const Evidence& evidence) const = 0;
};

inline constexpr std::string_view kDefaultMethod = "average";

std::vector<std::string_view> feedback_methods();
// kUsage with the known names when there is no such method. Lives as long as the process.
Result<const FeedbackMethod*> find_feedback_method(std::string_view name);

// The weighted sum that FeedbackQuery describes.
FeedbackQuery weigh(const Evidence& evidence, float words_weight, float liked_weight, float unliked_weight);

// One file each.
std::unique_ptr<FeedbackMethod> make_average();
std::unique_ptr<FeedbackMethod> make_rocchio();

}  // namespace hone
