# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference vectors of photos by a model's manifest: Pillow and ONNX Runtime, on the CPU, one thread.

usage: preprocess_golden.py MODEL_DIR PHOTO_DIR OUT

OUT/photos.txt     file names below PHOTO_DIR, one per line
OUT/vectors.f32    one row per photo, little endian, length 1
OUT/dimension.txt
"""
import argparse
import json
import pathlib

import numpy as np
import onnxruntime as ort
from PIL import Image, ImageOps

SUFFIXES = {'.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff', '.gif'}
FILTERS = {'bicubic': Image.BICUBIC, 'bilinear': Image.BILINEAR, 'lanczos': Image.LANCZOS}


def open_rgb(path):
    """Returns upright RGB, with transparent images composed over white."""
    im = ImageOps.exif_transpose(Image.open(path))
    if im.mode in ('RGBA', 'LA', 'PA') or 'transparency' in im.info:
        im = im.convert('RGBA')
        white = Image.new('RGBA', im.size, (255, 255, 255, 255))
        im = Image.alpha_composite(white, im)
    return im.convert('RGB')


def fit(im, image):
    """image: the manifest's part about images."""
    width, height, kind = image['width'], image['height'], FILTERS[image['resample']]
    if image['resize'] == 'squash':
        return im.resize((width, height), kind)
    if image['resize'] == 'shortest-edge':
        # as in CLIP: the shorter side becomes `width`, the longer one is truncated to whole pixels, then a centre crop
        short = min(im.size)
        size = tuple(width if side == short else int(width * side / short) for side in im.size)
        im = im.resize(size, kind)
        left, top = (im.width - width) // 2, (im.height - height) // 2
        return im.crop((left, top, left + width, top + height))
    scale = min(width / im.width, height / im.height)
    im = im.resize((max(1, round(im.width * scale)), max(1, round(im.height * scale))), kind)
    canvas = Image.new('RGB', (width, height), tuple(image['pad']))
    canvas.paste(im, ((width - im.width) // 2, (height - im.height) // 2))
    return canvas


def pixels(im, image):
    a = np.asarray(fit(im, image), np.float32) / np.float32(255)
    a = (a - np.asarray(image['mean'], np.float32)) / np.asarray(image['std'], np.float32)
    return np.ascontiguousarray(a.transpose(2, 0, 1)[None])


class ImageModel:
    def __init__(self, folder, precision='f32', threads=1):
        self.image = json.loads((folder / 'manifest.json').read_text())['image']
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(str(folder / self.image['files'][precision]['path']), options, providers=['CPUExecutionProvider'])

    def __call__(self, path):
        v = self.session.run([self.image['output']], {self.image['input']: pixels(open_rgb(path), self.image)})[0][0]
        return v / np.linalg.norm(v)


class TextModel:
    def __init__(self, folder, threads=1):
        from tokenizers import Tokenizer
        self.text = json.loads((folder / 'manifest.json').read_text())['text']
        self.tokenizer = Tokenizer.from_file(str(folder / self.text['tokenizer']['path']))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(str(folder / self.text['files']['f32']['path']), options, providers=['CPUExecutionProvider'])

    def __call__(self, words):
        ids = self.tokenizer.encode(words).ids
        if len(ids) > self.text['context']:
            ids = ids[:self.text['context'] - 1] + ids[-1:]
        feed = {self.text['input_ids']: np.array([ids], np.int64)}
        if self.text['attention_mask']:
            feed[self.text['attention_mask']] = np.ones((1, len(ids)), np.int64)
        v = self.session.run([self.text['output']], feed)[0][0]
        return v / np.linalg.norm(v)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('model', type=pathlib.Path)
    parser.add_argument('photos', type=pathlib.Path)
    parser.add_argument('out', type=pathlib.Path)
    a = parser.parse_args()
    files = sorted(p for p in a.photos.rglob('*') if p.suffix.lower() in SUFFIXES and p.is_file())
    model = ImageModel(a.model)
    vectors = np.stack([model(p) for p in files]).astype('<f4')
    (a.out / 'photos.txt').write_text(''.join(f'{p.relative_to(a.photos)}\n' for p in files))
    (a.out / 'vectors.f32').write_bytes(vectors.tobytes())
    (a.out / 'dimension.txt').write_text(f'{vectors.shape[1]}\n')
    print(f'{a.model.name} on {a.photos.name}: {len(files)} photos, {vectors.shape[1]} numbers each')


if __name__ == '__main__':
    main()
