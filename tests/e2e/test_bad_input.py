# SPDX-License-Identifier: GPL-3.0-or-later
"""Real-life problems: one clear line, the right exit code, and no data lost afterwards."""
import contextlib
import os
import pathlib
import shutil
import socket
import sqlite3
import subprocess
import tempfile

import pytest

from conftest import HONE, MODELS, ROOT, names, need, run_hone, run_server, use_model, wait_for


@pytest.fixture
def good(hone, quick, photos):
    """A library with twelve photos, which must still exist at the end."""
    hone('index', photos).ok()
    yield photos
    status = hone('status', '--json').ok().json()
    assert (status['photos'], status['searchable']) == (12, 12)
    catalog = sqlite3.connect(f'file:{hone.library}/catalog.db?mode=ro', uri=True)
    assert catalog.execute('PRAGMA integrity_check').fetchone() == ('ok',)


def test_missing_folder(hone, good):
    hone('index', '/no/such/folder').refused(1, '/no/such/folder', 'not|exist')


def test_file_in_place_of_a_folder(hone, good):
    hone('index', good / 'home.jpg').refused(1, 'home.jpg', 'folder|director')


def test_empty_folder(hone, good, tmp_path):
    (tmp_path / 'nothing').mkdir()
    summary = hone('index', tmp_path / 'nothing', '--json').ok().json()
    assert summary['failed'] == 0


def test_zero_photos_search(hone, quick, tmp_path):
    (tmp_path / 'nothing').mkdir()
    hone('index', tmp_path / 'nothing').ok()
    run = hone('search', 'a dog', '--json')
    assert run.code in (0, 1), run
    if run.code == 0:
        assert run.json()['total'] == 0 and run.json()['results'] == []
    else:
        run.refused(1, 'index')


def test_folder_without_pictures(hone, quick, tmp_path):
    folder = tmp_path / 'papers'
    folder.mkdir()
    for name in ('a.txt', 'b.pdf', '.hidden.jpg.swp', 'Thumbs.db'):
        (folder / name).write_text('text')
    summary = hone('index', folder, '--json').ok().json()
    assert (summary['photos'], summary['failed']) == (0, 0) and summary['skipped']


@contextlib.contextmanager
def nobody_s_place():
    """A folder that the user nobody can write to, outside pytest's private one."""
    if os.geteuid() != 0 or not shutil.which('setpriv'):
        pytest.skip('needs root and setpriv')
    base = pathlib.Path(tempfile.mkdtemp(prefix='hone-nobody-'))
    try:
        os.chown(base, 65534, 65534)
        yield base, ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--']
    finally:
        subprocess.run(['chmod', '-R', 'u+rwX', base], check=False)
        shutil.rmtree(base, ignore_errors=True)


def test_unreadable_folder_and_file(samples, test_models):
    with nobody_s_place() as (base, as_nobody):
        if subprocess.run([*as_nobody, HONE, '--version'], capture_output=True).returncode != 0:
            pytest.skip('user nobody cannot reach the program')
        folder, library = base / 'photos', base / 'library'
        folder.mkdir()
        (folder / 'closed').mkdir()
        for name, target in (('home.jpg', folder), ('orange.jpg', folder), ('apple.jpg', folder / 'closed')):
            shutil.copy(samples / 'opencv' / name, target)
        for path in [folder, *folder.rglob('*')]:
            os.chmod(path, 0o755)
        os.chmod(folder / 'orange.jpg', 0)
        os.chmod(folder / 'closed', 0)
        more = {'prefix': as_nobody, 'env': {'HOME': base}, 'library': library, 'cwd': base}
        model = base / 'model'
        shutil.copytree(test_models / 'clip-random', model)
        use_model(library, model, prefix=as_nobody, env={'HOME': base}, cwd=base)
        summary = run_hone('index', folder, '--json', **more).ok().json()
        assert summary['photos'] >= 1 and summary['new'] == 1
        said = {pathlib.Path(f['path']).name for f in summary['failures']}
        assert said == {'orange.jpg', 'closed'}, summary
        assert all('ermission' in f['reason'] or 'read' in f['reason'] for f in summary['failures']), summary
        # a folder that cannot be read
        os.chmod(folder, 0)
        run_hone('index', folder, '--json', library=base / 'other', prefix=as_nobody, env={'HOME': base}, cwd=base).refused(1, 'photos', 'permission|read')
        # known photos are not forgotten because of it
        assert run_hone('status', '--json', **more).ok().json()['photos'] >= 1
        # a read-only library
        os.chmod(folder, 0o755)
        run_hone('index', folder, library='/proc/hone', prefix=as_nobody, env={'HOME': base}, cwd=base).refused(1, '/proc/hone')


