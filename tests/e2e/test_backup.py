# SPDX-License-Identifier: GPL-3.0-or-later
"""hone backup and hone restore on the real program."""
import io
import json
import random
import shutil
import subprocess
import tarfile
import time

import pytest

from conftest import HONE, names, run_hone, run_server


def test_from_one_machine_to_another(hone, photos, quick, tmp_path):
    backup = tmp_path / 'library.backup'
    with run_server(photos, library=hone.library) as server:
        server.wait_idle(searchable=12)
        found = names(server.search('a cat', limit=12))
        said = hone('backup', backup, '--with-thumbnails', '--json').ok().json()
        assert (said['photos'], said['thumbnails']) == (12, 36) and said['bytes'] == backup.stat().st_size
        hone('restore', backup, '--yes').refused(3, 'hone serve', 'in use')
    moved = photos.rename(tmp_path / 'elsewhere')
    second = tmp_path / 'second'
    shutil.copytree(hone.library / 'models', second / 'models')
    run_hone('restore', backup, '--map', f'{photos}={moved}', library=second).ok()
    assert len(list((second / 'thumbs').rglob('*.webp'))) == 36
    summary = run_hone('index', '--json', library=second).ok().json()
    assert (summary['unchanged'], summary['new'], summary['embedded'], summary['missing']) == (12, 0, 0, 0), 'nothing is computed again'
    with run_server(library=second) as server:
        assert names(server.search('a cat', limit=12)) == found


def test_asks_before_it_replaces(hone, photos, quick, tmp_path):
    hone('index', photos).ok()
    backup = tmp_path / 'b'
    hone('backup', backup).ok()
    hone('restore', backup, input=b'').refused(1, '--yes')
    assert hone('restore', backup, '--yes', '--json').ok().json()['photos'] == 12
    assert hone('status', '--json').ok().json()['photos'] == 12
    hone('restore', photos / 'coffee.png', '--yes').refused(1, 'no backup|cannot be read')
    hone('restore', backup, '--yes', '--map', 'a=b').refused(1, '--map')
    hone('backup', tmp_path / 'no/such/folder/b').refused(1, 'no/such/folder')
    run_hone('backup', backup, library=tmp_path / 'nothing').refused(1, 'no library')


@pytest.mark.parametrize('manifest, said', [
    ([], 'its list of contents is missing'), ({}, 'its list of contents is missing'), ({'format': 'x'}, 'its list of contents is missing'), ({'format': 1e30}, 'its list of contents is missing'),
    ({'format': 99}, 'newer Hone'), ({'files': {'catalog.db': 7}}, 'its list of contents is missing'),
    ({'files': {'catalog.db': ''}, 'photos': -1}, 'its list of contents is missing'), ({'files': {'catalog.db': ''}, 'made_at': {}}, 'its list of contents is missing')])
def test_a_backup_whose_first_words_are_wrong(manifest, said, hone, tmp_path):
    text = json.dumps({'format': 1, **manifest} if manifest else manifest).encode()
    with tarfile.open(tmp_path / 'strange', 'w') as archive:
        entry = tarfile.TarInfo('hone-backup.json')
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    hone('restore', tmp_path / 'strange', '--yes').refused(1, said)


@pytest.mark.parametrize('command', ['backup', 'restore'])
def test_killed_at_any_moment(command, hone, photos, quick, tmp_path):
    """kill -9 leaves the old state or the new one."""
    old, new = tmp_path / 'old.backup', tmp_path / 'new.backup'
    hone('index', photos).ok()
    hone('backup', new).ok()
    taken = sorted(photos.iterdir())[:5]
    for photo in taken:
        photo.unlink()
    hone('index').ok()
    hone('backup', old).ok()
    states = set()
    chance = random.Random(5)
    target = tmp_path / 'target.backup'
    for _ in range(12):
        if command == 'backup':
            shutil.copy(new, target)
            process = subprocess.Popen([str(HONE), 'backup', str(target), '--library', str(hone.library)], stdout=subprocess.DEVNULL)
        else:
            hone('restore', old, '--yes').ok()
            process = subprocess.Popen([str(HONE), 'restore', str(new), '--yes', '--library', str(hone.library)], stdout=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.06))
        process.kill()
        process.wait()
        if command == 'backup':
            hone('restore', target, '--yes').ok()
        states.add(hone('status', '--json').ok().json()['photos'])
        if command == 'backup':
            hone('restore', old, '--yes').ok()
    assert states <= {7, 12} and states, states
    hone('index').ok()


def test_by_itself(hone, photos, quick, tmp_path):
    backups = tmp_path / 'backups'
    hone('index', photos).ok()
    hone('config', 'backup-folder', 'here').refused(1, 'absolute path')
    hone('config', 'backup-keep', '0').refused(1, 'backup-keep')
    hone('config', 'backup-folder', backups).ok()
    with run_server(library=hone.library):
        end = time.monotonic() + 90
        while not list(backups.glob('hone-*.backup')):
            assert time.monotonic() < end, 'no backup is written'
            time.sleep(0.2)
    run_hone('restore', next(backups.glob('hone-*.backup')), library=tmp_path / 'second').ok()
