# SPDX-License-Identifier: GPL-3.0-or-later
"""Every route of docs/http.md, over a real socket, compared with the OpenAPI document that the server itself returns."""
import hashlib
import http.client
import io
import json
import pathlib
import re
import shutil
import socket
import threading
import time

import pytest
from PIL import Image

import openapi
from conftest import HONE, names
from events import Events


@pytest.fixture(scope='module')
def api(sample_server):
    return sample_server.get('/openapi.json').json()


@pytest.fixture(scope='module')
def some(sample_server):
    """{file name: photo} of the sample photos"""
    page = sample_server.get('/photos?limit=1000').json()
    return {pathlib.Path(p['path']).name: p for p in page['photos']}


def problem(answer, status, *words):
    assert answer.status == status, answer
    assert answer.headers['Content-Type'].split(';')[0] == 'application/problem+json', answer
    document = answer.json()
    assert document['status'] == status and document['title'] and document['type'], document
    assert document.get('detail'), document
    for word in words:
        assert re.search(word, document['detail'], re.I), document
    return document


def test_openapi_is_valid_and_complete(api):
    openapi.check_document(api)
    for method, route in (('post', '/search'), ('get', '/photos'), ('get', '/photos/{id}'), ('get', '/photos/{id}/thumbnail'),
                          ('get', '/photos/{id}/original'), ('get', '/photos/{id}/similar'), ('post', '/examples'), ('get', '/folders'),
                          ('post', '/folders'), ('delete', '/folders/{id}'), ('post', '/scan'), ('post', '/scan/pause'),
                          ('post', '/scan/resume'), ('get', '/status'), ('get', '/failures'), ('get', '/events')):
        openapi.operation(api, method, route)


def test_search(sample_server, api, samples):
    page = sample_server.search('a squirrel', limit=10)
    openapi.check(api, 'post', '/search', 200, page)
    assert set(page) >= {'query', 'total', 'likely', 'possible', 'took_ms', 'method', 'model', 'histogram', 'cuts', 'results'}
    assert len(page['histogram']['counts']) == 40 and sum(page['histogram']['counts']) == page['total'] == 59
    assert page['cuts']['possible'] < page['cuts']['likely'] and page['histogram']['from'] < page['histogram']['to']
    first = page['results'][0]
    assert set(first) >= {'id', 'path', 'width', 'height', 'color', 'copies', 'score', 'probability', 'reasons'}
    assert re.fullmatch('#[0-9a-f]{6}', first['color'])
    with Image.open(first['path']) as im:
        assert (first['width'], first['height']) == im.size
    assert first['id'] == hashlib.sha256(pathlib.Path(first['path']).read_bytes()).hexdigest()


def test_search_pages_through_one_order(sample_server):
    whole = [r['id'] for r in sample_server.search('a flower', limit=59)['results']]
    paged = [r['id'] for at in range(0, 60, 7) for r in sample_server.search('a flower', limit=7, offset=at)['results']]
    assert paged == whole and len(set(whole)) == 59
    assert sample_server.search('a flower', limit=7, offset=1000)['results'] == []


def test_search_is_a_pure_function(sample_server, some):
    request = {'text': 'a flower', 'like': [some['fruits.jpg']['id']], 'unlike': [some['home.jpg']['id']], 'seen': [some['orange.jpg']['id']], 'limit': 59}
    one, two = (sample_server.post('/search', request).json() for _ in range(2))
    assert [(r['id'], r['score']) for r in one['results']] == [(r['id'], r['score']) for r in two['results']]
    assert one['total'] == 56
    assert not {'fruits.jpg', 'home.jpg', 'orange.jpg'} & set(names(one))


def test_every_method_is_plain_ranking_without_marks(sample_server):
    plain = names(sample_server.search('a flower', limit=59))
    for method in ('hone', 'text', 'average', 'rocchio', 'fit', 'fit-data', 'bayes', 'propagate'):
        page = sample_server.search('a flower', limit=59, method=method)
        assert names(page) == plain and page['method'] == method


