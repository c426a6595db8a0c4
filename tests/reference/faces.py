# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference pipeline of a face pack by its manifest: photo -> faces with box, points, vector, age and gender. On the CPU.

usage: faces.py PACK PHOTO...     one line per face

NumPy, Pillow and ONNX Runtime. Pixel centres are at integers when a face is cut out.
"""
import json
import pathlib
import sys

import numpy as np
import onnxruntime as ort
from PIL import Image

from preprocess_golden import open_rgb

# Pixels of the box's shorter side. Below them: not a face (in the detector's image), no vector, no estimate
LEAST, LEAST_EMBEDDED, LEAST_ESTIMATED = 6, 20, 24
WITHOUT_POINTS = 1.1  # side of the square that replaces an aligned face when the detector returns no points


def load_rgb(path):
    return np.asarray(open_rgb(path))


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0.0, w) * max(0.0, h)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def suppress(faces, limit):
    kept = []
    for face in sorted(faces, key=lambda f: -f['score']):
        if all(iou(face['box'], k['box']) <= limit for k in kept):
            kept.append(face)
    return kept


def cut_by_edge(box, width, height):
    x, y, w, h = box
    return x < 0 or y < 0 or x + w > width or y + h > height


def decode_centerface(out, score, width, height):
    faces = []
    for row, col in zip(*np.nonzero(out['heatmap'][0, 0] >= score)):
        h, w = np.exp(out['scale'][0, :, row, col]) * 4
        dy, dx = out['offset'][0, :, row, col]
        x, y = (col + dx + 0.5) * 4 - w / 2, (row + dy + 0.5) * 4 - h / 2
        k = out['landmarks'][0, :, row, col]  # y0, x0, y1, x1, ... in units of the box
        faces.append({'score': float(out['heatmap'][0, 0, row, col]), 'box': np.array([x, y, w, h], float),
                      'points': np.stack([k[1::2] * w + x, k[0::2] * h + y], 1).astype(float)})
    return faces


def decode_yunet(out, score, width, height):
    faces = []
    for s in (8, 16, 32):
        scores = np.sqrt(out[f'cls_{s}'][0, :, 0] * out[f'obj_{s}'][0, :, 0])
        for i in np.nonzero(scores >= score)[0]:
            row, col = divmod(int(i), width // s)
            b, k = out[f'bbox_{s}'][0, i], out[f'kps_{s}'][0, i].reshape(5, 2)
            w, h = np.exp(b[2:]) * s
            faces.append({'score': float(scores[i]), 'box': np.array([(col + b[0]) * s - w / 2, (row + b[1]) * s - h / 2, w, h], float),
                          'points': ((k + [col, row]) * s).astype(float)})
    return faces


def decode_yolo(out, score, width, height):
    rows = out['faces'][0].T  # centre x, centre y, width, height, score
    return [{'score': float(r[4]), 'box': np.array([r[0] - r[2] / 2, r[1] - r[3] / 2, r[2], r[3]], float), 'points': None}
            for r in rows[rows[:, 4] >= score]]


DECODE = {'centerface': decode_centerface, 'yunet': decode_yunet, 'yolo': decode_yolo}


def similarity(source, target):
    """Least squares, without reflection: x' = a x - b y + tx, y' = b x + a y + ty."""
    ms, mt = source.mean(0), target.mean(0)
    s, t = source - ms, target - mt
    v = (s ** 2).sum()
    a, b = (s * t).sum() / v, (s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum() / v
    return a, b, mt[0] - (a * ms[0] - b * ms[1]), mt[1] - (b * ms[0] + a * ms[1])


def square_on(box, ratio, size):
    """The upright square around the box's centre, side = ratio x its longer side, as a similarity to size x size pixels."""
    x, y, w, h = box
    k = size / (ratio * max(w, h))
    return k, 0.0, size / 2 - k * (x + w / 2), size / 2 - k * (y + h / 2)


def warp(rgb, transform, size):
    """Bilinear, black outside. When it shrinks by k, it averages k x k (1 to 8) samples per pixel."""
    a, b, tx, ty = transform
    det = a * a + b * b
    k = int(max(1, min(8, np.floor(1 / np.sqrt(det) + 0.5))))
    u = (np.arange(size * k) + 0.5) / k - 0.5
    X, Y = np.meshgrid(u - tx, u - ty)
    sx, sy = (a * X + b * Y) / det, (-b * X + a * Y) / det
    x0, y0 = np.floor(sx).astype(int), np.floor(sy).astype(int)
    fx, fy = (sx - x0)[..., None], (sy - y0)[..., None]
    h, w = rgb.shape[:2]

    def at(x, y):
        inside = (x >= 0) & (y >= 0) & (x < w) & (y < h)
        return rgb[np.clip(y, 0, h - 1), np.clip(x, 0, w - 1)] * inside[..., None]

    v = (at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx) * (1 - fy) + (at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx) * fy
    return np.floor(v.reshape(size, k, size, k, 3).mean((1, 3)) + 0.5).astype(np.uint8)


