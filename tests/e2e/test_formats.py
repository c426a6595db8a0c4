# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/formats.md records this test's observations: every format through the real program. HONE_WRITE_DOCS=1 writes it again."""
import io
import os
import shutil
import struct
import zlib

import pytest
from conftest import ROOT, SHARED, run_hone
from PIL import Image, ImageCms

DOCUMENT = ROOT / 'docs/formats.md'
HEAD = '''# Formats
The result for each kind of file. tests/e2e/test_formats.py writes this page from a run of the real program
(`HONE_WRITE_DOCS=1`) and checks it in every run.

Hone recognises files by their first bytes, never by their name. It turns every photo upright (EXIF, or the container's
rotation), converts it to sRGB with its ICC profile, and puts a transparent one on white; of several pages or frames it
uses the first. The limits are 400 million pixels and 1 GB per file. Decoders run in a [sandbox](sandbox.md). Networks
get the stored numbers, without the profile ([ARCHITECTURE.md](ARCHITECTURE.md)).

| file | result |
| --- | --- |
'''
TAIL = '''
Known limits: LibRaw 0.20 reads camera raw (CR2, CR3, NEF, ARW, RAF, ORF, RW2); only DNG could be tested. A raw file
next to a JPEG, HEIC, AVIF or JPEG XL of the same name forms one group with it. libjxl 0.7 reads JPEG XL and refuses
some files of newer encoders. Gain maps are not applied: the photo looks as on a plain screen. The decoder refuses
12-bit JPEG. SVG needs `--svg`. PSD, ICO, TGA, PPM and others are not photo formats and count as skipped.
'''


