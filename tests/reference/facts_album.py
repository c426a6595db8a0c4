# SPDX-License-Identifier: GPL-3.0-or-later
"""An album of photos with facts: halves of the sample photos, with EXIF, IPTC and XMP that ExifTool writes, and its reading of them.

usage: facts_album.py SAMPLES OUT     needs exiftool and heif-enc; writes OUT/*.jpg and so on, and OUT/exif-truth.json

The truth is what ExifTool reads back from the finished files, not what was asked for. The same on every run but for the time
stamps of the files.
"""
import json
import pathlib
import random
import subprocess
import sys

from PIL import Image

SIDE = 400  # pixels of the longer side
CAMERAS = [('Canon', 'Canon EOS R5', 'RF100-500mm F4.5-7.1 L IS USM'), ('Canon', 'Canon PowerShot A5', None), ('NIKON CORPORATION', 'NIKON D70', '18-70mm f/3.5-4.5G'),
           ('NIKON', 'COOLPIX P6000', None), ('FUJIFILM', 'FinePix X100', None), ('Apple', 'iPhone 7', 'iPhone 7 back camera 3.99mm f/1.8'), ('SONY', 'ILCE-7M3', 'FE 85mm F1.8'),
           ('Panasonic', 'DMC-FZ30', None), ('OLYMPUS CORPORATION', 'E-M1', None), ('PENTAX Corporation', 'PENTAX K10D', None), ('samsung', 'SM-G998B', None),
           ('Google', 'Pixel 6', None), ('EASTMAN KODAK COMPANY', 'KODAK DC240', None), ('RICOH IMAGING COMPANY, LTD.', 'GR III', None), (None, None, None)]
WORDS = ['holiday', 'family', 'garden', 'Straße', '東京', 'summer|beach', 'black and white', 'O’Brien']
FORMATS = ['jpg'] * 12 + ['tif', 'png', 'webp', 'heic', 'heic', 'tif']
# What tests ask for by name: the n-th file gets this name and these facts on top.
FALCON = {'EXIF:Make': 'Canon', 'EXIF:Model': 'Canon EOS R5', 'EXIF:ISO': 1000, 'EXIF:ExposureTime': 1 / 4000, 'EXIF:FNumber': 7.1, 'EXIF:FocalLength': 500,
          'EXIF:DateTimeOriginal': '2022:03:31 11:31:56', 'IPTC:Keywords': ['Prairie Falcons', 'birds'], 'XMP-dc:Subject': ['Prairie Falcons', 'birds']}
ITALY = {'EXIF:Make': 'NIKON', 'EXIF:Model': 'COOLPIX P6000', 'EXIF:GPSLatitudeRef': 'N', 'EXIF:GPSLongitudeRef': 'E', 'EXIF:DateTimeOriginal': '2008:10:22 16:28:39'}
FACE = {'AppliedToDimensions': {'W': 400, 'H': 300, 'Unit': 'pixel'},
        'RegionList': [{'Name': 'Marie Curie', 'Type': 'Face', 'Area': {'X': .5, 'Y': .4, 'W': .2, 'H': .3, 'Unit': 'normalized'}}]}
NAMED = [
    ('prairie_falcon.jpg', FALCON),
    ('DSCN0010.jpg', {**ITALY, 'EXIF:GPSLatitude': 43.46744833, 'EXIF:GPSLongitude': 11.88512667}),
    ('DSCN0025.jpg', {**ITALY, 'EXIF:GPSLatitude': 43.46836333, 'EXIF:GPSLongitude': 11.88163499, 'EXIF:DateTimeOriginal': '2008:10:22 16:43:21'}),
    ('DSCN0040.jpg', {**ITALY, 'EXIF:GPSLatitude': 43.9, 'EXIF:GPSLongitude': 11.7, 'EXIF:DateTimeOriginal': '2008:05:30 08:00:01'}),
    ('portrait.jpg', {'XMP-mwg-rs:RegionInfo': FACE, 'IPTC:Keywords': ['Marie Curie'], 'XMP-dc:Subject': ['Marie Curie']}),
    ('IMG_5195.HEIC', {'EXIF:GPSLatitude': 48.1, 'EXIF:GPSLatitudeRef': 'N', 'EXIF:GPSLongitude': 16.3, 'EXIF:GPSLongitudeRef': 'E'}),
    ('IMG_5196.HEIC', {'EXIF:GPSLatitude': 33.9, 'EXIF:GPSLatitudeRef': 'S', 'EXIF:GPSLongitude': 151.2, 'EXIF:GPSLongitudeRef': 'E'}),
    ('thompson-springs.jpg', {}), ('tanners_ridge.jpg', {}),
    ('picasa.jpg', {'IPTC:Keywords': ['Frost', 'Yard'], 'XMP-dc:Subject': ['Frost', 'Yard']}),
    ('BlueSquare.jpg', {'IPTC:Keywords': ['Photoshop'], 'XMP-dc:Subject': ['Photoshop']}),
    ('cyclamen_persicum.jpg', {'EXIF:Make': 'FUJIFILM', 'EXIF:Model': 'FinePix S3Pro'}),
]