def age_range(table, estimate):
    """The manifest's age_range: linear between its entries, constant beyond them; whole years, rounded outwards."""
    at, low, high = np.asarray(table, float).T
    return max(0, int(np.floor(np.interp(estimate, at, low)))), int(np.ceil(np.interp(estimate, at, high)))


class Network:
    def __init__(self, part, folder):
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.part = part
        self.session = ort.InferenceSession(str(pathlib.Path(folder) / part['file']['path']), options, providers=['CPUExecutionProvider'])

    def __call__(self, rgb):
        """{output: array}; rgb: uint8 or float [H,W,3]."""
        x = np.asarray(rgb, np.float32)
        if self.part.get('channels') == 'bgr':
            x = x[..., ::-1]
        x = (x - np.asarray(self.part.get('mean', [0, 0, 0]), np.float32)) / np.asarray(self.part.get('std', [1, 1, 1]), np.float32)
        if self.part.get('layout') != 'nhwc':
            x = x.transpose(2, 0, 1)
        values = self.session.run(None, {self.part.get('input', 'input'): np.ascontiguousarray(x[None])})
        return dict(zip((o.name for o in self.session.get_outputs()), values))


class FacePack:
    """parts: the networks to load; parts that the manifest lacks are skipped. files: their folder, when it is another."""

    def __init__(self, folder, parts=('face-detector', 'face-embedder', 'age-gender'), files=None):
        self.manifest = json.loads((pathlib.Path(folder) / 'manifest.json').read_text())
        self.networks = {p: Network(self.manifest[p], files or folder) for p in parts if p in self.manifest}

    def detect(self, rgb, score=None):
        """Returns the faces, best first, in pixels of the photo."""
        part = self.manifest['face-detector']
        h, w = rgb.shape[:2]
        r = min(1.0, part['side'] / max(h, w))
        nw, nh = max(1, round(w * r)), max(1, round(h * r))
        small = rgb if (nw, nh) == (w, h) else np.asarray(Image.fromarray(rgb).resize((nw, nh), Image.BILINEAR))
        m = part['multiple']
        height, width = (part['side'], part['side']) if part['fixed'] else (-(-nh // m) * m, -(-nw // m) * m)
        x = np.zeros((height, width, 3), np.float32)
        x[:nh, :nw] = small
        out = self.networks['face-detector'](x)
        named = {role: out[name] for role, name in part.get('outputs', {}).items()} or out
        faces = suppress(DECODE[part['kind']](named, part['score'] if score is None else score, width, height), part['iou'])
        faces = [f for f in faces if min(f['box'][2:]) >= LEAST]
        for f in faces:
            f['box'] = f['box'] / r
            f['points'] = None if f['points'] is None else f['points'] / r
        return faces

    def vector(self, rgb, face):
        part = self.manifest['face-embedder']
        if face['points'] is None:
            to_chip = square_on(face['box'], WITHOUT_POINTS, part['size'])
        else:
            to_chip = similarity(face['points'], np.asarray(part['template'], float))
        chip = warp(rgb, to_chip, part['size'])
        v = self.networks['face-embedder'](chip)[part['output']].reshape(-1).astype(np.float64)
        return v / np.linalg.norm(v) if part['metric'] == 'cosine' else v

    def age_gender(self, rgb, box):
        """Returns (years, probability of male) for the upright square around the box's centre."""
        part = self.manifest['age-gender']
        out = self.networks['age-gender'](warp(rgb, square_on(box, part['crop'], part['size']), part['size']))
        gender = out[part['gender']].reshape(-1)
        male = gender[part['male_index']] if 'male_index' in part else 1 - gender[part['female_index']]
        return float(out[part['age']].reshape(-1)[part['age_index']]), float(male)

    def __call__(self, rgb):
        """Returns faces with 'vector' where they are large enough, and 'age', 'male' where they are also complete."""
        faces = self.detect(rgb)
        for f in faces:
            smaller = min(f['box'][2:])
            if 'face-embedder' in self.networks and smaller >= LEAST_EMBEDDED:
                f['vector'] = self.vector(rgb, f)
            if 'age-gender' in self.networks and smaller >= LEAST_ESTIMATED and not cut_by_edge(f['box'], rgb.shape[1], rgb.shape[0]):
                f['age'], f['male'] = self.age_gender(rgb, f['box'])
        return faces


def main():
    pack = FacePack(sys.argv[1])
    for path in sys.argv[2:]:
        for f in pack(load_rgb(path)):
            print(path, f'score {f["score"]:.3f} box {np.round(f["box"], 1).tolist()}',
                  f'age {f["age"]:.1f} male {f["male"]:.2f}' if 'age' in f else 'no estimate')


if __name__ == '__main__':
    main()