def test_quiet_is_quiet_on_the_first_run_too(library, photos):
    """The first run probes the devices; their libraries' messages must not reach the user."""
    for args in (['index', photos, '--quiet'], ['search', 'a flower', '--quiet']):
        run = run_hone(*args, library=library).ok()
        assert run.err == '', run


def test_corrupt_photos(hone, quick, photos, samples):
    jpeg, png = (samples / 'opencv/home.jpg').read_bytes(), (samples / 'scikit-image/coffee.png').read_bytes()
    bad = {'zero.jpg': b'', 'text.jpg': b'hello, world\n' * 100, 'head only.jpg': jpeg[:20], 'cut.png': png[:3000], 'noise.png': png[:33] + os.urandom(5000),
           'wrong crc.png': png[:100] + b'\x00' * 500 + png[600:], 'gif.gif': b'GIF89a\xff\xff\xff\xff' + b'\x00' * 50, 'webp.webp': b'RIFF\x10\x00\x00\x00WEBPVP8 ',
           'heic.heic': b'\x00\x00\x00\x18ftypheic' + b'\x00' * 100, 'tiff.tif': b'II*\x00\xff\xff\xff\xff', 'svg.jpg': b'<svg xmlns="http://www.w3.org/2000/svg" width="9e9" height="9e9"/>',
           # a PNG with a declared size of 60,000 x 60,000
           'bomb.png': png[:16] + (60000).to_bytes(4, 'big') * 2 + png[24:]}
    for name, content in bad.items():
        (photos / name).write_bytes(content)
    run = hone('index', photos, '--json')
    assert run.code == 0, run
    summary = run.json()
    assert summary['new'] >= 12 and summary['photos'] <= 12 + 4, summary       # some decoders return an image from half a file
    said = {pathlib.Path(f['path']).name: f for f in summary['failures']}
    assert summary['failed'] == len(said) and set(said) <= set(bad)
    for name in ('text.jpg', 'head only.jpg', 'noise.png', 'bomb.png', 'heic.heic'):
        assert name in said or summary['skipped'] > 0, f'{name} passed in silence: {summary}'
    assert all(f['stage'] and f['reason'] and '\n' not in f['reason'] for f in said.values())
    # failed files are not tried again, but still reported
    again = hone('index', '--json').ok().json()
    assert again['new'] == 0
    assert hone('status', '--json').ok().json()['failed'] == len(said)
    # repaired: tried again automatically
    (photos / 'head only.jpg').write_bytes(jpeg[:-2] + b'\x00\x00\xff\xd9')
    assert hone('index', '--json').ok().json()['new'] == 1


def test_awkward_photos(hone, quick, tmp_path):
    awkward = need(ROOT / 'deps/golden/awkward', 'the awkward files (script/golden)')
    run = hone('index', awkward, '--json')
    assert run.code == 0, run
    summary = run.json()
    assert summary['photos'] > 60 and summary['failed'] == len(summary['failures'])
    status = hone('status', '--json').ok().json()
    assert status['searchable'] + status['failed'] >= status['photos']


