# SPDX-License-Identifier: GPL-3.0-or-later
"""hone serve notices changes in its folders automatically: new, moved, deleted and renamed photos."""
import os
import pathlib
import shutil
import threading
import time

import pytest
from PIL import Image

from conftest import run_server

pytestmark = pytest.mark.usefixtures('quick')
COUNT = 12
GENEROUS = 120  # seconds until a test fails; bench/ measures how soon changes are noticed


def make(target, number):
    """A small photo with different bytes each time."""
    im = Image.linear_gradient('L').resize((96, 64)).rotate(number * 7 % 360).convert('RGB')
    im.putpixel((number % 96, number // 96), (255, number % 256, 0))
    im.save(target, quality=90)


def wait(server, condition, what, timeout=GENEROUS):
    """Seconds until condition(status); checks every 50 ms."""
    begin = time.monotonic()
    while time.monotonic() - begin < timeout:
        status = server.status()
        if condition(status):
            return time.monotonic() - begin
        time.sleep(.05)
    raise AssertionError(f'{what}: not within {timeout} s: {server.status()}')


def searchable(server, count, what, timeout=GENEROUS):
    seconds = wait(server, lambda status: status['searchable'] == count, what, timeout)
    print(f'{what}: {seconds:.1f} s')
    return seconds


def photo_ids(server):
    return {photo['path']: photo['id'] for photo in server.get('/photos?limit=1000').json()['photos']}


@pytest.fixture
def watched(photos, library):
    """(server, folder) with all twelve searchable and the first scan over."""
    with run_server(photos, library=library) as server:
        server.wait_idle(searchable=COUNT)
        wait(server, lambda status: status['scans'] >= 1, 'the first scan', 60)
        yield server, photos


def test_a_photo_that_is_copied_in(watched, samples):
    server, folder = watched
    print()
    slowest = 0
    for number, name in enumerate(('apple.jpg', 'lena.jpg', 'building.jpg', 'gradient.png', 'messi5.jpg')):
        source = samples / 'opencv' / name
        if not source.exists():
            make(folder / f'{number}.jpg', number)
        else:
            shutil.copy(source, folder / f'new {name}')
        slowest = max(slowest, searchable(server, COUNT + number + 1, f'copied in {name}'))
    print(f'slowest: {slowest:.1f} s')
    page = server.search('an apple', limit=100)
    assert page['total'] == COUNT + 5


def test_a_photo_that_is_copied_in_slowly(watched, samples):
    """Half a copy must not end up as a failure; the clock starts when the copy is complete."""
    server, folder = watched
    content = (samples / 'opencv/apple.jpg').read_bytes()
    seen = []
    with open(folder / 'slow.jpg', 'wb', buffering=0) as file:
        for at in range(0, len(content), len(content) // 8 + 1):
            file.write(content[at:at + len(content) // 8 + 1])
            seen.append((server.status()['failed'], server.status()['searchable']))
            time.sleep(.35)
    searchable(server, COUNT + 1, '\ncopied in slowly')
    assert set(seen) == {(0, COUNT)} and server.status()['failed'] == 0
    assert server.get('/failures').json()['failures'] == []


def test_a_burst_of_two_hundred(watched):
    server, folder = watched
    events = []

    def listen():
        import http.client
        connection = http.client.HTTPConnection(server.host, timeout=GENEROUS * 4)
        connection.request('GET', '/api/v1/events')
        answer = connection.getresponse()
        try:
            while not done.is_set():
                line = answer.fp.readline()
                if not line:
                    break
                events.append(line)
        except OSError:
            pass
        connection.close()

    done = threading.Event()
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    begin = time.monotonic()
    for number in range(200):
        make(folder / f'burst {number:03}.jpg', number)
    written = time.monotonic() - begin
    searchable(server, COUNT + 200, f'\n200 files written in {written:.1f} s', 90)
    done.set()
    assert server.status()['failed'] == 0
    assert any(line.startswith(b'event: photos') for line in events)
    # The number of scans is not promised, but it must not be one per file.
    assert server.status()['scans'] < 60


def test_a_folder_that_is_moved_in(watched, tmp_path):
    server, folder = watched
    new = tmp_path / 'new'
    (new / 'deep/deeper').mkdir(parents=True)
    for number in range(6):
        make(new / ('.' if number < 2 else 'deep' if number < 4 else 'deep/deeper') / f'{number}.jpg', number)
    new.rename(folder / 'moved in')
    searchable(server, COUNT + 6, '\na folder moved in')
    # from now on it is watched too, and so is a folder created in it
    make(folder / 'moved in/deep/deeper/later.jpg', 50)
    searchable(server, COUNT + 7, 'a photo in the new folder')
    (folder / 'moved in/made').mkdir()
    make(folder / 'moved in/made/x.jpg', 51)
    searchable(server, COUNT + 8, 'a photo in a folder made there')


def test_deletion(watched):
    server, folder = watched
    gone = sorted(folder.glob('*.jpg'))[:3]
    before = photo_ids(server)
    for path in gone:
        path.unlink()
    searchable(server, COUNT - 3, '\ndeleted')
    assert set(before) - set(photo_ids(server)) == {str(path) for path in gone}
    (folder / 'sub').mkdir()
    for number in range(3):
        make(folder / f'sub/{number}.jpg', number)
    searchable(server, COUNT, 'a folder made')
    shutil.rmtree(folder / 'sub')
    searchable(server, COUNT - 3, 'a folder deleted')


def test_renames_keep_ids(watched):
    server, folder = watched
    before = photo_ids(server)
    path = sorted(folder.glob('*.jpg'))[0]
    path.rename(folder / 'renamed.jpg')
    seconds = wait(server, lambda _: str(folder / 'renamed.jpg') in photo_ids(server), 'the new name')
    print(f'\nrenamed: {seconds:.1f} s')
    assert photo_ids(server)[str(folder / 'renamed.jpg')] == before[str(path)]
    (folder / 'sub').mkdir()
    for name in ('orange.jpg', 'chelsea.png'):
        (folder / name).rename(folder / 'sub' / name)
    wait(server, lambda _: str(folder / 'sub/orange.jpg') in photo_ids(server) and str(folder / 'sub/chelsea.png') in photo_ids(server), 'moved')
    (folder / 'sub').rename(folder / 'another')
    seconds = wait(server, lambda _: str(folder / 'another/orange.jpg') in photo_ids(server), 'the new name of the folder')
    print(f'renamed folder: {seconds:.1f} s')
    wait(server, lambda status: status['searchable'] == COUNT, 'all of them')
    after = photo_ids(server)
    assert sorted(after.values()) == sorted(before.values())
    assert after[str(folder / 'another/orange.jpg')] == before[str(folder / 'orange.jpg')]
    details = server.get(f'/photos/{before[str(path)]}').json()
    assert details['path'] == str(folder / 'renamed.jpg') and details['copies'] == 1


def test_changed_in_place(watched, samples):
    server, folder = watched
    before = photo_ids(server)[str(folder / 'home.jpg')]
    shutil.copy(samples / 'opencv/apple.jpg', folder / 'home.jpg')
    seconds = wait(server, lambda _: photo_ids(server).get(str(folder / 'home.jpg'), before) != before, 'the new bytes')
    print(f'\nchanged: {seconds:.1f} s')
    wait(server, lambda status: status['searchable'] == COUNT, 'as many as before')


def test_a_folder_added_while_serving(watched, tmp_path):
    server, _ = watched
    other = tmp_path / 'other'
    other.mkdir()
    make(other / 'one.jpg', 1)
    assert server.post('/folders', {'path': str(other)}).status == 201
    searchable(server, COUNT + 1, '\na folder added')
    make(other / 'two.jpg', 2)
    searchable(server, COUNT + 2, 'a photo in it')


def test_without_watching(photos, library):
    with run_server(photos, library=library, args=['--no-watch']) as server:
        server.wait_idle(searchable=COUNT)
        make(photos / 'new.jpg', 1)
        renamed = sorted(photos.glob('*.jpg'))[0]
        before = photo_ids(server)[str(renamed)]
        os.rename(renamed, photos / 'renamed.jpg')
        time.sleep(6)
        assert server.status()['searchable'] == COUNT and str(renamed) in photo_ids(server), 'nobody looked'
        number = server.post('/scan').json()['scan']
        wait(server, lambda status: status['scans'] >= number, 'the scan', 60)
        assert server.status()['searchable'] == COUNT + 1
        assert photo_ids(server)[str(photos / 'renamed.jpg')] == before
        assert server.status()['last_scan']['moved'] == 1
        assert pathlib.Path(library / 'catalog.db').exists()
