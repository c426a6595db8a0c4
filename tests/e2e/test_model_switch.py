# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the image-text model: searches continue with the former one, the switch is one step, and it can be undone."""
import sqlite3

import pytest

from conftest import added_name, names, run_server, wait_for
from hub import Hub


@pytest.fixture
def other(hone, test_models, quick, photos):
    """A library that is indexed with one model, and another one that is installed."""
    hone('index', photos).ok()
    return added_name(hone('models', 'add', test_models / 'other-dimension', '--json').ok(), 'other-dimension')


def vectors(library):
    with sqlite3.connect(f'file:{library}/catalog.db?mode=ro', uri=True) as catalog:
        return sorted(catalog.execute('SELECT count(*), length(data) / 4 FROM vector GROUP BY model'))


def test_commands_switch_when_every_photo_has_a_vector(hone, quick, other, library):
    before = names(hone('search', 'a flower', '--json').ok().json())
    said = hone('models', 'use', other).ok()
    assert quick in said.out and 'until' in said.out, said
    assert hone('search', 'a flower', '--json').ok().json()['model'] == quick
    status = hone('status', '--json').ok().json()
    assert (status['model']['name'], status['next_model']['name'], status['searchable']) == (quick, other, 12)
    assert hone('index', '--json').ok().json()['embedded'] == 12
    assert hone('search', 'a flower', '--json').ok().json()['model'] == other
    assert hone('status', '--json').ok().json()['next_model'] is None
    assert vectors(library) == [(12, 48), (12, 64)]
    # back at once: the former vectors are there
    assert 'is now in use' in hone('models', 'use', quick).ok().out
    page = hone('search', 'a flower', '--json').ok().json()
    assert page['model'] == quick and names(page) == before
    assert hone('index', '--json').ok().json()['embedded'] == 0


def test_a_server_searches_with_the_former_model_meanwhile(hone, quick, other, library, photos):
    with run_server(library=library) as server:
        server.wait_idle(searchable=12)
        before = names(server.search('a flower'))
        server.post('/scan/pause')
        said = hone('models', 'use', other).ok()          # through the server, which holds the library
        assert 'in the background' in said.out, said
        models = server.get('/models').json()
        assert (models['used'], models['next']) == (quick, other)
        wait_for(lambda: (server.status()['next_model'] or {}).get('name') == other, 'the server takes the new model in')
        page = server.search('a flower')
        assert page['model'] == quick and names(page) == before
        # A photo that comes meanwhile is found by the model in use, too.
        assert server.post('/scan/pause', {'job': 'new model'}).status == 202
        server.post('/scan/resume')
        (photos / 'copy of one.jpg').write_bytes(sorted(photos.glob('*.jpg'))[0].read_bytes() + b'\0')
        wait_for(lambda: server.status()['searchable'] == 13, 'the photo is found')
        assert server.search('a flower')['model'] == quick
        server.post('/scan/resume', {'job': 'new model'})
        wait_for(lambda: server.status()['model']['name'] == other, 'the switch')
        assert server.search('a flower')['model'] == other
        assert server.wait_idle(searchable=13)['next_model'] is None
        assert vectors(library) == [(13, 48), (13, 64)]
        # undone at once
        server.post('/models/use', {'name': quick})
        wait_for(lambda: server.status()['model']['name'] == quick, 'the way back')
        assert server.search('a flower')['model'] == quick
        refused = server.request('DELETE', f'/api/v1/models/{quick}')
        assert refused.status == 409, refused
        server.wait_idle()
        assert server.request('DELETE', f'/api/v1/models/{other}').status == 204
        assert other not in [row['name'] for row in server.get('/models').json()['models']]
        assert server.search('a flower')['model'] == quick


def test_a_new_model_survives_a_restart(hone, quick, other, library):
    with run_server(library=library) as server:
        server.wait_idle(searchable=12)
        server.post('/scan/pause')
        server.post('/models/use', {'name': other})
        wait_for(lambda: server.status()['next_model'], 'the new model')
        assert server.status()['indexing']['state'] in ('paused', 'idle')
    with run_server(library=library) as server:
        wait_for(lambda: server.status()['model']['name'] == other, 'the switch')
        assert server.wait_idle(searchable=12)['next_model'] is None


def test_a_library_whose_model_is_gone_is_embedded_anew(hone, quick, other, library, test_models):
    """As after an update that brings another default pack: searches have what is embedded so far."""
    hone('models', 'use', quick).ok()
    for folder in (library / 'models').iterdir():
        if folder.name == quick:
            folder.rename(library / 'gone')
    hone('models', 'use', other).ok()
    with run_server(library=library) as server:
        assert server.wait_idle(searchable=12)['model']['name'] == other
        assert server.search('a flower')['total'] == 12


def state(server):
    return server.get('/models').json().get('download', {})


def test_download_pause_resume_cancel_use(hone, quick, other, library, test_models):
    with Hub({'someone/clip-immich': test_models / 'clip-immich'}) as hub:
        with run_server(library=library, env={'HF_ENDPOINT': hub.url}) as server:
            server.wait_idle(searchable=12)
            assert not hub.requests, 'a server by itself asks nobody'
            hub.faults['visual/model.onnx'] = [{'slow': 200_000}] * 2
            assert server.post('/models/download', {'source': 'someone/clip-immich'}).status == 202
            wait_for(lambda: state(server)['done'] > 0, 'bytes come')
            assert server.post('/models/download', {'source': 'someone/else'}).status == 409
            paused = server.post('/models/download/pause')
            assert paused.status == 202 and paused.json()['download']['state'] == 'paused', paused
            count = len(hub.requests)
            assert server.post('/models/download/cancel').status == 202
            assert 'download' not in server.get('/models').json()
            assert not list((library / 'models').glob('.pull-*')), 'its files are deleted'
            assert server.post('/models/download/cancel').status == 404
            server.post('/models/download', {'source': 'someone/clip-immich'})
            slow = (test_models / 'clip-immich/visual/model.onnx').stat().st_size
            wait_for(lambda: state(server)['done'] > state(server)['total'] - slow + 50_000 > 50_000, 'bytes of the slow file come')
            server.post('/models/download/pause')
            assert server.post('/models/download/resume').json()['download']['state'] == 'running'
            wait_for(lambda: state(server)['state'] == 'done', 'the download')
            assert any(request[2] for request in hub.requests[count:]), 'the rest only'
            name = state(server)['name']
            assert server.post('/models/use', {'name': name}).status == 200
            wait_for(lambda: server.status()['model']['name'] == name, 'the switch')
            hub.faults[''] = [{'status': 500}]
            server.post('/models/download', {'source': 'someone/nothing'})
            wait_for(lambda: state(server)['state'] == 'failed', 'the reason')
            assert '500' in state(server)['problem']


@pytest.mark.parametrize('path, body, status', [
    ('/models/use', {'name': 'nobody'}, 404), ('/models/use', {}, 400), ('/models/use', {'name': 'x', 'more': 1}, 400),
    ('/models/download', {'source': 'no slash'}, 400), ('/models/download', {'source': 'a/b', 'precision': 'f8'}, 400),
    ('/models/download/pause', None, 404), ('/models/download/resume', None, 404)])
def test_bad_wishes(sample_server, path, body, status):
    answer = sample_server.post(path, body)
    assert answer.status == status, answer
