#include "search/query.hpp"

#include <algorithm>

#include "search/filter_parser.hpp"

namespace hone {

namespace {

std::size_t count_characters(const std::string& utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](unsigned char byte) { return (byte & 0xC0U) != 0x80; }));
}

bool has_signs(const std::string& text) {
    return std::ranges::any_of(text, [](unsigned char c) { return c > ' '; });
}

}  // namespace

bool SearchQuery::has_words() const {
    return has_signs(text);
}

Result<> validate(const SearchQuery& query) {
    if (!query.has_question() && !has_signs(query.filter)) {
        return fail(ErrorKind::kUsage,
                    "nothing to search for: give words, a picture to start from, marks, or a filter");
    }
    if (const std::size_t characters = count_characters(query.text); characters > SearchQuery::kLongestText) {
        return fail(ErrorKind::kUsage, "the words have {} characters; at most {} are read", characters,
                    SearchQuery::kLongestText);
    }
    if (query.limit < 1 || query.limit > SearchQuery::kLargestLimit) {
        return fail(ErrorKind::kUsage, "the limit is {}; it must be between 1 and {}", query.limit,
                    SearchQuery::kLargestLimit);
    }
    for (const std::string& liked : query.like) {
        if (std::ranges::find(query.unlike, liked) != query.unlike.end()) {
            return fail(ErrorKind::kUsage,
                        "the picture {} is marked both as fitting and as not fitting; take one mark off",
                        liked);
        }
    }
    HONE_TRY(const PhotoFilter filter, parse_filter(query.filter));
    (void)filter;
    HONE_TRY(const FeedbackMethod* const method, find_feedback_method(query.method));
    (void)method;
    return {};
}

}  // namespace hone