def test_no_model(tmp_path, photos):
    """The program alone, without the default pack next to it."""
    lone = tmp_path / 'bin'
    lone.mkdir()
    shutil.copy(HONE, lone / 'hone')
    more = {'binary': lone / 'hone', 'library': tmp_path / 'library', 'env': {'HOME': tmp_path}, 'cwd': lone}
    index = run_hone('index', photos, '--json', **more)
    assert index.code in (0, 1), index
    if index.code == 1:
        index.refused(1, 'model', 'hone models|bootstrap')
    run_hone('search', 'a dog', **more).refused(1, 'model', 'hone models|bootstrap')


def test_model_of_another_dimension(hone, good, test_models, library):
    added = hone('models', 'add', test_models / 'other-dimension', '--json').ok()
    name = added.json().get('name', 'other-dimension') if added.out.strip().startswith('{') else 'other-dimension'
    hone('models', 'use', name).ok()
    assert hone('search', 'a dog', '--json').ok().json()['total'] == 12
    assert hone('index', '--json').ok().json()['failed'] == 0
    status = hone('status', '--json').ok().json()
    assert (status['model']['dimension'], status['searchable']) == (48, 12)
    assert hone('search', 'a dog', '--json').ok().json()['total'] == 12


@pytest.mark.parametrize('model, words', [
    ('not-json', ['manifest']), ('wrong-sha', ['vision_model.onnx', 'sha']), ('missing-file', ['nowhere.onnx']), ('outside', ['outside|folder|path']),
    ('truncated', ['vision_model']), ('dimensions', ['64', '32']), ('wrong-dimension', ['512', '64']), ('wrong-input', ['pixels']), ('empty', ['empty'])])
def test_broken_models_are_refused(hone, good, test_models, model, words):
    before = hone('models', 'list', '--json').ok().out
    hone('models', 'add', test_models / 'broken' / model).refused(1, *words)
    assert hone('models', 'list', '--json').ok().out == before, 'a refused model leaves nothing behind'


def test_search_goes_on_while_another_model_is_tried(hone, good, test_models, quick):
    """Switching to another model and back costs no time and loses no data."""
    before = names(hone('search', 'a flower', '--json').ok().json())
    other = use_model(hone.library, test_models / 'other-dimension')
    hone('index').ok()
    assert hone('search', 'a flower', '--json').ok().json()['model'] == other
    hone('models', 'use', quick).ok()
    run = hone('index', '--json').ok().json()
    assert run['new'] == 0
    assert names(hone('search', 'a flower', '--json').ok().json()) == before


