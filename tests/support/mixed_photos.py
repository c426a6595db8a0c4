# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes folders of mixed photos out of a few: cropped, mirrored and shaded, at several sizes and in several file types."""
import pathlib
import random

from PIL import Image, ImageEnhance, ImageOps

TYPES = ['jpg', 'jpg', 'jpg', 'png', 'webp', 'tif']  # most photos are JPEG

OPTIONS = {'.jpg': {'quality': 90}, '.webp': {'quality': 90, 'method': 0}, '.png': {'compress_level': 1}}  # quick to write


def make_mixed_photos(sources, folder, count, sides=(640, 1280, 2048, 3072), seed=1):
    """Writes `count` different photos below `folder`, in folders of up to 100. Returns their paths. sides: pixels."""
    chance = random.Random(seed)
    sources = sorted(pathlib.Path(source) for source in sources)
    written = []
    for number in range(count):
        with Image.open(sources[number % len(sources)]) as opened:
            picture = ImageOps.exif_transpose(opened).convert('RGB')
        width, height = picture.size
        left, top = (int(side * chance.uniform(0, 0.2)) for side in (width, height))
        picture = picture.crop((left, top, width - int(width * chance.uniform(0, 0.2)), height - int(height * chance.uniform(0, 0.2))))
        if chance.random() < 0.5:
            picture = ImageOps.mirror(picture)
        picture = ImageEnhance.Brightness(picture).enhance(chance.uniform(0.7, 1.3))
        side = chance.choice(sides)
        picture = ImageOps.contain(picture, (side, side))
        path = folder / f'{number // 100:02}' / f'{number:05}.{chance.choice(TYPES)}'
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path, **OPTIONS.get(path.suffix, {}))
        written.append(path)
    return written
