#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the constants of the style space as C++.

usage: embed_style.py style_constants.json OUT.cpp
The fingerprint is the start of the SHA-256 of the written numbers, so it changes with any of them.
"""
import hashlib
import json
import os
import sys

NAMES = {"mean": "kStyleMean", "sd": "kStyleDeviation", "centre": "kStyleCentre", "white": "kStyleWhitening"}


def main():
    source, out = sys.argv[1:3]
    with open(source) as stream:
        constants = json.load(stream)
    rows, columns = constants["white_shape"]
    white = [round(1000 * value) for value in constants["white"]]  # three decimals: exact, and half the size
    if rows != constants["dims"] or len(white) != rows * columns or max(map(abs, white)) > 32767:
        sys.exit("embed_style: %s is not a whitening of %d numbers" % (source, constants["dims"]))

    def values(numbers):
        return ",\n    ".join(",".join(map(str, numbers[at:at + 16])) for at in range(0, len(numbers), 16))

    body = ""
    for name in ("mean", "sd", "centre"):
        if len(constants[name]) != rows:
            sys.exit("embed_style: %s has %d numbers" % (name, len(constants[name])))
        body += "const float %s[%d] = {\n    %s};\n" % (NAMES[name], rows, values(["%.9gf" % v if "." in "%.9g" % v or "e" in "%.9g" % v else "%.9g.0f" % v for v in constants[name]]))
    body += "const std::int16_t %s[%d] = {\n    %s};\n" % (NAMES["white"], rows * columns, values(white))
    # Libraries store the fingerprint, so it is computed over the text of its first version, which had other names.
    hashed = body
    for name, identifier in NAMES.items():
        hashed = hashed.replace(identifier + "[", "k" + "Look" + name.capitalize() + "[")
    fingerprint = hashlib.sha256(hashed.encode()).hexdigest()[:12]
    with open(out + ".part", "w") as stream:
        stream.write('// Made by script/embed_style.py from %s.\n#include "analyze/style_constants.hpp"\n\nnamespace hone {\n\n%s'
                     'const char kStyleConstantsHash[] = "%s";\n\n}  // namespace hone\n' % (os.path.basename(source), body, fingerprint))
    os.replace(out + ".part", out)


if __name__ == "__main__":
    main()
