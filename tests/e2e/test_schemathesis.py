# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that schemathesis derives from the OpenAPI document, valid and invalid: no server error, and no answer missing from the document."""
import json
import shutil
import time
from collections import Counter

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import content_type_conformance, negative_data_rejection, response_schema_conformance, status_code_conformance

from conftest import FEW, LONG, run_hone, run_server, use_model

CASES = 300 if LONG else 10  # of each route and kind
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SETTINGS = hypothesis.settings(max_examples=CASES, derandomize=True, database=None, deadline=None, phases=[hypothesis.Phase.generate],
                               suppress_health_check=list(hypothesis.HealthCheck))
OWN_TOKEN = '1'


@schemathesis.serializer('image/*')
def picture_bytes(context, value):
    return value


@pytest.fixture(scope='module')
def pictures(samples, tmp_path_factory):
    """A folder of five photos, one of them with a face."""
    folder = tmp_path_factory.mktemp('schemathesis') / 'photos'
    folder.mkdir()
    for name in [*FEW[:4], 'scikit-image/astronaut.png']:
        shutil.copy2(samples / name, folder)
    jpeg = (folder / 'butterfly.jpg').read_bytes()
    broken = [b'', jpeg[:300], jpeg[:-500] + b'\0' * 500, (folder / 'coffee.png').read_bytes()[:2000], b'GIF89a', b'\xff\xd8\xff', b'RIFF\0\0\0\0WEBP',
              b'II*\0', b'BM' + b'\xff' * 60]
    schemathesis.openapi.media_type('image/*', st.sampled_from([jpeg, *broken]) | st.binary(max_size=200))
    return folder


class House:
    """A server with a separate library, and the principal of the requests."""
    def __init__(self, server, token, session):
        self.server, self.token, self.session = server, token, session
        self.document = server.get('/openapi.json').json()
        self.operations = [found.ok() for found in schemathesis.openapi.from_dict(self.document).get_all_operations()]
        self.operations.sort(key=lambda o: o.method.upper() == 'DELETE')  # deletions come last
        photos = [p['id'] for p in server.get('/photos', **token).json()['photos']]
        faces = [face['id'] for photo in photos for face in server.get(f'/photos/{photo}/faces', **token).json()['faces']]
        people = [p['id'] for p in server.get('/people?singles=true', **token).json()['people']]
        assert len(photos) == 5 and faces and people
        # made-up ids alone would always return 404
        self.known = {'/photos/': photos, '/faces/': faces, '/people/': people}

    def headers_of(self, path):
        return self.session if path.startswith('/api/v1/tokens') else self.token


@pytest.fixture(params=['owner', 'viewer'])
def house(request, pictures, test_models, tmp_path):
    """Once open on this machine, once for a viewer with a token (with a session for routes that a token may not use)."""
    library, token, session = tmp_path / 'library', {}, {}
    use_model(library, test_models / 'clip-random')
    run_hone('index', pictures, library=library).ok()
    if request.param == 'viewer':
        for name in ('ada', 'vera'):
            run_hone('users', 'add', name, library=library, input=b'correct horse\n').ok()
        made = run_hone('users', 'token', 'x', '--role', 'viewer', '--user', 'vera', '--json', library=library).ok().json()
        assert str(made['id']) == OWN_TOKEN
        token = {'Authorization': 'Bearer ' + made['token']}
    with run_server(library=library, args=('--no-watch',)) as server:
        if token:
            cookie = server.post('/session', {'name': 'vera', 'password': 'correct horse'}).headers['Set-Cookie']
            session = {'Cookie': cookie.split(';')[0], 'Origin': server.url}
        end = time.monotonic() + 60
        while server.get('/status', **token).json()['searchable'] < 5:
            assert time.monotonic() < end, server.get('/status', **token)
            time.sleep(0.1)
        yield House(server, token, session)
        assert server.get('/status', **token).status == 200


@st.composite
def cases(draw, operation, mode, known, folder):
    """Returns (case, whether its id was replaced by an existing one, so that it may be valid after all)."""
    case, exchanged = draw(operation.as_strategy(generation_mode=mode)), False
    for where, values in known.items():
        if where in operation.path and '{id}' in operation.path and draw(st.integers(0, 2)):
            case.path_parameters['id'], exchanged = draw(st.sampled_from(values)), True
    if operation.path.endswith('/tokens/{id}') and str(case.path_parameters['id']) == OWN_TOKEN:
        case.path_parameters['id'] = 2
    if isinstance(case.body, dict):
        for field in {'like', 'unlike', 'seen'} & set(case.body) if mode.is_positive else ():
            case.body[field] = draw(st.lists(st.sampled_from(known['/photos/']), max_size=3))
        # a folder outside this test would be indexed
        if isinstance(case.body.get('path'), str) and case.body['path'].startswith('/'):
            case.body['path'] = str(folder) + case.body['path']
    return case, exchanged


