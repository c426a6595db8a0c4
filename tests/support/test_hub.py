# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated hub behaves as the download tests expect."""
import hashlib
import http.client
import json
import urllib.error
import urllib.request

import pytest

from hub import Hub


@pytest.fixture
def hub(tmp_path):
    (tmp_path / 'onnx').mkdir()
    (tmp_path / 'onnx/model.onnx').write_bytes(bytes(range(256)) * 1000)
    (tmp_path / 'config.json').write_text('{}')
    with Hub({'a/b': tmp_path}) as h:
        yield h


def get(hub, path, **headers):
    with urllib.request.urlopen(urllib.request.Request(hub.url + path, headers=headers), timeout=10) as r:
        return r.status, r.headers, r.read()


def test_tree_has_sha256(hub):
    rows = {r['path']: r for r in json.loads(get(hub, '/api/models/a/b/tree/main?recursive=1')[2])}
    assert rows['onnx/model.onnx']['lfs']['oid'] == hashlib.sha256(bytes(range(256)) * 1000).hexdigest()
    assert 'lfs' not in rows['config.json'] and rows['onnx']['type'] == 'directory'


def test_range_and_redirect(hub):
    status, headers, body = get(hub, '/a/b/resolve/main/onnx/model.onnx')
    assert status == 200 and len(body) == 256_000 and hub.requests[0][3] == 302
    status, headers, body = get(hub, '/a/b/resolve/main/onnx/model.onnx', Range='bytes=255990-')
    assert (status, len(body), headers['Content-Range']) == (206, 10, 'bytes 255990-255999/256000')
    with pytest.raises(urllib.error.HTTPError, match='416'):
        get(hub, '/a/b/resolve/main/onnx/model.onnx', Range='bytes=256000-')


def test_faults_are_used_up(hub):
    hub.faults['onnx/model.onnx'] = [{'cut': 1000}, {'wrong': True}, {'status': 429, 'retry_after': 1}]
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        get(hub, '/a/b/resolve/main/onnx/model.onnx')
    assert get(hub, '/a/b/resolve/main/onnx/model.onnx')[2] != bytes(range(256)) * 1000
    with pytest.raises(urllib.error.HTTPError, match='429') as error:
        get(hub, '/a/b/resolve/main/onnx/model.onnx')
    assert error.value.headers['Retry-After'] == '1'
    assert get(hub, '/a/b/resolve/main/onnx/model.onnx')[2] == bytes(range(256)) * 1000


@pytest.mark.parametrize('path, status', [('/a/b/resolve/main/nothing', 404), ('/a/b/resolve/v9/config.json', 404), ('/x/y/resolve/main/config.json', 401),
                                          ('/api/models/x/y/tree/main', 401)])
def test_what_is_not_there(hub, path, status):
    with pytest.raises(urllib.error.HTTPError, match=str(status)):
        get(hub, path)
