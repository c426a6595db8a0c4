// SPDX-License-Identifier: GPL-3.0-or-later
// The files of the web client inside the program. script/embed_web.py generates the table.
#pragma once

#include <span>
#include <string_view>

namespace hone {

struct WebFile {
    std::string_view path;  // "/index.html"
    std::string_view content_type;
    std::string_view plain, gzip;  // gzip: empty unless smaller than plain
};

// Sorted by path. Empty in a build without the web client. Safe from any thread.
std::span<const WebFile> web_files();

}  // namespace hone
