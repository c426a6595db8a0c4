# SPDX-License-Identifier: GPL-3.0-or-later
"""Libraries of older versions of the catalogue (tests/data/README.md) open with this program and lose no data.

Their vectors are those of the first edition of the default pack, which is not installed any more. Nothing can search with them,
and the present edition embeds the photos again, without being asked, as soon as it is there and the photos are."""
import json
import os
import re
import shutil
import sqlite3

import pytest

from conftest import ROOT, names, run_hone, run_server

DATA = ROOT / 'tests/data'
GOLDEN = sorted(DATA.glob('library-schema-*'), key=lambda folder: int(folder.name.rsplit('-', 1)[1]))
WAS = '/tmp/hone-golden/photos'
TAKEN = 1709294400  # set by script/golden_libraries.py


def schema_of(library):
    """PRAGMA user_version, read from the file's header, because opening the file would leave a log next to it."""
    return int.from_bytes((library / 'catalog.db').read_bytes()[60:64], 'big')


PRESENT = int(re.search(r'kSchemaVersion = (\d+)', (ROOT / 'src/catalog/sqlite/schema.hpp').read_text())[1])


def test_the_present_version_has_one():
    versions = [int(golden.name.rsplit('-', 1)[1]) for golden in GOLDEN]
    assert versions[-1] == PRESENT, 'tests/data/README.md says how one is made'
    assert [schema_of(golden) for golden in GOLDEN] == versions


@pytest.fixture(params=GOLDEN, ids=lambda golden: golden.name)
def golden(request, library):
    """(a copy as this test's library, its expected content)"""
    library.mkdir()
    shutil.copy(request.param / 'catalog.db', library)
    return library, json.loads((request.param / 'expected.json').read_text())


def exported(library):
    return json.loads(run_hone('export', '--format', 'json', library=library).ok().out)


def check(library, expected, photos, all_known):
    """`hone export` lists the content of the old library. all_known: also newly computed values."""
    found = exported(library)
    assert found['folders'] == [folder.replace(WAS, str(photos)) for folder in expected['folders']]
    by_id = {photo['id']: photo for photo in found['photos']}
    assert sorted(by_id) == [photo['id'] for photo in expected['photos']]
    for photo in expected['photos']:
        now = by_id[photo['id']]
        assert {key: now[key] for key in ('bytes', 'width', 'height', 'format')} == {key: photo[key] for key in ('bytes', 'width', 'height', 'format')}
        assert sorted(now['paths']) == [path.replace(WAS, str(photos)) for path in photo['paths']]
        if 'metadata' in photo:
            # Indexed again, a photo may have more values.
            assert {key: now['metadata'].get(key) for key in photo['metadata']} == photo['metadata']
        assert 'metadata' in now or not all_known
        if 'people' in photo:
            named = sorted(face['person']['name'] for face in now['faces'] if face['person'] and face['person']['name'])
            assert named == photo['people']


def test_opens_as_it_is(golden):
    library, expected = golden
    photos = len(expected['photos'])
    status = run_hone('status', '--json', library=library).ok().json()
    assert (status['photos'], status['searchable'], status['failed']) == (photos, 0, 1)
    check(library, expected, WAS, False)
    if not os.path.exists(WAS):
        run_hone('index', library=library)
        assert '(offline)' in run_hone('status', library=library).ok().out
        assert [folder['reachable'] for folder in run_hone('status', '--json', library=library).ok().json()['folders']] == [False]
    check(library, expected, WAS, False)
    run_hone('search', 'a cat', library=library).refused(1, f'{photos} photos', 'hone-default-390', '`hone index')
    for key, value in expected['settings'].items():
        if key == 'backup-keep':
            assert value in run_hone('config', key, library=library).ok().out
    assert schema_of(library) == PRESENT


def test_goes_on_where_it_was(golden, tmp_path):
    """A backup of the old library, made before anything else, is restored next to the photos: only their vectors are computed again."""
    library, expected = golden
    backup, photos, second = tmp_path / 'old.backup', tmp_path / 'photos', tmp_path / 'second'
    before = (library / 'catalog.db').read_bytes()
    assert run_hone('backup', backup, '--json', library=library).ok().json()['photos'] == len(expected['photos'])
    assert (library / 'catalog.db').read_bytes() == before, 'a backup changes nothing'
    shutil.copytree(DATA / 'golden-photos', photos)
    for path in photos.rglob('*'):
        os.utime(path, (TAKEN, TAKEN))
    run_hone('restore', backup, '--map', f'{WAS}={photos}', library=second).ok()
    check(second, expected, photos, False)
    summary = run_hone('index', '--json', library=second).ok().json()
    assert (summary['photos'], summary['new'], summary['missing'], summary['failed']) == (len(expected['photos']), 0, 0, 1), summary
    files = sum(len(photo['paths']) for photo in expected['photos'])
    assert len(expected['photos']) <= summary['embedded'] <= files, 'copies may be embedded at the same time'
    assert [folder['reachable'] for folder in run_hone('status', '--json', library=second).ok().json()['folders']] == [True]
    check(second, expected, photos, True)
    assert names(run_hone('search', 'a cat', '--json', library=second).ok().json())[0].startswith('cat')
    assert names(run_hone('search', 'melange', '--json', library=second).ok().json())[0] == 'coffee.jpg', 'words of its metadata'
    again = run_hone('index', '--json', library=second).ok().json()
    assert again['unchanged'] == files and again['embedded'] == 0, again


def test_is_served_and_embedded_in_the_background(golden, tmp_path):
    """Its photos are there from the start, names and people with them, and can be searched as soon as each is embedded."""
    library, expected = golden
    backup, photos, second = tmp_path / 'old.backup', tmp_path / 'photos', tmp_path / 'second'
    run_hone('backup', backup, library=library).ok()
    shutil.copytree(DATA / 'golden-photos', photos)
    run_hone('restore', backup, '--map', f'{WAS}={photos}', library=second).ok()
    with run_server(library=second) as server:
        status = server.status()
        assert status['photos'] == len(expected['photos']) and status['model']['name'] == 'hone-default-390-v2'
        assert server.search('a cat')['total'] <= len(expected['photos']), 'a search is answered at once'
        server.wait_idle(searchable=len(expected['photos']))
        page = server.search('a cat')
        assert page['total'] == len(expected['photos']) and names(page)[0].startswith('cat')
    check(second, expected, photos, True)
    with run_server(library=second) as server:
        assert server.wait_idle(searchable=len(expected['photos']))['indexing']['failed'] <= 1
        assert server.search('a cat')['total'] == len(expected['photos'])


def change(catalog, sql):
    database = sqlite3.connect(catalog, isolation_level=None)
    database.execute(sql)
    database.close()


def test_others_are_refused(hone, tmp_path):
    hone.library.mkdir()
    catalog = hone.library / 'catalog.db'
    shutil.copy(GOLDEN[-1] / 'catalog.db', catalog)
    change(catalog, f'PRAGMA user_version = {PRESENT + 1}')
    calls = [('status',), ('index', DATA / 'golden-photos'), ('export', '--format', 'json'), ('backup', tmp_path / 'b')]
    for call in calls:
        hone(*call).refused(1, 'newer Hone', f'schema {PRESENT + 1}', 'update Hone')
    assert schema_of(hone.library) == PRESENT + 1
    for old in hone.library.glob('catalog.db*'):
        old.unlink()
    change(catalog, 'CREATE TABLE somebody_elses (x)')
    for call in calls:
        hone(*call).refused(1, "not Hone's")
