#include "search/feedback/method.hpp"

#include <algorithm>
#include <array>

namespace hone {

namespace {

const auto& all_methods() {
    static const std::array<std::unique_ptr<FeedbackMethod>, 2> methods{make_average(), make_rocchio()};
    return methods;
}

}  // namespace

std::vector<std::string_view> feedback_methods() {
    std::vector<std::string_view> names;
    for (const auto& method : all_methods()) names.push_back(method->name());
    return names;
}

Result<const FeedbackMethod*> find_feedback_method(std::string_view name) {
    for (const auto& method : all_methods()) {
        if (method->name() == name) return method.get();
    }
    return fail(ErrorKind::kUsage, "unknown method '{}'; there are {}", name,
                fmt::join(feedback_methods(), ", "));
}

FeedbackQuery weigh(const Evidence& evidence, float words_weight, float liked_weight, float unliked_weight) {
    std::size_t dimension = evidence.words.size();
    for (const auto* marks : {&evidence.liked, &evidence.unliked}) {
        for (const auto& mark : *marks) dimension = std::max(dimension, mark.size());
    }
    FeedbackQuery query{std::vector<float>(dimension), words_weight, liked_weight, unliked_weight};
    const auto add = [&](std::span<const float> vector, float weight) {
        for (std::size_t at = 0; at < vector.size(); ++at) query.vector[at] += weight * vector[at];
    };
    add(evidence.words, words_weight);
    for (const auto& mark : evidence.liked) add(mark, liked_weight);
    for (const auto& mark : evidence.unliked) add(mark, unliked_weight);
    return query;
}

}  // namespace hone
