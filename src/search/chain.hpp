// SPDX-License-Identifier: GPL-3.0-or-later
// One search as a chain of values:
//
//   SearchQuery -> understand -> Question -> gather -> Gathered -> score_content -> ContentScores
//     -> weigh_facets -> FacetedScores -> calibrate -> CalibratedScores -> group -> Cards -> fill ->
//     SearchPage
//
// Each step is a function in a separate file and returns a new value; equal arguments give equal values,
// bit for bit. Steps that can take long end with Stopped (base/stop.hpp) when a stop is requested.
// Safe from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/stop.hpp"
#include "catalog/catalog.hpp"
#include "library/snapshot.hpp"
#include "search/background_vocabulary.hpp"
#include "search/calibration.hpp"
#include "search/facet.hpp"
#include "search/feedback/method.hpp"
#include "search/query.hpp"

namespace hone {

// The library that a search ranks, at one moment.
struct SearchedLibrary {
    std::shared_ptr<const Snapshot> photos;
    SpaceView content;
    // Of `content`; set when the query has marks or is diverse and `content` is not empty.
    std::shared_ptr<const SpaceStatistics> statistics;
    std::optional<StyleViews> styles;
    std::string model;                            // its name
    std::optional<ScoreCalibration> calibration;  // in the model's manifest
    // Null when the manifest has a calibration, or until it is computed.
    std::shared_ptr<const BackgroundVocabulary> vocabulary;
    unsigned threads = 1;  // the most to use
};

// Facts about single photos, for searches. Calls may fail like those of the Catalog.
class PhotoLookup {
  public:
    virtual ~PhotoLookup() = default;
    // See Catalog, for all five.
    virtual Result<std::vector<Photo>> resolve(std::span<const std::string> ids_or_paths,
                                               const std::stop_token& stop) = 0;
    virtual Result<std::vector<PhotoNumber>> matching(const PhotoFilter& filter,
                                                      const std::stop_token& stop) = 0;
    virtual Result<std::vector<PhotoNumber>> matching_newest_taken(const PhotoFilter& filter,
                                                                   const std::stop_token& stop) = 0;
    virtual Result<std::vector<PhotoNumber>> matching_text(std::span<const std::string> words, bool paths,
                                                           const std::stop_token& stop) = 0;
    virtual Result<std::vector<ListedPhoto>> list(std::span<const PhotoNumber> photos,
                                                  const std::stop_token& stop) = 0;
};

// Returns the query vector of a text, of length 1.
using EmbedText = std::function<Result<std::vector<float>>(std::string_view)>;

// Returns the page of a query. kUsage for an invalid query, kNotFound for an unknown photo. kUnavailable when
// a marked photo is not indexed yet, or when a stop was requested.
Result<SearchPage> search(const SearchedLibrary& library, PhotoLookup& lookup, const EmbedText& embed_text,
                          const SearchQuery& query, const ExamplePictures& examples,
                          const std::stop_token& stop);

// Bits by photo number; photos beyond the end are false.
using PhotoBits = Snapshot::Bits;
inline bool has(const PhotoBits& bits, PhotoNumber photo) {
    return photo < bits.size() && bits[photo];
}
void add(PhotoBits& bits, PhotoNumber photo);
PhotoBits bits_of(std::span<const PhotoNumber> photos);

// A photo or an example image that was marked.
struct NamedMark {
    std::string name;  // full id, or the example's name
    std::optional<PhotoNumber> photo;
    std::vector<float> vector, style;  // style vector of an example
    float weight = 1;
};

// A part of the query text that says something else than what a photo looks like.
struct UnderstoodPart {
    const ReadableStyleTerm* style_term = nullptr;
    bool used = true;  // false: switched off by the query
};

// The meaning of a query in this library.
struct Question {
    SearchQuery query;  // normalised, as the page repeats it
    const FeedbackMethod* method = nullptr;
    std::vector<UnderstoodPart> parts;
    std::vector<float> text;  // query vector: of the text, or of `from` without a text
    std::optional<NamedMark> from;
    bool from_is_text = false;
    std::vector<NamedMark> positives, negatives;  // each photo once
    std::vector<PhotoNumber> seen;                // in the order of the query
    PhotoBits passes;                             // available photos that the filter selects
    PhotoBits holds_text;  // photos whose name, folders, title, keywords or camera hold the query text
};
Result<Question> understand(const SearchedLibrary& library, PhotoLookup& lookup, const EmbedText& embed_text,
                            const SearchQuery& query, const ExamplePictures& examples,
                            const std::stop_token& stop);

// The marks as evidence. Copies of one picture count once; seen photos without a mark are implicit negatives.
struct Gathered {
    Evidence evidence;  // refers to vectors in the question and in the library
    FacetMarks facet_marks;
    std::vector<std::size_t> positive_index, negative_index;  // of the evidence, into the question's marks
    PhotoBits may_show;                                       // photos that match the filter and `show`
};
// kUsage when the marks leave nothing to search for.
Result<Gathered> gather(const SearchedLibrary& library, const Question& question,
                        const std::stop_token& stop);

struct ContentScores {
    Evidence evidence;  // with the weights that the method gives to marks
    std::unique_ptr<Ranking> ranking;
    bool text_wins = false;     // the marks contradict themselves, so that the query text ranks
    std::vector<float> scores;  // by row
    std::vector<float>
        scores_by_text;    // by row, by the query text alone; empty without a text or without marks
    ScoreMoments moments;  // of `scores`
};
ContentScores score_content(const SearchedLibrary& library, const Question& question,
                            const Gathered& gathered, const std::stop_token& stop);

struct ActiveFacet {
    Facet facet;
    FacetScores scores;
    double weight = 0;       // in the sum, relative to the content's
    std::string style_term;  // the style term, if it is one
};
// score = content weight x content + its standard deviation x sum of weight x facet: in the content's unit,
// and equal to the content's score when no facet counts.
struct FacetedScores {
    std::vector<float> scores;  // by row
    double content_weight = 1;
    std::vector<ActiveFacet> facets;
    std::vector<FacetState> states;  // of all facets, the content first
    std::vector<StyleTermState> style_terms;
    [[nodiscard]] bool content_only() const { return facets.empty() && content_weight == 1; }
};
// kUsage when every facet is off.
Result<FacetedScores> weigh_facets(const SearchedLibrary& library, const Question& question,
                                   const Gathered& gathered, const ContentScores& content,
                                   const std::stop_token& stop);

struct CalibratedScores {
    LogisticCalibration calibration;
    Calibration kind = Calibration::kDeviation;
    std::vector<float> scores;  // by row, with the bonus of text matches; kHidden for photos not to show
    bool nothing_fits = false;
};
CalibratedScores calibrate(const SearchedLibrary& library, const Question& question, const Gathered& gathered,
                           const ContentScores& content, const FacetedScores& faceted,
                           const std::stop_token& stop);

// One result: a photo, or the best one of a group.
struct Card {
    std::uint32_t row = 0;
    float score = 0;
    std::uint32_t group = PhotoGroups::kNone;
    bool explores = false;
};
struct Cards {
    std::vector<Card> cards;  // of the page, best first
    bool explores = false;    // the page shows one photo of each kind
    bool end = true;          // no card comes after these
};
Result<Cards> group(const SearchedLibrary& library, PhotoLookup& lookup, const Question& question,
                    const Gathered& gathered, const ContentScores& content, const FacetedScores& faceted,
                    const CalibratedScores& calibrated, const std::stop_token& stop);

Result<SearchPage> fill(const SearchedLibrary& library, PhotoLookup& lookup, const Question& question,
                        const Gathered& gathered, const ContentScores& content, const FacetedScores& faceted,
                        const CalibratedScores& calibrated, const Cards& cards, const std::stop_token& stop);

// The exact score of a row without the bonus of a text match, and that bonus.
double exact_score(const SearchedLibrary& library, const ContentScores& content, const FacetedScores& faceted,
                   std::size_t row);
double bonus_of(const Question& question, const CalibratedScores& calibrated, PhotoNumber photo,
                double score);

// Facts of the photos, in their order, in one statement.
Result<std::vector<SearchHit>> hits_of(PhotoLookup& lookup, std::span<const PhotoNumber> photos,
                                       const std::stop_token& stop);

// The space of a search with marks.
inline FeedbackSpace feedback_space(const SearchedLibrary& library, const std::stop_token& stop) {
    return {library.content, library.statistics, library.threads, stop};
}

}  // namespace hone
