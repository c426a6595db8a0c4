# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are renamed, changed, copied, removed, returned, excluded, or still being written."""
import json
import os
import pathlib
import shutil
import sqlite3
import threading
import time

import pytest

from conftest import run_hone

pytestmark = pytest.mark.usefixtures('quick')
COUNT = 12


def rows(library, sql, *values):
    catalog = sqlite3.connect(f'file:{library}/catalog.db?mode=ro', uri=True)
    try:
        return catalog.execute(sql, values).fetchall()
    finally:
        catalog.close()


def ids(library):
    """Returns {path: id} of the available photo files."""
    return {os.fsdecode(path): sha.hex() for path, sha in rows(library, 'SELECT place.path, photo.sha FROM place JOIN photo ON photo.id = place.photo_id WHERE place.state = 0')}


def vectors(library):
    return {sha.hex(): data for sha, data in rows(library, 'SELECT photo.sha, vector.data FROM vector JOIN photo ON photo.id = vector.photo_id')}


@pytest.fixture
def index(hone):
    def call(*args):
        return hone('index', *args, '--json').ok().json()
    return call


@pytest.fixture
def indexed(photos, index, library):
    """The photos' folder with two subfolders, indexed."""
    for number, path in enumerate(sorted(photos.iterdir())):
        (photos / 'abc'[number % 3]).mkdir(exist_ok=True)
        path.rename(photos / 'abc'[number % 3] / path.name)
    summary = index(photos)
    assert (summary['files'], summary['new'], summary['embedded'], summary['failed']) == (COUNT, COUNT, COUNT, 0), summary
    return photos


def figures(summary, *names):
    return tuple(summary[name] for name in names)


def test_nothing_changed(indexed, index, library):
    before = vectors(library)
    summary = index()
    assert figures(summary, 'files', 'unchanged', 'new', 'moved', 'missing', 'embedded', 'failed', 'skipped') == (COUNT, COUNT, 0, 0, 0, 0, 0, 0)
    assert vectors(library) == before


def test_renamed_file(indexed, index, library, hone):
    path = next((indexed / 'a').iterdir())
    before, kept = ids(library), vectors(library)
    renamed = indexed / 'b' / ('renamed' + path.suffix)
    path.rename(renamed)
    summary = index()
    assert figures(summary, 'moved', 'missing', 'new', 'embedded', 'photos') == (1, 1, 0, 0, COUNT), summary
    after = ids(library)
    assert after.pop(str(renamed)) == before.pop(str(path)) and after == before
    assert vectors(library) == kept
    assert hone('show', renamed, '--json').ok().json()['path'] == str(renamed)


def test_renamed_folder(indexed, index, library):
    before, kept = ids(library), vectors(library)
    (indexed / 'a').rename(indexed / 'another name ☂')
    summary = index()
    assert figures(summary, 'moved', 'missing', 'new', 'embedded', 'photos') == (4, 4, 0, 0, COUNT), summary
    expected = {path.replace(f'{indexed}/a/', f'{indexed}/another name ☂/'): photo for path, photo in before.items()}
    assert ids(library) == expected and vectors(library) == kept


def test_renamed_root(indexed, index, library, hone):
    before, kept = ids(library), vectors(library)
    new = indexed.with_name('pictures')
    indexed.rename(new)
    summary = index(new)
    assert figures(summary, 'moved', 'new', 'embedded') == (COUNT, 0, 0), summary
    listed = {folder['path']: folder for folder in hone('folders', 'list', '--json').ok().json()['folders']}
    assert not listed[str(indexed)]['reachable'] and listed[str(new)] == {**listed[str(new)], 'reachable': True, 'photos': COUNT}
    assert {path: photo for path, photo in ids(library).items() if path.startswith(f'{new}/')} == {path.replace(str(indexed), str(new), 1): photo for path, photo in before.items()}
    assert vectors(library) == kept
    hone('folders', 'remove', indexed).ok()
    assert index()['photos'] == COUNT


def test_moved_by_copy_and_delete(indexed, index, library):
    """Another inode: the bytes are hashed again, and no other work is repeated."""
    path = next((indexed / 'a').iterdir())
    photo = ids(library)[str(path)]
    shutil.copy(path, indexed / 'b/moved')
    path.unlink()
    summary = index()
    assert figures(summary, 'moved', 'new', 'embedded', 'photos') == (1, 0, 0, COUNT), summary
    assert ids(library)[str(indexed / 'b/moved')] == photo


