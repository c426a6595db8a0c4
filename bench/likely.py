#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often what a model's manifest calls likely is right, and how often nothing is likely when there is nothing to find.

usage: likely.py [--pack FOLDER] [--photos CAPTIONED_PHOTOS] [--embeddings FOLDER]

Bare category names are the queries, on the photos with categories ([form](../models/default/calibrate.py)):
  right     share of the likely photos that are right, over all pairs
  found     share of the right photos that are called likely
  some      share of the names for which a right photo is called likely
  nothing   share of the names for which nothing is likely once all their photos are taken away
"halves" chooses the numbers of the manifest on half of the names and measures the other half; "50 photos" are libraries
drawn by chance. --embeddings: vectors of another model with labels, whose searches are calibrated by the background vocabulary.
"""
import argparse
import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / 'shared'
sys.path[:0] = [str(ROOT / 'models/default'), str(ROOT / 'tests/reference')]
import calibrate  # noqa: E402

SPLITS, DRAWN, FEW = 100, 20, 50


def figures(called, right, nothing):
    return np.array([(called & right).sum() / max(1, called.sum()), (called & right).sum() / max(1, right.sum()), (called & right).any(1).mean(), nothing.mean()])


def measured(scores, right, likely, sure):
    there = right.any(1)
    nothing = np.where(right, -1, scores).max(1) < sure
    return figures(calibrate.called_likely(scores, likely, sure)[there], right[there], nothing)


def row(title, values):
    print(f'{title:44} ' + ' '.join(f'{value:8.3f}' for value in values))


def softmax_figures(folder, rng):
    """The rule of src/search/calibration.cpp for a model without a calibration. Libraries: 40 photos of each of 20 classes."""
    queries = [query for query in json.loads((folder / 'queries.json').read_text()) if query['tier'] == 'A']
    photos = [line.split('\t')[1:] for line in (folder / 'images.tsv').read_text().splitlines()[1:]]
    images, texts, words = (np.load(folder / name).astype(np.float32) for name in ('images_f16.npy', 'texts_f32.npy', 'nulls_f32.npy'))
    classes = sorted({tuple(photo) for photo in photos})
    at = {one: [k for k, photo in enumerate(photos) if tuple(photo) == one] for one in classes}
    total = []
    for _ in range(DRAWN):
        chosen = [classes[k] for k in rng.permutation(len(classes))[:20]]
        rows = np.concatenate([rng.permutation(at[one])[:40] for one in chosen])
        called, right, nothing = [], [], []
        for query in queries:
            wanted = [tuple(target) for target in query['relevant']]
            fits = np.array([any(photos[k][0] == d and c in ('*', photos[k][1]) for d, c in wanted) for k in rows])
            text = texts[query['text_row']]
            weight = np.clip((.85 - words @ text) / .15, 1e-30, 1)
            own, others = 100 * images[rows] @ text, 100 * images[rows] @ words.T + 2 * np.log(weight)
            likely = own > np.log(np.exp(others - 50).sum(1)) + 50
            nothing.append(not (likely & ~fits).any())
            if fits.any():
                called.append(likely)
                right.append(fits)
        total.append(figures(np.array(called), np.array(right), np.array(nothing)))
    return np.mean(total, 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--pack', type=pathlib.Path, default=ROOT / 'models/default')
    parser.add_argument('--photos', type=pathlib.Path, default=SHARED / 'photos/coco-captions')
    parser.add_argument('--embeddings', type=pathlib.Path, default=SHARED / 'embeddings')
    a = parser.parse_args()
    rng = np.random.default_rng(1)
    print(f'{"":44} {"right":>8} {"found":>8} {"some":>8} {"nothing":>8}')
    if (a.photos / 'captions.json').is_file():
        photos = calibrate.Captioned(a.pack, a.photos)
        scores, right = photos.names, photos.right
        manifest = json.loads((a.pack / 'manifest.json').read_text())['calibration']
        likely, sure = manifest['likely'], manifest.get('sure', manifest['likely'])
        least, _ = photos.fit()
        row('cosine of the captions alone', measured(scores, right, least, least))
        row('one cosine for both', measured(scores, right, sure, sure))
        row('the manifest', measured(scores, right, likely, sure))
        halves = []
        for _ in range(SPLITS):
            order = rng.permutation(len(scores))
            for one, other in ((order[::2], order[1::2]), (order[1::2], order[::2])):
                halves.append(measured(scores[other], right[other], *calibrate.choose(scores[one], right[one], least)))
        row('halves, mean', np.mean(halves, 0))
        row('halves, 10th percentile', np.percentile(halves, 10, axis=0))
        few = []
        for _ in range(SPLITS):
            drawn = rng.permutation(scores.shape[1])[:FEW]
            few.append(measured(scores[:, drawn], right[:, drawn], likely, sure))
        row(f'{FEW} photos, mean', np.mean(few, 0))
        called = calibrate.called_likely(photos.captions, likely, sure)
        print(f'captions: own photo likely {called[np.arange(len(photos.owner)), photos.owner].mean():.3f}; likely photos, '
              f'10th/50th/90th percentile {np.percentile(called.sum(1), [10, 50, 90])}')
    else:
        print(f'likely.py: there are no captioned photos in {a.photos}', file=sys.stderr)
    if (a.embeddings / 'queries.json').is_file():
        row(f'background vocabulary, {a.embeddings.name}', softmax_figures(a.embeddings, rng))
    else:
        print(f'likely.py: there are no vectors of another model in {a.embeddings}', file=sys.stderr)


if __name__ == '__main__':
    main()
