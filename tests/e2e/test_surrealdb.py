# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue on a SurrealDB server, with the real engine (tests/contract/surrealdb/engine.mjs)."""
import hashlib
import json
import shutil
import sqlite3
import subprocess
import time

import numpy
import openapi
from conftest import HONE, ROOT, SURREAL_SECRET as SECRET, check_pictures, run_hone, run_server, wait_for

def test_index_query_and_copy(engine, hone, photos, quick, tmp_path):
    catalog = ('--catalog', engine.address())
    # settings belong to the catalogue, including the selected model
    hone('models', 'use', quick, *catalog).ok()
    summary = hone('index', photos, '--json', *catalog).ok().json()
    assert (summary['new'], summary['failed']) == (12, 0)
    assert hone('status', '--json', *catalog).ok().json()['photos'] == 12
    paths = {str(photo) for photo in photos.iterdir()}
    asked = hone('query', '-', *catalog, input=b'SELECT VALUE path FROM base_image; RETURN 1').ok().json()
    assert set(asked[0]) == paths and asked[1] == 1
    found = hone('query', ROOT / 'docs/surrealdb/similar-3.surql', *catalog).ok().json()[-1]
    check_pictures(found, paths)

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
        assert status['catalog'] == {'address': f'127.0.0.1:{engine.port}/e2e/pictures', 'state': 'ready', 'trouble': None}

        # photos indexed by another process are found here
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


def test_tls_with_a_certificate_that_is_checked(start_engine, hone, tmp_path):
    certificate, key = tmp_path / 'certificate.pem', tmp_path / 'key.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=hone',
                    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', str(key), '-out', str(certificate)], check=True, capture_output=True)
    engine = start_engine('--certificate', str(certificate), '--key', str(key))
    secure = engine.address().replace('surrealdb://', 'surrealdbs://')
    trusted = {'SSL_CERT_FILE': certificate}
    assert hone('query', '-', '--catalog', secure, input=b'RETURN 1', env=trusted).ok().json() == [1]
    hone('query', '-', '--catalog', secure, input=b'RETURN 1').refused(1, 'certificate')
    hone('query', '-', '--catalog', secure.replace('127.0.0.1', 'localhost'), input=b'RETURN 1', env=trusted).refused(1, 'certificate')
    hone('query', '-', '--catalog', engine.address(), input=b'RETURN 1', env=trusted).refused(1, 'does not answer')


def grow(library, photos):
    """A catalogue of `photos` photos with faces, people and all facts, most of them made up."""
    database = sqlite3.connect(library / 'catalog.db')
    random = numpy.random.default_rng(7)
    known = database.execute('SELECT count(*) FROM photo').fetchone()[0]
    with database:
        folder = database.execute('SELECT id FROM folder').fetchone()[0]
        for person in range(1, 21):
            database.execute('INSERT INTO person (id, name) VALUES (?, ?)', (person, f'Person "{person}"\n:x' if person % 2 else ''))
        for number in range(known + 1, photos + 1):
            like = number % known + 1
            sha = hashlib.sha256(str(number).encode()).digest()
            database.execute('INSERT INTO photo SELECT ?, ?, bytes, width, height, format, color, added_at, shown_as, missing_since FROM photo WHERE id = ?', (number, sha, like))
            path = b'/made/up/\xff%d \xf0\x9f\x98\x80 it\'s.jpg' % number
            database.execute('INSERT INTO place (folder_id, path, size, modified_ns, inode, state, photo_id) VALUES (?, ?, 1, 2, ?, ?, ?)',
                             (folder, path, number + 10**6, number % 50 == 0, number))
            for table in ('analysis', 'vector', 'metadata', 'look'):
                columns = [row[1] for row in database.execute(f'PRAGMA table_info({table})') if row[1] != 'photo_id']
                database.execute(f'INSERT INTO {table} (photo_id, {", ".join(columns)}) SELECT ?, {", ".join(columns)} FROM {table} WHERE photo_id = ?', (number, like))
            database.execute('INSERT INTO keyword VALUES (?, ?)', (number, f"it's {number % 7}"))
            for _ in range(2):
                database.execute('INSERT INTO face (photo_id, model, x, y, width, height, score, age, male, age_low, age_high, vector, person_id, confirmed) '
                                 'VALUES (?, "net", ?, 10.5, 40, 50, .75, 31.5, .25, 28, 40, ?, ?, ?)',
                                 (number, float(random.integers(500)), random.normal(size=128).astype(numpy.float32).tobytes(), int(random.integers(1, 21)), number % 2))
    database.close()


def test_a_large_library_comes_back_as_it_was(engine, hone, photos, quick, tmp_path):
    hone('index', photos).ok()
    grow(hone.library, 2000)
    before = hone('export', '--format', 'json').ok().json()
    assert len(before['photos']) == 1960, 'every 50th of them is missing'
    assert sum(len(photo['faces']) for photo in before['photos']) >= 2 * 1940
    hone('catalog', 'copy', '--from', 'sqlite', '--to', engine.address('large')).ok()
    back = tmp_path / 'back'
    run_hone('catalog', 'copy', '--from', engine.address('large'), '--to', 'sqlite', library=back).ok()
    assert run_hone('export', '--format', 'json', library=back).ok().json() == before
    direct = run_hone('export', '--format', 'json', '--catalog', engine.address('large'), library=tmp_path / 'direct').ok().json()
    assert direct == before, 'and the same on the server'