def test_changed_file_is_a_new_photo_in_the_old_place(indexed, index, library, samples):
    path = next((indexed / 'a').iterdir())
    before, kept = ids(library), vectors(library)
    path.write_bytes((samples / 'opencv/apple.jpg').read_bytes())
    summary = index()
    assert figures(summary, 'files', 'new', 'embedded', 'unchanged', 'moved', 'photos') == (COUNT, 1, 1, COUNT - 1, 0, COUNT), summary
    after = ids(library)
    assert after[str(path)] != before[str(path)]
    assert {**after, str(path): None} == {**before, str(path): None}
    assert vectors(library).items() >= kept.items(), 'what was known is kept'


def test_a_new_file_under_an_old_name_is_not_the_old_photo(indexed, index, library, samples):
    """Two files swapped by renames: both inodes are known, under each other's name."""
    one, other = sorted((indexed / 'a').iterdir())[:2]
    before = ids(library)
    one.rename(indexed / 'between')
    other.rename(one)
    (indexed / 'between').rename(other)
    summary = index()
    assert figures(summary, 'new', 'embedded', 'failed', 'photos') == (0, 0, 0, COUNT), summary
    assert ids(library) == {**before, str(one): before[str(other)], str(other): before[str(one)]}


def test_two_copies_are_one_photo(indexed, index, library, hone):
    path = next((indexed / 'a').iterdir())
    shutil.copy(path, indexed / 'b/copy')
    summary = index()
    assert figures(summary, 'files', 'new', 'moved', 'embedded', 'photos') == (COUNT + 1, 0, 0, 0, COUNT), summary
    details = hone('show', path, '--json').ok().json()
    assert details['copies'] == 2 and {place['path'] for place in details['files']} == {str(path), str(indexed / 'b/copy')}
    path.unlink()
    summary = index()
    assert figures(summary, 'missing', 'photos', 'moved') == (1, COUNT, 0), 'the other copy was there all the time'
    assert hone('show', details['id'], '--json').ok().json()['path'] == str(indexed / 'b/copy')


def test_deleted_file_and_back(indexed, index, library):
    path = next((indexed / 'a').iterdir())
    content, photo = path.read_bytes(), ids(library)[str(path)]
    path.unlink()
    assert figures(index(), 'missing', 'photos') == (1, COUNT - 1)
    path.write_bytes(content)
    assert figures(index(), 'new', 'embedded', 'photos') == (0, 0, COUNT)
    assert ids(library)[str(path)] == photo


@pytest.mark.parametrize('how', ['emptied', 'missing'])
def test_a_disk_that_is_away(indexed, index, library, hone, how):
    before, kept = ids(library), vectors(library)
    aside = indexed.with_name('aside')
    indexed.rename(aside)
    if how == 'emptied':
        indexed.mkdir()
    summary = index()
    assert figures(summary, 'missing', 'new') == (0, 0), summary
    assert [failure['path'] for failure in summary['failures']] == [str(indexed)]
    assert ids(library) == before and vectors(library) == kept, 'nothing is forgotten'
    folder, = hone('folders', 'list', '--json').ok().json()['folders']
    assert (folder['path'], folder['reachable']) == (str(indexed), False)
    assert 'offline' in hone('folders', 'list').ok().out
    photo = next(iter(before.values()))
    assert [place['reachable'] for place in hone('show', photo, '--json').ok().json()['files']] == [False]
    assert 'offline' in hone('show', photo).ok().out
    assert index()['missing'] == 0, 'nor at the second time'
    if how == 'emptied':
        indexed.rmdir()
    aside.rename(indexed)
    summary = index()
    assert figures(summary, 'unchanged', 'new', 'moved', 'embedded', 'failed') == (COUNT, 0, 0, 0, 0), summary
    folder, = hone('folders', 'list', '--json').ok().json()['folders']
    assert folder['reachable'] and folder['photos'] == COUNT
    assert hone('show', photo, '--json').ok().json()['files'][0]['reachable'] and ids(library) == before


def test_overlapping_roots_count_once(indexed, index, library, hone):
    summary = index(indexed / 'a', indexed.parent / 'photos/b/..', indexed / 'b')
    assert figures(summary, 'files', 'unchanged', 'new', 'missing', 'photos') == (COUNT, COUNT, 0, 0, COUNT), summary
    listed = {folder['path']: folder['photos'] for folder in hone('folders', 'list', '--json').ok().json()['folders']}
    assert listed == {str(indexed): COUNT, str(indexed / 'a'): 4, str(indexed / 'b'): 4}
    assert len(rows(library, 'SELECT 1 FROM place')) == COUNT


