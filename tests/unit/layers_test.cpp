// SPDX-License-Identifier: GPL-3.0-or-later
// A room may include only itself and the rooms above it in docs/ARCHITECTURE.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>

#include "base/file.hpp"

namespace hone {
namespace {

const std::vector<std::string> kRooms = {"base",    "photo",   "model",  "analyze", "vector",
                                         "catalog", "library", "ingest", "people",  "search",
                                         "wire",    "server",  "cli"};
// Beyond the order: rooms that a room must not include although they are above it.
const std::map<std::string, std::vector<std::string>> kForbidden = {
    {"vector", {"photo", "model", "analyze"}},
    {"catalog", {"model", "analyze", "vector"}},
    {"search", {"analyze", "ingest", "people"}}};

// Returns the reason why a file of `room` must not include `included`; empty when it may.
std::string objection(const std::string& room, const std::string& included) {
    const auto own = std::ranges::find(kRooms, room), other = std::ranges::find(kRooms, included);
    if (own == kRooms.end()) return room + " is not a room of docs/ARCHITECTURE.md";
    if (other == kRooms.end()) return included + " is not a room of docs/ARCHITECTURE.md";
    if (other > own) return room + " stands above " + included;
    const auto forbidden = kForbidden.find(room);
    if (forbidden != kForbidden.end() &&
        std::ranges::find(forbidden->second, included) != forbidden->second.end())
        return room + " must not know " + included;
    return "";
}

// Expects that objection_to(file, line) is empty for every line of the sources. file: below src/.
template <typename Objection>
void expect_no_objection(const Objection& objection_to) {
    const fs::path source = fs::path(HONE_SOURCE_DIR) / "src";
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(source)) {
        if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
        ++files;
        const std::string name = fs::relative(entry.path(), source).string();
        std::ifstream file(entry.path());
        int number = 0;
        for (std::string line; std::getline(file, line);) {
            ++number;
            EXPECT_EQ(objection_to(name, line), "") << entry.path() << ":" << number;
        }
    }
    EXPECT_GT(files, 50) << "the sources were not found in " << source;
}

TEST(Layers, EveryIncludeGoesUp) {
    const std::regex include("^\\s*#include \"([a-z_]+)/[^\"]*\"");
    expect_no_objection([&](const std::string& file, const std::string& line) {
        std::smatch match;
        if (!std::regex_search(line, match, include)) return std::string();
        return objection(fs::path(file).begin()->string(), match[1]);
    });
}

// Decoding happens in the sandbox (docs/sandbox.md). Returns the reason why a file must not contain the line.
std::string objection_to_decoding(const std::string& file, const std::string& line) {
    static const std::regex call("\\b(decode_photo|open_picture|prepare_photo)\\s*\\(");
    static const std::regex library("#include <(vips/|exiv2/|libraw/|libheif/|opencv2/imgcodecs)");
    static const std::regex may_call("photo/(sandbox/.*|(decode|picture|prepare)\\.[ch]pp)");
    // The benchmark compares Hone with libvips alone, on photos that its user names.
    static const std::regex may_include("photo/.*|cli/bench_ingest\\.cpp");
    if (std::regex_search(line, call) && !std::regex_match(file, may_call))
        return file + " decodes outside the sandbox";
    if (std::regex_search(line, library) && !std::regex_match(file, may_include))
        return file + " includes a decoder's library";
    return "";
}

TEST(Layers, OnlyTheSandboxDecodes) {
    expect_no_objection(objection_to_decoding);
    EXPECT_NE(objection_to_decoding("ingest/a.cpp", "auto a = decode_photo(bytes, 0);"), "");
    EXPECT_NE(objection_to_decoding("server/a.cpp", "prepare_photo (bytes)"), "");
    EXPECT_NE(objection_to_decoding("ingest/a.cpp", "#include <vips/vips8>"), "");
    EXPECT_EQ(objection_to_decoding("photo/sandbox/decoder_main.cpp", "prepare_photo(bytes)"), "");
}

// Hone's own files are written through FileSystem (base/file_system.hpp), so that the fault campaign reaches
// every call. Returns the reason why a file must not contain the line.
std::string objection_to_writing(const std::string& file, const std::string& line) {
    static const std::regex call(
        "(^|[^A-Za-z0-9_:>.])::(open|openat|creat|write|pwrite|ftruncate|truncate|posix_fallocate|fallocate|"
        "fsync|fdatasync|syncfs|rename|renameat|unlink|unlinkat|mkdir|rmdir|msync)\\(|"
        "\\bfs::(rename|remove|remove_all|create_director[a-z]*|copy|copy_file|resize_file|permissions)\\(|"
        "\\bstd::(ofstream|fstream|fopen|rename|remove)\\b");
    static const std::regex may_call(
        "base/file_system\\.cpp|"
        "base/sha256\\.cpp|"            // only reads
        "library/original\\.cpp|"       // opens originals, read-only
        "photo/sandbox/.*|"             // shared memory of the decoders
        "model/import\\.cpp|"           // copies into a model folder, and syncs the copy
        "cli/(bench.*|export)\\.cpp");  // scratch folders, and files for the user
    if (std::regex_search(line, call) && !std::regex_match(file, may_call))
        return file + " goes around the FileSystem: " + line;
    return "";
}

TEST(Layers, LibraryFilesAreWrittenThroughTheFileSystem) {
    expect_no_objection(objection_to_writing);
    EXPECT_NE(objection_to_writing("ingest/a.cpp", "if (::rename(from, to) != 0)"), "");
    EXPECT_NE(objection_to_writing("ingest/a.cpp", "    ::open(path, O_RDWR)"), "");
    EXPECT_NE(objection_to_writing("vector/a.cpp", "fs::remove(path, error);"), "");
    EXPECT_NE(objection_to_writing("server/a.cpp", "std::ofstream file(path);"), "");
    EXPECT_EQ(objection_to_writing("vector/a.cpp", "auto a = RowFile::open(path);"), "");
    EXPECT_EQ(objection_to_writing("vector/a.cpp", "file_system().rename(from, to)"), "");
}

TEST(Layers, ObjectsToWrongIncludes) {
    EXPECT_EQ(objection("search", "catalog"), "");
    EXPECT_NE(objection("catalog", "search"), "");
    EXPECT_NE(objection("catalog", "model"), "");
    EXPECT_NE(objection("base", "photo"), "");
    EXPECT_NE(objection("cellar", "base"), "");
}

}  // namespace
}  // namespace hone
