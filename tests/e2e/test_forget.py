# SPDX-License-Identifier: GPL-3.0-or-later
"""hone forget: photos whose files are gone leave no trace in the library, originals stay untouched, and nobody forgets by accident."""
import contextlib
import os
import pathlib
import pty
import shutil
import sqlite3
import subprocess
import time

import pytest

from conftest import HONE, environment, names, run_server, wait_for
from test_originals_untouched import snapshot

GONE = 'rocket.jpg'
NUMBERS = {}  # photo id -> its number in the catalogue, before it was forgotten


def rows(library, sha):
    """{table: rows} of the photo, read without Hone's code."""
    with contextlib.closing(sqlite3.connect(f'file:{library}/catalog.db?mode=ro', uri=True)) as database:
        found = database.execute('SELECT id FROM photo WHERE sha = ?', [bytes.fromhex(sha)]).fetchone()
        number = found[0] if found else NUMBERS[sha]
        NUMBERS[sha] = number
        counts = {}
        for table, column in database.execute(
                "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'").fetchall():
            if column == 'photo_id' or (table, column) in {('photo', 'id'), ('same_picture', 'first'), ('same_picture', 'second')}:
                counts[table] = counts.get(table, 0) + database.execute(f'SELECT count(*) FROM {table} WHERE {column} = ?', [number]).fetchone()[0]
        counts['words'] = database.execute('SELECT count(*) FROM words WHERE rowid = ?', [number]).fetchone()[0]
    return counts


def thumbnails(library, sha):
    return sorted(path.name for path in (library / 'thumbs').rglob(f'{sha}-*'))


def vector_of(library, sha):
    """The first bytes of the photo's vector: they must not be in any file of the library."""
    with contextlib.closing(sqlite3.connect(f'file:{library}/catalog.db?mode=ro', uri=True)) as database:
        return database.execute('SELECT data FROM vector JOIN photo ON photo.id = photo_id WHERE sha = ?', [bytes.fromhex(sha)]).fetchone()[0][:64]


def in_vector_files(library, data):
    return [path.name for path in (library / 'vectors').rglob('*') if path.is_file() and data in path.read_bytes()]


@pytest.fixture
def indexed(hone, photos, quick):
    """(the library, id of the photo to forget)"""
    hone('index', photos).ok()
    return hone, hone('show', photos / GONE, '--json').ok().json()['id']


def lose(hone, photos):
    (photos / GONE).unlink()
    assert hone('index', '--json').ok().json()['missing'] == 1


def test_leaves_no_trace(indexed, photos):
    hone, sha = indexed
    data = vector_of(hone.library, sha)
    assert in_vector_files(hone.library, data)
    assert thumbnails(hone.library, sha) and rows(hone.library, sha)['vector'] == 1
    lose(hone, photos)
    before, originals = rows(hone.library, sha), snapshot(photos)
    assert hone('status', '--json').ok().json()['missing']['photos'] == 1
    assert 'hone forget' in hone('status').ok().out

    dry = hone('forget', '--dry-run', '--json').ok().json()
    assert dry == {'photos': 1, 'names': [GONE], 'forgotten': False}
    assert GONE in hone('forget', '--dry-run').ok().out
    hone('forget').refused(1, 'nothing was forgotten', GONE, '--yes')
    assert rows(hone.library, sha) == before and len(thumbnails(hone.library, sha)) == 3

    assert hone('forget', '--yes', '--json').ok().json() == {'photos': 1, 'names': [GONE], 'forgotten': True}
    assert not any(rows(hone.library, sha).values()), rows(hone.library, sha)
    assert not thumbnails(hone.library, sha)
    assert not in_vector_files(hone.library, data)
    hone('show', sha).refused(1, 'no photo')
    assert hone('search', 'rocket', '--limit', '50', '--json').ok().json()['total'] == 11
    assert sha not in hone('export', '--format', 'json').ok().out
    assert hone('status', '--json').ok().json()['missing'] == {'photos': 0, 'since': None}
    assert 'no photo to forget' in hone('forget', '--yes').ok().out
    assert snapshot(photos) == originals, 'an original was touched'
    again = hone('index', '--json').ok().json()
    assert (again['unchanged'], again['photos']) == (11, 11)
    assert not in_vector_files(hone.library, data), 'a scan brought the row back'


