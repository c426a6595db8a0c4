# SPDX-License-Identifier: GPL-3.0-or-later
"""Awkward files: rare kinds of every format, huge and lying ones, cut ones, ones with wrong bytes; and what libvips says of each.

usage: awkward_files.py SAMPLES OUT     needs vips and heif-enc; writes OUT/KIND/NAME and OUT/decode-index.json

decode-index.json: [{file, decode_strict}], 'ok' where `vips avg` decodes all of it and its decoder has no complaint.
"""
import concurrent.futures
import io
import json
import pathlib
import random
import subprocess
import sys

import numpy as np
from PIL import Image

SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='48'><circle cx='30' cy='20' r='12' fill='red'/></svg>"


def encoded(im, form, **options):
    out = io.BytesIO()
    im.save(out, form, **options)
    return out.getvalue()


def good(samples):
    """{name: bytes} of files that are right, some of them rare."""
    with Image.open(samples / 'opencv/home.jpg') as im:
        rgb = im.convert('RGB').resize((320, 240))
    with Image.open(samples / 'scikit-image/chelsea.png') as im:
        other = im.convert('RGB').resize((320, 240))
    alpha = rgb.copy()
    alpha.putalpha(Image.linear_gradient('L').resize(rgb.size))
    deep = Image.fromarray((np.asarray(rgb.convert('L')).astype(np.uint16) * 257))
    many = {'save_all': True, 'append_images': [other, rgb.rotate(180)]}
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8))
    files = {}
    for name, im in (('rgb', rgb), ('other', other), ('noise', noise), ('tiny', rgb.resize((1, 1))), ('wide', rgb.resize((4000, 3))), ('high', rgb.resize((3, 4000)))):
        for form, suffix in (('JPEG', 'jpg'), ('PNG', 'png'), ('WEBP', 'webp'), ('TIFF', 'tif'), ('BMP', 'bmp'), ('GIF', 'gif')):
            files[f'{name}.{suffix}'] = encoded(im, form)
    for quality in (1, 50, 100):
        files[f'quality-{quality}.jpg'] = encoded(rgb, 'JPEG', quality=quality)
    files |= {
        'progressive.jpg': encoded(rgb, 'JPEG', progressive=True), 'cmyk.jpg': encoded(rgb.convert('CMYK'), 'JPEG'), 'grey.jpg': encoded(rgb.convert('L'), 'JPEG'),
        'subsampled-411.jpg': encoded(rgb, 'JPEG', subsampling='4:1:1'), 'comment.jpg': encoded(rgb, 'JPEG', comment=b'x' * 60000), 'restart.jpg': encoded(rgb, 'JPEG', restart_marker_blocks=1),
        'wrong-exif.jpg': encoded(rgb, 'JPEG', exif=b'Exif\0\0II*\0\xff\xff\xff\xff'), 'much-exif.jpg': encoded(rgb, 'JPEG', exif=b'Exif\0\0' + b'II*\0\x08\0\0\0\xff\xff' + b'\x01' * 60000),
        'bits-1.png': encoded(rgb.convert('1'), 'PNG'), 'palette.png': encoded(rgb.quantize(16), 'PNG'), 'alpha.png': encoded(alpha, 'PNG'), 'deep.png': encoded(deep, 'PNG'),
        'grey-alpha.png': encoded(alpha.convert('LA'), 'PNG'), 'animated.png': encoded(rgb, 'PNG', **many), 'stored.png': encoded(rgb, 'PNG', compress_level=0),
        'palette-transparent.png': encoded(rgb.quantize(16), 'PNG', transparency=3),
        'animated.gif': encoded(rgb, 'GIF', **many), 'interlaced.gif': encoded(rgb, 'GIF', interlace=1), 'transparent.gif': encoded(rgb.quantize(16), 'GIF', transparency=0),
        'lossless.webp': encoded(rgb, 'WEBP', lossless=True), 'alpha.webp': encoded(alpha, 'WEBP'), 'animated.webp': encoded(rgb, 'WEBP', **many),
        'lzw.tif': encoded(rgb, 'TIFF', compression='tiff_lzw'), 'deflate.tif': encoded(rgb, 'TIFF', compression='tiff_adobe_deflate'), 'packbits.tif': encoded(rgb, 'TIFF', compression='packbits'),
        'jpeg.tif': encoded(rgb, 'TIFF', compression='jpeg'), 'fax.tif': encoded(rgb.convert('1'), 'TIFF', compression='group4'), 'cmyk.tif': encoded(rgb.convert('CMYK'), 'TIFF'),
        'deep.tif': encoded(deep, 'TIFF'), 'pages.tif': encoded(rgb, 'TIFF', **many), 'alpha.tif': encoded(alpha, 'TIFF'), 'lab.tif': encoded(rgb.convert('LAB'), 'TIFF'),
        'float.tif': encoded(rgb.convert('F'), 'TIFF'), 'palette.bmp': encoded(rgb.quantize(16), 'BMP'), 'bits-1.bmp': encoded(rgb.convert('1'), 'BMP'),
        'plain.avif': encoded(rgb, 'AVIF', speed=9), 'alpha.avif': encoded(alpha, 'AVIF', speed=9), 'plain.jp2': encoded(rgb, 'JPEG2000'),
        'lossy.jp2': encoded(rgb, 'JPEG2000', irreversible=True, quality_mode='rates', quality_layers=[20]), 'circle.svg': SVG.encode(), 'empty.jpg': b'', 'text.jpg': b'no picture at all\n',
        'large.jpg': encoded(rgb.resize((12000, 9000), Image.NEAREST), 'JPEG', quality=30), 'large.png': encoded(rgb.convert('1').resize((12000, 9000)), 'PNG'),
        'plain.ppm': encoded(rgb, 'PPM'), 'plain.tga': encoded(rgb, 'TGA'), 'plain.ico': encoded(rgb, 'ICO')}
    return files