def test_inner_root_first(photos, index, library):
    (photos / 'in').mkdir()
    for path in sorted(photos.glob('*.jpg'))[:3]:
        path.rename(photos / 'in' / path.name)
    assert index(photos / 'in')['files'] == 3
    summary = index(photos)
    assert figures(summary, 'files', 'new', 'unchanged', 'missing') == (COUNT, COUNT - 3, 3, 0), summary
    summary = index()
    assert figures(summary, 'files', 'unchanged', 'missing') == (COUNT, COUNT, 0), summary


def test_honeignore(indexed, index, library):
    names = {path.name: str(path) for path in indexed.rglob('*') if path.is_file()}
    (indexed / '.honeignore').write_text('# not these\n/a/\n*.png\n!/b/**/*.png\n')
    (indexed / 'c/.honeignore').write_text('*.jpg\n!LadyBird.jpg\n')
    expected = {path for name, path in names.items()
                if '/a/' not in path and (path.endswith('.jpg') or '/b/' in path) and ('/c/' not in path or name == 'LadyBird.jpg')}
    assert 0 < len(expected) < COUNT
    summary = index()
    assert set(ids(library)) == expected and summary['files'] == len(expected) and summary['photos'] == len(expected)
    (indexed / '.honeignore').unlink()
    (indexed / 'c/.honeignore').unlink()
    summary = index()
    assert figures(summary, 'photos', 'embedded', 'new') == (COUNT, 0, 0), 'what was known is found again'


def test_links(indexed, index, library, samples, tmp_path):
    outside = tmp_path / 'outside'
    outside.mkdir()
    shutil.copy(samples / 'opencv/apple.jpg', outside)
    (indexed / 'a/up').symlink_to('..')
    (indexed / 'b/self').symlink_to('self')
    (indexed / 'b/other').symlink_to(indexed / 'a')
    (indexed / 'c/one').symlink_to(indexed / 'c/two')
    (indexed / 'c/two').symlink_to(indexed / 'c/one')
    (indexed / 'c/dangling.jpg').symlink_to('/nowhere')
    (indexed / 'c/outside').symlink_to(outside)
    (outside / 'back').symlink_to(indexed)
    summary = index()
    found = ids(library)
    assert figures(summary, 'new', 'photos') == (1, COUNT + 1), summary
    assert [path for path in found if path.endswith('apple.jpg')] == [str(indexed / 'c/outside/apple.jpg')]
    assert len(found) == COUNT + 1, 'folders that links lead to are walked once'
    assert len(summary['failures']) == summary['failed'] <= 4, summary


def test_names_that_are_no_utf8(indexed, index, library, hone):
    path = next((indexed / 'a').iterdir())
    odd = os.fsencode(indexed / 'b') + b'/\xff\xfe \n"\\.jpg'
    shutil.copy(path, odd)
    folder = os.fsencode(indexed) + b'/\xc3('
    os.mkdir(folder)
    shutil.copy(path, folder + b'/x.jpg')
    summary = index()
    assert figures(summary, 'files', 'failed', 'new', 'photos') == (COUNT + 2, 0, 0, COUNT), summary
    details = hone('show', path, '--json').ok().json()
    assert {place['path'] for place in details['files']} == {str(path), str(indexed / 'b') + '/\\xff\\xfe \n"\\.jpg', str(indexed) + '/\\xc3(/x.jpg'}
    assert hone('show', os.fsdecode(odd), '--json').ok().json()['id'] == details['id']
    assert figures(index(), 'unchanged', 'moved', 'missing') == (COUNT + 2, 0, 0)


def test_a_file_that_still_grows(photos, hone, library, samples):
    """Written in pieces during indexing: half of it is a damaged JPEG, all of it is one photo."""
    content = (samples / 'opencv/apple.jpg').read_bytes()
    target = photos / 'growing.jpg'
    started = threading.Event()

    def write():
        with open(target, 'wb', buffering=0) as file:
            step = len(content) // 6 + 1
            for at in range(0, len(content), step):
                file.write(content[at:at + step])
                started.set()
                time.sleep(.4)

    writer = threading.Thread(target=write)
    writer.start()
    started.wait()
    summary = hone('index', photos, '--json').ok().json()
    assert not writer.is_alive(), 'it was waited for'
    assert figures(summary, 'files', 'failed', 'skipped', 'new', 'photos') == (COUNT + 1, 0, 0, COUNT + 1, COUNT + 1), summary
    assert target.read_bytes() == content
    assert hone('show', target, '--json').ok().json()['bytes'] == len(content)
    assert figures(hone('index', '--json').ok().json(), 'unchanged', 'failed') == (COUNT + 1, 0)


