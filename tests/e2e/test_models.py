# SPDX-License-Identifier: GPL-3.0-or-later
"""hone models: add in every layout, list, use, verify, pull from a hub that misbehaves, devices."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest

from conftest import HONE, added_name, environment, names, run_hone, use_model
from hub import Hub

LAYOUTS = ['clip-random', 'clip-immich', 'clip-rclip', 'clip-combined', 'clip-manifest', 'siglip-random']


def listed(hone):
    document = hone('models', 'list', '--json').ok().json()
    rows = document['models'] if isinstance(document, dict) else document
    return {row['name']: row for row in rows}


@pytest.mark.parametrize('layout', LAYOUTS)
def test_add_use_index_search(hone, photos, test_models, layout):
    added = hone('models', 'add', test_models / layout, '--json').ok()
    name = added_name(added, layout)
    rows = listed(hone)
    assert name in rows and rows[name].get('dimension', 64) == 64
    hone('models', 'use', name).ok()
    hone('models', 'verify').ok()
    summary = hone('index', photos, '--json').ok().json()
    assert (summary['new'], summary['failed']) == (12, 0)
    page = hone('search', 'a dog on the beach', '--json').ok().json()
    assert page['model'] == name and page['total'] == 12
    scores = [r['score'] for r in page['results']]
    assert len(set(np.round(scores, 6))) > 6, 'vectors differ from photo to photo'
    status = hone('status', '--json').ok().json()
    assert status['model']['name'] == name and status['model']['dimension'] == 64


def test_same_network_in_every_layout_scores_alike(test_models, photos, tmp_path):
    """Xenova's, Immich's and the combined file contain the same weights, so the scores must agree."""
    scores = {}
    for layout in ('clip-random', 'clip-immich', 'clip-rclip', 'clip-combined', 'clip-manifest'):
        library = tmp_path / layout
        use_model(library, test_models / layout)
        run_hone('index', photos, library=library).ok()
        page = run_hone('search', 'a dog on the beach', '--json', library=library).ok().json()
        scores[layout] = {r['id']: r['score'] for r in page['results']}
    for layout, found in scores.items():
        for photo, score in scores['clip-manifest'].items():
            assert abs(found[photo] - score) < 0.02, (layout, photo)          # one of them may run in another precision


def test_vectors_are_the_reference_s(hone, quick, photos):
    import sqlite3
    from preprocess_golden import ImageModel
    from conftest import MODELS
    import hashlib
    hone('index', photos).ok()
    model = ImageModel(MODELS / 'clip-manifest')
    catalog = sqlite3.connect(f'file:{hone.library}/catalog.db?mode=ro', uri=True)
    rows = dict(catalog.execute("SELECT p.sha, v.data FROM vector v JOIN photo p ON p.id = v.photo_id WHERE v.space = 'content'"))
    rows = {(k.hex() if isinstance(k, bytes) else k): v for k, v in rows.items()}
    assert len(rows) == 12
    worst = 1.0
    for path in photos.iterdir():
        blob = rows[hashlib.sha256(path.read_bytes()).hexdigest()]
        found = np.frombuffer(blob, '<f4' if len(blob) == 256 else '<f2').astype(np.float32)
        worst = min(worst, float(found @ model(path) / np.linalg.norm(found)))
    assert worst > 0.97, worst


def test_default_pack_is_there(hone):
    row = listed(hone)['hone-default-390-v2']
    assert row.get('licence') == 'Apache-2.0'
    assert 'hone-default-390-v2' in hone('models', 'list').ok().out
    hone('models', 'verify').ok()


def test_adding_twice(hone, test_models):
    hone('models', 'add', test_models / 'clip-random').ok()
    run = hone('models', 'add', test_models / 'clip-random')
    assert run.code in (0, 1), run
    if run.code == 1:
        run.refused(1, 'clip-random', 'already|there|exist')
    hone('models', 'verify').ok()


def test_devices(hone):
    run = hone('models', 'devices').ok()
    assert re.search('cpu', run.out, re.I)
    json.loads(hone('models', 'devices', '--json').ok().out)


@pytest.fixture
def hub(test_models):
    with Hub({'someone/clip-random': test_models / 'clip-random', 'someone/clip-immich': test_models / 'clip-immich',
              'yurijmikhalevich/rclip-models': test_models / 'clip-rclip', 'Xenova/clip-vit-base-patch32': test_models / 'clip-random',
              'someone/broken': test_models / 'broken/truncated'}) as hub:
        yield hub


@pytest.fixture
def pull(hone, hub):
    def call(*args, **more):
        return hone('models', 'pull', *args, env={'HF_ENDPOINT': hub.url, **more.pop('env', {})}, **more)
    return call


VISION = 'onnx/vision_model.onnx'


def pulled_vision(hub):
    """Returns the vision file that a pull requests first (f32, fp16 or quantized: the program chooses)."""
    asked = [r[1] for r in hub.requests if '/cdn/' in r[1] and 'vision_model' in r[1]]
    return re.search(r'onnx/vision_model\w*\.onnx', asked[0])[0]


@pytest.mark.parametrize('repository', ['someone/clip-random', 'someone/clip-immich', 'vit-b-32-256-datacomp'])
def test_pull(pull, hone, hub, photos, repository):
    run = pull(repository, '--json').ok()
    name = added_name(run, repository)
    assert name in listed(hone)
    hone('models', 'verify').ok()
    hone('models', 'use', name).ok()
    assert hone('index', photos, '--json').ok().json()['failed'] == 0
    assert hone('search', 'a dog', '--json').ok().json()['total'] == 12
    assert hub.requests, 'HF_ENDPOINT is honoured'
    count = len(hub.bodies('.onnx'))
    pull(repository)
    assert len(hub.bodies('.onnx')) == count, 'downloaded files are not downloaded again'


def test_pull_goes_on_after_a_cut(pull, hone, hub):
    pull('someone/clip-random').ok()                                          # to learn which file it chooses
    vision = pulled_vision(hub)
    shutil.rmtree(hone.library / 'models')
    hub.requests.clear()
    hub.faults[vision] = [{'cut': 300_000}]
    first = pull('someone/clip-random')
    if first.code != 0:
        first.refused(1, 'again|connection|broke|download')
        pull('someone/clip-random').ok()
    hone('models', 'verify').ok()
    ranges = [r[2] for r in hub.bodies(vision) if r[2]]
    assert ranges, 'the second request asks for the rest only'
    assert int(ranges[-1].removeprefix('bytes=').split('-')[0]) > 0


def test_pull_goes_on_after_kill(pull, hone, hub):
    pull('someone/clip-random').ok()
    vision = pulled_vision(hub)
    shutil.rmtree(hone.library / 'models')
    hub.requests.clear()
    hub.faults[vision] = [{'slow': 400_000}]
    process = subprocess.Popen([HONE, 'models', 'pull', 'someone/clip-random', '--library', hone.library], env=environment(HF_ENDPOINT=hub.url),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not any('clip-random' in name for name in listed(hone)), 'half a model is not listed'
    pull('someone/clip-random').ok()
    hone('models', 'verify').ok()


def test_pull_refuses_wrong_bytes(pull, hone, hub):
    pull('someone/clip-random').ok()
    vision = pulled_vision(hub)
    shutil.rmtree(hone.library / 'models')
    hub.faults[vision] = [{'wrong': True, 'always': True}]
    pull('someone/clip-random').refused(1, 'vision_model', 'sha')
    assert not any('clip-random' in name for name in listed(hone))
    hub.faults.clear()
    pull('someone/clip-random').ok()
    hone('models', 'verify').ok()


def test_pull_reads_every_page_of_the_listing(pull, hone, hub):
    hub.page = 2
    pull('someone/clip-random').ok()
    listings = [r[1] for r in hub.requests if '/tree/' in r[1]]
    assert len(listings) > 3 and all(r[3] == 200 for r in hub.requests if '/tree/' in r[1]), listings
    hone('models', 'verify').ok()


def test_pull_checks_small_files_too(pull, hone, hub):
    hub.faults['tokenizer.json'] = [{'wrong': True}]
    pull('someone/clip-random').refused(1, 'tokenizer.json', 'sha-1')
    assert not any('clip-random' in name for name in listed(hone))
    pull('someone/clip-random').ok()


def used(hone, **more):
    rows = hone('models', 'list', '--json', **more).ok().json()['models']
    return [row['name'] for row in rows if row.get('used') and row.get('role') != 'faces']


@pytest.fixture
def lone(tmp_path):
    """The program alone, without a pack beside it."""
    folder = tmp_path / 'lone/build/bin'
    folder.mkdir(parents=True)
    for name in ('hone', 'hone-decoder'):
        shutil.copy(HONE.with_name(name), folder)
    return folder / 'hone'


def test_setup_takes_the_recommended_model_of_a_hub(hone, hub, photos, lone):
    more = {'env': {'HF_ENDPOINT': hub.url}, 'binary': lone}
    hone('models', 'setup', **more).ok()
    assert used(hone, **more) == ['clip-vit-base-patch32']
    asked = [r[1] for r in hub.requests]
    assert any('vision_model_quantized' in path for path in asked) and not any(path.endswith('vision_model.onnx') for path in asked), 'a processor alone gets int8'
    hone('models', 'setup', **more).ok()
    assert len(hub.requests) == len(asked), 'a library with a model asks nobody'
    hone('index', photos, **more).ok()
    assert hone('search', 'a dog', '--json', **more).ok().json()['total'] == 12


def test_setup_without_a_hub_says_so_and_takes_the_pack_that_is_named(hone, lone):
    nobody = {'HF_ENDPOINT': 'http://127.0.0.1:9'}
    hone('models', 'setup', env=nobody, binary=lone).refused(1, 'no hub', '127.0.0.1:9')
    hone('models', 'setup', 'default', env=nobody).ok()
    assert used(hone)[0].startswith('hone-default')
    hone('models', 'setup', env=nobody).ok()


def test_setup_takes_a_named_model(hone, hub):
    env = {'HF_ENDPOINT': hub.url}
    for _ in range(2):      # the second time it is there already
        hone('models', 'setup', 'vit-b-32-256-datacomp', env=env).ok()
        assert used(hone) == ['vit-b-32-256-datacomp']
    hone('models', 'setup', 'no/such', env=env).refused(1, 'no/such')


def test_pull_when_ranges_are_ignored(pull, hone, hub):
    pull('someone/clip-random').ok()
    vision = pulled_vision(hub)
    shutil.rmtree(hone.library / 'models')
    hub.faults[vision] = [{'cut': 300_000}, {'no_range': True}]
    if pull('someone/clip-random').code != 0:
        pull('someone/clip-random').ok()
    hone('models', 'verify').ok()


@pytest.mark.parametrize('fault, words', [({'status': 401}, 'token|licen|access|401'), ({'status': 403}, 'token|licen|access|403'),
                                          ({'status': 500}, '500|hub|server')])
def test_pull_says_why(pull, hone, hub, fault, words):
    hub.faults[''] = [{**fault, 'always': True}]
    pull('someone/clip-random').refused(1, words)
    assert not any('clip-random' in name for name in listed(hone))


def test_pull_of_what_is_not_there(pull, hub):
    pull('someone/nothing').refused(1, 'someone/nothing')
    pull('someone/broken').refused(1, 'vision_model|onnx')
    pull('no slash or shortcut').refused(1, 'no slash')


def test_pull_when_busy(pull, hone, hub):
    """429 once: the program waits and continues, or reports it."""
    hub.faults[''] = [{'status': 429, 'retry_after': 1}]
    run = pull('someone/clip-random')
    if run.code != 0:
        run.refused(1, '429|busy|many|later')
        pull('someone/clip-random').ok()
    hone('models', 'verify').ok()


def test_pull_without_network(hone):
    hone('models', 'pull', 'someone/clip-random', env={'HF_ENDPOINT': 'http://127.0.0.1:9'}, timeout=120).refused(1, '127.0.0.1:9|connect')
