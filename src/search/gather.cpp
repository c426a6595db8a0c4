// SPDX-License-Identifier: GPL-3.0-or-later
// Second step of a search: marks become evidence, and `show` selects photos.
#include <unordered_set>

#include "search/chain.hpp"

namespace hone {

namespace {

void gather_evidence(const SearchedLibrary& library, const Question& question, Gathered& gathered) {
    std::unordered_set<std::uint32_t> counted;
    const auto first_of_its_picture = [&](PhotoNumber photo) {
        const std::uint32_t picture = library.photos->groups().picture_of(photo);
        return picture == PhotoGroups::kNone || counted.insert(picture).second;
    };
    const auto take = [&](const std::vector<NamedMark>& marks, std::vector<Mark>& evidence,
                          std::vector<FacetMark>& facet, std::vector<std::size_t>& index) {
        for (std::size_t at = 0; at < marks.size(); ++at) {
            const NamedMark& mark = marks[at];
            if (mark.photo && !first_of_its_picture(*mark.photo)) continue;
            facet.push_back({mark.photo, mark.style, mark.weight, evidence.size()});
            evidence.push_back({mark.vector, mark.weight});
            index.push_back(at);
        }
    };
    Evidence& evidence = gathered.evidence;
    FacetMarks& facet_marks = gathered.facet_marks;
    evidence.text = question.text;
    take(question.positives, evidence.positives, facet_marks.positives, gathered.positive_index);
    take(question.negatives, evidence.negatives, facet_marks.negatives, gathered.negative_index);
    if (question.from_is_text) facet_marks.from = FacetMark{question.from->photo, question.from->style, 1, 0};

    PhotoBits marked;
    for (const auto* marks : {&question.positives, &question.negatives}) {
        for (const NamedMark& mark : *marks) {
            if (mark.photo) add(marked, *mark.photo);
        }
    }
    if (question.from && question.from->photo) add(marked, *question.from->photo);
    for (const PhotoNumber photo : question.seen) {
        const auto row = library.content.find(photo);
        if (has(marked, photo) || !row || !first_of_its_picture(photo)) continue;
        add(marked, photo);  // a photo named twice counts once
        facet_marks.implicit_negatives.push_back({photo, {}, 1, evidence.implicit_negatives.size()});
        evidence.implicit_negatives.push_back({library.content.values(*row), 1});
    }
    auto& last = facet_marks.implicit_negatives;
    if (last.size() > kLastImplicitNegatives)
        last.erase(last.begin(), last.end() - static_cast<std::ptrdiff_t>(kLastImplicitNegatives));
}

// The photos that the person knows already: seen ones, marked ones, and what these stood for.
PhotoBits known_photos(const SearchedLibrary& library, const Question& question) {
    const PhotoGroups& groups = library.photos->groups();
    PhotoBits known;
    const auto know = [&](PhotoNumber photo) {
        add(known, photo);
        const std::uint32_t group = groups.of(photo);
        if (question.query.show == Show::kSeen || group == PhotoGroups::kNone) return;
        // A shown cover stood for its whole group. Without groups, only copies of one picture are the same.
        const std::uint32_t picture = groups.picture_of(photo);
        for (const PhotoNumber other : groups.members(group)) {
            const bool copy = picture != PhotoGroups::kNone && picture == groups.picture_of(other);
            if (question.query.collapse || copy) add(known, other);
        }
    };
    for (const PhotoNumber photo : question.seen) know(photo);
    if (question.query.show == Show::kNew) {
        for (const auto* marks : {&question.positives, &question.negatives}) {
            for (const NamedMark& mark : *marks) {
                if (mark.photo) know(*mark.photo);
            }
        }
    }
    return known;
}

}  // namespace

Result<Gathered> gather(const SearchedLibrary& library, const Question& question,
                        const std::stop_token& stop) {
    throw_if_stopped(stop);
    Gathered gathered;
    gather_evidence(library, question, gathered);
    if (question.text.empty() && gathered.evidence.positives.empty() && gathered.evidence.negatives.empty() &&
        gathered.evidence.implicit_negatives.empty())
        return fail(ErrorKind::kUsage,
                    "these marks leave nothing to search for: add words or a photo that fits");

    gathered.may_show = question.passes;
    if (question.query.show == Show::kAll) return gathered;
    if (question.from && question.from->photo && has(gathered.may_show, *question.from->photo))
        gathered.may_show[*question.from->photo] = false;
    const PhotoBits known = known_photos(library, question);
    for (std::size_t photo = 0; photo < gathered.may_show.size(); ++photo) {
        const bool is_known = has(known, static_cast<PhotoNumber>(photo));
        gathered.may_show[photo] =
            gathered.may_show[photo] && is_known == (question.query.show == Show::kSeen);
    }
    return gathered;
}

}  // namespace hone