def test_model_that_broke_later(hone, good, quick, library):
    file = next((library / 'models').rglob('vision_model*.onnx'))
    whole = file.read_bytes()
    file.write_bytes(whole[:len(whole) // 2])
    try:
        hone('models', 'verify').refused(1, 'vision_model')
        (good / 'new.jpg').write_bytes((good / 'home.jpg').read_bytes() + b'\0')
        run = hone('index')
        assert run.code == 1, run
        run.refused(1, 'vision_model|sha|model')
    finally:
        file.write_bytes(whole)
        (good / 'new.jpg').unlink(missing_ok=True)


def test_catalog_that_is_none(hone, quick, library, photos):
    hone('index', photos).ok()
    shutil.copy(library / 'catalog.db', library.parent / 'kept.db')
    for leftover in ('catalog.db-wal', 'catalog.db-shm'):
        (library / leftover).unlink(missing_ok=True)
    (library / 'catalog.db').write_bytes(b'this is not a database, but long enough to be looked at as one' * 100)
    hone('search', 'a dog').refused(1, 'catalog.db')
    hone('index').refused(1, 'catalog.db')


def test_catalog_of_a_newer_version(hone, good, library):
    catalog = sqlite3.connect(library / 'catalog.db')
    version, = catalog.execute('PRAGMA user_version').fetchone()
    assert version >= 1
    catalog.execute('PRAGMA user_version = 9999')
    catalog.commit()
    try:
        hone('index').refused(1, 'newer|version')
    finally:
        catalog.execute(f'PRAGMA user_version = {version}')
        catalog.commit()
        catalog.close()


def test_derived_files_can_be_deleted(hone, good, library):
    before = names(hone('search', 'a flower', '--json').ok().json())
    for derived in ('vectors', 'thumbs'):
        shutil.rmtree(library / derived, ignore_errors=True)
    assert names(hone('search', 'a flower', '--json').ok().json()) == before
    assert hone('index', '--json').ok().json()['new'] == 0
    with run_server(library=library) as server:
        server.wait_idle()
        photo = server.get('/photos').json()['photos'][0]
        assert server.get(f'/photos/{photo["id"]}/thumbnail?size=240').status == 200


def test_vector_files_that_broke(hone, good, library):
    before = names(hone('search', 'a flower', '--json').ok().json())
    files = [p for p in (library / 'vectors').rglob('*') if p.is_file()]
    for damage in (lambda b: b[:len(b) // 2], lambda b: b'\0' * len(b), lambda b: b''):
        for file in files:
            if file.exists():
                file.write_bytes(damage(file.read_bytes()))
        assert names(hone('search', 'a flower', '--json').ok().json()) == before


def test_port_taken(good, library):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        port = s.getsockname()[1]
        run_hone('serve', '--listen', f'127.0.0.1:{port}', library=library, timeout=30).refused(1, str(port), 'use|taken')


@pytest.mark.parametrize('listen', ['nonsense', '127.0.0.1:99999', '127.0.0.1:', ':x', '300.1.1.1:80'])
def test_bad_listen(good, library, listen):
    run = run_hone('serve', '--listen', listen, library=library, timeout=30)
    assert run.code in (1, 2), run
    run.refused(run.code, 'listen|address|port')


def test_listening_to_the_world_is_refused_without_a_password(good, library):
    run = run_hone('serve', '--listen', '0.0.0.0:0', library=library, timeout=30)
    assert run.code in (1, 2), run
    run.refused(run.code, r'password|127\.0\.0\.1')


def test_library_in_use(good, library, hone, tmp_path):
    with run_server(library=library):
        hone('serve', '--listen', '127.0.0.1:0', timeout=30).refused(3, 'use', r'\d+')
        hone('search', 'a flower', '--json').ok()


def test_disk_full(samples, tmp_path, test_models):
    place = tmp_path / 'small'
    place.mkdir()
    if os.geteuid() != 0 or subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=6500k', 'tmpfs', place], capture_output=True).returncode != 0:
        pytest.skip('hardware: this system refuses to mount a small disk')
    try:
        library = place / 'library'
        use_model(library, test_models / 'other-dimension')
        run = run_hone('index', samples, library=library)
        run.refused(1, 'space|full')
        known = run_hone('status', '--json', library=library)
        subprocess.run(['mount', '-o', 'remount,size=400m', place], check=True)
        if known.code == 0:
            assert known.json()['photos'] <= 59
        summary = run_hone('index', samples, '--json', library=library).ok().json()
        assert (summary['photos'], summary['failed']) == (59, 0), summary
        assert run_hone('status', '--json', library=library).ok().json()['searchable'] == 59
        catalog = sqlite3.connect(f'file:{library}/catalog.db?mode=ro', uri=True)
        assert catalog.execute('PRAGMA integrity_check').fetchone() == ('ok',)
        catalog.close()
    finally:
        subprocess.run(['umount', '-l', place], check=False)


@pytest.mark.parametrize('args', [['--no-such-flag'], ['index', '--no-such-flag'], ['no-such-command'], ['search', 'x', '--limit', 'many'], ['search', 'x', '--limit', '-1'],
                                  ['search', 'x', '--limit', '0'], ['search', 'x', '--method', 'magic'], ['similar'], ['show'], ['similar', 'x', '--space', 'taste'], ['models', 'use'],
                                  ['search', 'x', '--like'], []])
def test_wrong_usage(args, library):
    run = run_hone(*args, env={'HONE_LIBRARY': library})
    assert run.code == 2, run
    if args:
        run.refused(2)


def test_empty_words(hone, good):
    for words in ('', '   ', '\t\n'):
        run = hone('search', words)
        assert run.code in (1, 2), run
        run.refused(run.code, 'word|text|search')


def test_long_words(hone, good):
    assert hone('search', 'dog ' * 2500, '--json').ok().json()['total'] == 12
    run = hone('search', 'x' * 10_001)
    assert run.code in (1, 2), run
    run.refused(run.code, '10,?000')


def test_words_that_are_no_utf8(good, library):
    run = subprocess.run([HONE, 'search', b'\xff\xfe', '--library', str(library), '--json'], capture_output=True)
    assert run.returncode in (0, 1, 2), run
    assert b'terminate' not in run.stderr and (run.returncode == 0 or run.stderr.count(b'\n') <= 3)


@pytest.mark.parametrize('command', [['show'], ['similar'], ['search', '--from'], ['search', 'x', '--like'], ['search', 'x', '--unlike']])
def test_unknown_photo(hone, good, command):
    hone(*command, 'f' * 64).refused(1, 'f{8}')
    hone(*command, '/no/such/photo.jpg').refused(1, '/no/such/photo.jpg')
    run = hone(*command, 'abcdef')                       # too short for an id, and not a file
    run.refused(1, 'abcdef')


def test_example_that_is_no_picture(hone, good, tmp_path):
    (tmp_path / 'x.jpg').write_text('no picture')
    hone('search', '--from', tmp_path / 'x.jpg').refused(1, 'x.jpg')


def test_unknown_model_and_folder(hone, good):
    hone('models', 'use', 'nothing-of-the-kind').refused(1, 'nothing-of-the-kind')
    hone('models', 'add', '/no/such/model').refused(1, '/no/such/model')
    hone('folders', 'remove', '/no/such/folder').refused(1, '/no/such/folder')
    hone('folders', 'add', '/no/such/folder').refused(1, '/no/such/folder')


def test_file_names_of_every_kind(hone, quick, photos):
    odd = ['spaces  and\ttab.jpg', 'new\nline.jpg', 'ümläut.jpg', '日本.jpg', '🐕.jpg', '"quotes\'.jpg', '-dash.jpg', '%s%n.jpg', '$(x).jpg', 'a' * 250 + '.jpg', '.hidden.jpg', 'UPPER.JPG', 'noext']
    content = (photos / 'home.jpg').read_bytes()
    for k, name in enumerate(odd):
        (photos / name).write_bytes(content + b'\0' * (k + 1))                # a different photo each
    bad = os.fsencode(photos) + b'/not utf8 \xff\xfe.jpg'
    with open(bad, 'wb') as f:
        f.write(content + b'\0' * 99)
    run = hone('index', photos, '--json').ok()
    assert run.json()['failed'] == 0, run.json()['failures']
    found = {pathlib.Path(r['path']).name for r in hone('search', 'x', '--limit', '100', '--no-collapse', '--json').ok().json()['results']}
    assert set(odd) - {'.hidden.jpg', 'noext'} <= found
    hone('show', photos / '日本.jpg', '--json').ok()


def test_output_into_a_closed_pipe(good, library):
    """`hone search ... | head -1` ends quietly."""
    run = subprocess.run(f'"{HONE}" search flower --library "{library}" | head -n 1; exit ${{PIPESTATUS[0]}}', shell=True, executable='/bin/bash', capture_output=True)
    assert run.returncode in (0, 141) and b'terminate' not in run.stderr, run


def test_interrupt_is_quiet(samples, library):
    import signal
    process = subprocess.Popen([HONE, 'index', samples, '--library', library], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for(lambda: any((library / 'thumbs').rglob('*.webp')), 'no photo is indexed')
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode in (1, 130, -signal.SIGINT), (process.returncode, err)
    assert b'terminate' not in err
    summary = run_hone('index', samples, '--json', library=library).ok().json()
    assert summary['photos'] == 59
