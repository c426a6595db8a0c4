// SPDX-License-Identifier: GPL-3.0-or-later
// First step of a search: what the query means in this library. The only step that asks a network.
#include <algorithm>

#include "search/chain.hpp"
#include "search/filter_parser.hpp"
#include "search/text_match.hpp"

namespace hone {

void add(PhotoBits& bits, PhotoNumber photo) {
    if (photo >= bits.size()) bits.resize(std::size_t{photo} + 1);
    bits[photo] = true;
}

PhotoBits bits_of(std::span<const PhotoNumber> photos) {
    PhotoBits bits;
    for (const PhotoNumber photo : photos) add(bits, photo);
    return bits;
}

namespace {

// All photos that the query names, in one statement: by the name in the query.
Result<std::map<std::string_view, Photo>> resolve_names(PhotoLookup& lookup, const SearchQuery& query,
                                                        const ExamplePictures& examples,
                                                        const std::stop_token& stop) {
    std::vector<std::string> names;
    const auto take = [&](const std::string& name) {
        if (!name.empty() && !examples.contains(name)) names.push_back(name);
    };
    take(query.from);
    for (const auto* marks : {&query.like, &query.unlike}) std::ranges::for_each(*marks, take);
    HONE_TRY(const std::vector<Photo> photos, lookup.resolve(names, stop));
    std::map<std::string_view, Photo> by_name;
    std::size_t next = 0;
    const auto keep = [&](const std::string& name) {
        if (!name.empty() && !examples.contains(name)) by_name.emplace(name, photos[next++]);
    };
    keep(query.from);
    for (const auto* marks : {&query.like, &query.unlike}) std::ranges::for_each(*marks, keep);
    return by_name;
}

// Reads the marks of a query.
class MarkReader {
  public:
    MarkReader(const SearchedLibrary& library, const SearchQuery& query, const ExamplePictures& examples,
               const std::map<std::string_view, Photo>& photos)
        : library_(library), query_(query), examples_(examples), photos_(photos) {}

    [[nodiscard]] Result<NamedMark> mark(const std::string& name) const {
        const auto found = query_.weights.find(name);
        const auto weight = static_cast<float>(found == query_.weights.end() ? 1 : found->second);
        if (const auto example = examples_.find(name); example != examples_.end())
            return NamedMark{name, std::nullopt, example->second.content, example->second.style, weight};
        const Photo& photo = photos_.at(name);
        const auto row = library_.content.find(photo.number);
        if (!row)
            return fail(ErrorKind::kUnavailable,
                        "the photo {} is not indexed yet; try again when indexing is done", name);
        const auto values = library_.content.values(*row);
        return NamedMark{to_hex(photo.id), photo.number, {values.begin(), values.end()}, {}, weight};
    }

    // A photo marked twice counts once.
    [[nodiscard]] Result<std::vector<NamedMark>> marks(const std::vector<std::string>& names) const {
        std::vector<NamedMark> marks;
        for (const std::string& name : names) {
            HONE_TRY(NamedMark mark, this->mark(name));
            if (std::ranges::find(marks, mark.name, &NamedMark::name) == marks.end())
                marks.push_back(std::move(mark));
        }
        return marks;
    }

