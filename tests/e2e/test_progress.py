# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a scan: one value in the events, the status and on the command line."""
import time

import pytest

from events import Events
from mixed_photos import make_mixed_photos

STAGES = ('finding', 'indexing', 'people', 'duplicates')


@pytest.fixture(scope='module')
def mixed(samples, tmp_path_factory):
    """120 photos of several sizes and types, one of them twice, a text and a broken photo."""
    folder = tmp_path_factory.mktemp('mixed') / 'photos'
    made = make_mixed_photos([path for path in samples.rglob('*') if path.suffix in ('.jpg', '.png')], folder, 120, sides=(320, 640, 1600))
    (folder / 'copy.jpg').write_bytes(made[0].read_bytes())
    (folder / 'notes.txt').write_text('no picture')
    (folder / 'broken.jpg').write_bytes(b'\xff\xd8\xff\xe0 this is not a photo')
    return folder


def jobs(progress):
    return {job['name']: job for job in progress['jobs']}


def scans(events):
    """{scan: [progress]} of the events so far; scan 0 is the time before the first one."""
    found = {}
    for kind, data in events.seen:
        if kind == 'progress' and data['scan'] > 0:
            found.setdefault(data['scan'], []).append(data)
    return found


def check_scan(seen):
    """What must hold for the events of one scan, in their order."""
    for before, now in zip(seen, seen[1:]):
        assert now['share'] >= before['share'], f'the share fell: {before} {now}'
        assert [job['name'] for job in now['jobs']] == [job['name'] for job in before['jobs']]
        for old, new in zip(before['jobs'], now['jobs']):
            assert new['done'] >= old['done'], f'a job starts again: {old} {new}'
            # A job that was idle after work does not run again.
            if old['state'] == 'idle' and old['done'] > 0 and old['name'] in STAGES:
                assert new['state'] == 'idle', f'a job starts again: {old} {new}'
    for progress in seen:
        assert 0 <= progress['share'] <= 1
        assert progress['done'] == sum(min(job['done'], job['total']) for job in progress['jobs'])
        assert progress['total'] == sum(job['total'] for job in progress['jobs'])
        if progress['state'] == 'counting':
            assert progress['share'] == 0 and progress['seconds_left'] is None
        if progress['share'] == 1:
            assert progress['state'] == 'idle', progress
    last = seen[-1]
    assert last['state'] == 'idle' and last['share'] == 1 and last['done'] == last['total'], last
    assert all(job['done'] == job['total'] for job in last['jobs']), last


def test_the_share_never_falls_and_no_job_starts_again(serve, quick, mixed, hone):
    with serve() as server:
        events = Events(server)
        assert server.post('/folders', {'path': str(mixed)}).status == 201
        events.wait('scan', where=lambda summary: summary['files'] > 0)
        first = events.wait('progress', where=lambda progress: progress['state'] == 'idle' and progress['total'] > 0)
        server.wait_idle()
        time.sleep(1)
        found = scans(events)
        for seen in found.values():
            check_scan(seen)
        done = {name: job['done'] for name, job in jobs(first).items()}
        assert done['finding'] == done['indexing'] == 123
        # A copy that is read at the same time as its original is analysed, too.
        assert done['description'] == done['content'] and done['content'] in (120, 121)
        assert done['duplicates'] == 120
        states = {(name, job['state']) for seen in found.values() for progress in seen for name, job in jobs(progress).items()}
        assert ('indexing', 'running') in states and ('duplicates', 'running') in states and ('duplicates', 'waiting') in states, states
        assert sum(progress['seconds_left'] is not None for seen in found.values() for progress in seen) > 2

        # The same value on every surface.
        status = server.status()['indexing']
        assert status == hone('status', '--json').ok().json()['indexing']
        text = hone('status').ok().out
        for name, job in jobs(status).items():
            assert f"{name:<12} {job['state']:<8} {job['done']} of {job['total']}" in text

        # A second scan has nothing to read.
        seen = len(events.seen)
        server.post('/scan')
        events.wait('scan', after=seen)
        last = events.wait('progress', after=seen, where=lambda progress: progress['scan'] > first['scan'] and progress['state'] == 'idle')
        assert jobs(last)['finding']['done'] == 123 and jobs(last)['indexing']['done'] == 0 and last['share'] == 1


def test_all_jobs_pause_in_every_state(serve, quick, mixed):
    with serve() as server:
        server.wait_idle()
        assert server.post('/scan/pause').json()['state'] == 'paused', 'also while nothing is done'
        server.post('/folders', {'path': str(mixed)})
        time.sleep(1)
        waiting = server.status()['indexing']
        assert waiting['state'] == 'paused' and jobs(waiting)['finding']['done'] == 0, waiting
        assert server.post('/scan/resume').status == 202
        events = Events(server)
        for name, far in (('indexing', 5), ('duplicates', 1)):
            events.wait('progress', where=lambda progress: jobs(progress)[name]['done'] >= far)
            assert server.post('/scan/pause').json()['state'] == 'paused'
            # The work that has begun ends.
            before, end = None, time.monotonic() + 20
            while (now := server.status()['indexing']) != before and time.monotonic() < end:
                before = now
                time.sleep(0.5)
            time.sleep(0.5)
            assert server.status()['indexing'] == before, 'nothing moves'
            assert before['state'] == 'paused' and before['seconds_left'] is None and before['done'] < before['total'], before
            assert 'running' not in [job['state'] for job in before['jobs']]
            server.post('/scan/resume')
        server.wait_idle(searchable=120)
        events.wait('progress', where=lambda progress: progress['share'] == 1)
        for seen in scans(events).values():
            if len(seen) > 1:
                check_scan([progress if progress['state'] != 'paused' else {**progress, 'state': 'idle' if progress['share'] == 1 else 'running'} for progress in seen])


@pytest.mark.parametrize('name', ['finding', 'indexing', 'duplicates'])
def test_each_job_pauses_alone(serve, quick, photos, name):
    with serve() as server:
        server.wait_idle()
        assert server.post('/scan/pause', {'job': name}).status == 202
        assert jobs(server.status()['indexing'])[name]['state'] == 'paused'
        server.post('/folders', {'path': str(photos)})
        time.sleep(2)
        now = jobs(server.status()['indexing'])
        assert now[name]['done'] == 0 and now[name]['state'] == 'paused', now
        assert now['finding']['done'] == (0 if name == 'finding' else 12), now
        assert server.post('/scan/resume', {'job': name}).status == 202
        end = time.monotonic() + 60
        while jobs(server.status()['indexing'])['duplicates']['done'] + server.status()['searchable'] < 12 and time.monotonic() < end:
            time.sleep(0.2)
        assert server.wait_idle(searchable=12)['indexing']['share'] == 1
