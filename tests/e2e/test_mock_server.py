# SPDX-License-Identifier: GPL-3.0-or-later
"""The mock server of web/dev answers as docs/openapi.yaml says: the client is developed and tested against it."""
import contextlib
import json
import re
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml

import openapi
from conftest import ROOT


@contextlib.contextmanager
def run_mock(*args):
    process = subprocess.Popen(['node', 'dev/mock_server.mjs', '--port', '0', '--seconds', '0', *args], cwd=ROOT / 'web', stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r'http://\S+', process.stdout.readline())[0] + '/api/v1'
    finally:
        process.terminate()
        process.wait(20)


def call(url, method, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url + path, data, {'Content-Type': 'application/json'}, method=method), timeout=60) as answer:
        return answer.status, json.loads(answer.read())


def route_of(path):
    return re.sub(r'/([0-9a-f]{64}|\d+)(?=/|$)', '/{id}', path.partition('?')[0])


@pytest.fixture(scope='module')
def document():
    return yaml.safe_load((ROOT / 'docs/openapi.yaml').read_text())


def test_answers_match_the_document(document, tmp_path):
    with run_mock('--faces') as url:
        page = call(url, 'POST', '/search', {'text': 'drawn'})[1]
        photo = page['results'][0]['id']
        face = call(url, 'GET', '/people/questions')[1]['questions'][0]['face']['id']
        for path in ('/session', '/status', '/folders', '/failures', '/photos?limit=5', f'/photos/{photo}', f'/photos/{photo}/similar', f'/photos/{photo}/faces',
                     f'/faces/{face}/similar', '/people', '/people/1', '/people/questions', '/people/history'):
            openapi.check(document, 'GET', route_of(path), *call(url, 'GET', path))
        marks = {'text': 'a red drawn', 'like': [photo], 'filter': 'has:gps', 'seen': [page['results'][1]['id']]}
        for path, body in (('/search', marks), ('/people', {'action': 'name', 'person': 3, 'name': 'Dora'}), ('/folders', {'path': str(tmp_path)}), ('/scan', {}),
                           ('/scan/pause', {}), ('/scan/resume', {}), ('/forget', {'missing_days': 0, 'dry_run': True}), ('/examples', {'bytes': 'of a photo, or so'})):
            openapi.check(document, 'POST', route_of(path), *call(url, 'POST', path, body))


@pytest.mark.parametrize('flags', [['--empty'], ['--no-model'], ['--paused', '--seconds', '60']], ids=' '.join)
def test_the_states_of_a_library(document, flags):
    with run_mock(*flags) as url:
        for route in ('/status', '/photos', '/people', '/failures'):
            openapi.check(document, 'GET', route, *call(url, 'GET', route))


def test_a_refusal_is_a_problem(document):
    with run_mock() as url:
        with pytest.raises(urllib.error.HTTPError) as refused:
            call(url, 'POST', '/search', {'text': 'x', 'colour': 'red'})
        openapi.check(document, 'POST', '/search', 400, json.loads(refused.value.read()), 'application/problem+json')
