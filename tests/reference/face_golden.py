# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden numbers of the face pack's networks and of the geometry around them, for inputs that are exact in any language.

usage: face_golden.py PACK OUT     writes OUT/faces.json

Element i of a network's input is the upper 8 bits of i x 2654435761 mod 2^32. ONNX Runtime on the CPU, NumPy and faces.py.
"""
import json
import pathlib
import sys

import numpy as np
import onnxruntime as ort

import faces

SIZES = {'face_detection.onnx': (96, 128), 'face_embedding.onnx': (150, 150), 'face_agegender.onnx': (112, 112)}  # height, width
POINTS = np.array([(120.0, 100.0), (180.0, 110.0), (150.0, 140.0), (118.0, 170.0), (170.0, 178.0)])
BOX = [100, 80, 90, 120]  # left, top, width, height


def synthetic(height, width):
    element = np.arange(3 * height * width, dtype=np.uint64)
    return ((element * 2654435761 & 0xffffffff) >> 24).astype(np.float32).reshape(1, 3, height, width)


def network(path, size):
    session = ort.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(names, {'input': synthetic(*size)})))
    return {'input': [1, 3, *size],
            'outputs': {name: {'shape': list(value.shape), 'first': [round(float(x), 6) for x in value.ravel()[:16]], 'sum': round(float(value.astype(np.float64).sum()), 4)}
                        for name, value in outputs.items()}}


def geometry(manifest):
    embedding, age_gender = manifest['face-embedder'], manifest['age-gender']
    rgb = synthetic(240, 320)[0].transpose(1, 2, 0).astype(np.uint8)
    turn = faces.similarity(POINTS, np.array(embedding['template'], float))
    chip = faces.warp(rgb, turn, embedding['size'])
    square = faces.warp(rgb, faces.square_on(BOX, age_gender['crop'], age_gender['size']), age_gender['size'])
    return {'similarity': {'points': POINTS.tolist(), 'a_b_tx_ty': [round(float(x), 9) for x in turn]},
            'warp': {'image': [240, 320], 'chip_row_75': chip[75, 70:76].tolist(), 'chip_sum': int(chip.sum(dtype=np.int64)),
                     'square_box': BOX, 'square_row_56': square[56, 50:56].tolist(), 'square_sum': int(square.sum(dtype=np.int64))}}


if __name__ == '__main__':
    pack, out = map(pathlib.Path, sys.argv[1:3])
    golden = {name: network(pack / name, size) for name, size in SIZES.items()} | geometry(json.loads((pack / 'manifest.json').read_text()))
    (out / 'faces.json').write_text(json.dumps(golden, indent=1) + '\n')
