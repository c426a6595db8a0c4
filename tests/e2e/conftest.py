# SPDX-License-Identifier: GPL-3.0-or-later
"""Drives the real program through the command line and HTTP. HONE_BIN names a binary other than build/release/hone."""
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / 'shared'
HONE = pathlib.Path(os.environ.get('HONE_BIN', ROOT / 'build/release/hone')).resolve()
MODELS = ROOT / 'deps/testmodels'
SAMPLES = ROOT / 'deps/samples'
PEOPLE = ROOT / 'deps/people'
LONG = os.environ.get('HONE_TEST_LONG') == '1'  # script/test-long: campaigns in full length
sys.path[:0] = [str(ROOT / 'tests/support'), str(ROOT / 'tests/reference')]

CRASH = re.compile(r'terminate called|what\(\):|Segmentation|core dumped|AddressSanitizer|runtime error:|Traceback|std::|Aborted', re.I)
READY = re.compile(r'Hone is ready at (https?://\S+)')


def pytest_configure(config):
    if not HONE.is_file():
        pytest.exit(f'{HONE} is not there: build it (cmake --build --preset release) or set HONE_BIN', returncode=1)


@dataclasses.dataclass
class Run:
    args: list
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)

    def ok(self):
        assert self.code == 0, self
        assert not CRASH.search(self.err), self
        return self

    def refused(self, code=1, *words):
        """Expects one clear line on stderr, the right exit code, and no crash. words: regular expressions that the line must match."""
        assert self.code == code, self
        assert not CRASH.search(self.err), self
        lines = [line for line in self.err.splitlines() if line.strip()]
        assert 1 <= len(lines) <= (1 if code != 2 else 3), f'{len(lines)} lines instead of one: {self}'
        assert len(self.err) < 1500, f'too long to be one clear line: {self}'
        for word in words:
            assert re.search(word, self.err, re.I), f'{word!r} is not said: {self}'
        return self


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(('HONE_', 'HF_', 'XDG_'))}
    return {**kept, 'NO_COLOR': '1', **{k: str(v) for k, v in more.items()}}


def run_hone(*args, library=None, env=None, timeout=300, cwd=None, prefix=(), binary=HONE, input=None):
    command = [*map(str, prefix), str(binary), *map(str, args)]
    if library is not None:
        command += ['--library', str(library)]
    done = subprocess.run(command, capture_output=True, env=environment(**(env or {})), timeout=timeout, cwd=cwd, input=input)
    return Run(command, done.returncode, done.stdout.decode('utf-8', 'replace'), done.stderr.decode('utf-8', 'replace'))


@pytest.fixture
def library(tmp_path):
    return tmp_path / 'library'


@pytest.fixture
def hone(library):
    """hone('index', FOLDER) -> Run, with this test's own library."""
    def call(*args, **more):
        return run_hone(*args, **{'library': library, **more})
    call.library = library
    return call


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'<{self.status} {dict(self.headers)} {self.body[:500]!r}>'


class Server:
    def __init__(self, process, url, errors):
        self.process, self.url, self.errors = process, url, errors
        self.host = urllib.parse.urlsplit(url).netloc

    def request(self, method, path, body=None, headers=None, timeout=60):
        connection = http.client.HTTPConnection(self.host, timeout=timeout)
        try:
            if isinstance(body, (dict, list)):
                body, headers = json.dumps(body), {'Content-Type': 'application/json', **(headers or {})}
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.request('GET', '/api/v1' + path, headers={k.replace('_', '-'): v for k, v in headers.items()})

    def post(self, path, body=None, **more):
        return self.request('POST', '/api/v1' + path, body, **more)

    def search(self, text=None, **more):
        if text is not None:
            more['text'] = text
        answer = self.post('/search', more)
        assert answer.status == 200, answer
        return answer.json()

    def status(self):
        return self.get('/status').json()

    def wait_idle(self, searchable=None, timeout=600):
        """Waits until indexing is over and, with searchable, until that many photos can be found."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            status = self.status()
            if status['indexing']['state'] == 'idle' and (searchable is None or status['searchable'] >= searchable):
                return status
            assert self.process.poll() is None, 'the server ended: ' + ''.join(self.errors)
            time.sleep(0.1)
        raise AssertionError(f'still not idle after {timeout} s: {self.status()}')


@contextlib.contextmanager
def run_server(*folders, library, env=None, args=(), timeout=60, listen='127.0.0.1:0'):
    """hone serve on a free port. Ends it with SIGTERM and checks that it exits cleanly."""
    process = subprocess.Popen([str(HONE), 'serve', *map(str, folders), '--listen', listen, '--library', str(library), *map(str, args)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**(env or {})), text=True, errors='replace')
    errors, lines, ready = [], [], threading.Event()

    def read_output():
        for line in process.stdout:
            lines.append(line)
            if READY.search(line):
                ready.set()
        ready.set()

    threads = [threading.Thread(target=read_output, daemon=True), threading.Thread(target=lambda: errors.extend(process.stderr), daemon=True)]
    for thread in threads:
        thread.start()
    try:
        ready.wait(timeout)
        found = READY.search(''.join(lines))
        assert found, f'hone serve did not get ready: {lines} {errors}'
        server = Server(process, found[1].rstrip('/'), errors)
        yield server
    finally:
        alive = process.poll() is None
        if alive:
            process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = 'did not end within 20 s of SIGTERM'
        for thread in threads:
            thread.join(5)
    assert not alive or code in (0, -signal.SIGTERM, 128 + signal.SIGTERM), f'exit {code}: {errors}'
    assert not CRASH.search(''.join(errors)), errors


@pytest.fixture
def serve(library):
    """with serve(FOLDER...) as server: ..."""
    def call(*folders, **more):
        return run_server(*folders, **{'library': library, **more})
    return call


def need(path, what):
    if not path.exists():
        pytest.skip(f'{what} are not there: {path}')
    return path


@pytest.fixture(scope='session')
def samples():
    return need(SAMPLES, 'sample photos (script/samples)')


@pytest.fixture(scope='session')
def coco():
    return need(SHARED / 'photos/coco-captions', 'the 271 COCO photos')


@pytest.fixture(scope='session')
def coco_captions(coco):
    """[(file name, first caption)]"""
    return [(pathlib.Path(r['file']).name, r['captions'][0].strip()) for r in json.loads((coco / 'captions.json').read_text())]


@pytest.fixture(scope='session')
def test_models():
    return need(MODELS, 'test models (script/golden)')


FEW = ['scikit-image/chelsea.png', 'scikit-image/coffee.png', 'scikit-image/rocket.jpg', 'opencv/butterfly.jpg', 'opencv/baboon.jpg',
       'opencv/fruits.jpg', 'opencv/squirrel_cls.jpg', 'opencv/home.jpg', 'getty/nagasaki-boats.jpg', 'mate/LadyBird.jpg', 'mate/YellowFlower.jpg',
       'opencv/orange.jpg']


@pytest.fixture
def photos(tmp_path, samples):
    """A separate folder with twelve photos, to change, break and delete."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    for name in FEW:
        shutil.copy2(samples / name, folder)
    return folder