def picture(size=(64, 48), mode='RGB'):
    image = Image.new('RGB', size, (200, 40, 40))
    image.paste((40, 40, 200), (0, 0, size[0] // 2, size[1]))
    return image.convert(mode)


def saved(image, kind, **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def second():
    return [Image.new('RGB', (64, 48), 'green')]


def sixteen_bits():
    return Image.frombytes('I;16', (64, 48), b'\x00\x80' * (64 * 48))


def oriented():
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(picture(), 'JPEG', exif=exif)


def precise_jpeg():
    """A JPEG whose frame header declares 12 bits."""
    data = bytearray(saved(picture(), 'JPEG'))
    data[data.index(b'\xff\xc0') + 4] = 12
    return bytes(data)


def apng():
    return saved(picture(), 'PNG', save_all=True, append_images=second(), duration=100)


def bomb():
    """A PNG whose header declares 30000 x 30000 pixels."""
    def chunk(name, body):
        return struct.pack('>I', len(body)) + name + body + struct.pack('>I', zlib.crc32(name + body))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 30_000, 30_000, 8, 2, 0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(b'\0' * 100)) + chunk(b'IEND', b''))


def made():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
    return {
        'JPEG': saved(picture(), 'JPEG'),
        'JPEG, progressive': saved(picture(), 'JPEG', progressive=True),
        'JPEG, grey': saved(picture(mode='L'), 'JPEG'),
        'JPEG, CMYK': saved(picture(mode='CMYK'), 'JPEG'),
        'JPEG, EXIF says turn by 90 degrees': oriented(),
        'JPEG with an ICC profile': saved(picture(), 'JPEG', icc_profile=srgb),
        'JPEG with a video behind it (motion photo)': saved(picture(), 'JPEG') + b'\0\0\0\x18ftypmp42\0\0\0\0mp42isom' + bytes(5000),
        'JPEG, 12 bit': precise_jpeg(),
        'JPEG, cut off': saved(picture((640, 480)), 'JPEG')[:-700],
        'MPO (several JPEG in one)': saved(picture(), 'MPO', save_all=True, append_images=second()),
        'PNG': saved(picture(), 'PNG'),
        'PNG, transparent': saved(Image.new('RGBA', (64, 48), (0, 0, 0, 0)), 'PNG'),
        'PNG, 16 bit grey': saved(sixteen_bits(), 'PNG'),
        'PNG, palette': saved(picture(mode='P'), 'PNG'),
        'PNG that says it has 900 million pixels': bomb(),
        'APNG': apng(),
        'WebP': saved(picture(), 'WEBP'),
        'WebP, animated': saved(picture(), 'WEBP', save_all=True, append_images=second()),
        'GIF, animated': saved(picture(), 'GIF', save_all=True, append_images=second()),
        'TIFF': saved(picture(), 'TIFF'),
        'TIFF, 16 bit': saved(sixteen_bits(), 'TIFF'),
        'TIFF, LZW': saved(picture(), 'TIFF', compression='tiff_lzw'),
        'TIFF, two pages': saved(picture(), 'TIFF', save_all=True, append_images=second()),
        'BMP': saved(picture(), 'BMP'),
        'AVIF': saved(picture(), 'AVIF'),
        'JPEG 2000': saved(picture(), 'JPEG2000'),
        'SVG': b"<svg xmlns='http://www.w3.org/2000/svg' width='64' height='48'/>",
        'PPM': saved(picture(), 'PPM'),
        'ICO': saved(picture(), 'ICO'),
        'TGA': saved(picture(), 'TGA'),
        'a video (MP4)': b'\0\0\0\x20ftypisom\0\0\0\0isomiso2' + bytes(100),
        'a text named .jpg': b'no picture at all\n',
        'a PDF': b'%PDF-1.7\n',
        'an XMP sidecar': b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>',
        'an empty file': b'',
    }


REAL = {
    'HEIC': 'immich-test-assets/formats/heic/IMG_2682.heic',
    'HEIC with a video (motion photo)': 'immich-test-assets/formats/motionphoto/samsung-one-ui-6.heic',
    'AVIF, 10 bit, Display P3': 'immich-test-assets/formats/avif/10bit-HDR-P3-nclx.avif',
    'JPEG XL': 'immich-test-assets/formats/jxl/8bit-sRGB.jxl',
    'JPEG XL, 16 bit, of a newer encoder': 'immich-test-assets/formats/jxl/16bit-HDR-P3-nclx.jxl',
    'DNG': 'awkward/tinydng/colorchart.dng',
    'JPEG with a gain map': 'awkward/sharp/gain-map.jpg',
}


@pytest.fixture(scope='module')
def rows(tmp_path_factory):
    """Returns {kind: result}."""
    folder = tmp_path_factory.mktemp('formats')
    kinds = {}
    for number, (kind, data) in enumerate(made().items()):
        path = folder / f'{number:02}.jpg'  # the name never decides
        path.write_bytes(data)
        kinds[str(path)] = kind
    for number, (kind, name) in enumerate(REAL.items()):
        if (SHARED / 'photos' / name).exists():
            path = folder / f'real{number}.jpg'
            shutil.copyfile(SHARED / 'photos' / name, path)
            kinds[str(path)] = kind
    library = tmp_path_factory.mktemp('library')
    summary = run_hone('index', folder, '--json', library=library).ok().json()
    failed = {failure['path']: failure['reason'] for failure in summary['failures']}
    seen = {}
    for path, kind in kinds.items():
        if path in failed:
            seen[kind] = f'failure: {failed[path]}'
            continue
        shown = run_hone('show', path, '--json', library=library)
        if shown.code == 0:
            photo = shown.json()
            seen[kind] = f'photo, {photo["format"]}, {photo["width"]} x {photo["height"]}'
        else:
            seen[kind] = 'skipped'
    kinds_skipped = summary['skipped_kinds']
    assert sum(kinds_skipped.values()) == list(seen.values()).count('skipped')
    return seen


def test_each_format_becomes_what_the_document_says(rows):
    lines = [f'| {kind} | {result} |' for kind, result in rows.items()]
    if os.environ.get('HONE_WRITE_DOCS'):
        DOCUMENT.write_text(HEAD + '\n'.join(lines) + '\n' + TAIL)
    written = DOCUMENT.read_text().splitlines()
    missing = [line for line in lines if line not in written]
    assert not missing, f'docs/formats.md says otherwise; HONE_WRITE_DOCS=1 writes it anew: {missing}'


@pytest.mark.parametrize('kind', ['JPEG', 'JPEG, progressive', 'JPEG, CMYK', 'PNG', 'APNG', 'WebP', 'GIF, animated', 'TIFF', 'BMP', 'AVIF', 'JPEG 2000'])
def test_is_a_photo(rows, kind):
    assert rows[kind].startswith('photo, ') and rows[kind].endswith(', 64 x 48')


def test_is_turned_upright(rows):
    assert rows['JPEG, EXIF says turn by 90 degrees'] == 'photo, jpeg, 48 x 64'


def test_what_cannot_be_read_says_why(rows):
    assert '12' in rows['JPEG, 12 bit']
    assert 'too large' in rows['PNG that says it has 900 million pixels']
    assert rows['SVG'] == rows['a text named .jpg'] == rows['an empty file'] == 'skipped'
