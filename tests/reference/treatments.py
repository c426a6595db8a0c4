# SPDX-License-Identifier: GPL-3.0-or-later
"""21 photographic treatments: the same style on different subjects, every photo used once, to measure a style space.

usage: treatments.py PHOTO_DIR OUT_DIR     writes OUT_DIR/LOOK/NAME.jpg, longer side 256, the same on every run

The measure is the leave-one-out mean average precision of the treatment: each treated photo in turn is the query, and the others of
its treatment are the right results.
"""
import pathlib
import sys

import numpy as np
from PIL import Image, ImageOps


def luminance(x):
    return (x @ np.array([.299, .587, .114], np.float32))[..., None]


def saturate(x, factor):
    return luminance(x) + (x - luminance(x)) * factor


def contrast(x, factor, middle=.5):
    return (x - middle) * factor + middle


def grey(x):
    return np.repeat(x if x.ndim == 3 else x[..., None], 3, 2)


def tint(*channels):
    return np.array(channels, np.float32)


def convolve(x, kernel, axis):
    """Filters along one axis, mirrored at the border without repeating it."""
    half = len(kernel) // 2
    reach = min(half, x.shape[axis] - 1)
    padding = [(0, 0)] * x.ndim
    padding[axis] = (reach, reach)
    padded = np.pad(x, padding, 'reflect')
    kernel = kernel[half - reach:half + reach + 1]
    return sum(np.take(padded, range(at, at + x.shape[axis]), axis) * weight for at, weight in enumerate(kernel.astype(np.float32)))


def blur(x, sigma):
    half = round(4 * sigma)
    kernel = np.exp(-.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    return convolve(convolve(x, kernel, 1), kernel, 0)


def radius(x):
    height, width = x.shape[:2]
    row, column = np.mgrid[0:height, 0:width]
    return np.hypot((column / width - .5) * 2, (row / height - .5) * 2)[..., None].astype(np.float32)


class Treatments:
    """Each method maps height x width x 3 numbers, 0 to 1, to the same; the random numbers vary its strength."""

    def __init__(self, seed=11):
        self.random = np.random.default_rng(seed)

    def u(self, low, high):
        return self.random.uniform(low, high)

    def black_white_hard(self, x):
        return grey(contrast(luminance(x), self.u(1.6, 2.2), luminance(x).mean()))

    def black_white_soft(self, x):
        return grey(contrast(luminance(x), self.u(.5, .7)) + self.u(0, .1))

    def sepia(self, x):
        return contrast(luminance(x), self.u(.8, 1.05)) * tint(1.08, .92 + self.u(-.03, .03), .7 + self.u(-.06, .06))

    def vintage(self, x):
        return .12 + self.u(0, .06) + .78 * saturate(x, self.u(.4, .6)) * tint(1.05, 1, .82)

    def cross_processed(self, x):
        g = luminance(x)
        return saturate(x, 1.2) + (1 - g) * tint(-.08, .04, .12) * self.u(.8, 1.3) + g * tint(.1, .1, -.14) * self.u(.8, 1.3)

    def teal_orange(self, x):
        g = luminance(x)
        return contrast(saturate(x, .8), 1.1) + (1 - g) * tint(-.12, .03, .08) * self.u(.9, 1.3) + g * tint(.12, .02, -.1) * self.u(.9, 1.3)

    def cold(self, x):
        return x * tint(self.u(.72, .8), .95, 1.15)

    def golden(self, x):
        return saturate(x * tint(1.18, self.u(.95, 1), self.u(.6, .7)), 1.15)

    def high_key(self, x):
        return 1 - (1 - x) * self.u(.35, .5)

    def low_key(self, x):
        return contrast(x ** self.u(1.8, 2.4), 1.1, .3) * (1 - .35 * np.clip(radius(x) - .3, 0, 1))

    def night_blue(self, x):
        return saturate(x, .5) ** 1.6 * tint(.3, .38, self.u(.55, .7))

    def pastel(self, x):
        return .5 + .4 * saturate(contrast(x, .6), self.u(.8, 1)) + .06

    def neon(self, x):
        return contrast(saturate(x, self.u(2.2, 3)), 1.2, .45)

    def hdr(self, x):
        b = blur(x, 12)
        return saturate(np.clip(.5 + (x - b) * self.u(2, 2.6) + (b - .5) * .55, 0, 1), 1.4)

    def soft(self, x):
        return blur(x, self.u(2, 4))

    def motion(self, x):
        length = int(self.u(11, 21))
        axis = 0 if self.random.random() < .4 else 1
        return convolve(x, np.full(length | 1, 1 / (length | 1)), axis)

    def grain(self, x):
        return x + self.random.normal(0, self.u(.06, .1), (*x.shape[:2], 1)).astype(np.float32)

    def fog(self, x):
        thickness = np.linspace(self.u(.75, .85), self.u(.45, .6), x.shape[0], dtype=np.float32)[:, None, None]
        return saturate(x, .6) * (1 - thickness) + thickness * tint(.8, .82, .85)

    def line_drawing(self, x):
        g = luminance(blur(x, .8))
        smooth, slope = np.array([1, 2, 1]), np.array([-1, 0, 1])
        edges = np.hypot(convolve(convolve(g, smooth, 0), slope, 1), convolve(convolve(g, smooth, 1), slope, 0))
        return grey(1 - np.clip(edges * self.u(1, 1.6), 0, 1))

    def posterised(self, x):
        return np.round(np.clip(blur(saturate(x, 1.5), 1.5), 0, 1) * 3) / 3

    def tilt_blur(self, x):
        away = np.clip((radius(x) - .35) * 3, 0, 1)
        return x * (1 - away) + blur(x, self.u(4, 6)) * away


LOOKS = [name for name in vars(Treatments) if not name.startswith('_') and name != 'u']


def treat(photos, out):
    """Writes the treated photos; returns {path: style}."""
    treatments = Treatments()
    files = sorted(pathlib.Path(photos).iterdir())
    order = treatments.random.permutation(len(files))
    looks = {}
    for at in range(len(files) // len(LOOKS) * len(LOOKS)):
        look, file = LOOKS[at % len(LOOKS)], files[order[at]]
        picture = ImageOps.exif_transpose(Image.open(file)).convert('RGB')
        picture.thumbnail((256, 256), Image.Resampling.BICUBIC)
        treated = getattr(treatments, look)(np.asarray(picture, np.float32) / 255)
        path = pathlib.Path(out) / look / f'{file.stem}.jpg'
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((np.clip(treated, 0, 1) * 255 + .5).astype(np.uint8)).save(path, quality=90)
        looks[path] = look
    return looks


def mean_average_precision(looks, rank):
    """rank(path): returns all the other paths, the most similar first."""
    precisions = []
    for path, look in looks.items():
        right = [looks[other] == look for other in rank(path)]
        assert len(right) == len(looks) - 1
        hits = np.flatnonzero(right)
        precisions.append(np.mean(np.arange(1, len(hits) + 1) / (hits + 1)))
    return float(np.mean(precisions))


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(f'{len(treat(*sys.argv[1:]))} treated photos')