  private:
    const SearchedLibrary& library_;
    const SearchQuery& query_;
    const ExamplePictures& examples_;
    const std::map<std::string_view, Photo>& photos_;
};

Result<> check_contradictions(const PhotoGroups& groups, const Question& question) {
    for (const NamedMark& positive : question.positives) {
        for (const NamedMark& negative : question.negatives) {
            if (positive.name == negative.name)
                return fail(
                    ErrorKind::kUsage,
                    "the photo {} is marked both as fitting and as not fitting; remove one of the marks",
                    positive.name);
            if (positive.photo && negative.photo &&
                groups.picture_of(*positive.photo) != PhotoGroups::kNone &&
                groups.picture_of(*positive.photo) == groups.picture_of(*negative.photo))
                return fail(ErrorKind::kUsage,
                            "the photos {} and {} are copies of one photo, one marked as fitting, one as not "
                            "fitting; remove one of the marks",
                            positive.name, negative.name);
        }
    }
    return {};
}

// The query as the page repeats it.
void name_marks(Question& question) {
    question.query.weights.clear();
    const auto names = [&](const std::vector<NamedMark>& marks, std::vector<std::string>& target) {
        target.clear();
        for (const NamedMark& mark : marks) {
            target.push_back(mark.name);
            if (mark.weight != 1) question.query.weights[mark.name] = mark.weight;
        }
    };
    names(question.positives, question.query.like);
    names(question.negatives, question.query.unlike);
    if (question.from) question.query.from = question.from->name;
}

std::vector<UnderstoodPart> parts_of(const SearchedLibrary& library, const SearchQuery& query) {
    std::vector<UnderstoodPart> parts;
    const auto boost = query.facets.find(Facet::kStyle);
    if (!library.styles || !query.has_text() || (boost != query.facets.end() && boost->second <= 0))
        return parts;
    for (const FoundStyleTerm& found : find_style_terms(query.text)) {
        const bool used = !query.style_terms ||
                          std::ranges::find(*query.style_terms, found.word->name) != query.style_terms->end();
        parts.push_back({found.word, used});
    }
    return parts;
}

}  // namespace

Result<Question> understand(const SearchedLibrary& library, PhotoLookup& lookup, const EmbedText& embed_text,
                            const SearchQuery& query, const ExamplePictures& examples,
                            const std::stop_token& stop) {
    Question question;
    question.query = query;
    HONE_TRY(const PhotoFilter filter, parse_filter(query.filter));
    question.query.filter = to_string(filter);
    HONE_TRY(question.method, find_feedback_method(query.method));
    HONE_TRY(const auto photos, resolve_names(lookup, query, examples, stop));
    const MarkReader reader(library, query, examples, photos);
    if (!query.from.empty()) {
        HONE_TRY(question.from, reader.mark(query.from));
    }
    HONE_TRY(question.positives, reader.marks(query.like));
    HONE_TRY(question.negatives, reader.marks(query.unlike));
    HONE_CHECK(check_contradictions(library.photos->groups(), question));
    throw_if_stopped(stop);

    question.from_is_text = question.from && !query.has_text();
    question.parts = parts_of(library, query);
    if (query.has_text()) {
        HONE_TRY(question.text, embed_text(query.text));
    } else if (question.from) {
        question.text = question.from->vector;
    }
    // With both a text and an example, the example counts as a positive.
    if (question.from && !question.from_is_text &&
        std::ranges::find(question.positives, question.from->name, &NamedMark::name) ==
            question.positives.end())
        question.positives.push_back(*question.from);
    name_marks(question);
    throw_if_stopped(stop);

    HONE_TRY(const std::vector<Photo> seen, lookup.resolve(query.seen, stop));
    question.query.seen.clear();
    for (const Photo& photo : seen) {
        question.query.seen.push_back(to_hex(photo.id));
        question.seen.push_back(photo.number);
    }
    throw_if_stopped(stop);

    question.passes = library.photos->available();
    if (filter != PhotoFilter{}) {
        HONE_TRY(const std::vector<PhotoNumber> matching, lookup.matching(filter, stop));
        const PhotoBits matches = bits_of(matching);
        for (std::size_t photo = 0; photo < question.passes.size(); ++photo)
            question.passes[photo] = question.passes[photo] && has(matches, static_cast<PhotoNumber>(photo));
    }
    if (query.facts) {
        if (const std::vector<std::string> wanted = terms_to_match(query.text); !wanted.empty()) {
            HONE_TRY(const std::vector<PhotoNumber> holders, lookup.matching_text(wanted, query.paths, stop));
            question.holds_text = bits_of(holders);
        }
    }
    throw_if_stopped(stop);
    return question;
}

}  // namespace hone
