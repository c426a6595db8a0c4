# SPDX-License-Identifier: GPL-3.0-or-later
"""Network drives that stop answering during a read: they delay the scan, but never block it, and no photo is forgotten."""
import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

from conftest import HONE, environment, run_hone, run_server, wait_for
from hanging_drive import HangingDrive, NoDrive
from test_file_processing import figures, ids, vectors

pytestmark = pytest.mark.usefixtures('quick')
COUNT = 12


@pytest.fixture
def drive(photos, tmp_path):
    """The twelve photos in a, b and c of a drive."""
    for number, path in enumerate(sorted(photos.iterdir())):
        (photos / 'abc'[number % 3]).mkdir(exist_ok=True)
        path.rename(photos / 'abc'[number % 3] / path.name)
    mountpoint = tmp_path / 'drive'
    mountpoint.mkdir()
    try:
        with HangingDrive(photos, mountpoint) as drive:
            drive.folder = mountpoint
            yield drive
    except NoDrive as reason:
        pytest.skip(f'hardware: this system has no FUSE: {reason}')


@pytest.fixture
def local(tmp_path, samples):
    """A folder on a working disk."""
    folder = tmp_path / 'local'
    folder.mkdir()
    for name in ('opencv/apple.jpg', 'opencv/lena.jpg'):
        if (samples / name).exists():
            shutil.copy2(samples / name, folder)
    return folder


@pytest.fixture
def index(library, drive):
    """hone index with one second of patience. A thread in a FUSE call cannot be ended, so the process may live until the drive answers.
    Therefore this waits for the summary instead."""
    started = []

    def call(*args, answered=True):
        out = library.parent / f'summary-{len(started)}'
        with open(out, 'wb') as file:
            process = subprocess.Popen([str(HONE), 'index', *map(str, args), '--json', '--patience', '1', '--library', str(library)],
                                       stdout=file, stderr=subprocess.PIPE, env=environment())
        started.append(process)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                summary = json.loads(out.read_text())
                break
            except ValueError:
                time.sleep(.05)
        else:
            raise AssertionError('the scan hangs with the drive')
        if answered:
            assert process.wait(20) == 0
        return summary

    yield call
    drive.release()
    for process in started:
        process.wait(20)


def name_of(path):
    return path.rsplit('/', 1)[-1]


def test_reads_through_it(drive, index, library):
    summary = index(drive.folder)
    assert figures(summary, 'files', 'new', 'embedded', 'failed') == (COUNT, COUNT, COUNT, 0), summary
    assert figures(index(), 'unchanged') == (COUNT,)


@pytest.mark.parametrize('call', ['open', 'read'])
def test_one_file_that_does_not_answer(drive, index, library, call):
    drive.hangs = lambda asked, path: asked == call and name_of(path) == 'butterfly.jpg'
    summary = index(drive.folder, answered=False)
    assert figures(summary, 'files', 'new', 'failed') == (COUNT, COUNT - 1, 1), summary
    failure, = summary['failures']
    assert (name_of(failure['path']), failure['stage']) == ('butterfly.jpg', 'read')
    assert 'does not answer within 1 s' in failure['reason']
    drive.release()
    summary = index()
    assert figures(summary, 'new', 'unchanged', 'failed') == (1, COUNT - 1, 0), 'tried again'


def test_dies_while_it_is_read(drive, index, library, local):
    """The rest of the drive is unreachable, files elsewhere are indexed, and no photo is forgotten."""
    index(drive.folder)
    before, kept = ids(library), vectors(library)
    for path in (drive.source.decode() + '/b', drive.source.decode() + '/c'):
        for name in os.listdir(path):
            os.utime(os.path.join(path, name), (1.5e9, 1.5e9))  # index it again
    drive.hangs = lambda call, path: call in ('open', 'read') and '/' in path and path[0] in 'bc'
    begin = time.monotonic()
    summary = index(drive.folder, local, answered=False)
    assert time.monotonic() - begin < 30
    assert figures(summary, 'new', 'missing') == (len(os.listdir(local)), 0), summary
    assert str(drive.folder) in [failure['path'] for failure in summary['failures']]
    folders = {folder['path']: folder['reachable'] for folder in run_hone('folders', 'list', '--json', library=library).ok().json()['folders']}
    assert folders == {str(drive.folder): False, str(local): True}
    drive.release()
    summary = index()
    assert figures(summary, 'new', 'missing', 'embedded', 'failed') == (0, 0, 0, 0), summary
    assert ids(library).items() >= before.items() and vectors(library).items() >= kept.items()