def added_name(run, folder):
    """Returns the model name that `hone models add --json` reports, or the folder's name when it reports none."""
    try:
        document = run.json()
        return document.get('name') or document['model']['name']
    except (ValueError, KeyError, TypeError, AttributeError):
        return pathlib.Path(folder).name


def use_model(library, folder, **more):
    """Adds the model of a folder to a library and selects it; returns its name."""
    added = run_hone('models', 'add', folder, '--json', library=library, **more).ok()
    name = added_name(added, folder)
    run_hone('models', 'use', name, library=library, **more).ok()
    return name


@pytest.fixture
def quick(library, test_models):
    """This test's library uses the small random model: fast enough for plumbing (200 photos per second), without meaning."""
    return use_model(library, test_models / 'clip-random')


@pytest.fixture(scope='session')
def sample_server(samples, tmp_path_factory):
    """The sample photos, indexed with the default pack, on one server for all tests that only read."""
    with run_server(samples, library=tmp_path_factory.mktemp('samples') / 'library') as server:
        server.wait_idle(searchable=59)
        yield server


@pytest.fixture(scope='session')
def coco_server(coco, tmp_path_factory):
    with run_server(coco / 'images', library=tmp_path_factory.mktemp('coco') / 'library') as server:
        server.wait_idle(searchable=271)
        yield server


def names(page):
    return [pathlib.Path(r['path']).name for r in page['results']]


ENGINE = ROOT / 'tests/contract/surrealdb/engine.mjs'
ENGINE_PACKAGES = pathlib.Path(os.environ.get('HONE_SURREALDB_ENGINE_PACKAGES', ROOT / 'deps/surrealdb'))
SURREAL_SECRET = 'hunter2/secret'


class Engine:
    """A separate SurrealDB server for the test."""
    PROGRAM = ('node', str(ENGINE))

    def __init__(self, storage, *options):
        self.storage, self.port, self.options = storage, 0, options
        self.start()

    def start(self):
        """Starts it again on the same port."""
        self.process = subprocess.Popen([*self.PROGRAM, '--storage', self.storage, '--port', str(self.port), '--with-parent', 'yes',
                                         '--password', SURREAL_SECRET, *self.options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith('ready '), line
        self.port = int(line.split()[1])

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def address(self, database='pictures', password=SURREAL_SECRET.replace('/', '%2F')):
        return f'surrealdb://root:{password}@127.0.0.1:{self.port}/e2e/{database}'


@pytest.fixture
def start_engine(tmp_path):
    """start_engine(OPTIONS of engine.mjs) -> Engine"""
    if shutil.which('node') is None or not (ENGINE_PACKAGES / 'node_modules').is_dir():
        pytest.skip(f'the SurrealDB engine is not there (script/bootstrap): {ENGINE_PACKAGES}')
    started = []

    def start(*options):
        started.append(Engine(f'rocksdb://{tmp_path}/database{len(started)}', *options))
        return started[-1]

    yield start
    for engine in started:
        engine.kill()


def check_pictures(found, paths):
    """The answer to the original's query and to its form for 3.x: ten photos with all their facts, faces from left to right."""
    assert len(found) == 10
    for picture in found:
        assert picture['base_image'][0]['path'] in paths and picture['basic_metadata'][0]['width'] > 0
        assert len(picture['image_hash'][0]['hash']) == 16 and len(picture['image_embedding'][0]['embedding']) > 8
        assert [face['top_left_x'] for face in picture['faces']] == sorted(face['top_left_x'] for face in picture['faces'])


@pytest.fixture
def engine(start_engine):
    return start_engine()


def wait_for(condition, what, seconds=180):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.1)
