# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at many moments while photos are indexed: the end is the same as without. In full length in script/test-long."""
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import time

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from conftest import HONE, LONG, environment, run_hone, run_server, use_model, wait_for

COUNT, KILLS, SERVER_KILLS = (1000, 30, 5) if LONG else (300, 10, 2)
SEED = 9


def make_photos(folder, sources, count):
    """Crops and re-encodings of real photos, 96 to 320 pixels, each with different bytes; the same in every run."""
    r = random.Random(SEED)
    opened = []
    for path in sources:
        with Image.open(path) as im:
            im = im.convert('RGB')
            im.thumbnail((800, 800))
            opened.append(im)
    for k in range(count):
        im = r.choice(opened)
        side = r.randint(96, 320)
        width, height = min(im.width, side), min(im.height, r.randint(96, 320))
        left, top = r.randint(0, im.width - width), r.randint(0, im.height - height)
        crop = ImageEnhance.Brightness(im.crop((left, top, left + width, top + height))).enhance(r.uniform(0.7, 1.3))
        sub = folder / f'{k % 17:02d}'
        sub.mkdir(parents=True, exist_ok=True)
        kind = r.choice(['jpg', 'jpg', 'jpg', 'png', 'webp'])
        crop.save(sub / f'{k:04d}.{kind}', **({} if kind == 'png' else {'quality': r.randint(60, 95)}))


def vectors(library):
    """{(sha, space, model): bytes} of the catalogue."""
    catalog = sqlite3.connect(f'file:{library}/catalog.db?mode=ro', uri=True)
    try:
        assert catalog.execute('PRAGMA integrity_check').fetchone() == ('ok',)
        rows = catalog.execute('SELECT p.sha, v.space, v.model, v.data FROM vector v JOIN photo p ON p.id = v.photo_id').fetchall()
    finally:
        catalog.close()
    found = {(sha.hex() if isinstance(sha, bytes) else sha, space, model): data for sha, space, model, data in rows}
    assert len(found) == len(rows), 'no photo has a vector twice'
    return found


def children(pid):
    """Returns the descendants of pid as (pid, start time)."""
    rows = {}
    for entry in pathlib.Path('/proc').iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / 'stat').read_text().rsplit(')', 1)[1].split()
            except OSError:
                continue
            rows[int(entry.name)] = (int(fields[1]), fields[19])
    found, pending = [], [pid]
    while pending:
        parent = pending.pop()
        for child, (above, start) in rows.items():
            if above == parent:
                found.append((child, start))
                pending.append(child)
    return found


def alive(pid, start):
    try:
        fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    except OSError:
        return False
    return fields[19] == start and fields[0] != 'Z'


@pytest.fixture(scope='module')
def thousand(tmp_path_factory, samples):
    sources = sorted(p for p in samples.rglob('*') if p.suffix in ('.jpg', '.png'))
    folder = tmp_path_factory.mktemp('thousand') / 'photos'
    make_photos(folder, sources, COUNT)
    assert len({p.read_bytes() for p in folder.rglob('*') if p.is_file()}) == COUNT
    return folder


@pytest.fixture(scope='module')
def undisturbed(thousand, tmp_path_factory, test_models):
    """(vectors, seconds, page) of an undisturbed run."""
    library = tmp_path_factory.mktemp('undisturbed') / 'library'
    use_model(library, test_models / 'clip-random')
    begin = time.monotonic()
    summary = run_hone('index', thousand, '--json', library=library).ok().json()
    seconds = time.monotonic() - begin
    assert (summary['photos'], summary['failed']) == (COUNT, 0), summary
    page = run_hone('search', 'a dog on the beach', '--limit', '1000', '--json', library=library).ok().json()
    return vectors(library), seconds, page


def same(found, expected):
    assert set(found) == set(expected)

    def numbers(blob):
        return np.frombuffer(blob, {64 * 4: '<f4', 64 * 2: '<f2'}[len(blob)]).astype(np.float32)
    worst = max(0.0 if found[k] == expected[k] else float(np.abs(numbers(found[k]) - numbers(expected[k])).max()) for k in expected)
    assert worst <= 1e-6, worst


def test_index_killed_many_times(thousand, undisturbed, tmp_path, test_models):
    expected, seconds, page = undisturbed
    library = tmp_path / 'library'
    use_model(library, test_models / 'clip-random')
    r = random.Random(SEED)
    before, orphans, progress = 0, [], []
    for kill in range(KILLS):
        process = subprocess.Popen([HONE, 'index', thousand, '--library', library, '--quiet'], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            process.wait(r.uniform(0.01, max(0.4, seconds / 8)))
            # it may finish before the kill, but never with an error
            assert process.returncode == 0, (kill, process.stderr.read())
        except subprocess.TimeoutExpired:
            below = children(process.pid)
            process.send_signal(signal.SIGKILL)
            process.wait()
            orphans += below
        process.stderr.close()
        if (library / 'catalog.db').exists() and kill % 5 == 4:
            status = run_hone('status', '--json', library=library).ok().json()
            assert status['searchable'] >= before, 'nothing acknowledged is lost'
            before = status['searchable']
            progress.append(before)
    assert progress[-1] > 0, 'killed runs make progress too'
    wait_for(lambda: not [pid for pid, start in orphans if alive(pid, start)], 'processes below a killed one end without being killed')
    summary = run_hone('index', thousand, '--json', library=library).ok().json()
    assert (summary['photos'], summary['failed']) == (COUNT, 0), summary
    same(vectors(library), expected)
    again = run_hone('search', 'a dog on the beach', '--limit', '1000', '--json', library=library).ok().json()
    assert [x['id'] for x in again['results']] == [x['id'] for x in page['results']]
    third = run_hone('index', thousand, '--json', library=library).ok().json()
    assert (third['new'], third['unchanged']) == (0, COUNT)
    # only the files of a library, no leftover temporary files
    rests = [p for p in library.rglob('*') if p.is_file() and ('tmp' in p.suffix or '.part' in p.name)]
    assert len(rests) == 0, rests[:5]


def test_server_killed(thousand, undisturbed, tmp_path, test_models):
    expected, seconds, _ = undisturbed
    library = tmp_path / 'library'
    use_model(library, test_models / 'clip-random')
    r = random.Random(SEED + 1)
    for _ in range(SERVER_KILLS):
        process = subprocess.Popen([HONE, 'serve', thousand, '--listen', '127.0.0.1:0', '--library', library], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(r.uniform(0.2, max(1.0, seconds / 6)))
        assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with run_server(library=library) as server:
        server.wait_idle(searchable=COUNT)
    same(vectors(library), expected)
