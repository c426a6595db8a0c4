// SPDX-License-Identifier: GPL-3.0-or-later
// `hone export`: everything in the library, for other programs.
#include <CLI/CLI.hpp>
#include <cstring>
#include <map>
#include <set>

#include "cli/commands.hpp"
#include "photo/sidecar.hpp"
#include "wire/export.hpp"

namespace hone {

using nlohmann::json;

namespace {

struct ExportFlags {
    std::string format, to;
};

using VisitPhoto = std::function<Result<>(const Photo&, const std::vector<FileRecord>&)>;

// Visits the available photos by ascending number.
Result<> for_each_photo(Catalog& catalog, const VisitPhoto& visit) {
    HONE_TRY(const std::vector<PhotoNumber> numbers, catalog.available());
    for (const PhotoNumber number : numbers) {
        HONE_TRY(const auto photo, catalog.photo(number));
        HONE_TRY(const std::vector<FileRecord> files, catalog.files_of(number));
        if (photo) HONE_CHECK(visit(*photo, files));
    }
    return {};
}

// Writes text piece by piece, so that a large library needs little memory.
class Output {
  public:
    static Result<Output> open(const std::string& file) {
        if (file.empty() || file == "-") return Output(stdout);
        std::FILE* opened = std::fopen((file + ".part").c_str(), "we");
        if (opened == nullptr) return fail("cannot write {}: {}", file, std::strerror(errno));
        Output output(opened);
        output.file_ = file;
        return output;
    }
    void write(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stream_.get()); }
    // The file gets its name once it is complete.
    Result<> finish() {
        const bool bad = std::ferror(stream_.get()) != 0 || std::fflush(stream_.get()) != 0;
        if (file_.empty())
            return bad ? fail(
                             "cannot write the output: the disk may be full, or the reading program has "
                             "ended")
                       : Result<>{};
        stream_.reset();
        std::error_code error;
        if (!bad) fs::rename(file_ + ".part", file_, error);
        if (!bad && !error) return {};
        fs::remove(file_ + ".part", error);
        return fail("cannot write {}: is the disk full?", file_);
    }

