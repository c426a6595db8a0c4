# SPDX-License-Identifier: GPL-3.0-or-later
"""How a manifest's `calibration` came about. Not run at set-up. bench/likely.py measures it.

usage: calibrate.py PACK_DIR CAPTIONED_PHOTOS      PACK_DIR: a built pack with its manifest.json
       CAPTIONED_PHOTOS: a folder with the photos and captions.json ([{"file", "captions": [...], "categories": [...]}, ...])

slope: logistic regression of "is this photo the caption's own" on the cosine, over all captions and photos. The own photos
together weigh 1, all others together OTHERS: with 1 half of the likely photos are wrong for a typical caption, with the
true ratio nothing is ever likely, though many of the others do show what the caption says.
sure: for ABSENT of the category names, no photo without that category reaches it. A text whose best photo does is taken to
have photos in the library.
likely: at least the regression's, and so high that RIGHT of the likely photos of the names are right.
"""
import json
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / 'tests/reference'))
from preprocess_golden import ImageModel, TextModel  # noqa: E402

OTHERS = 3.0
ABSENT, RIGHT = .65, .68  # a little more than the .60 and .65 that are wanted of other names


def fit(own, others, weight):
    """Newton's method with halved steps; returns (likely, slope) of probability = 1 / (1 + exp(-slope (cosine - likely)))."""
    x = np.r_[own, others].astype(np.float64)
    y = np.r_[np.ones(len(own)), np.zeros(len(others))]
    w = np.r_[np.full(len(own), 1 / len(own)), np.full(len(others), weight / len(others))]

    def loss(slope, shift):
        return (w * np.logaddexp(0, np.where(y > 0, -1, 1) * (slope * x + shift))).sum()

    slope, shift = 10.0, -3.0
    for _ in range(60):
        p = 1 / (1 + np.exp(-(slope * x + shift)))
        h = w * p * (1 - p)
        gradient = [(w * (y - p) * x).sum(), (w * (y - p)).sum()]
        step = np.linalg.solve([[(h * x * x).sum(), (h * x).sum()], [(h * x).sum(), h.sum()]], gradient)
        t = 1.0
        while loss(slope + t * step[0], shift + t * step[1]) > loss(slope, shift) and t > 1e-6:
            t /= 2
        slope, shift = slope + t * step[0], shift + t * step[1]
    return -shift / slope, slope


def called_likely(scores, likely, sure):
    """Names x photos: which are called likely, as in src/search/calibrate.cpp."""
    return scores >= np.where(scores.max(1) >= sure, likely, sure)[:, None]


def choose(scores, right, least):
    """scores, right: names x photos. Returns (likely, sure)."""
    sure = float(np.quantile(np.where(right, -1, scores).max(1), ABSENT))
    for likely in np.arange(least, sure, .001):
        called = called_likely(scores, likely, sure)
        if (called & right).sum() >= RIGHT * called.sum():
            return float(likely), sure
    return sure, sure


class Captioned:
    """Vectors of a folder of captioned photos and of their captions and category names."""

    def __init__(self, pack, folder):
        rows = json.loads((folder / 'captions.json').read_text())
        image, text = ImageModel(pack), TextModel(pack)
        photos = np.stack([image(folder / row['file']) for row in rows])
        self.owner = np.array([k for k, row in enumerate(rows) for _ in row['captions']])
        self.captions = np.stack([text(caption.strip()) for row in rows for caption in row['captions']]) @ photos.T
        self.own = self.captions[np.arange(len(self.owner)), self.owner]
        has = [k for k, row in enumerate(rows) if row.get('categories')]
        names = sorted({name for row in rows for name in row.get('categories', ())})
        self.right = np.array([[name in rows[k]['categories'] for k in has] for name in names])
        self.names = np.stack([text(name) for name in names]) @ photos[has].T

    def fit(self):
        """(likely, slope) of the captions."""
        others = np.ones_like(self.captions, bool)
        others[np.arange(len(self.owner)), self.owner] = False
        return fit(self.own, self.captions[others], OTHERS)


def main():
    photos = Captioned(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    least, slope = photos.fit()
    likely, sure = choose(photos.names, photos.right, least)
    print(f'"calibration": {{"likely": {likely:.3f}, "slope": {slope:.1f}, "sure": {sure:.3f}}}')


if __name__ == '__main__':
    main()
