# SPDX-License-Identifier: GPL-3.0-or-later
"""How the manifest's `calibration` came about. Not run at set-up.

usage: calibrate.py CAPTIONED_PHOTOS      a folder with captions.json ([{"file", "captions": [...]}, ...]) and the photos

Logistic regression of "is this photo the caption's own" on the cosine, over all captions and photos. The own photos
together weigh 1, all others together OTHERS: with 1 half of the likely photos are wrong for a typical caption, with
the true ratio nothing is ever likely, though many of the others do show what the caption says.
"""
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / 'tests/reference'))
from preprocess_golden import ImageModel, TextModel  # noqa: E402

OTHERS = 3.0


def fit(own, others, weight):
    """Newton's method; returns (likely, slope) of probability = 1 / (1 + exp(-slope (cosine - likely)))."""
    x = np.r_[own, others]
    y = np.r_[np.ones(len(own)), np.zeros(len(others))]
    w = np.r_[np.full(len(own), 1 / len(own)), np.full(len(others), weight / len(others))]
    slope, shift = 10.0, -3.0
    for _ in range(60):
        p = 1 / (1 + np.exp(-(slope * x + shift)))
        h = w * p * (1 - p)
        gradient = [(w * (y - p) * x).sum(), (w * (y - p)).sum()]
        step = np.linalg.solve([[(h * x * x).sum(), (h * x).sum()], [(h * x).sum(), h.sum()]], gradient)
        slope, shift = slope + step[0], shift + step[1]
    return -shift / slope, slope


def main():
    folder = pathlib.Path(sys.argv[1])
    rows = json.loads((folder / 'captions.json').read_text())
    image, text = ImageModel(HERE), TextModel(HERE)
    photos = np.stack([image(folder / r['file']) for r in rows])
    owner = np.array([i for i, r in enumerate(rows) for _ in r['captions']])
    cosines = np.stack([text(c.strip()) for r in rows for c in r['captions']]) @ photos.T
    own = cosines[np.arange(len(owner)), owner]
    others = np.ones_like(cosines, bool)
    others[np.arange(len(owner)), owner] = False
    likely, slope = fit(own, cosines[others], OTHERS)
    counts = (cosines >= likely).sum(1)
    print(f'"calibration": {{"likely": {likely:.3f}, "slope": {slope:.1f}}}')
    print('likely photos a caption, 10th/50th/90th percentile:', np.percentile(counts, [10, 50, 90]), f'; own photo likely: {(own >= likely).mean():.0%}')


if __name__ == '__main__':
    main()
