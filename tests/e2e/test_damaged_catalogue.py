# SPDX-License-Identifier: GPL-3.0-or-later
"""hone doctor on a damaged catalogue: it saves the readable part, reports the losses and explains how to continue."""
import re
import shlex
import sqlite3

from conftest import names, run_hone

PAGE = 4096


def leaf_of(catalog, table):
    with sqlite3.connect(f'file:{catalog}?mode=ro', uri=True) as database:
        return database.execute("SELECT pageno, ncell FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY ncell DESC", [table]).fetchone()


def overwrite(catalog, page):
    with open(catalog, 'r+b') as file:
        file.seek((page - 1) * PAGE)
        file.write(b'\xa5' * PAGE)
    return catalog.read_bytes()


def test_saves_and_says_how_to_go_on(hone, photos, quick, tmp_path):
    hone('index', photos).ok()
    hone('config', 'backup-keep', '5').ok()
    found = names(hone('search', 'a cat', '--json').ok().json())
    catalog = hone.library / 'catalog.db'
    page, rows = leaf_of(catalog, 'look')
    damaged = overwrite(catalog, page)

    hone('backup', tmp_path / 'b').refused(1, 'damaged', 'hone doctor')
    (hone.library / 'users.db').write_bytes(b'who may sign in')
    said = hone('doctor')
    assert said.code == 1 and 'Traceback' not in said.err, said
    lines = [line for line in said.out.splitlines() if line.startswith('PROBLEM')]
    assert re.search(r'catalogue +.*catalog\.db is damaged \(.*\); the readable rows were saved in .*catalog-saved-\d{8}-\d{6}\.db$', lines[0]), lines
    assert [line for line in lines if ' lost ' in line and 'look: ' in line and f'{rows} lost' in line], lines
    assert len([line for line in lines if line.split()[1] == 'lost']) == 1, 'only the table that lost something'
    assert catalog.read_bytes() == damaged

    advice = next(line for line in lines if line.split()[1] == 'next')
    commands = [shlex.split(command)[1:] for command in re.findall(r'`(hone (?!serve)[^`]+)`', advice)]
    assert [command[0] for command in commands] == ['restore', 'index'], advice
    run_hone(*commands[0], input=b'').refused(1, '--yes')
    run_hone(*commands[0], '--yes').ok()
    summary = run_hone(*commands[1], '--json').ok().json()
    assert (summary['photos'], summary['new'], summary['embedded']) == (12, 0, 0), 'vectors were saved'
    assert names(hone('search', 'a cat', '--json').ok().json()) == found
    assert '5' in hone('config', 'backup-keep').ok().out
    assert (hone.library / 'users.db').read_bytes() == b'who may sign in'
    lines = hone('doctor').out.splitlines()
    assert any(line.split()[:2] == ['ok', 'catalogue'] for line in lines), lines
    with sqlite3.connect(f'file:{catalog}?mode=ro', uri=True) as database:
        assert database.execute('SELECT count(*) FROM look').fetchone()[0] == 12, 'what was lost is there again'


def test_nothing_can_be_read(hone, photos, quick):
    hone('index', photos).ok()
    catalog = hone.library / 'catalog.db'
    damaged = overwrite(catalog, 1)
    said = hone('doctor', '--json')
    assert said.code == 1, said
    problems = [finding for finding in said.json()['findings'] if not finding['good']]
    assert [finding['what'] for finding in problems][:2] == ['catalogue', 'next'], problems
    assert 'and unreadable' in problems[0]['detail'] and 'photos are not touched' in problems[0]['detail']
    assert not list(hone.library.glob('catalog-saved-*'))
    assert catalog.read_bytes() == damaged
    hone('status').refused(1, 'damaged', 'hone doctor')
    catalog.unlink()
    assert hone('index', photos, '--json').ok().json()['photos'] == 12
