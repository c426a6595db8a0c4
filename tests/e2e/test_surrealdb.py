"""The catalogue on a SurrealDB server, with the real engine (tests/contract/surrealdb/engine.mjs)."""
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

import openapi
from conftest import HONE, ROOT, run_hone, run_server

ENGINE = ROOT / 'tests/contract/surrealdb/engine.mjs'
PACKAGES = pathlib.Path(os.environ.get('HONE_SURREALDB_PACKAGES', ROOT / 'deps/surrealdb'))
SECRET = 'hunter2/secret'


class Engine:
    def __init__(self, folder):
        self.storage, self.port = f'rocksdb://{folder}', 0
        self.start()

    def start(self):
        """Again on the same port."""
        self.process = subprocess.Popen(['node', str(ENGINE), '--storage', self.storage, '--port', str(self.port), '--with-parent', 'yes',
                                         '--password', SECRET],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith('ready '), line
        self.port = int(line.split()[1])

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def address(self, database='pictures', password=SECRET.replace('/', '%2F')):
        return f'surrealdb://root:{password}@127.0.0.1:{self.port}/e2e/{database}'


@pytest.fixture
def engine(tmp_path):
    if shutil.which('node') is None or not (PACKAGES / 'node_modules').is_dir():
        pytest.skip(f'the SurrealDB engine is not there (script/bootstrap): {PACKAGES}')
    engine = Engine(tmp_path / 'database')
    yield engine
    engine.kill()


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def test_index_query_and_copy(engine, hone, photos, quick, tmp_path):
    catalog = ('--catalog', engine.address())
    # settings are the catalogue's: which model is in use, too
    hone('models', 'use', quick, *catalog).ok()
    summary = hone('index', photos, '--json', *catalog).ok().json()
    assert (summary['new'], summary['failed']) == (12, 0)
    assert hone('status', '--json', *catalog).ok().json()['photos'] == 12
    paths = {str(photo) for photo in photos.iterdir()}
    asked = hone('query', '-', *catalog, input=b'SELECT VALUE path FROM base_image; RETURN 1').ok().json()
    assert set(asked[0]) == paths and asked[1] == 1
    found = hone('query', ROOT / 'docs/surrealdb/similar-3.surql', *catalog).ok().json()[-1]
    assert len(found) == 10
    for picture in found:
        assert picture['base_image'][0]['path'] in paths and picture['basic_metadata'][0]['width'] > 0
        assert len(picture['image_hash'][0]['hash']) == 16 and len(picture['image_embedding'][0]['embedding']) > 8
        assert [face['top_left_x'] for face in picture['faces']] == sorted(face['top_left_x'] for face in picture['faces'])

    back = tmp_path / 'back'
    copied = run_hone('catalog', 'copy', '--from', engine.address(), '--to', 'sqlite', '--json', library=back).ok().json()
    assert copied['photos'] == 12 and copied['compared']['tables'] == 14
    there = run_hone('catalog', 'copy', '--from', 'sqlite', '--to', engine.address('other'), '--json', library=back).ok().json()
    assert there == copied
    again = run_hone('catalog', 'copy', '--from', 'sqlite', '--to', engine.address('other'), '--json', library=back).ok().json()
    assert again == copied


def test_a_copy_that_was_killed_goes_on(engine, hone, photos, quick):
    hone('index', photos).ok()
    command = ('catalog', 'copy', '--from', 'sqlite', '--to', engine.address('copy'))
    for seconds in (0.1, 0.2, 0.3):
        begun = subprocess.Popen([str(HONE), *command, '--library', str(hone.library)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        begun.kill()
        begun.wait()
    assert hone(*command, '--json').ok().json()['photos'] == 12


def test_no_password_is_shown(engine, hone):
    for password in ('wrong-secret', SECRET.replace('/', '%2F')):
        shown = (password, SECRET)
        runs = [hone('status', '--catalogue', engine.address(password=password)), hone(engine.address(password=password)),
                hone('status', '--catalog', engine.address(password=password)[:-len('/pictures')]),
                hone('status', '--catalog', engine.address(password=password))]
        assert [run.code for run in runs] == [2, 2, 2, 1]
        for run in runs:
            assert not any(word in run.out + run.err for word in shown), run
    hone('status', '--catalog', engine.address(password='wrong-secret')).refused(1, 'refuses the user root')
    file = hone.library.parent / 'password'
    file.write_text(SECRET + '\n')
    for env in ({'HONE_SURREALDB_PASSWORD': SECRET}, {'HONE_SURREALDB_PASSWORD_FILE': file}):
        asked = hone('query', '-', input=b'RETURN 1', env={'HONE_CATALOG': engine.address().replace(SECRET.replace('/', '%2F'), ''), **env})
        assert asked.ok().json() == [1]
    hone('query', '-', input=b'RETURN 1').refused(1, '--catalog')


def test_serving_goes_on_while_the_server_is_away(engine, photos, quick, library):
    catalog = ('--catalog', engine.address())
    run_hone('models', 'use', quick, *catalog, library=library).ok()
    elsewhere = photos.parent / 'elsewhere'
    elsewhere.mkdir()
    for photo in sorted(photos.iterdir())[:2]:
        shutil.move(photo, elsewhere)
    with run_server(photos, library=library, args=catalog) as server:
        status = server.wait_idle(searchable=10)
        document = server.get('/openapi.json').json()
        openapi.check(document, 'get', '/status', 200, status)
        assert status['catalog'] == {'place': f'127.0.0.1:{engine.port}/e2e/pictures', 'state': 'ready', 'trouble': None}

        # what another process reads is found here
        shutil.copytree(library / 'models', photos.parent / 'second/models')
        run_hone('index', elsewhere, *catalog, library=photos.parent / 'second').ok()
        wait_for(lambda: server.status()['searchable'] == 12, 'the photos of the other process do not come')
        assert len(server.search('a cat', limit=20)['results']) == 12

        engine.kill()
        wait_for(lambda: server.status()['catalog']['state'] == 'catalogue unreachable, trying again', 'nobody notices')
        openapi.check(document, 'get', '/status', 200, server.status())
        assert SECRET not in json.dumps(server.status())
        ready = server.request('GET', '/readyz')
        assert ready.status == 503 and SECRET.encode() not in ready.body, ready
        assert server.request('GET', '/healthz').status == 200
        assert len(server.search('a cat', limit=20)['results']) == 12
        refused = server.post('/folders', {'path': str(photos.parent)})
        assert refused.status == 503 and 'does not answer' in refused.json()['detail'], refused

        engine.start()
        wait_for(lambda: server.status()['catalog']['state'] == 'ready', 'nobody notices that it is back')
        assert server.status()['photos'] == 12
    assert SECRET not in ''.join(server.errors)