def halves(samples):
    """[(left or right half of a sample photo)], none of them like another."""
    for path in sorted(p for p in samples.rglob('*') if p.suffix in ('.jpg', '.png')):
        with Image.open(path) as im:
            im = im.convert('RGB')
        im.thumbnail((2 * SIDE, SIDE))
        for left in (0, im.width // 2):
            yield im.crop((left, 0, left + im.width // 2, im.height))


def facts(r):
    """Facts of one photo, as a camera and its owner leave them: often most of them, sometimes none."""
    found = {}
    make, model, lens = r.choice(CAMERAS)
    if make:
        found |= {'EXIF:Make': make, 'EXIF:Model': model, 'EXIF:ISO': r.choice([50, 100, 200, 400, 800, 1600, 3200, 12800]), 'EXIF:ExposureTime': 1 / r.choice([2, 15, 60, 250, 4000]),
                  'EXIF:FNumber': r.choice([1.8, 2.8, 4, 5.6, 11]), 'EXIF:FocalLength': r.choice([3.99, 24, 50, 85, 500])}
        if lens:
            found['EXIF:LensModel'] = lens
    if r.random() < .8:
        date = f'{r.choice([1999, 2003, 2004, 2008, 2008, 2012, 2019, 2021, 2024])}:{r.randint(1, 12):02}:{r.randint(1, 28):02} {r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}'
        where = r.random()
        if where < .8:
            found |= {'EXIF:DateTimeOriginal': date, 'EXIF:CreateDate': date}
            if r.random() < .4:
                found['EXIF:OffsetTimeOriginal'] = r.choice(['+02:00', '-05:00', '+05:30', '+00:00'])
        else:
            found['XMP-exif:DateTimeOriginal'] = date
    if r.random() < .3:
        found |= {'EXIF:GPSLatitude': round(r.uniform(0, 89), 5), 'EXIF:GPSLatitudeRef': r.choice('NS'), 'EXIF:GPSLongitude': round(r.uniform(0, 179), 5),
                  'EXIF:GPSLongitudeRef': r.choice('EW'), 'EXIF:GPSAltitude': round(r.uniform(0, 3000), 1), 'EXIF:GPSAltitudeRef': 0}
    if r.random() < .3:
        found['XMP-xmp:Rating'] = r.randint(1, 5)
    if r.random() < .4:
        found['XMP-dc:Subject'] = r.sample(WORDS, 2)
    if r.random() < .3:
        found['EXIF:Orientation'] = r.randint(1, 8)
    return found


def write(im, path):
    kind = path.suffix.lower()
    if kind == '.heic':
        png = path.with_suffix('.png')
        im.save(png)
        subprocess.run(['heif-enc', '-q', '60', '-o', path, png], check=True, capture_output=True)
        png.unlink()
    else:
        im.save(path, **({'quality': 85} if kind in ('.jpg', '.webp') else {}))


def make(samples, out):
    r = random.Random(3)
    wanted = []
    for number, im in enumerate(halves(samples)):
        name, more = NAMED[number // 3] if number % 3 == 0 and number // 3 < len(NAMED) else (f'photo {number:03}.{FORMATS[number % len(FORMATS)]}', {})
        write(im, out / name)
        wanted.append({'SourceFile': str(out / name), **facts(r), **more})
    asked = out / 'asked.json'
    asked.write_text(json.dumps(wanted))
    written = subprocess.run(['exiftool', '-n', '-q', '-overwrite_original', '-struct', '-codedcharacterset=utf8', f'-json={asked}', *(row['SourceFile'] for row in wanted)],
                             capture_output=True, text=True)
    asked.unlink()
    assert written.returncode == 0, written.stderr
    read = subprocess.run(['exiftool', '-n', '-q', '-json', *(row['SourceFile'] for row in wanted)], capture_output=True, text=True, check=True)
    rows = json.loads(read.stdout)
    for row in rows:
        row['file'] = pathlib.Path(row.pop('SourceFile')).name
        for field in [field for field in row if field.startswith('File') or field == 'Directory']:
            del row[field]
    (out / 'exif-truth.json').write_text(json.dumps(rows, indent=1, ensure_ascii=False) + '\n')
    return rows


if __name__ == '__main__':
    rows = make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    print(f'{len(rows)} photos with facts')
