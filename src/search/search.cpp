// SPDX-License-Identifier: GPL-3.0-or-later
// The chain of a search (search/chain.hpp), and the list of a filter without a question.
#include <algorithm>

#include "base/time.hpp"
#include "search/chain.hpp"
#include "search/filter_parser.hpp"

namespace hone {

namespace {

Result<SearchPage> rank(const SearchedLibrary& library, PhotoLookup& lookup, const EmbedText& embed_text,
                        const SearchQuery& query, const ExamplePictures& examples,
                        const std::stop_token& stop) {
    HONE_TRY(const Question question, understand(library, lookup, embed_text, query, examples, stop));
    HONE_TRY(const Gathered gathered, gather(library, question, stop));
    if (library.content.size() == 0) {
        SearchPage page;
        page.query = question.query;
        page.model = library.model;
        return page;
    }
    const ContentScores content = score_content(library, question, gathered, stop);
    HONE_TRY(const FacetedScores faceted, weigh_facets(library, question, gathered, content, stop));
    const CalibratedScores calibrated = calibrate(library, question, gathered, content, faceted, stop);
    HONE_TRY(const Cards cards,
             group(library, lookup, question, gathered, content, faceted, calibrated, stop));
    return fill(library, lookup, question, gathered, content, faceted, calibrated, cards, stop);
}

// The page of a query with a filter only: descending time of capture.
Result<SearchPage> list(const SearchedLibrary& library, PhotoLookup& lookup, const SearchQuery& query,
                        const std::stop_token& stop) {
    HONE_TRY(const PhotoFilter filter, parse_filter(query.filter));
    HONE_TRY(std::vector<PhotoNumber> numbers, lookup.matching_newest_taken(filter, stop));
    throw_if_stopped(stop);
    SearchPage page;
    page.query = query;
    page.query.filter = to_string(filter);
    page.model = library.model;
    HONE_TRY(const std::vector<Photo> seen, lookup.resolve(query.seen, stop));
    page.query.seen.clear();
    PhotoBits known;
    for (const Photo& photo : seen) {
        page.query.seen.push_back(to_hex(photo.id));
        add(known, photo.number);
    }
    if (query.show != Show::kAll)
        std::erase_if(numbers,
                      [&](PhotoNumber photo) { return has(known, photo) != (query.show == Show::kSeen); });
    page.total = page.likely = numbers.size();
    const std::size_t first = std::min(query.offset, numbers.size()),
                      last = std::min(first + query.limit, numbers.size());
    page.end = last == numbers.size();
    throw_if_stopped(stop);
    HONE_TRY(page.hits, hits_of(lookup, std::span(numbers).subspan(first, last - first), stop));
    for (SearchHit& hit : page.hits) hit.probability = 1;
    return page;
}

}  // namespace

Result<SearchPage> search(const SearchedLibrary& library, PhotoLookup& lookup, const EmbedText& embed_text,
                          const SearchQuery& query, const ExamplePictures& examples,
                          const std::stop_token& stop) {
    HONE_CHECK(validate(query));
    const Stopwatch watch;
    try {
        Result<SearchPage> page = query.has_question()
                                      ? rank(library, lookup, embed_text, query, examples, stop)
                                      : list(library, lookup, query, stop);
        if (page) page->took_ms = watch.seconds() * 1000;
        return page;
    } catch (const Stopped&) {
        return fail(ErrorKind::kUnavailable,
                    "the search was cancelled: it took too long, or the client left");
    }
}

}  // namespace hone
