#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes tests/data/library-schema-N: libraries as written by the program of each schema version.

usage: script/golden_libraries.py [N...] [--builds FOLDER]     needs build/release/hone and the default and face packs
tests/data/README.md describes their content and when to run this.
"""
import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
DATA = ROOT / 'tests/data'
# The last commit whose program wrote this version; None: this source's program.
COMMITS = {1: 'd72441b', 2: 'cea4bed', 3: '3ef1a56', 4: '7c2e6f1', 5: '0645fc7', 6: None}
# A fixed folder, because the catalogue contains paths.
WORK = pathlib.Path('/tmp/hone-golden')
TAKEN = 1709294400  # 2024-03-01 12:00 UTC, the time of every file
LARGEST = 300_000  # bytes of a catalogue


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, **more)


def program(version, builds):
    """Returns the hone that wrote this version, built in a separate worktree."""
    commit = COMMITS[version]
    if commit is None:
        return ROOT / 'build/release/hone'
    source = builds / f'source-{version}'
    if not source.exists():
        run('git', '-C', ROOT, 'worktree', 'add', '--detach', source, commit)
    (source / 'deps').mkdir(exist_ok=True)
    if not (source / 'deps/onnxruntime').exists():
        (source / 'deps/onnxruntime').symlink_to(ROOT / 'deps/onnxruntime')
    run('cmake', '--preset', 'release', '-DHONE_TESTS=OFF', f'-DHONE_WEB_DIST={ROOT}/web/dist', cwd=source, stdout=sys.stderr)
    run('cmake', '--build', 'build/release', '--target', 'hone', cwd=source, stdout=sys.stderr)
    return source / 'build/release/hone'


def put_photos(target):
    shutil.copytree(DATA / 'golden-photos', target)
    for path in target.rglob('*'):
        os.utime(path, (TAKEN, TAKEN))


def enter(hone, version, photos):
    """Adds the user data that a library of this version can contain."""
    def call(*args):
        done = run(hone, *args, '--library', WORK / 'library', stdout=subprocess.PIPE, text=True,
                   env={**os.environ, 'HONE_MODELS': str(ROOT / 'models'), 'HOME': str(WORK)})
        return done.stdout
    call('index', photos, '--device', 'cpu')
    call('models', 'use', json.loads((ROOT / 'models/default/manifest.json').read_text())['name'])
    if version >= 3:
        astronaut = json.loads(call('faces', photos / 'astronaut.jpg', '--json'))
        call('people', 'assign', 'Eileen', astronaut['faces'][0]['id'])
        call('config', 'backup-keep', '5')


def expectation(file):
    """Reads the catalogue without Hone's code, so that an error in Hone does not count as right."""
    database = sqlite3.connect(f'file:{file}?mode=ro', uri=True)
    database.text_factory = lambda data: data.decode('utf-8', 'surrogateescape')
    has = {name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    photos = []
    for number, sha, size, width, height, kind in database.execute('SELECT id, sha, bytes, width, height, format FROM photo'):
        photo = {'id': sha.hex(), 'bytes': size, 'width': width, 'height': height, 'format': kind}
        photo['paths'] = sorted(bytes(path).decode() for path, in database.execute('SELECT path FROM place WHERE photo_id = ?', [number]))
        photo['vectors'] = database.execute('SELECT count(*) FROM vector WHERE photo_id = ?', [number]).fetchone()[0]
        if 'metadata' in has:
            photo['metadata'] = json.loads(database.execute('SELECT document FROM metadata WHERE photo_id = ?', [number]).fetchone()[0])
        if 'person' in has:
            photo['people'] = sorted(name for name, in database.execute(
                "SELECT name FROM face JOIN person ON person.id = person_id WHERE photo_id = ? AND name <> ''", [number]))
        photos.append(photo)
    settings = dict(database.execute("SELECT key, value FROM setting WHERE key IN ('model', 'backup-keep')"))
    return {'schema': database.execute('PRAGMA user_version').fetchone()[0], 'photos': sorted(photos, key=lambda photo: photo['id']),
            'folders': [bytes(path).decode() for path, in database.execute('SELECT path FROM folder')], 'settings': settings}


def make(version, builds):
    hone = program(version, builds)
    if WORK.exists():
        sys.exit(f'{WORK} is there already: move it away')
    try:
        put_photos(WORK / 'photos')
        enter(hone, version, WORK / 'photos')
        catalog = WORK / 'library/catalog.db'
        database = sqlite3.connect(catalog, isolation_level=None)
        database.execute('VACUUM')
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        database.close()
        found = expectation(catalog)
        assert found['schema'] == version, found['schema']
        assert catalog.stat().st_size < LARGEST, catalog.stat().st_size
        target = DATA / f'library-schema-{version}'
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        shutil.copy(catalog, target)
        (target / 'expected.json').write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + '\n')
        print(f'{target.relative_to(ROOT)}: {len(found["photos"])} photos, {catalog.stat().st_size} bytes')
    finally:
        shutil.rmtree(WORK, ignore_errors=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser(usage='script/golden_libraries.py [N...] [--builds FOLDER]')
    parser.add_argument('versions', nargs='*', type=int)
    parser.add_argument('--builds', type=pathlib.Path, default=ROOT / 'build/golden', help='where the old programs are built and kept')
    given = parser.parse_args()
    for unknown in set(given.versions) - set(COMMITS):
        parser.error(f'no version {unknown} of the schema is known')
    given.builds.mkdir(parents=True, exist_ok=True)
    for wanted in given.versions or COMMITS:
        make(wanted, given.builds.resolve())