@pytest.mark.parametrize('call', ['list', 'stat', 'lookup'])
def test_dies_while_it_is_walked(drive, index, library, local, call):
    index(drive.folder)
    before = ids(library)
    drive.hangs = lambda asked, path: asked == call and path != ''
    summary = index(drive.folder, local, answered=False) if call == 'list' else index(local, answered=False)
    assert figures(summary, 'missing', 'embedded') == (0, len(os.listdir(local))), summary
    assert summary['failed'] >= 1 and all('does not answer' in failure['reason'] for failure in summary['failures']), summary
    drive.release()
    summary = index()
    assert figures(summary, 'missing', 'new', 'embedded', 'failed') == (0, 0, 0, 0), summary
    assert ids(library).items() >= before.items()


def test_pulled_out_while_a_photo_is_decoded(drive, index, library):
    """The file can be read while it is hashed, but not while it is decoded: that is not damage, so it is tried again."""
    path = max((os.path.join(folder[len(drive.source.decode()) + 1:], name) for folder, _, names in os.walk(drive.source.decode()) for name in names),
               key=lambda name: os.stat(os.path.join(drive.source.decode(), name)).st_size)
    size = os.stat(os.path.join(drive.source.decode(), path)).st_size
    assert size > 300_000, 'the last piece must not be the first'

    def pull(call, asked, end):
        if call == 'read' and asked == path and end >= size and not drive.pulled:
            drive.pulled = True
            drive.drop_first_page(path)
            drive.breaks = lambda call, asked: call == 'read' and asked == path

    drive.pulled, drive.before_answer = False, pull
    summary = index(drive.folder)
    assert drive.pulled and figures(summary, 'files', 'new', 'failed') == (COUNT, COUNT - 1, 1), summary
    failure, = summary['failures']
    assert (failure['path'], failure['stage'], failure['reason']) == (str(drive.folder / path), 'read', 'Input/output error')
    drive.breaks = lambda call, asked: False
    assert figures(index(), 'new', 'failed', 'unchanged') == (1, 0, COUNT - 1), 'tried again though it did not change'


def test_ends_when_asked_though_a_drive_hangs(drive, library):
    drive.hangs = lambda call, path: call == 'read'
    process = subprocess.Popen([str(HONE), 'index', str(drive.folder), '--library', str(library)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment())
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stderr.readline()))
    reader.start()
    end = time.monotonic() + 20
    while not drive.silent and time.monotonic() < end:
        time.sleep(.05)
    process.send_signal(2)
    reader.join(3)
    assert b'stopped' in said[0], said
    # the lock is released although the system keeps the process until the drive answers
    assert run_hone('folders', 'remove', drive.folder, library=library, timeout=10).code == 0
    drive.release()
    assert process.wait(20) == 1


@pytest.fixture
def serving(library, drive):
    """hone serve whose drives answer again before the test ends, because the system keeps a process that waits for a drive."""
    with contextlib.ExitStack() as stack:
        def start(*folders, patience):
            server = stack.enter_context(run_server(*folders, library=library, args=['--patience', patience]))
            stack.callback(drive.release)
            return server
        yield start


def photos_below(server, folder):
    return [photo['id'] for photo in server.get('/photos?limit=1000').json()['photos'] if photo['path'].startswith(f'{folder}/')]


def stops_within_5_seconds(server, library):
    """The main thread ends and another process may write the library; threads in the drive may remain until it answers."""
    server.process.send_signal(signal.SIGTERM)
    end = time.monotonic() + 5
    with open(library / 'lock') as lock:
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            assert time.monotonic() < end, 'the library is still locked'
            time.sleep(.05)
    while time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError):
            with open(f'/proc/{server.process.pid}/stat') as stat:
                if stat.read().rpartition(')')[2].split()[0] not in 'ZX':
                    time.sleep(.05)
                    continue
        break
    else:
        raise AssertionError('the main thread still runs')
    with pytest.raises(ConnectionRefusedError):
        server.request('GET', '/healthz')


