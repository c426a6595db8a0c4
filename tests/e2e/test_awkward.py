# SPDX-License-Identifier: GPL-3.0-or-later
"""Awkward files through the real program: each is a photo, a failure with a reason, or skipped with a kind. No crash; memory stays bounded."""
import json
import os
import pathlib
import sqlite3
import subprocess
import threading
import time

import numpy as np
import pytest
from PIL import Image, ImageCms

from conftest import CRASH, HONE, ROOT, SHARED, environment, need, run_hone, use_model
from test_kill9 import children

MADE = ROOT / 'deps/golden/awkward'  # tests/reference/awkward_files.py
ORIENTED = ROOT / 'deps/golden/orientation'  # tests/reference/orientations.py
FOUND = SHARED / 'photos/awkward'  # from test suites of others, which only some machines have
# name -> (folder, least number of files that libvips decodes)
FOLDERS = {'made': (MADE, 80), **({'found': (FOUND, 150)} if FOUND.exists() else {})}
PHOTO, MISSING, FAILED, SKIPPED = range(4)
HERTZ, MOST_MEMORY = 20, 2.5e9


def memory_of(pid):
    """Bytes of a process, shared memory counted proportionally; 0 when the process is gone."""
    for name, field in (('smaps_rollup', 'Pss:'), ('status', 'VmRSS:')):
        try:
            for line in pathlib.Path(f'/proc/{pid}/{name}').read_text().splitlines():
                if line.startswith(field):
                    return int(line.split()[1]) * 1024
        except OSError:
            continue
    return 0


class MemoryWatch(threading.Thread):
    """Samples the largest memory of a process and all its descendants together."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.samples, self.most, self.ended = pid, 0, 0, 0, threading.Event()

    def run(self):
        while not self.ended.wait(1 / HERTZ):
            pids = [self.pid, *(pid for pid, _ in children(self.pid))]
            self.peak = max(self.peak, sum(memory_of(pid) for pid in pids))
            self.most, self.samples = max(self.most, len(pids)), self.samples + 1


@pytest.fixture(scope='module', params=FOLDERS)
def folder(request):
    return FOLDERS[request.param]


@pytest.fixture(scope='module')
def awkward(folder, tmp_path_factory, test_models):
    """(summary, {path below the folder: (state, stage, reason)}, peak of memory, stderr)"""
    where = need(folder[0] / 'decode-index.json', 'the awkward files (script/golden)').parent
    library = tmp_path_factory.mktemp('awkward') / 'library'
    use_model(library, test_models / 'clip-random')
    process = subprocess.Popen([HONE, 'index', where, '--json', '--library', library], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    watch = MemoryWatch(process.pid)
    watch.start()
    out, err = process.communicate(timeout=900)
    watch.ended.set()
    watch.join()
    assert process.returncode == 0, err
    assert watch.samples > 10 and watch.most >= 2, 'the decoders were seen'
    catalog = sqlite3.connect(f'file:{library}/catalog.db?mode=ro', uri=True)
    places = {os.path.relpath(os.fsdecode(path), where): (state, stage, reason)
              for path, state, stage, reason in catalog.execute('SELECT path, state, stage, reason FROM place')}
    catalog.close()
    return json.loads(out), places, watch.peak, err.decode('utf-8', 'replace')


def test_every_file_is_accounted_for(awkward, folder):
    where = folder[0]
    summary, places, peak, err = awkward
    on_disk = {str(path.relative_to(where)) for path in where.rglob('*') if path.is_file()}
    assert set(places) == on_disk and summary['files'] == len(on_disk)
    count = [sum(state == wanted for state, _, _ in places.values()) for wanted in range(4)]
    print(f'\n{summary["files"]} files: {count[PHOTO]} photos, {count[FAILED]} failed, {count[SKIPPED]} skipped {summary["skipped_kinds"]}')
    assert count[MISSING] == 0
    assert (count[FAILED], count[SKIPPED]) == (summary['failed'], summary['skipped'])
    assert sum(summary['skipped_kinds'].values()) == summary['skipped']
    # Two copies of one photo that two readers meet at the same moment are both embedded.
    assert summary['new'] == summary['photos'] <= summary['embedded'] <= count[PHOTO]
    for path, (state, stage, reason) in places.items():
        if state in (FAILED, SKIPPED):
            assert len(reason) > 3 and '\n' not in reason, (path, reason)
        assert (stage != '') == (state == FAILED), (path, stage)
    listed = {failure['path']: failure for failure in summary['failures']}
    assert set(listed) == {str(where / path) for path, (state, _, _) in places.items() if state == FAILED}
    # A decoder that crashed or took too much would say so; none of these files does that to it.
    assert not CRASH.search(err), err


def test_what_libvips_decodes_is_a_photo(awkward, folder):
    where, least = folder
    _, places, _, _ = awkward
    index = [row for row in json.loads((where / 'decode-index.json').read_text()) if (where / row['file']).is_file()]
    # libvips decodes these, but they are not photo formats (docs/formats.md).
    good = [row['file'] for row in index if row['decode_strict'] == 'ok' and not row['file'].endswith(('.ppm', '.tga', '.ico'))]
    lost = [(file, places[file]) for file in good if places[file][0] != PHOTO]
    more = sum(places[row['file']][0] == PHOTO for row in index if row['decode_strict'] != 'ok')
    print(f'\nagreement {1 - len(lost) / len(good):.4f} of {len(good)}; {more} more are photos here; lost: {lost}')
    assert len(good) > least and 1 - len(lost) / len(good) >= .98
    for file, (_, stage, _) in lost:
        assert stage == 'decode' or file.endswith('.svg'), file


def test_memory_stays_bounded(awkward):
    _, _, peak, _ = awkward
    print(f'\npeak of all processes {peak / 1e6:.0f} MB')
    assert 30e6 < peak < MOST_MEMORY, peak


def test_drawings_are_read_when_asked(tmp_path, test_models):
    drawing = need(MADE / 'good/circle.svg', 'the awkward files (script/golden)')
    folder = tmp_path / 'photos'
    folder.mkdir()
    (folder / 'circle.svg').write_bytes(drawing.read_bytes())
    library = tmp_path / 'library'
    use_model(library, test_models / 'clip-random')
    assert run_hone('index', folder, '--json', library=library).ok().json()['skipped_kinds'] == {'svg drawing': 1}
    summary = run_hone('index', folder, '--svg', '--json', library=library).ok().json()
    assert (summary['photos'], summary['skipped']) == (1, 0), summary


def test_a_colour_profile_in_a_grey_photo(tmp_path, test_models):
    """Programs that convert a photo to grey leave its RGB profile inside. Such a profile, or a broken one, must not cost the photo."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    rgb = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
    grey = Image.linear_gradient('L').resize((300, 200))
    for name, picture, profile in (('grey', grey, rgb), ('grey broken', grey, b'profile'), ('colour broken', grey.convert('RGB'), rgb[:100])):
        picture.save(folder / f'{name}.jpg', icc_profile=profile)
    library = tmp_path / 'library'
    use_model(library, test_models / 'clip-random')
    summary = run_hone('index', folder, '--json', library=library).ok().json()
    assert (summary['photos'], summary['failed']) == (3, 0), summary
    for photo in folder.iterdir():
        found = run_hone('show', photo, '--json', library=library).ok().json()['id']
        with Image.open(library / 'thumbs' / found[:2] / f'{found}-240.webp') as im:
            error = np.abs(np.asarray(im.convert('L')).astype(float) - np.asarray(grey.resize(im.size))).mean()
        assert error < 4, (photo, error)


