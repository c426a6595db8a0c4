# SPDX-License-Identifier: GPL-3.0-or-later
"""`hone bench feedback` on a made-up set: its output, and the changes that must not affect it."""
import json

import numpy as np
import pytest

from conftest import run_hone

KINDS, PHOTOS, NUMBERS = 12, 600, 32
TIMES = {'ms'}  # duration of a round


def made_set():
    random = np.random.default_rng(5)
    kinds = random.normal(0, 1, (KINDS, NUMBERS))
    kind = np.arange(PHOTOS) % KINDS
    images = (kinds[kind] + random.normal(0, 1.2, (PHOTOS, NUMBERS))).astype(np.float16)
    texts = (kinds + random.normal(0, 0.8, (KINDS, NUMBERS))).astype(np.float32)
    nulls = random.normal(0, 1, (80, NUMBERS)).astype(np.float32)
    return kind, images, texts, nulls


def write_set(folder, kind, images, texts, nulls):
    folder.mkdir()
    np.save(folder / 'images_f16.npy', images)
    np.save(folder / 'texts_f32.npy', texts)
    np.save(folder / 'nulls_f32.npy', nulls)
    (folder / 'images.tsv').write_text('row\tdataset\tclass\n' + ''.join(f'{row}\tmade\tkind{k}\n' for row, k in enumerate(kind)))
    for name, rows in ('texts', texts), ('nulls', nulls):
        (folder / f'{name}.tsv').write_text('row\ttext\n' + ''.join(f'{row}\t{name} {row}\n' for row in range(len(rows))))
    (folder / 'queries.json').write_text(json.dumps([
        {'text': f'kind {k}', 'tier': 'A' if k % 2 else 'B', 'kind': 'exact', 'relevant': [['made', f'kind{k}']], 'ignore': [], 'text_row': k}
        for k in range(KINDS)]))
    return folder


def results(folder, *flags):
    found = run_hone('bench', 'feedback', '--embeddings', folder, '--method', 'all', '--rounds', '3', '--json', *flags).ok().json()['results']
    assert found
    return [{name: value for name, value in one.items() if name not in TIMES} for one in found]


@pytest.fixture(scope='module')
def measured(tmp_path_factory):
    folder = write_set(tmp_path_factory.mktemp('made') / 'set', *made_set())
    return folder, results(folder)


def test_each_method_has_a_line_for_each_tier(measured):
    lines = measured[1]
    assert {one['method'] for one in lines} >= {'text', 'average', 'rocchio', 'fit', 'fit-data', 'hone', 'bayes', 'propagate'}
    assert {one['tier'] for one in lines} >= {'A', 'B'}
    recall = {(one['method'], one['tier']): one['recall_at_120'] for one in lines if one['user'] == 'oracle'}
    assert all(recall['hone', tier] > recall['text', tier] for tier in 'AB')


def test_the_same_seed_gives_the_same_figures(measured):
    folder, before = measured
    assert results(folder) == before


def test_scaling_all_vectors_changes_nothing(measured, tmp_path):
    kind, images, texts, nulls = made_set()
    # Powers of two, so that scaling loses no digits.
    assert results(write_set(tmp_path / 'scaled', kind, images * np.float16(8), texts * 4, nulls * 16)) == measured[1]
