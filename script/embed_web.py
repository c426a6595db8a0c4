#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the built web client as C++ bytes.

usage: embed_web.py DIST OUT.cpp
Each file is included twice: plain and as gzip (when that is smaller). The table is sorted by path.
"""
import gzip
import mimetypes
import os
import sys

TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8",
         ".svg": "image/svg+xml", ".json": "application/json", ".webmanifest": "application/manifest+json"}


def array(name, data):
    # A string literal compiles ten times faster than a list of numbers; 'u8' would change bytes above 127.
    rows = ["".join("\\%03o" % byte for byte in data[at:at + 64]) for at in range(0, len(data), 64)]
    return 'constexpr char %s[] =\n%s;\n' % (name, "\n".join('    "%s"' % row for row in rows) or '    ""')


def main():
    dist, out = sys.argv[1:3]
    files = []
    for folder, _, names in os.walk(dist):
        for name in names:
            path = os.path.join(folder, name)
            files.append(("/" + os.path.relpath(path, dist).replace(os.sep, "/"), path))
    text = ['// Made by script/embed_web.py from the built web client.\n#include "server/web_files.hpp"\n\nnamespace hone {\n\nnamespace {\n\n']
    rows = []
    for number, (url, path) in enumerate(sorted(files)):
        with open(path, "rb") as stream:
            data = stream.read()
        packed = gzip.compress(data, 9, mtime=0)
        if len(packed) >= len(data):
            packed = b""
        kind = TYPES.get(os.path.splitext(path)[1]) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        text.append(array("kPlain%d" % number, data))
        text.append(array("kGzip%d" % number, packed))
        rows.append('        {"%s", "%s", {kPlain%d, %d}, {kGzip%d, %d}},\n' % (url, kind, number, len(data), number, len(packed)))
    text.append("\n}  // namespace\n\nstd::span<const WebFile> web_files() {\n")
    if rows:
        text.append("    static constexpr WebFile kFiles[] = {\n" + "".join(rows) + "    };\n    return kFiles;\n}\n\n}  // namespace hone\n")
    else:
        text.append("    return {};\n}\n\n}  // namespace hone\n")
    with open(out + ".part", "w") as stream:
        stream.write("".join(text))
    os.replace(out + ".part", out)


if __name__ == "__main__":
    main()
