// The web client inside the program; the table is made by script/embed_web.py.
#pragma once

#include <span>
#include <string_view>

namespace hone {

struct WebFile {
    std::string_view path;  // "/index.html"
    std::string_view content_type;
    std::string_view plain, gzip;  // gzip is empty where it would not be smaller
};

// Sorted by path. Empty in a build without the web client.
std::span<const WebFile> web_files();

}  // namespace hone