def lying(files):
    """Headers that promise more than there is."""
    png, gif, jpeg, bmp = files['rgb.png'], files['rgb.gif'], files['rgb.jpg'], files['rgb.bmp']
    frame = jpeg.index(b'\xff\xc0')
    return {'bomb.png': png[:16] + (60000).to_bytes(4, 'big') * 2 + png[24:], 'bomb.gif': gif[:6] + b'\xff' * 4 + gif[10:],
            'bomb.jpg': jpeg[:frame + 5] + b'\xff\xff\xff\xff' + jpeg[frame + 9:], 'bomb.bmp': bmp[:18] + (60000).to_bytes(4, 'little') * 2 + bmp[26:],
            'zero.png': png[:16] + bytes(8) + png[24:], 'zero.jpg': jpeg[:frame + 5] + bytes(4) + jpeg[frame + 9:]}


def cut(files):
    return {f'{part:02}-{name}': data[:len(data) * part // 100] for name, data in files.items() for part in (3, 50, 97)
            if name.split('.')[0] in ('rgb', 'animated', 'progressive', 'lzw', 'plain')}


def changed(files, r):
    """Some bytes of each are others."""
    found = {}
    for name, data in files.items():
        if name.split('.')[0] not in ('rgb', 'animated', 'pages', 'plain', 'cmyk', 'palette'):
            continue
        for turn in range(3):
            copy = bytearray(data)
            for _ in range(8):
                copy[r.randrange(len(copy) if turn else min(len(copy), 200))] = r.randrange(256)
            found[f'{turn}-{name}'] = bytes(copy)
    return found


def verdict(path):
    for options in ('[fail_on=warning]', ''):  # a few loaders have no such option
        run = subprocess.run(['vips', 'avg', f'{path}{options}'], capture_output=True, text=True, timeout=120)
        if 'no property named' not in run.stderr:
            break
    return 'ok' if run.returncode == 0 else (run.stderr.strip().splitlines() or ['failed'])[0][:200]


def make(samples, out):
    files = good(samples)
    for kind, members in {'good': files, 'lying': lying(files), 'cut': cut(files), 'changed': changed(files, random.Random(5))}.items():
        (out / kind).mkdir()
        for name, data in members.items():
            (out / kind / name).write_bytes(data)
    subprocess.run(['heif-enc', '-o', out / 'good/plain.heic', out / 'good/rgb.png'], check=True, capture_output=True)
    paths = sorted(path for path in out.rglob('*') if path.is_file())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = [{'file': str(path.relative_to(out)), 'decode_strict': said} for path, said in zip(paths, pool.map(verdict, paths))]
    (out / 'decode-index.json').write_text(json.dumps(rows, indent=1) + '\n')
    return rows


if __name__ == '__main__':
    rows = make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
    print(f'{len(rows)} awkward files, libvips decodes {sum(row["decode_strict"] == "ok" for row in rows)}')