def test_search_from_a_photo(sample_server, some):
    found = names(sample_server.search(None, **{'from': some['YellowFlower.jpg']['id'], 'limit': 5}))
    assert len(found) == 5
    mixed = sample_server.search('a car', **{'from': some['YellowFlower.jpg']['id']})
    assert mixed['total'] >= 58


@pytest.mark.parametrize('body, word', [
    ({}, 'text|word|from|mark'), ({'text': ''}, 'text|word|from|mark'), ({'text': '   '}, 'text|word|from|mark'), ({'text': 5}, 'text'), ({'text': 'x', 'limit': 0}, 'limit'),
    ({'text': 'x', 'limit': 1001}, 'limit'), ({'text': 'x', 'limit': -1}, 'limit'), ({'text': 'x', 'limit': 'ten'}, 'limit'),
    ({'text': 'x', 'offset': -1}, 'offset'), ({'text': 'x', 'method': 'magic'}, 'method'), ({'text': 'x', 'colour': 'red'}, 'colour'),
    ({'text': 'x', 'like': 'abc'}, 'like'), ({'text': 'x', 'like': ['abc']}, 'abc|like'), ({'text': 'x', 'seen': [1]}, 'seen'),
    ({'text': 'a' * 10_001}, '10,?000'), ([], 'object|document'), ('text', 'object|document')])
def test_search_refuses(sample_server, body, word):
    problem(sample_server.request('POST', '/api/v1/search', json.dumps(body), {'Content-Type': 'application/json'}), 400, word)


def test_unknown_marks_are_named(sample_server):
    ghost = 'f' * 64
    answer = sample_server.post('/search', {'text': 'x', 'like': [ghost]})
    assert answer.status in (200, 400, 404), answer
    if answer.status != 200:
        problem(answer, answer.status, 'f{8}')


@pytest.mark.parametrize('raw', [b'', b'{', b'{"text": "x"', b'\xff\xfe', b'{"text": "\xff"}', b'{"text": "x"} trailing', b'[' * 100_000, b'null'])
def test_malformed_json(sample_server, raw):
    problem(sample_server.request('POST', '/api/v1/search', raw, {'Content-Type': 'application/json'}), 400)
    assert sample_server.get('/status').status == 200


def test_text_at_the_limit(sample_server):
    page = sample_server.search('dog ' * 2500, limit=3)
    assert len(page['results']) == 3


def test_odd_words_are_just_words(sample_server):
    for text in ('🐕', 'собака', '犬', "'; DROP TABLE photo; --", '<script>', '\u202e', 'a\u0000b', '%s%n', '../../etc/passwd'):
        answer = sample_server.post('/search', {'text': text, 'limit': 1})
        assert answer.status == 200 and len(answer.json()['results']) == 1, (text, answer)


def test_photos(sample_server, api):
    page = sample_server.get('/photos?order=newest&offset=0&limit=200').json()
    openapi.check(api, 'get', '/photos', 200, page)
    assert page['total'] == 59 and len(page['photos']) == 59
    part = sample_server.get('/photos?order=newest&offset=10&limit=5').json()
    assert [p['id'] for p in part['photos']] == [p['id'] for p in page['photos'][10:15]]
    for query in ('order=best', 'limit=x', 'limit=-1', 'offset=-1', 'offset=1e9x'):
        problem(sample_server.get('/photos?' + query), 400)