def test_serve_while_a_drive_dies(drive, local, library, serving, samples):
    """More originals and thumbnails of a dead drive than workers and drive threads: everything else is answered, new photos are found, and the server stops."""
    server = serving(drive.folder, local, patience=120)
    server.wait_idle(searchable=COUNT + len(os.listdir(local)))
    dead, alive = photos_below(server, drive.folder), photos_below(server, local)
    assert len(dead) == COUNT
    for thumbnail in (library / 'thumbs').glob('??/*.webp'):
        thumbnail.unlink()  # they are made again on request
    drive.hangs = lambda call, path: True
    answers = []

    def ask(path):
        with contextlib.suppress(OSError, http.client.HTTPException):  # the server stops before it answers
            answers.append((path, server.request('GET', path, timeout=110)))

    paths = [f'/api/v1/photos/{photo}/{kind}' for photo in dead for kind in ('original', 'thumbnail?size=240', 'thumbnail?size=480', 'thumbnail?size=1080')] * 2
    threads = [threading.Thread(target=ask, args=[path], daemon=True) for path in paths]
    for thread in threads:
        thread.start()
    # eight are in the drive, 64 wait, the others are refused
    wait_for(lambda: len(answers) == len(paths) - 72, 'the refusal of requests that would wait for ever', 60)
    assert {answer.status for _, answer in answers} == {503}
    assert all('too many requests wait for the drive' in answer.json()['detail'].lower() for _, answer in answers)
    for _ in range(3):
        assert server.request('GET', '/healthz').body == b'ok\n'
    assert server.search('an apple', limit=100)['total'] == COUNT + len(alive)
    for photo in alive:
        original = server.get(f'/photos/{photo}/original')
        assert original.status == 200 and len(original.body) == int(original.headers['Content-Length']) > 10_000
        assert server.get(f'/photos/{photo}/thumbnail?size=480').body[8:12] == b'WEBP', 'made while the drive hangs'
    assert server.post('/folders', {'path': str(local), 'scan': False}).status == 201
    # a new photo is noticed by the watch: the next periodic scan is ten minutes away
    shutil.copy2(samples / 'mate/LadyBird.jpg', local / 'new.jpg')
    with open(local / 'new.jpg', 'ab') as file:
        file.write(b'other bytes than on the drive')
    wait_for(lambda: server.status()['searchable'] == COUNT + len(alive) + 1, 'the new photo of the good folder')
    # the scan that follows waits for the drive, and must not keep the server either
    assert drive.silent and server.post('/scan').status == 202
    stops_within_5_seconds(server, library)
    drive.release()
    assert server.process.wait(20) == 0


def test_serve_starts_with_a_dead_drive(drive, local, library, serving, samples):
    """The drive has never answered, not even to statfs."""
    drive.hangs = lambda call, path: True
    server = serving(drive.folder, local, patience=1)
    count = len(os.listdir(local))
    wait_for(lambda: server.status()['searchable'] == count, 'the good folder')
    shutil.copy2(samples / 'mate/LadyBird.jpg', local)
    wait_for(lambda: server.status()['searchable'] == count + 1, 'the new photo of the good folder')
    unwatched, = server.status()['unwatched']
    assert unwatched['path'] == str(drive.folder) and 'network drive (fuse)' in unwatched['reason'], unwatched
    assert run_hone('status', '--json', library=library).ok().json()['unwatched'] == [unwatched]
    assert f'unwatched {drive.folder}: it is on a network drive' in run_hone('status', library=library).ok().out
    # adding a folder on it takes its time limit only
    answer = server.post('/folders', {'path': str(drive.folder / 'a')})
    assert answer.status == 503 and 'does not answer within 1 s' in answer.json()['detail'], answer
    stops_within_5_seconds(server, library)
    drive.release()
    assert server.process.wait(20) == 0


def test_a_link_to_a_dead_drive(drive, local, library, serving, tmp_path):
    """The link's text does not tell that it leads to a network drive; only the drive can, and it does not answer."""
    link = tmp_path / 'link'
    link.symlink_to(drive.folder / 'a')
    drive.hangs = lambda call, path: True
    server = serving(link, local, patience=1)
    wait_for(lambda: server.status()['searchable'] == len(os.listdir(local)), 'the good folder')
    wait_for(lambda: [(each['path'], 'does not answer within 1 s' in each['reason']) for each in server.status()['unwatched']] == [(str(link), True)], 'the reason', 30)
    drive.release()
    wait_for(lambda: server.post('/scan').status == 202 and 'network drive (fuse)' in server.status()['unwatched'][0]['reason'], 'the new reason')
    wait_for(lambda: server.status()['searchable'] == len(os.listdir(local)) + len(os.listdir(drive.folder / 'a')), 'the photos behind the link')


def test_a_dead_drive_below_a_local_folder(drive, local, library, serving, samples):
    """It is not watched, and the folder around it is."""
    inner = local / 'nas'
    inner.mkdir()
    subprocess.run(['mount', '--bind', drive.folder, inner], check=True)
    try:
        drive.hangs = lambda call, path: True
        count = len([name for name in os.listdir(local) if name != 'nas'])
        server = serving(local, patience=1)
        wait_for(lambda: server.status()['searchable'] == count, 'the photos around it')
        wait_for(lambda: server.status()['scans'] >= 1, 'the first scan')
        shutil.copy2(samples / 'mate/LadyBird.jpg', local)
        wait_for(lambda: server.status()['searchable'] == count + 1, 'a new photo next to it')
        unwatched, = server.status()['unwatched']
        assert unwatched['path'] == str(inner) and 'network drive (fuse)' in unwatched['reason'], unwatched
        drive.release()
    finally:
        subprocess.run(['umount', '--lazy', inner], check=True)
