#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the OpenAPI document as C++: JSON on one line.

usage: embed_openapi.py openapi.yaml OUT.cpp
"""
import json
import os
import sys

import yaml


def main():
    source, out = sys.argv[1:3]
    with open(source) as stream:
        document = yaml.safe_load(stream)
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    if ')json"' in text:
        sys.exit("embed_openapi: %s contains the end of a C++ raw string" % source)
    # One line of at most 8,192 characters each, for editors and debuggers; the compiler joins them.
    parts = "\n".join('R"json(%s)json"' % text[at:at + 8192] for at in range(0, len(text), 8192))
    with open(out + ".part", "w") as stream:
        stream.write('// Made by script/embed_openapi.py from %s.\n#include "server/openapi.hpp"\n\nnamespace hone {\n\n'
                     'std::string_view openapi_document() {\n    static constexpr std::string_view kDocument =\n%s;\n'
                     '    return kDocument;\n}\n\n}  // namespace hone\n' % (os.path.basename(source), parts))
    os.replace(out + ".part", out)


if __name__ == "__main__":
    main()