def test_asks_on_a_terminal(indexed, photos):
    hone, sha = indexed
    lose(hone, photos)

    def answer(text):
        terminal, far = pty.openpty()
        process = subprocess.Popen([HONE, 'forget', '--library', hone.library], stdin=far, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        os.close(far)
        os.write(terminal, text.encode() + b'\n')
        out, err = process.communicate(timeout=60)
        os.close(terminal)
        return process.returncode, (out + err).decode()

    code, said = answer('n')
    assert code == 1 and f'Forget 1 missing photo ({GONE})' in said and 'Originals are not touched' in said
    assert len(thumbnails(hone.library, sha)) == 3
    code, said = answer('y')
    assert code == 0 and 'forgotten: 1 missing photo' in said
    assert not thumbnails(hone.library, sha)


def test_only_what_was_named(indexed, photos):
    hone, sha = indexed
    other = hone('show', photos / 'home.jpg', '--json').ok().json()['id']
    (photos / 'home.jpg').unlink()
    (photos / GONE).unlink()
    assert hone('index', '--json').ok().json()['missing'] == 2
    hone('forget', photos / 'fruits.jpg', '--yes').refused(1, 'still has the file .*fruits.jpg', 'next scan', '.honeignore')
    hone('forget', photos / GONE, photos / 'fruits.jpg', '--yes').refused(1, 'still has')
    assert thumbnails(hone.library, sha), 'a refused name refuses the whole command'
    hone('forget', 'nobody.jpg', '--yes').refused(1, 'no photo')
    assert hone('forget', '--missing-days', '1', '--yes', '--json').ok().json()['photos'] == 0
    hone('forget', GONE, '--missing-days', '1').refused(2)
    assert hone('forget', sha[:12], '--yes', '--json', cwd=photos).ok().json()['photos'] == 1
    assert not thumbnails(hone.library, sha) and thumbnails(hone.library, other)
    assert hone('forget', 'home.jpg', '--yes', '--json', cwd=photos).ok().json()['names'] == ['home.jpg']
    assert not thumbnails(hone.library, other)


def test_a_file_in_honeignore_can_be_forgotten(indexed, photos):
    hone, sha = indexed
    (photos / '.honeignore').write_text(GONE + '\n')
    assert hone('index', '--json').ok().json()['missing'] == 1
    hone('forget', photos / GONE, '--yes').ok()
    assert (photos / GONE).is_file() and not thumbnails(hone.library, sha)
    assert hone('index', '--json').ok().json()['photos'] == 11


def test_a_removed_folder_can_be_forgotten(indexed, photos):
    hone, _ = indexed
    hone('folders', 'remove', photos).ok()
    assert hone('forget', '--dry-run', '--json').ok().json()['photos'] == 12
    assert hone('forget', '--yes', '--json').ok().json()['photos'] == 12
    assert not [path for path in (hone.library / 'thumbs').rglob('*.webp')]
    assert len(list(photos.iterdir())) == 12
    assert hone('index', photos, '--json').ok().json()['new'] == 12


def test_the_setting_lets_a_scan_forget(indexed, photos):
    hone, sha = indexed
    for wrong in ('-1', 'soon', '99999'):
        hone('config', 'forget.after', wrong).refused(1, 'whole number of days')
    assert 'forget.after = 0' in hone('config').ok().out
    lose(hone, photos)
    with contextlib.closing(sqlite3.connect(hone.library / 'catalog.db')) as database:
        database.execute('UPDATE photo SET missing_since = ? WHERE missing_since IS NOT NULL', [int(time.time()) - 40 * 86400])
        database.commit()
    hone('index').ok()
    assert thumbnails(hone.library, sha)
    hone('config', 'forget.after', '30').ok()
    away = photos.with_name('elsewhere')
    photos.rename(away)
    hone('index')
    assert thumbnails(hone.library, sha), 'an offline disk lost knowledge'
    away.rename(photos)
    hone('index').ok()
    assert not thumbnails(hone.library, sha)
    assert hone('status', '--json').ok().json()['missing']['photos'] == 0


def test_through_a_running_server(indexed, photos):
    hone, sha = indexed
    data = vector_of(hone.library, sha)
    with run_server(photos, library=hone.library) as server:
        server.wait_idle(searchable=12)
        assert server.get(f'/photos/{sha}/thumbnail?size=240').status == 200
        assert server.search('rocket', limit=50)['total'] == 12
        page = server.post('/search', {'like': [sha], 'limit': 50}).json()
        assert len(page['results']) >= 11
        assert server.post('/forget', {'photos': [sha]}).status == 409
        (photos / GONE).unlink()
        wait_for(lambda: server.status()['missing']['photos'] == 1, 'the server misses the file')
        assert server.status()['missing']['since']
        for wrong in ({}, [], {'photos': []}, {'photos': [1]}, {'missing_days': -1}, {'missing_days': 0, 'photos': [sha]}, {'missing_days': 0, 'now': True},
                      {'missing_days': 0, 'dry_run': 1}, {'missing_days': 40000}):
            assert server.post('/forget', wrong).status == 400, wrong
        assert server.post('/forget', {'photos': ['f' * 64]}).status == 404
        assert server.post('/forget', {'missing_days': 0, 'dry_run': True}).json() == {'photos': 1, 'names': [GONE], 'forgotten': False}
        assert hone('forget', '--dry-run', '--json').ok().json()['photos'] == 1
        hone('forget').refused(1, GONE, '--yes')
        assert rows(hone.library, sha)['photo'] == 1
        assert hone('forget', GONE, '--yes', '--json', cwd=photos).ok().json() == {'photos': 1, 'names': [GONE], 'forgotten': True}
        assert not any(rows(hone.library, sha).values())
        assert not thumbnails(hone.library, sha)
        assert not in_vector_files(hone.library, data)
        assert server.get(f'/photos/{sha}').status == 404
        assert server.get(f'/photos/{sha}/thumbnail?size=240').status == 404
        found = server.search('rocket', limit=50)
        assert found['total'] == 11 and GONE not in names(found)
        assert server.post('/search', {'like': [sha]}).status == 404
        # Marks on the others still name the right rows.
        by_name = {pathlib.Path(photo['path']).name: photo['id'] for photo in server.get('/photos?limit=50').json()['photos']}
        for name, photo in by_name.items():
            assert names(server.get(f'/photos/{photo}/similar?limit=20').json()).count(name) == 0
        assert names(server.search(like=[by_name['coffee.png']], limit=1, facets={'style': 0, 'people': 0, 'moment': 0}))
        # Copies of other photos are found as before.
        shutil.copy(photos / 'coffee.png', photos / 'copy.png')
        server.post('/scan', {})
        server.wait_idle(searchable=11)
        assert server.search('rocket', limit=50)['total'] == 11
    assert hone('index', '--json').ok().json()['photos'] == 11


def test_faces_leave_too(hone, tmp_path, samples):
    if not (HONE.parents[2] / 'models/faces/face_detection.onnx').exists():
        pytest.skip('the networks of the face pack are not there (script/bootstrap)')
    folder = tmp_path / 'faces'
    folder.mkdir()
    shutil.copy(samples / 'scikit-image/astronaut.png', folder)
    shutil.copy(samples / 'scikit-image/coffee.png', folder)
    hone('index', folder).ok()
    face = hone('faces', folder / 'astronaut.png', '--json').ok().json()['faces'][0]['id']
    hone('people', 'assign', 'Eileen', face).ok()
    sha = hone('show', folder / 'astronaut.png', '--json').ok().json()['id']
    assert rows(hone.library, sha)['face'] == 1
    (folder / 'astronaut.png').unlink()
    hone('index').ok()
    hone('forget', '--yes').ok()
    assert not any(rows(hone.library, sha).values())
    assert hone('people', 'list', '--all', '--json').ok().json()['people'] == []
    hone('people', 'undo').ok()
    hone('index').ok()
