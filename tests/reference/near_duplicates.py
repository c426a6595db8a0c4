# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of thirty sample photos in twenty transforms whose originals are known.

usage: near_duplicates.py SAMPLES OUT     writes OUT/orig, OUT/copies and OUT/truth.tsv (copy, original, transform)
"""
import pathlib
import sys

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

SIDE = 448  # pixels of an original's longer side
ORIGINALS = '''getty/airplane-from-above.jpg getty/black-canyon.jpg getty/dust-bowl-home.jpg getty/french-alpine-landscape.jpg getty/march-pastoral.jpg
getty/nagasaki-boats.jpg mate/Garden.jpg mate/LadyBird.jpg mate/YellowFlower.jpg mate/TwoWings.jpg opencv/aero1.jpg opencv/aloeL.jpg opencv/apple.jpg
opencv/baboon.jpg opencv/board.jpg opencv/box_in_scene.png opencv/building.jpg opencv/butterfly.jpg opencv/chicky_512.png opencv/fruits.jpg opencv/graf1.png
opencv/home.jpg opencv/leuvenA.jpg opencv/licenseplate_motion.jpg opencv/squirrel_cls.jpg opencv/rubberwhale1.png scikit-image/astronaut.png
scikit-image/camera.png scikit-image/chelsea.png scikit-image/coffee.png'''.split()


def scaled(im, part):
    return im.resize((round(im.width * part), round(im.height * part)), Image.LANCZOS)


def cropped(im, share):
    """Without `share` of its width and height, half of it on each side."""
    x, y = round(im.width * share / 2), round(im.height * share / 2)
    return im.crop((x, y, im.width - x, im.height - y))


def rotated(im, degrees):
    turned = im.rotate(degrees, Image.BICUBIC)
    return cropped(turned, .16)  # without the black corners


def with_text(im):
    im = im.copy()
    ImageDraw.Draw(im).text((im.width * .05, im.height * .9), 'Holidays 2024', fill='white', stroke_width=1, stroke_fill='black', font_size=im.height * .06)
    return im


def turned_by_exif(im):
    exif = Image.Exif()
    exif[0x0112] = 6
    return im.transpose(Image.ROTATE_90), {'exif': exif}


TRANSFORMS = {  # name -> (suffix, picture -> picture, or (picture, options of save))
    'jpeg-q75': ('jpg', lambda im: (im, {'quality': 75})), 'jpeg-q30': ('jpg', lambda im: (im, {'quality': 30})), 'jpeg-q10': ('jpg', lambda im: (im, {'quality': 10})),
    'webp-q60': ('webp', lambda im: (im, {'quality': 60})), 'avif-q45': ('avif', lambda im: (im, {'quality': 45, 'speed': 9})), 'png': ('png', lambda im: im),
    'scale-50': ('jpg', lambda im: scaled(im, .5)), 'scale-25': ('jpg', lambda im: scaled(im, .25)),
    'crop-10': ('jpg', lambda im: cropped(im, .1)), 'crop-30': ('jpg', lambda im: cropped(im, .3)), 'crop-50': ('jpg', lambda im: cropped(im, .5)),
    'rot-5': ('jpg', lambda im: rotated(im, 5)), 'rot-90': ('jpg', lambda im: im.transpose(Image.ROTATE_90)), 'hflip': ('jpg', ImageOps.mirror),
    'border': ('jpg', lambda im: ImageOps.expand(im, im.width // 12, 'white')), 'text': ('jpg', with_text), 'gray': ('jpg', lambda im: im.convert('L')),
    'bright+25': ('jpg', lambda im: ImageEnhance.Brightness(im).enhance(1.25)), 'blur': ('jpg', lambda im: im.filter(ImageFilter.GaussianBlur(2))),
    'exif-rot6': ('jpg', turned_by_exif)}


def make(samples, out):
    (out / 'orig').mkdir()
    (out / 'copies').mkdir()
    rows = []
    for name in ORIGINALS:
        with Image.open(samples / name) as im:
            im = im.convert('RGB')
        im.thumbnail((SIDE, SIDE), Image.LANCZOS)
        original = out / 'orig' / f'{pathlib.Path(name).stem}.jpg'
        im.save(original, quality=93)
        for transform, (suffix, apply) in TRANSFORMS.items():
            made = apply(im)
            picture, options = made if isinstance(made, tuple) else (made, {})
            copy = out / 'copies' / f'{original.stem}__{transform}.{suffix}'
            picture.save(copy, **({'quality': 88} if suffix == 'jpg' else {}) | options)
            rows.append(f'copies/{copy.name}\torig/{original.name}\t{transform}\n')
    (out / 'truth.tsv').write_text('copy\toriginal\ttransform\n' + ''.join(rows))
    return rows


if __name__ == '__main__':
    print(f'{len(make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))} copies')