def test_retry_failed(indexed, index, library, hone):
    broken = indexed / 'broken.jpg'
    broken.write_bytes((indexed / 'a' / sorted(os.listdir(indexed / 'a'))[0]).read_bytes()[:3000])
    os.utime(broken, (1.6e9, 1.6e9))
    summary = index()
    assert figures(summary, 'failed', 'new') == (1, 0) and summary['failures'][0]['stage'] == 'decode', summary
    reason = summary['failures'][0]['reason']
    catalog = sqlite3.connect(library / 'catalog.db')
    catalog.execute("UPDATE place SET reason = 'an older version said so' WHERE state = 2")
    catalog.commit()
    catalog.close()
    summary = index()
    assert [failure['reason'] for failure in summary['failures']] == ['an older version said so'], 'not read again'
    summary = index('--retry-failed')
    assert [failure['reason'] for failure in summary['failures']] == [reason], 'read again'
    assert summary['unchanged'] == COUNT


def test_a_mended_file(indexed, index, samples):
    whole = (samples / 'opencv/apple.jpg').read_bytes()
    broken = indexed / 'broken.jpg'
    broken.write_bytes(whole[:3000])
    os.utime(broken, (1.6e9, 1.6e9))
    assert figures(index(), 'failed', 'new') == (1, 0)
    broken.write_bytes(whole)
    assert figures(index(), 'failed', 'new') == (0, 1)


SIDECAR = '''<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"/></rdf:RDF></x:xmpmeta>'''


def test_sidecars(indexed, index, library):
    path = next((indexed / 'a').iterdir())

    def rating():
        found, = rows(library, 'SELECT metadata.rating FROM metadata JOIN place USING (photo_id) WHERE place.path = ?', os.fsencode(path))
        return found[0]

    assert rating() is None
    sidecar = path.with_name(path.name + '.xmp')
    for value in (4, 2):
        sidecar.write_text(SIDECAR.format(value))
        summary = index()
        assert figures(summary, 'embedded', 'new', 'failed', 'missing', 'photos') == (0, 0, 0, 0, COUNT), summary
        assert rating() == value
        assert figures(index(), 'unchanged') == (COUNT,)
    sidecar.unlink()
    index()
    assert rating() is None, 'what only the sidecar said goes with it'
    # named after the photo without its extension, and broken
    path.with_suffix('.xmp').write_text(SIDECAR.format(5))
    index()
    assert rating() == 5
    path.with_suffix('.xmp').write_text('<broken')
    assert figures(index(), 'failed', 'photos') == (0, COUNT) and rating() is None


@pytest.mark.parametrize('how', ['renamed', 'copied and deleted', 'folder renamed', 'with another copy'])
def test_a_photo_that_moves_without_its_sidecar(indexed, index, library, how):
    path = next((indexed / 'a').iterdir())
    sidecar = path.with_name(path.name + '.xmp')
    sidecar.write_text(SIDECAR.format(4))
    index()
    kept = vectors(library)

    def rating(at):
        (found,), = rows(library, 'SELECT metadata.rating FROM metadata JOIN place USING (photo_id) WHERE place.path = ?', os.fsencode(at))
        return found

    new = indexed / 'b' / ('moved' + path.suffix)
    if how == 'renamed':
        path.rename(new)
    elif how == 'folder renamed':
        (indexed / 'a').rename(indexed / 'z')
        new = indexed / 'z' / path.name
        (indexed / 'z' / sidecar.name).unlink()
    else:
        shutil.copy(path, new)
        if how != 'with another copy':
            path.unlink()
    summary = index()
    assert figures(summary, 'new', 'embedded', 'failed', 'photos') == (0, 0, 0, COUNT), summary
    if how == 'copied and deleted':
        summary = index()  # only the end of a scan reveals that the old file is gone
        assert figures(summary, 'embedded', 'failed', 'photos') == (0, 0, COUNT), summary
    assert rating(new) == (4 if how == 'with another copy' else None)
    assert vectors(library) == kept
    assert figures(index(), 'unchanged') == (COUNT + (how == 'with another copy'),), 'and it is done'


def test_two_runs_at_once(indexed, library, hone):
    """The second process reports who holds the library, or runs after the first; the library stays intact."""
    results = []
    threads = [threading.Thread(target=lambda: results.append(run_hone('index', '--json', library=library))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any(run.code == 0 for run in results)
    for run in results:
        assert run.code in (0, 3), run
        if run.code == 3:
            run.refused(3, 'in use')
    assert json.loads(hone('status', '--json').ok().out)['photos'] == COUNT
    assert pathlib.Path(library / 'catalog.db').exists()
