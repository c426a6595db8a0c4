# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers that share one library on a SurrealDB server, with the real engine."""
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from conftest import HONE, environment, run_hone, wait_for

COPIES = 12  # of each photo, each with a different byte after the image data
# faketime shifts the wall clock; the monotonic clock and file times stay.
WALL_CLOCK = {'NO_FAKE_STAT': 1, 'FAKETIME_DONT_FAKE_MONOTONIC': 1, 'DONT_FAKE_MONOTONIC': 1}


@pytest.fixture
def many(photos):
    """144 photos, and a second copy of 12 of them."""
    for photo in sorted(photos.iterdir()):
        picture = photo.read_bytes()
        for copy in range(1, COPIES):
            (photos / f'{copy}-{photo.name}').write_bytes(picture + bytes([copy]))
        (photos / f'z-{photo.name}').write_bytes(picture)
    return photos


@pytest.fixture
def workers(engine, many, quick, library, tmp_path):
    """start(NAME, ...) starts a worker on one library, which has the folder but no photos yet."""
    hone = lambda *args, **more: run_hone(*args, '--catalog', engine.address(), library=library, **more)  # noqa: E731
    hone('models', 'use', quick).ok()
    hone('folders', 'add', many).ok()
    running = []

    def start(name, *args, prefix=(), env=None):
        folder = tmp_path / name
        shutil.copytree(library / 'models', folder / 'models')
        process = subprocess.Popen([*prefix, str(HONE), 'worker', '--json', '--lease', '2', '--every', '1', *args, '--library', str(folder)],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(HONE_CATALOG=engine.address(), **(env or {})))
        running.append(process)
        return process

    start.hone = hone
    yield start
    for process in running:
        process.kill()
        process.communicate()


def count(workers, table):
    return len(workers.hone('query', '-', input=f'SELECT VALUE id FROM {table}'.encode()).ok().json()[0])


def expect_all(workers):
    """Every photo exists once, with its vector, and with both files of the twelve duplicates."""
    assert count(workers, 'hone_bundle') == 144
    status = workers.hone('status', '--json').ok().json()
    assert (status['photos'], status['searchable'], status['folders'][0]['photos']) == (144, 144, 156), status
    wait_for(lambda: count(workers, 'image_embedding_vector') == 144, 'the graph lacks photos')


def test_two_workers_read_each_photo_once(workers):
    """One of the two has a clock that is an hour ahead: only the server's clock counts."""
    ahead = ['faketime', '-f', '+1h'] if shutil.which('faketime') else []
    both = [workers('one', '--once'), workers('two', '--once', prefix=ahead, env=WALL_CLOCK)]
    summaries = []
    for process in both:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        summaries.append(json.loads(out))
    assert [summary['failed'] for summary in summaries] == [0, 0]
    assert sum(summary['embedded'] for summary in summaries) == 12 * COPIES, summaries
    assert min(summary['embedded'] for summary in summaries) > 0, summaries
    expect_all(workers)
    assert count(workers, 'hone_claim') == 0, 'what is done is released'
    # a later worker finds no work
    after = workers('three', '--once')
    out, err = after.communicate(timeout=300)
    assert (json.loads(out)['embedded'], json.loads(out)['unchanged']) == (0, 156), err


def test_what_a_killed_worker_was_at_is_taken_over(workers):
    first = workers('one')
    wait_for(lambda: count(workers, 'hone_bundle') > 20, 'the worker reads nothing')
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert count(workers, 'hone_claim') > 0, 'it was killed in the middle'
    read = count(workers, 'hone_bundle')
    second = workers('two', '--once')
    out, err = second.communicate(timeout=300)
    assert second.returncode == 0, err
    assert json.loads(out)['embedded'] == 144 - read
    expect_all(workers)


def test_a_worker_reads_the_folder_where_it_lies_for_it(workers, many, tmp_path):
    here = many.rename(tmp_path / 'mounted')
    worker = workers('one', '--map', f'{many}={here}')
    wait_for(lambda: count(workers, 'hone_bundle') == 144, 'the worker does not find the photos')
    worker.send_signal(signal.SIGTERM)
    out, err = worker.communicate(timeout=60)
    assert worker.returncode == 0, err
    places = workers.hone('query', '-', input=b'SELECT VALUE path FROM base_image').ok().json()[0]
    assert all(place.startswith(f'{many}/') for place in places)
    # A worker that does not see the folder must not mark its photos for the others.
    lost = workers('two', '--once')
    lost.communicate(timeout=60)
    folders = workers.hone('status', '--json').ok().json()['folders']
    assert [folder['reachable'] for folder in folders] == [True], folders


def test_a_worker_says_what_it_needs(workers, hone):
    hone('worker').refused(1, '--catalog')
    workers.hone('worker', '--map', 'photos').refused(1, '--map photos', '/srv/photos=')
    workers.hone('worker', '--lease', '0').refused(2, '--lease')


def test_a_new_damaged_file_does_not_hold_the_scan(workers, many):
    broken = many / 'broken.jpg'
    broken.write_bytes(b'\xff\xd8\xff\xe0 half a photo')
    soon = time.time() + 3600  # it counts as young however long the scan takes, so it is tried twice
    os.utime(broken, (soon, soon))
    process = workers('one', '--once')
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert json.loads(output)['failed'] == 1