def send(client, request):
    answer = client.send(client.prepare_request(request), stream=True, timeout=60, allow_redirects=False)
    if answer.headers.get('Content-Type') == 'text/event-stream':  # it has no end
        answer._content = b''
        answer.close()
    return answer


def call(client, house, case):
    wanted = case.as_transport_kwargs(base_url=house.server.url)
    request = requests.Request(**{name: wanted[name] for name in ('method', 'url', 'headers', 'params', 'json', 'data', 'cookies') if name in wanted})
    request.headers = {**(request.headers or {}), **house.headers_of(case.operation.path)}
    return send(client, request)


@pytest.mark.parametrize('mode', [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
def test_every_route(house, mode, tmp_path):
    client, wrong, count = requests.Session(), {}, Counter()

    def check(drawn):
        case, exchanged = drawn
        checks = CHECKS + [negative_data_rejection] * (mode.is_negative and not exchanged)
        answer = call(client, house, case)
        route = case.operation.label
        count[route] += 1
        try:
            case.validate_response(answer, checks=checks)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                wrong.setdefault((route, answer.status_code, type(failure)), f'{route} -> {answer.status_code} {type(failure).__name__}: {failure.message[:300]} '
                                 f'| {answer.request.url[:200]} {str(answer.request.body)[:300]} | {answer.text[:300]}')

    for operation in house.operations:
        # Without input, there are no invalid requests and only one valid one; test_nonsense covers these routes too.
        without = not any((operation.body, operation.path_parameters, operation.query))
        # Any bytes are an example, as far as a schema can express.
        if mode.is_negative and (without or operation.path == '/api/v1/examples'):
            continue
        SETTINGS(hypothesis.given(cases(operation, mode, house.known, tmp_path))(check))()
        assert count[operation.label] >= (1 if without else CASES), operation.label
    assert not wrong, '\n'.join(wrong.values())
    assert len(count) == (len(house.operations) if mode.is_positive else 25), sorted(count)


NAMES = st.sampled_from(['text', 'like', 'from', 'limit', 'scan', 'action', 'person', 'people', 'name', 'role', 'days', 'retry_failed', 'limit', 'offset', 'size', 'space',
                         'filter', 'kind', 'hidden', 'order']) | st.text(max_size=5)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
NONSENSE = st.fixed_dictionaries({
    'query': st.lists(st.tuples(NAMES, SCALARS.map(str)), max_size=4),
    'body': st.binary(max_size=60) | st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)).map(lambda v: json.dumps(v).encode()),
    'media': st.sampled_from(['application/json', 'text/plain', 'image/jpeg', 'multipart/form-data', ';;']),
    'id': st.sampled_from(['0', '-1', '%00', '..', '%2e%2e%2f', 'f' * 64, '1e9', '%e2%80%ae', '%zz'])})


@pytest.mark.parametrize('house', ['owner'], indirect=True)
def test_nonsense(house):
    """Queries and bodies that the document lacks, for every route; also a body with GET."""
    client, wrong = requests.Session(), []
    documented = {operation.label: set(map(str, operation.definition.raw['responses'])) for operation in house.operations}
    for operation in house.operations:
        sent = []

        def check(nonsense):
            headers = {'Content-Type': nonsense['media'], **house.headers_of(operation.path)}
            answer = send(client, requests.Request(operation.method.upper(), house.server.url + operation.path.replace('{id}', nonsense['id']), params=nonsense['query'],
                                                   headers=headers, data=nonsense['body']))
            sent.append(answer.status_code)
            # the document does not list the general answers of each route: to an invalid JSON body, or to a name with / or .. in it
            if answer.status_code >= 500 and answer.status_code != 503 or str(answer.status_code) not in documented[operation.label] | {'400', '404'}:
                wrong.append(f'{operation.label} {answer.request.url} {answer.request.body} -> {answer.status_code} {answer.text[:200]}')

        hypothesis.settings(SETTINGS, max_examples=CASES + 10)(hypothesis.given(NONSENSE)(check))()
        assert len(sent) >= CASES, operation.label
    assert not wrong, '\n'.join(wrong)