  private:
    explicit Output(std::FILE* stream) : stream_(stream) {}
    struct Close {
        void operator()(std::FILE* stream) const {
            if (stream != stdout) std::fclose(stream);
        }
    };
    std::unique_ptr<std::FILE, Close> stream_;
    std::string file_;
};

Result<> export_json(Catalog& catalog, const std::string& to) {
    HONE_TRY(Output output, Output::open(to));
    HONE_TRY(const std::vector<Folder> folders, catalog.folders());
    HONE_TRY(const std::vector<PersonCount> people, catalog.people());
    output.write(fmt::format("{{\"hone\": \"{}\",\n\"folders\": {},\n\"people\": {},\n\"photos\": [",
                             HONE_VERSION, dump(exported_folders(folders)), dump(exported_people(people))));
    const char* before = "\n";
    const VisitPhoto write = [&](const Photo& photo, const std::vector<FileRecord>& files) -> Result<> {
        HONE_TRY(const json entry, exported_photo(catalog, photo, files));
        output.write(std::exchange(before, ",\n") + dump(entry));
        return {};
    };
    HONE_CHECK(for_each_photo(catalog, write));
    output.write("\n]}\n");
    return output.finish();
}

// Quotes a field by RFC 4180.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

Result<> export_csv(Catalog& catalog, const std::string& to) {
    HONE_TRY(Output output, Output::open(to));
    output.write(
        "id,path,copies,width,height,format,bytes,taken_at,latitude,longitude,rating,title,description,"
        "keywords,people\r\n");
    const VisitPhoto write = [&](const Photo& photo, const std::vector<FileRecord>& files) -> Result<> {
        HONE_TRY(const json entry, exported_photo(catalog, photo, files));
        const json facts = entry.value("metadata", json::object());
        const auto fact = [&](const char* name) {
            const auto found = facts.find(name);
            if (found == facts.end()) return std::string();
            return found->is_string() ? found->get<std::string>() : dump(*found);
        };
        std::set<std::string> names;
        for (const json& face : entry["faces"]) {
            if (face["person"].is_object() && face["person"]["name"].is_string())
                names.insert(face["person"]["name"].get<std::string>());
        }
        const auto list = facts.value("keywords", std::vector<std::string>());
        const std::string taken = entry.contains("taken") ? entry["taken"]["at"].get<std::string>() : "";
        const std::string fields[] = {entry["id"].get<std::string>(),
                                      entry["paths"].empty() ? "" : entry["paths"][0].get<std::string>(),
                                      std::to_string(files.size()),
                                      std::to_string(photo.width),
                                      std::to_string(photo.height),
                                      photo.format,
                                      std::to_string(photo.bytes),
                                      taken,
                                      fact("latitude"),
                                      fact("longitude"),
                                      fact("rating"),
                                      fact("title"),
                                      fact("description"),
                                      fmt::format("{}", fmt::join(list, "; ")),
                                      fmt::format("{}", fmt::join(names, "; "))};
        std::string line;
        for (const std::string& field : fields) line += (line.empty() ? "" : ",") + csv_field(field);
        output.write(line + "\r\n");
        return {};
    };
    HONE_CHECK(for_each_photo(catalog, write));
    return output.finish();
}

// Chooses the folder below `to` for the sidecars of each library folder: `to` itself for the only folder or
// when they are equal, else a subfolder of its name.
std::map<FolderId, fs::path> sidecar_folders(const std::vector<Folder>& folders, const fs::path& to) {
    std::map<FolderId, fs::path> below;
    std::set<fs::path> used;
    for (const Folder& folder : folders) {
        std::error_code error;
        if (folders.size() == 1 || fs::equivalent(folder.path, to, error)) {
            below[folder.id] = to;
            continue;
        }
        const fs::path name = folder.path.filename().empty() ? fs::path("root") : folder.path.filename();
        fs::path unused = name;
        for (int next = 2; !used.insert(unused).second; ++next)
            unused = name.native() + fmt::format("-{}", next);
        below[folder.id] = to / unused;
    }
    return below;
}

struct SidecarCounts {
    std::size_t written = 0, unchanged = 0, left = 0;
};

Result<> put_sidecar(const fs::path& file, const std::string& packet, SidecarCounts& counts) {
    std::error_code error;
    if (fs::exists(file, error)) {
        HONE_TRY(const std::string there, read_text(file));
        if (there == packet) {
            ++counts.unchanged;
            return {};
        }
        if (!is_own_sidecar(there)) {
            ++counts.left;
            return {};
        }
    }
    HONE_CHECK(make_directories(file.parent_path()));
    HONE_CHECK(write_file_atomically(file, packet));
    ++counts.written;
    return {};
}

Result<SidecarCounts> export_sidecars(Catalog& catalog, const fs::path& to) {
    HONE_CHECK(make_directories(to));
    HONE_TRY(const std::vector<Folder> folders, catalog.folders());
    const std::map<FolderId, fs::path> below = sidecar_folders(folders, to);
    std::map<FolderId, fs::path> roots;
    for (const Folder& folder : folders) roots[folder.id] = folder.path;
    std::map<PersonId, std::string> names;
    HONE_TRY(const std::vector<PersonCount> people, catalog.people());
    for (const PersonCount& person : people) {
        if (!person.name.empty()) names[person.id] = person.name;
    }
    SidecarCounts counts;
    const VisitPhoto write = [&](const Photo& photo, const std::vector<FileRecord>& files) -> Result<> {
        HONE_TRY(const std::vector<Face> faces, catalog.faces_of(photo.number));
        std::vector<Region> regions;
        for (const Face& face : faces) {
            const auto name = names.find(face.person);
            if (name == names.end() || photo.width <= 0 || photo.height <= 0) continue;
            const double width = photo.width, height = photo.height;
            regions.push_back({name->second, "Face", (face.box.x + face.box.width / 2.0) / width,
                               (face.box.y + face.box.height / 2.0) / height, face.box.width / width,
                               face.box.height / height});
        }
        if (regions.empty()) return {};
        HONE_TRY(const auto analysis_results, catalog.analysis_results(photo.number));
        const int orientation = analysis_results ? analysis_results->metadata.orientation.value_or(1) : 1;
        HONE_TRY(const std::string packet, write_sidecar(regions, photo.width, photo.height, orientation));
        for (const FileRecord& file : files) {
            if (file.state != FileState::kPhoto) continue;
            const fs::path& original = file.facts.path;
            fs::path target = below.at(file.folder) / original.lexically_relative(roots.at(file.folder));
            target += ".xmp";
            std::error_code error;
            if (fs::equivalent(target.parent_path(), original.parent_path(), error) &&
                !fs::equivalent(to, roots.at(file.folder), error))
                return fail(ErrorKind::kUsage,
                            "the sidecar of {} would be written next to it; give another --to, or the "
                            "photos' own folder {} if you want that",
                            printable(original), printable(roots.at(file.folder)));
            HONE_CHECK(put_sidecar(target, packet, counts));
        }
        return {};
    };
    HONE_CHECK(for_each_photo(catalog, write));
    return counts;
}

Result<> run_export(const GlobalOptions& options, const ExportFlags& flags) {
    if (flags.format == "xmp" && flags.to.empty())
        return fail(ErrorKind::kUsage, "--format xmp needs a folder: --to DIR");
    HONE_TRY(const fs::path directory, library_of(options));
    HONE_TRY(const auto library, Library::open(directory, Access::kRead));
    if (flags.format == "json") return export_json(library->catalog(), flags.to);
    if (flags.format == "csv") return export_csv(library->catalog(), flags.to);
    HONE_TRY(const SidecarCounts counts, export_sidecars(library->catalog(), fs::absolute(flags.to)));
    if (options.json) {
        fmt::print(
            "{}\n",
            dump({{"written", counts.written}, {"unchanged", counts.unchanged}, {"left", counts.left}}, 2));
    } else if (!options.quiet) {
        fmt::print("{} sidecars written, {} were up to date", counts.written, counts.unchanged);
        fmt::print("{}\n",
                   counts.left > 0 ? fmt::format(", {} of other programs left unchanged", counts.left) : "");
    }
    return {};
}

}  // namespace

void add_export(CLI::App& app, const GlobalOptions& options, Action& chosen) {
    auto flags = std::make_shared<ExportFlags>();
    CLI::App* command = app.add_subcommand("export", "write photos, metadata and people for other programs");
    command
        ->add_option(
            "--format", flags->format,
            "json: everything; csv: one line per photo; xmp: one sidecar per photo with named people")
        ->required()
        ->check(CLI::IsMember({"json", "csv", "xmp"}));
    command->add_option("--to", flags->to,
                        "file to write (json, csv; default: stdout), or folder for the sidecars (xmp)");
    command->callback([&options, &chosen, flags] {
        chosen = [&options, flags] { return run_command([&] { return run_export(options, *flags); }); };
    });
}

}  // namespace hone
