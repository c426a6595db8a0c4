# SPDX-License-Identifier: GPL-3.0-or-later
"""The same pictures in all eight ways in which EXIF lets a camera store them.

usage: orientations.py SAMPLES OUT     writes OUT/NAME_N.jpg for N of 0 (no EXIF) to 8
"""
import pathlib
import sys

from PIL import Image

PHOTOS = {'Landscape': 'opencv/home.jpg', 'Portrait': 'opencv/chicky_512.png'}
SIDE = 480
ORIENTATION = 0x0112
# The inverse of what a viewer does to the stored pixels of an orientation.
STORED = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE, 6: Image.ROTATE_90, 7: Image.TRANSVERSE, 8: Image.ROTATE_270}


def make(samples, out):
    for name, file in PHOTOS.items():
        with Image.open(samples / file) as im:
            upright = im.convert('RGB')
        upright.thumbnail((SIDE, SIDE))
        if name == 'Portrait':
            upright = upright.crop((upright.width // 6, 0, upright.width - upright.width // 6, upright.height))
        upright.save(out / f'{name}_0.jpg', quality=97, subsampling=0)
        for orientation, method in STORED.items():
            exif = Image.Exif()
            exif[ORIENTATION] = orientation
            stored = upright if method is None else upright.transpose(method)
            stored.save(out / f'{name}_{orientation}.jpg', quality=97, subsampling=0, exif=exif)


if __name__ == '__main__':
    make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