@pytest.fixture(scope='module')
def upright(tmp_path_factory, test_models):
    """{file name: pixels of the 240 thumbnail}"""
    need(ORIENTED / 'Landscape_0.jpg', 'photos in all orientations (script/golden)')
    library = tmp_path_factory.mktemp('oriented') / 'library'
    use_model(library, test_models / 'clip-random')
    summary = run_hone('index', ORIENTED, '--json', library=library).ok().json()
    assert (summary['photos'], summary['failed']) == (18, 0), summary
    pixels = {}
    for photo in sorted(ORIENTED.glob('*.jpg')):
        details = run_hone('show', photo, '--json', library=library).ok().json()
        with Image.open(library / 'thumbs' / details['id'][:2] / f'{details["id"]}-240.webp') as im:
            assert (im.width > im.height) == (details['width'] > details['height'])
            pixels[photo.stem] = np.asarray(im.convert('RGB')).astype(float)
    return pixels


@pytest.mark.parametrize('kind', ['Landscape', 'Portrait'])
def test_orientation_is_honoured(upright, kind):
    expected = upright[f'{kind}_0']
    assert (expected.shape[1] > expected.shape[0]) == (kind == 'Landscape')
    for orientation in range(1, 9):
        found = upright[f'{kind}_{orientation}']
        assert found.shape == expected.shape, orientation
        error = np.abs(found - expected).mean()
        print(f'{kind} {orientation}: mean difference {error:.2f} of 255')
        # Each was encoded separately; with a wrong rotation the difference is above 40.
        assert error < 6, orientation
    assert np.abs(expected - expected[::-1]).mean() > 20 and np.abs(expected - expected[:, ::-1]).mean() > 20, 'the test can fail'
