// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a search for the command line and prints its page.
#include "cli/search_common.hpp"

#include "cli/commands.hpp"
#include "photo/sandbox/decoder_pool.hpp"
#include "search/engine.hpp"
#include "wire/search.hpp"

namespace hone {

namespace {

// A path to an image outside the library becomes an example.
Result<> add_example(const std::string& name, PhotoCatalog& catalog, ImageTextModel& model,
                     DecoderPool& decoders, ExamplePictures& examples) {
    std::error_code error;
    if (name.empty() || catalog.resolve(name) || !fs::is_regular_file(name, error)) return {};
    HONE_TRY(const auto bytes, read_file(name, kMaximumFileBytes));
    PhotoWork work;
    work.network_side = model.wanted_side();
    work.thumbnails = true;  // the style is computed from the image behind the thumbnails
    const auto decoded = decoders.prepare(bytes, work);
    if (!decoded) return fail("cannot use the photo {}: {}", printable(name), decoded.error().message);
    HONE_TRY(examples[name].content, model.embed_image(decoded->network));
    examples[name].style = StyleSpace::vector_of(decoded->small);
    return {};
}

// A filter alone estimates no match, so print times instead of probabilities.
void print_list(const SearchPage& page) {
    fmt::print("{} {}, the newest taken first ({:.0f} ms)\n", page.total,
               page.total == 1 ? "photo" : "photos", page.took_ms);
    std::size_t place = page.query.offset;
    for (const SearchHit& hit : page.hits) {
        const std::string taken =
            hit.listing.taken
                ? iso8601_local(*hit.listing.taken).substr(0, std::size("2019-05-01T12:30:00") - 1)
                : "";
        fmt::print("{:4}  {:19}  {}  {}\n", ++place, taken, to_hex(hit.photo.id).substr(0, 12),
                   printable(hit.listing.path));
    }
}

void print_page(const SearchPage& page) {
    if (!page.query.has_question()) return print_list(page);
    if (page.nothing_fits) fmt::print("Nothing here matches. The closest photos:\n");
    if (page.text_wins) fmt::print("These marks do not agree yet. Results for the words alone:\n");
    if (page.explores)
        fmt::print("{} fits yet. One photo of each kind not seen so far:\n",
                   page.query.like.empty() ? "Nothing" : "Little");
    fmt::print("{} likely, {} possible, of {} photos ({:.0f} ms)\n", page.likely, page.possible, page.total,
               page.took_ms);
    std::size_t place = page.query.offset;
    for (const SearchHit& hit : page.hits) {
        fmt::print("{:4}  {:3.0f} %  {:6.3f}  {}  {}{}\n", ++place, 100 * hit.probability, hit.score,
                   to_hex(hit.photo.id).substr(0, 12), printable(hit.listing.path),
                   hit.grouped > 0 ? fmt::format("  (+{})", hit.grouped) : "");
    }
}

}  // namespace

Result<> search_and_print(const GlobalOptions& options, const ModelFlags& model_flags, SearchQuery query) {
    HONE_CHECK(validate(query));
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    HONE_TRY(const auto model, open_model(*library, model_flags));
    HONE_CHECK(library->check_model(*model));
    HONE_TRY(const auto space, library->open_content(*model));
    DecoderPool decoders(1);
    ExamplePictures examples;
    std::vector<std::string> names = query.like;
    names.insert(names.end(), query.unlike.begin(), query.unlike.end());
    names.push_back(query.from);
    for (const std::string& name : names)
        HONE_CHECK(add_example(name, library->catalog(), *model, decoders, examples));
    const SearchEngine engine(*library, space, model);
    HONE_TRY(const SearchPage page, engine.search(query, examples));
    if (options.json)
        fmt::print("{}\n", dump(to_document(page)));
    else
        print_page(page);
    return {};
}

}  // namespace hone
