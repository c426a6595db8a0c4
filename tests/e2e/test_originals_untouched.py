# SPDX-License-Identifier: GPL-3.0-or-later
"""Photos are only ever read: at the end, each file is unchanged, and no file was added next to them."""
import hashlib
import os
import random
import shutil
import signal
import subprocess
import time

import pytest
from PIL import Image

from conftest import HONE, LONG, ROOT, environment, need, run_hone, run_server
from test_kill9 import alive, children

KILLS, SEED = 50 if LONG else 14, 4


def snapshot(folder):
    rows = {}
    for path in sorted([folder, *folder.rglob('*')]):
        stat = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else None
        rows[str(path)] = (stat.st_mode, stat.st_size if digest else None, stat.st_mtime_ns, stat.st_ino, digest)
    return rows


@pytest.fixture
def folder(tmp_path, samples, photos):
    """Photos of many kinds, good and bad, links, an XMP sidecar, odd names."""
    (photos / 'sub folder').mkdir()
    shutil.copy(samples / 'opencv/apple.jpg', photos / 'sub folder/äpfel ☂ "x".jpg')
    (photos / 'home.xmp').write_text('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    (photos / 'broken.jpg').write_bytes((samples / 'opencv/home.jpg').read_bytes()[:5000])
    (photos / 'empty.png').write_bytes(b'')
    (photos / 'note.txt').write_text('x')
    os.symlink(photos / 'home.jpg', photos / 'link.jpg')
    os.symlink(photos, photos / 'sub folder/loop')
    facts = photos / 'facts'
    facts.mkdir()
    for path in sorted(need(ROOT / 'deps/golden/facts', 'photos with facts (script/golden)').iterdir())[::4]:
        shutil.copy(path, facts)
    for path in photos.rglob('*'):
        if not path.is_symlink():
            os.chmod(path, 0o755 if path.is_dir() else 0o644)
    return photos


def test_everything_leaves_them_alone(folder, library, hone, quick):
    shutil.copytree(need(ROOT / 'deps/golden/awkward', 'the awkward files (script/golden)') / 'changed', folder / 'awkward', copy_function=shutil.copy)
    before = snapshot(folder)
    hone('index', folder).ok()
    hone('index', folder).ok()
    photo = folder / 'home.jpg'
    hone('search', 'a flower', '--like', photo, '--unlike', folder / 'orange.jpg').ok()
    hone('search', '--from', photo).ok()
    hone('similar', photo).ok()
    hone('show', photo).ok()
    for kind in ('exact', 'near', 'burst'):
        hone('duplicates', '--kind', kind).ok()
    with run_server(folder, library=library) as server:
        server.wait_idle()
        for row in server.get('/photos?limit=1000').json()['photos'][:30]:
            for route in ('', '/thumbnail?size=240', '/thumbnail?size=1080', '/original', '/similar'):
                server.get(f'/photos/{row["id"]}{route}')
        server.get('/duplicates')
        number = server.post('/scan', {'retry_failed': True}).json()['scan']
        while server.status()['scans'] < number:
            time.sleep(.05)
    hone('folders', 'remove', folder).ok()
    assert snapshot(folder) == before


def test_the_watch_leaves_them_alone(photos, library, quick):
    """The watcher causes no changes: only other programs' files are new."""
    before = snapshot(photos)
    with run_server(photos, library=library) as server:
        server.wait_idle(searchable=12)
        shutil.copy(photos / 'home.jpg', photos / 'copied in.jpg')
        Image.new('RGB', (50, 40), (9, 99, 9)).save(photos / 'made.png')
        added = snapshot(photos)
        end = time.monotonic() + 15
        while server.status()['searchable'] < 13 and time.monotonic() < end:
            time.sleep(.05)
        assert server.status()['searchable'] == 13
    after = snapshot(photos)
    assert after == added
    assert set(after) - set(before) == {str(photos / 'copied in.jpg'), str(photos / 'made.png')}
    assert {path: row for path, row in before.items() if path != str(photos)}.items() <= after.items()


def test_killed_at_any_moment(folder, library, hone, quick):
    """kill -9 at many moments of indexing and serving, sometimes of a decoder: the photos stay, no process does."""
    before = snapshot(folder)
    begin = time.monotonic()
    photos = hone('index', folder, '--json').ok().json()['photos']
    whole = min(1.2, time.monotonic() - begin)
    shutil.rmtree(library / 'thumbs')  # so that every run has to decode
    r = random.Random(SEED)
    orphans, decoders, killed_in_work = [], 0, 0
    for kill in range(KILLS):
        if kill % 10 == 5:  # from the beginning
            for name in ('catalog.db', 'catalog.db-wal', 'catalog.db-shm'):
                (library / name).unlink(missing_ok=True)
            hone('models', 'use', quick).ok()
        shutil.rmtree(library / 'thumbs', ignore_errors=True)
        serving = kill % 3 == 2
        command = ['serve', folder, '--listen', '127.0.0.1:0'] if serving else ['index', folder, '--quiet']
        process = subprocess.Popen([HONE, *command, '--library', library], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(r.uniform(.01, whole))
        except subprocess.TimeoutExpired:
            below = children(process.pid)
            decoders += len(below)
            if below and kill % 4 == 1:  # a decoder first: it costs at most one photo, never the run
                os.kill(r.choice(below)[0], signal.SIGKILL)
                time.sleep(.05)
                assert process.poll() in (None, 0), 'the death of a decoder is survived'
                below = children(process.pid) or below
            process.kill()
            process.wait()
            killed_in_work += 1
            orphans += below
    assert killed_in_work > KILLS / 2 and decoders > (KILLS / 2 if LONG else 0), (killed_in_work, decoders)
    end = time.monotonic() + 5
    while (left := [pid for pid, start in orphans if alive(pid, start)]) and time.monotonic() < end:
        time.sleep(.1)
    assert not left, f'{len(left)} of {len(orphans)} processes below a killed one live on'
    print(f'\n{killed_in_work} killed at work, {decoders} decoders below them')
    assert snapshot(folder) == before
    summary = hone('index', folder, '--json').ok().json()
    assert summary['photos'] == photos and snapshot(folder) == before


def test_a_read_only_mount_is_enough(photos, library, hone, quick):
    """A read-only mount, which even root cannot write to, where mounting in a private namespace is allowed."""
    prefix = ['unshare', '--map-root-user', '-m'] if os.geteuid() else ['unshare', '-m']
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && if touch "$1/x" 2> /dev/null; then exit 99; fi'
    try:
        tried = subprocess.run([*prefix, 'sh', '-c', script, 'sh', photos], capture_output=True, timeout=20)
    except FileNotFoundError:
        pytest.skip('unshare is not installed')
    if tried.returncode:
        pytest.skip(f'hardware: this system refuses a read-only mount: {tried.stderr.decode()[:200]}')
    before = snapshot(photos)
    plain = run_hone('index', photos, '--json', library=library).ok().json()
    shutil.rmtree(library / 'thumbs')
    (library / 'catalog.db').unlink()
    hone('models', 'use', quick).ok()
    done = subprocess.run([*prefix, 'sh', '-c', script + ' && shift && exec "$@"', 'sh', photos, HONE, 'index', photos, '--json', '--library', library],
                          capture_output=True, env=environment(), timeout=120, text=True)
    assert done.returncode == 0, done.stderr
    assert f'"photos": {plain["photos"]},' in done.stdout and f'"failed": {plain["failed"]},' in done.stdout
    assert snapshot(photos) == before


def test_a_read_only_folder_is_enough(folder, library, hone, quick):
    for path in [folder, *folder.rglob('*')]:
        if not path.is_symlink():
            os.chmod(path, 0o555 if path.is_dir() else 0o444)
    try:
        assert hone('index', folder, '--json').ok().json()['photos'] >= 12
    finally:
        for path in [folder, *folder.rglob('*')]:
            if path.is_dir() and not path.is_symlink():
                os.chmod(path, 0o755)
