# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue on SurrealDB 2.x, with the real engine (tests/contract/surrealdb/engine_2.py)."""
import os
import shutil
import subprocess
import sys

import pytest
from conftest import HONE, ROOT, Engine, check_pictures

FACE = ROOT / 'deps/samples/scikit-image/astronaut.png'


class Engine2(Engine):
    PROGRAM = (sys.executable, str(ROOT / 'tests/contract/surrealdb/engine_2.py'))


@pytest.fixture
def engine():
    pytest.importorskip('surrealdb', reason='the engine for 2.x is not there (script/bootstrap)')
    engine = Engine2('mem://')
    yield engine
    engine.kill()


def test_the_originals_query_word_for_word(engine, hone, photos, quick):
    catalog = ('--catalog', engine.address())
    shutil.copy(FACE, photos)
    hone('models', 'use', quick, *catalog).ok()
    assert hone('index', photos, '--json', *catalog).ok().json()['new'] == 13
    paths = {str(photo) for photo in photos.iterdir()}
    size = hone('query', '-', *catalog, input=b'RETURN array::len((SELECT VALUE embedding FROM image_embedding_vector LIMIT 1)[0])').ok().json()[0]
    define = f'DEFINE INDEX near ON image_embedding_vector FIELDS embedding MTREE DIMENSION {size} DIST COSINE'
    hone('query', '-', *catalog, input=define.encode()).ok()
    found = hone('query', ROOT / 'docs/surrealdb/original.surql', *catalog).ok().json()[-1]
    check_pictures(found, paths)
    for picture in found:
        assert len(picture['image_embedding'][0]['embedding']) == size
        for face in picture['faces']:
            assert len(face['vectors']) == 1 and len(face['age_and_gender']) == 1
    assert sum(len(picture['faces']) for picture in found) == 1
    assert len(hone('search', 'a dog', '--json', *catalog).ok().json()['results']) == 13


def test_the_contract_holds_as_on_3(engine):
    tests = HONE.parent / 'tests/hone_contract_tests'
    if not tests.exists():
        pytest.skip('hone_contract_tests is not built')
    run = subprocess.run([str(tests), '--gtest_filter=*/surrealdb*:Surreal.*'], capture_output=True, text=True, timeout=1200,
                         env={**os.environ, 'HONE_TEST_SURREALDB': engine.address()})
    assert run.returncode == 0 and '[  SKIPPED ]' not in run.stdout, run.stdout[-4000:] + run.stderr[-1000:]
    assert run.stdout.count('[       OK ]') > 45