def test_photo(sample_server, api, some):
    photo = some['home.jpg']
    details = sample_server.get(f'/photos/{photo["id"]}').json()
    openapi.check(api, 'get', '/photos/{id}', 200, details)
    path = pathlib.Path(photo['path'])
    assert details['bytes'] == path.stat().st_size and details['format'].lower() in ('jpeg', 'jpg', 'image/jpeg')
    assert re.match(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d', details['added_at'])
    place, = details['files']
    assert place['path'] == str(path) and place['size'] == path.stat().st_size and place['reachable'] is True
    assert 'content' in {a['analyzer'] for a in details['analyses']}


@pytest.mark.parametrize('route', ['', '/thumbnail', '/original', '/similar'])
def test_unknown_photo(sample_server, route):
    problem(sample_server.get('/photos/' + 'f' * 64 + route), 404, 'f{8}')
    assert sample_server.get('/photos/not-an-id' + route).status in (400, 404)
    assert sample_server.get('/photos/..%2f..%2fetc%2fpasswd' + route).status in (400, 404)


@pytest.mark.parametrize('size', [240, 480, 1080])
def test_thumbnail(sample_server, some, size):
    photo = some['aloeL.jpg']
    answer = sample_server.get(f'/photos/{photo["id"]}/thumbnail?size={size}')
    assert answer.status == 200 and answer.headers['Content-Type'] == 'image/webp'
    assert {'private', 'max-age=31536000', 'immutable'} <= {x.strip() for x in answer.headers['Cache-Control'].split(',')}
    etag = answer.headers['ETag']
    assert etag.startswith('"'), 'a strong one'
    with Image.open(io.BytesIO(answer.body)) as im:
        assert im.format == 'WEBP' and max(im.size) <= size and max(im.size) >= min(size, max(photo['width'], photo['height'])) - 1
        assert abs(im.width / im.height - photo['width'] / photo['height']) < 0.02
    again = sample_server.get(f'/photos/{photo["id"]}/thumbnail?size={size}', If_None_Match=etag)
    assert again.status == 304 and again.body == b'' and again.headers['ETag'] == etag
    assert sample_server.get(f'/photos/{photo["id"]}/thumbnail?size={size}', If_None_Match='"other"').status == 200
    assert sample_server.get(f'/photos/{photo["id"]}/thumbnail?size={size}', If_None_Match=f'"x", {etag}').status == 304


def test_thumbnail_sizes_differ(sample_server, some):
    photo = some['home.jpg']
    tags = {sample_server.get(f'/photos/{photo["id"]}/thumbnail?size={s}').headers['ETag'] for s in (240, 480, 1080)}
    assert len(tags) == 3
    problem(sample_server.get(f'/photos/{photo["id"]}/thumbnail?size=999'), 400, 'size|240')


def test_original(sample_server, some):
    photo = some['coffee.png']
    answer = sample_server.get(f'/photos/{photo["id"]}/original')
    assert answer.status == 200 and answer.body == pathlib.Path(photo['path']).read_bytes()
    assert answer.headers['Content-Type'] == 'image/png'
    assert 'public' not in answer.headers.get('Cache-Control', '')
    part = sample_server.get(f'/photos/{photo["id"]}/original', Range='bytes=5-14', If_Range=answer.headers['ETag'])
    assert part.status == 206 and part.body == answer.body[5:15]
    assert part.headers['Content-Range'] == f'bytes 5-14/{len(answer.body)}'
    assert sample_server.get(f'/photos/{photo["id"]}/original', Range='bytes=5-14', If_Range='"another"').body == answer.body
    problem(sample_server.get(f'/photos/{photo["id"]}/original', Range=f'bytes={len(answer.body)}-'), 416)
    assert sample_server.get(f'/photos/{photo["id"]}/original', If_None_Match=answer.headers['ETag']).status == 304


def test_head(sample_server, some):
    photo = some['coffee.png']
    answer = sample_server.request('HEAD', f'/api/v1/photos/{photo["id"]}/original')
    assert answer.status == 200 and answer.body == b''
    assert int(answer.headers['Content-Length']) == pathlib.Path(photo['path']).stat().st_size


def test_similar(sample_server, api, some):
    photo = some['YellowFlower.jpg']
    page = sample_server.get(f'/photos/{photo["id"]}/similar?limit=60&offset=0&space=content').json()
    openapi.check(api, 'get', '/photos/{id}/similar', 200, page)
    assert len(page['results']) == 58 and photo['id'] not in {r['id'] for r in page['results']}
    problem(sample_server.get(f'/photos/{photo["id"]}/similar?space=taste'), 400, 'space|taste')


def test_examples(sample_server, api, some):
    picture = io.BytesIO()
    with Image.open(some['chelsea.png']['path']) as im:
        im.convert('RGB').resize((320, 213)).save(picture, 'JPEG')
    answer = sample_server.request('POST', '/api/v1/examples', picture.getvalue(), {'Content-Type': 'image/jpeg'})
    assert answer.status in (200, 201), answer
    document = answer.json()
    openapi.check(api, 'post', '/examples', answer.status, document)
    assert (document['width'], document['height']) == (320, 213)
    assert names(sample_server.search(None, **{'from': document['id'], 'limit': 3}))[0] == 'chelsea.png'
    assert sample_server.search('a flower', like=[document['id']])['total'] >= 58
    assert sample_server.status()['photos'] == 59, 'nothing is stored'
    for body in (b'', b'not a picture', picture.getvalue()[:200]):
        answer = sample_server.request('POST', '/api/v1/examples', body, {'Content-Type': 'image/jpeg'})
        problem(answer, answer.status)
        assert answer.status in (400, 415, 422)


def test_status_and_folders(sample_server, api, samples):
    status = sample_server.status()
    openapi.check(api, 'get', '/status', 200, status)
    assert (status['photos'], status['searchable'], status['failed']) == (59, 59, 0)
    assert status['model']['name'] == 'hone-default-390-v2' and status['model']['licence'] == 'Apache-2.0'
    assert status['indexing']['state'] == 'idle' and status['last_scan']['photos'] == 59
    folders = sample_server.get('/folders').json()
    openapi.check(api, 'get', '/folders', 200, folders)
    folder, = folders['folders']
    assert (folder['path'], folder['photos'], folder['reachable']) == (str(samples), 59, True)


def test_health_metrics_and_unknown_routes(sample_server):
    for path in ('/healthz', '/api/v1/healthz'):
        answer = sample_server.request('GET', path)
        if answer.status == 200:
            assert answer.body.strip() == b'ok'
            break
    else:
        raise AssertionError(answer)
    metrics = [a for a in (sample_server.request('GET', p) for p in ('/metrics', '/api/v1/metrics')) if a.status == 200]
    assert metrics and re.search(rb'^hone_\w+(\{.*\})? [0-9.e+]+$', metrics[0].body, re.M), metrics
    problem(sample_server.get('/nothing'), 404)
    answer = sample_server.request('PUT', '/api/v1/search', b'{}')
    problem(answer, 405)
    problem(sample_server.get('/search'), 405)


def test_host_header_and_origin_are_minded(sample_server):
    """A page of another site must not read or write through the user's browser (DNS rebinding, cross-site posts)."""
    assert sample_server.request('GET', '/api/v1/status', headers={'Host': 'evil.example'}).status in (400, 403, 421)
    answer = sample_server.request('POST', '/api/v1/scan', b'{}', {'Origin': 'http://evil.example', 'Content-Type': 'text/plain'})
    assert answer.status in (400, 403, 415), answer
    assert sample_server.get('/status', Origin='http://evil.example').headers.get('Access-Control-Allow-Origin') in (None, 'null')


def test_body_too_large(sample_server):
    host, port = sample_server.host.split(':')
    with socket.create_connection((host, int(port)), 20) as s:
        s.sendall(b'POST /api/v1/search HTTP/1.1\r\nHost: ' + sample_server.host.encode() + b'\r\nContent-Type: application/json\r\nContent-Length: 100000000\r\n\r\n')
        chunk = b' ' * 1_000_000
        try:
            for _ in range(100):
                s.sendall(chunk)
        except OSError:
            pass                        # it answered and closed before everything was sent: even better
        s.settimeout(20)
        answer = b''
        try:
            while part := s.recv(65536):
                answer += part
                if b'\r\n\r\n' in answer and b'"status"' in answer:
                    break
        except OSError:
            pass
    assert b' 413 ' in answer.split(b'\r\n')[0], answer[:300]
    assert b'application/problem+json' in answer
    assert sample_server.get('/status').status == 200


@pytest.mark.parametrize('raw', [b'GARBAGE\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n', b'GET ' + b'/a' * 50_000 + b' HTTP/1.1\r\nHost: x\r\n\r\n',
                                 b'GET / HTTP/1.1\r\n' + b'X: y\r\n' * 20_000 + b'\r\n', b'POST /api/v1/search HTTP/1.1\r\nContent-Length: -5\r\n\r\n',
                                 b'POST /api/v1/search HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', b'\x16\x03\x01\x02\x00\x01\x00'])
def test_bad_http(sample_server, raw):
    host, port = sample_server.host.split(':')
    with socket.create_connection((host, int(port)), 10) as s:
        s.settimeout(10)
        try:
            s.sendall(raw)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        except OSError:
            pass
    assert sample_server.get('/status').status == 200


def test_many_at_once(sample_server):
    results, errors = [], []

    def work(k):
        try:
            for _ in range(5):
                results.append(names(sample_server.search('a flower', limit=5)))
        except Exception as e:          # collected, shown below
            errors.append(e)
    threads = [threading.Thread(target=work, args=(k,)) for k in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors and len(results) == 80 and all(r == results[0] for r in results)


def test_folders_scan_and_events(serve, quick, photos, tmp_path):
    with serve() as server:
        document = server.get('/openapi.json').json()
        assert server.status()['photos'] == 0 and server.get('/folders').json() == {'folders': []}
        assert server.get('/photos').json() == {'total': 0, 'photos': []}
        events = Events(server)
        assert events.answer.status == 200 and events.answer.getheader('Content-Type').startswith('text/event-stream')
        (photos / 'broken.jpg').write_bytes(b'\xff\xd8\xff\xe0 this is not a photo')
        (photos / 'notes.txt').write_text('no picture')

        added = server.post('/folders', {'path': str(photos)})
        assert added.status == 201, added
        openapi.check(document, 'post', '/folders', 201, added.json())
        assert added.json()['path'] == str(photos)
        server.wait_idle(searchable=12)
        # an earlier one may come from the scan at the start, which found no folder
        scan = events.wait('scan', where=lambda data: data['files'] > 0)
        assert (scan['new'], scan['failed']) == (12, 1), scan
        failure = events.wait('failure')
        assert failure['path'].endswith('broken.jpg') and failure['reason']
        new = [p['id'] for kind, data in events.seen if kind == 'photos' for p in data['photos']]
        assert sorted(new) == sorted(p['id'] for p in server.get('/photos').json()['photos'])
        progress = events.wait('progress')
        assert progress['state'] in ('idle', 'counting', 'running', 'paused') and progress['total'] == sum(j['total'] for j in progress['jobs'])
        failures = server.get('/failures').json()
        openapi.check(document, 'get', '/failures', 200, failures)
        assert [f['path'] for f in failures['failures']] == [str(photos / 'broken.jpg')]
        assert sum(failures['skipped'].values()) == 1

        # a new file, found by a requested scan
        shutil.copy(photos / 'home.jpg', tmp_path / 'x.jpg')
        with Image.open(photos / 'home.jpg') as im:
            im.rotate(90, expand=True).save(photos / 'new.png')
        seen = len(events.seen)
        answer = server.post('/scan')
        assert answer.status == 202 and answer.json()['state'] in ('running', 'counting'), answer
        assert events.wait('scan', after=seen)['new'] == 1
        assert server.wait_idle(searchable=13)['photos'] >= 13

        for call, state in (('/scan/pause', 'paused'), ('/scan/resume', None)):
            answer = server.post(call)
            assert answer.status == 202, answer
            if state:
                assert answer.json().get('state', server.status()['indexing']['state']) in (state, 'idle')

        # one analyzer rests: the photo is there, its vector comes after the rest
        def analyzer(name):
            return next(job for job in server.status()['indexing']['jobs'] if job['name'] == name)
        assert [job['name'] for job in server.status()['indexing']['jobs']][:4] == ['finding', 'indexing', 'description', 'content']
        before = server.status()
        assert analyzer('content')['analyzed'] == before['searchable']
        assert server.post('/scan/pause', {'job': 'content'}).status == 202
        with Image.open(photos / 'home.jpg') as im:
            im.rotate(180).save(photos / 'later.png')
        seen = len(events.seen)
        server.post('/scan')
        assert events.wait('scan', after=seen)['new'] == 1
        now = server.status()
        assert (now['photos'], now['searchable']) == (before['photos'] + 1, before['searchable'])
        assert analyzer('content')['state'] == 'paused' and analyzer('description')['analyzed'] == now['photos']
        assert server.post('/scan/resume', {'job': 'content'}).status == 202
        server.wait_idle(searchable=before['searchable'] + 1)
        for body, status, word in (({'job': 'contents'}, 404, 'description, content'), ({'job': 5}, 400, 'job'), ({'who': ''}, 400, 'job')):
            problem(server.post('/scan/pause', body), status, word)

        for body, word in (({'path': '/no/such/folder'}, 'no/such/folder'), ({'path': str(photos / 'home.jpg')}, 'home.jpg'), ({'path': ''}, 'path'),
                           ({}, 'path'), ({'path': 'relative'}, 'relative|absolute'), ({'path': 5}, 'path')):
            problem(server.post('/folders', body), 400, word)

        folder = server.get('/folders').json()['folders'][0]['id']
        assert server.request('DELETE', f'/api/v1/folders/{folder}').status == 204
        assert server.get('/folders').json() == {'folders': []}
        assert server.search('anything')['total'] == 0, 'its photos are no longer found'
        problem(server.request('DELETE', f'/api/v1/folders/{folder}'), 404)
        again = server.post('/folders', {'path': str(photos)})
        assert again.status == 201
        server.wait_idle(searchable=before['searchable'] + 1)
        assert server.status()['last_scan']['new'] == 0, 'the knowledge was kept'


def test_reading_commands_work_beside_the_server(serve, hone, quick, photos):
    with serve(photos) as server:
        server.wait_idle(searchable=12)
        by_http = names(server.search('a flower', limit=12))
        assert names(hone('search', 'a flower', '--limit', '12', '--json').ok().json()) == by_http
        assert hone('status', '--json').ok().json()['photos'] == 12
        hone('similar', photos / 'home.jpg', '--json').ok()
        hone('show', photos / 'home.jpg', '--json').ok()
        # `hone index` hands its folder to the running server
        other = photos.parent / 'other'
        other.mkdir()
        with Image.open(photos / 'orange.jpg') as im:
            im.rotate(180).save(other / 'turned.png')
        run = hone('index', other, '--json').ok()
        assert run.json()['new'] == 1 and server.wait_idle(searchable=13)['searchable'] == 13


def test_searchable_while_indexing(serve, samples, library):
    with serve(samples) as server:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            status = server.status()
            if 0 < status['searchable'] < 59:
                page = server.search('a photo', limit=1000)
                assert 0 < page['total'] <= server.status()['searchable']
                break
            assert status['searchable'] < 59, 'done before a look could be had'
        server.wait_idle(searchable=59)


def test_web_client_is_served(sample_server):
    if not (HONE.parents[2] / 'web/dist/index.html').is_file():
        pytest.skip('the web client is not built')
    answer = sample_server.request('GET', '/')
    assert answer.status == 200 and answer.headers['Content-Type'].startswith('text/html')
    for header, word in (('X-Content-Type-Options', 'nosniff'), ('Content-Security-Policy', "'self'")):
        assert word in answer.headers.get(header, ''), answer.headers
    for path in ('/../catalog.db', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd'):
        answer = sample_server.request('GET', path)
        assert b'root:' not in answer.body and b'SQLite format' not in answer.body
