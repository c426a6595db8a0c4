// SPDX-License-Identifier: GPL-3.0-or-later
// `hone people`: lists people and edits them.
#include <CLI/CLI.hpp>
#include <charconv>

#include "cli/commands.hpp"
#include "cli/faces.hpp"
#include "cli/remote.hpp"
#include "wire/people.hpp"

namespace hone {

using nlohmann::json;

namespace {

struct PeopleFlags {
    bool hidden = false, singles = false;
    std::size_t limit = 1000;
    std::string person, name;
    std::vector<std::string> people;
    std::vector<FaceId> faces;
};

// Accepts a number or a name.
Result<PersonId> find_person(PeopleCatalog& catalog, const std::string& text) {
    HONE_TRY(const auto named, catalog.person_named(text));
    if (named) return named->id;
    PersonId id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size())
        return fail(ErrorKind::kNotFound, "nobody is named '{}'; `hone people list` shows who there is",
                    text);
    HONE_TRY(const Person person, catalog.person(id));
    return person.id;
}

Result<> list_people(const GlobalOptions& options, const PeopleFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    HONE_TRY(const auto snapshot, library->snapshot());
    HONE_TRY(const Document page,
             people_page(*snapshot, library->catalog(),
                         {.filter = {flags.hidden, flags.singles}, .limit = flags.limit}));
    if (options.json) {
        fmt::print("{}\n", dump(page));
        return {};
    }
    for (const json& person : page.all()["people"]) {
        fmt::print("{:>6}  {:>5} photos  {}{}\n", person["id"].get<PersonId>(),
                   person["photos"].get<std::uint64_t>(),
                   person["name"].is_string() ? printable(person["name"].get<std::string>()) : "(not named)",
                   person["hidden"].get<bool>() ? "  (hidden)" : "");
    }
    if (page.all()["people"].empty()) fmt::print("nobody is known yet\n");
    return {};
}

Result<> list_questions(const GlobalOptions& options, const PeopleFlags& flags) {
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    HONE_TRY(const auto faces, open_faces(*library));
    // A reader shows the stored state; only the writer groups faces again.
    HONE_TRY(const Document page,
             questions_page(library->catalog(), *open_people(*library, faces.get()), flags.limit));
    if (options.json) {
        fmt::print("{}\n", dump(page));
        return {};
    }
    for (const json& question : page.all()["questions"]) {
        const json& person = question["person"];
        const std::string id = std::to_string(person["id"].get<PersonId>());
        fmt::print("is face {} also {}?  (distance {:.2f}, settles {} faces)\n",
                   question["face"]["id"].get<FaceId>(),
                   person["name"].is_string() ? printable(person["name"].get<std::string>()) : "person " + id,
                   question["distance"].get<double>(), question["settles"].get<std::uint64_t>());
    }
    return {};
}

// edit: in the form of POST /people, with people by number or name.
Result<> edit(const GlobalOptions& options, const PeopleFlags& flags, json document) {
    HONE_TRY(const fs::path directory, library_of(options));
    const auto url = server_of(directory);
    std::unique_ptr<Library> library;
    if (url) {
        HONE_TRY(library, Library::open(directory, Access::kRead));
    } else {
        HONE_TRY(library, open_for_writing(directory, "people"));
    }
    if (!flags.person.empty()) {
        const auto person = find_person(library->catalog(), flags.person);
        // An unknown name becomes a new person, where the action allows one.
        if (!person && document["action"].get<std::string>() != "assign")
            return std::unexpected(person.error());
        if (person)
            document["person"] = *person;
        else
            document["name"] = flags.person;
    }
    for (const std::string& name : flags.people) {
        HONE_TRY(const PersonId person, find_person(library->catalog(), name));
        document["people"].push_back(person);
    }
    if (!flags.faces.empty()) document["faces"] = flags.faces;
    json answer;
    if (url) {
        HONE_TRY(answer, post_to_server(*url, "/api/v1/people", document));
    } else {
        const auto faces = open_faces(*library);
        const auto people = open_people(*library, faces ? faces->get() : nullptr);
        HONE_TRY(const PeopleEditResult result, edit_people(*people, document));
        HONE_TRY(const Document edited, to_document(library->catalog(), result));
        answer = edited.all();
    }
    if (options.json)
        fmt::print("{}\n", dump(answer, 2));
    else if (!options.quiet)
        fmt::print("{}\n", printable(answer.value("what", "")));
    return {};
}

}  // namespace

void add_people(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<PeopleFlags>();
    CLI::App* command = app.add_subcommand("people", "list, name, merge and correct people");
    command->require_subcommand(1);
    const auto runs = [&](CLI::App* sub, auto body) {
        sub->callback([&options, &chosen, flags, body] {
            chosen = [&options, flags, body] { return run_command([&] { return body(options, *flags); }); };
        });
    };
    const auto edits = [&](const char* name, const char* help, auto document) {
        CLI::App* sub = command->add_subcommand(name, help);
        runs(sub,
             [name = std::string(name), document](const GlobalOptions& global, const PeopleFlags& given) {
                 json edited = document(given);
                 edited["action"] = name;
                 return edit(global, given, std::move(edited));
             });
        return sub;
    };
    const auto plain = [](const PeopleFlags&) { return json::object(); };
    const auto with_name = [](const PeopleFlags& given) {
        return given.name.empty() ? json::object() : json{{"name", given.name}};
    };
    const char* const who = "a person's number or name";
    CLI::App* list = command->add_subcommand("list", "list people: named first, then by number of photos");
    list->add_flag("--hidden", flags->hidden, "include hidden people");
    list->add_flag("--all", flags->singles, "include unnamed people with a single photo");
    list->add_option("--limit", flags->limit, "number of people")
        ->check(CLI::Range(1, 1'000'000))
        ->default_str("1000");
    runs(list, list_people);
    CLI::App* name = edits("name", "give a person a name",
                           [](const PeopleFlags& given) { return json{{"name", given.name}}; });
    name->add_option("PERSON", flags->person, who)->required();
    name->add_option("NAME", flags->name, "the name; \"\" removes it")->required();
    CLI::App* merge = edits("merge", "merge several people into one", with_name);
    merge->add_option("PERSON", flags->people, who)->required()->expected(2, 1000);
    merge->add_option("--name", flags->name, "name to keep");
    CLI::App* split = edits("split", "make faces a separate person", plain);
    split->add_option("PERSON", flags->person, who)->required();
    split->add_option("FACE", flags->faces, "numbers as `hone faces PHOTO` shows them")->required();
    CLI::App* assign = edits("assign", "assign faces to a person", plain);
    assign->add_option("PERSON", flags->person, "a person's number or name, also a new name")->required();
    assign->add_option("FACE", flags->faces, "numbers of faces")->required();
    CLI::App* reject = edits("reject", "mark faces as not this person, permanently", plain);
    reject->add_option("PERSON", flags->person, who)->required();
    reject->add_option("FACE", flags->faces, "numbers of faces")->required();
    for (const char* action : {"hide", "show"})
        edits(action, action[0] == 'h' ? "hide a person from lists" : "list a hidden person again", plain)
            ->add_option("PERSON", flags->person, who)
            ->required();
    edits("undo", "undo the last edit", plain);
    CLI::App* questions = command->add_subcommand(
        "questions", "list open questions \"is this also ...?\", the most useful first");
    questions->add_option("--limit", flags->limit, "number of questions");
    runs(questions, list_questions);
}

}  // namespace hone
