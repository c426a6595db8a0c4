# SPDX-License-Identifier: GPL-3.0-or-later
"""Known photos, known texts, known order: the results that the default pack must find, through the whole program."""
import json
import pathlib

import numpy as np
import pytest

from conftest import ROOT, names, need, run_server

# text -> the sample photo that must come first (each with a clear lead in the reference pipeline)
SAMPLE_WORDS = {
    'a cat face': 'chelsea.png', 'a close-up of a cat': 'chelsea.png', 'a cup of coffee': 'coffee.png', 'espresso': 'coffee.png',
    'a squirrel': 'squirrel_cls.jpg', 'a squirrel eating a nut': 'squirrel_cls.jpg', 'a butterfly': 'butterfly.jpg', 'a baboon': 'baboon.jpg',
    'a monkey': 'baboon.jpg', 'a dog': 'chicky_512.png', 'a happy dog with its tongue out': 'chicky_512.png', 'an orange': 'orange.jpg',
    'fruit': 'fruits.jpg', 'citrus fruits': 'fruits.jpg', 'a ladybug': 'LadyBird.jpg', 'sheep': 'march-pastoral.jpg',
    'a flock of sheep': 'march-pastoral.jpg', 'boats in a harbour': 'nagasaki-boats.jpg', 'sailing boat': 'nagasaki-boats.jpg',
    'mountains': 'french-alpine-landscape.jpg', 'snowy mountains': 'french-alpine-landscape.jpg', 'a photographer with a tripod': 'camera.png',
    'a man with a camera': 'camera.png', 'a sudoku puzzle': 'sudoku.png', 'crossword puzzle': 'sudoku.png', 'a car': 'licenseplate_motion.jpg',
    'the back of a car': 'licenseplate_motion.jpg', 'a cathedral': 'home.jpg', 'a yellow flower': 'YellowFlower.jpg', 'a daisy': 'YellowFlower.jpg',
    'a street with brick houses': 'leuvenA.jpg', 'an astronaut': 'astronaut.png'}


@pytest.mark.parametrize('words, photo', SAMPLE_WORDS.items())
def test_sample_words(sample_server, words, photo):
    assert names(sample_server.search(words, limit=3))[0] == photo


CAPTIONS = pathlib.Path(__file__).parents[1] / 'data/sample-captions.json'


def test_captions_find_their_photo(sample_server, samples):
    """Each sample photo by two captions that a person wrote (tests/data/sample-captions.json)."""
    rows = json.loads(CAPTIONS.read_text())
    assert {row['file'] for row in rows} == {path.name for path in samples.rglob('*') if path.suffix in ('.jpg', '.png')}
    missed = [caption for row in rows for caption in row['captions'] if row['file'] not in names(sample_server.search(caption, limit=5))]
    assert len(missed) <= .25 * 2 * len(rows), missed


def test_marks_help(sample_server):
    """Three rounds with honest marks find more of a category than words alone over as many photos."""
    rows = json.loads(CAPTIONS.read_text())
    wins = []
    for category in ('flower', 'animal', 'landscape', 'building', 'food', 'vehicle'):
        right = {row['file'] for row in rows if category in row['categories']}
        wins.append(won_by_marks(sample_server, category, right, 4))
    assert sum(wins) >= 0 and min(wins) >= -2, wins


def won_by_marks(server, category, right, limit):
    """How many more photos of a category three rounds of `limit` photos find than words alone."""
    words = f'a photo of a {category}'
    plain = sum(n in right for n in names(server.search(words, limit=3 * limit)))
    like, unlike, seen, found = [], [], [], 0
    for _ in range(3):
        for r in server.search(words, like=like[-8:], unlike=unlike[-8:], seen=seen, limit=limit)['results']:
            is_right = pathlib.Path(r['path']).name in right
            found += is_right
            seen.append(r['id'])
            (like if is_right else unlike).append(r['id'])
    return found - plain


@pytest.mark.shared('photos/coco-captions')
def test_coco_captions_find_their_photo(coco_server, coco_captions):
    hits = [photo in names(coco_server.search(caption, limit=10)) for photo, caption in coco_captions]
    assert len(hits) == 271
    assert sum(hits) >= 0.89 * 271, f'{sum(hits)} of 271 within the first ten'


@pytest.mark.shared('photos/coco-captions')
def test_likely_counts_are_sensible(coco_server, coco_captions):
    """A typical caption has a handful to some dozens of likely photos among 271."""
    counts = np.array([coco_server.search(caption, limit=1)['likely'] for _, caption in coco_captions[::5]])
    assert 3 <= np.median(counts) <= 30, counts
    assert np.percentile(counts, 95) < 100, counts


@pytest.mark.shared('photos/coco-captions')
def test_likely_means_what_it_says(coco_server, coco):
    """The names of the 80 categories: at least 65 % of the likely photos are right, at least 35 % of the right ones are likely, and
    for at least 60 % of the names nothing would be likely if the library had none of their photos."""
    categories = {pathlib.Path(r['file']).name: r['categories'] for r in json.loads((coco / 'captions.json').read_text()) if r['categories']}
    sure = json.loads((ROOT / 'models/default/manifest.json').read_text())['calibration']['sure']
    wanted = sorted({name for row in categories.values() for name in row})
    likely = right = found = nothing = 0
    for name in wanted:
        page = coco_server.search(name, limit=271, style_terms=[], collapse=False)
        rows = [(r, name in categories[photo]) for r, photo in zip(page['results'], names(page)) if photo in categories]
        likely += sum(r['probability'] >= .5 for r, _ in rows)
        found += sum(r['probability'] >= .5 for r, fits in rows if fits)
        right += sum(fits for _, fits in rows)
        nothing += all(r['score'] < sure for r, fits in rows if not fits)
    assert len(wanted) == 80 and right > 400
    assert found >= .65 * likely and found >= .35 * right and nothing >= .6 * len(wanted), (found, likely, right, nothing)


def test_nothing_is_likely_where_nothing_is(sample_server):
    """Most things that no sample photo shows."""
    absent = ('a giraffe', 'a pizza', 'a surfboard', 'a toilet', 'a snowboard', 'a traffic light', 'a laptop computer', 'a zebra', 'a wedding cake', 'a submarine')
    empty = [words for words in absent if sample_server.search(words, limit=1)['nothing_fits']]
    assert len(empty) >= 6, empty
    for words in ('a cat face', 'a cup of coffee', 'sheep', 'a dog'):
        assert not sample_server.search(words, limit=1)['nothing_fits'], words


@pytest.mark.shared('photos/known')
def test_known_photos(tmp_path):
    known = need(ROOT.parent / 'shared/photos/known', 'the 25 known photos')
    queries = json.loads((pathlib.Path(__file__).parent / 'known_queries.json').read_text())
    with run_server(known, library=tmp_path / 'library') as server:
        server.wait_idle(searchable=25)
        missed = [words for words, right in queries.items() if names(server.search(words, limit=1))[0] not in right]
    assert len(queries) == 40
    assert len(missed) <= 7, missed


@pytest.mark.shared('photos/coco-captions')
def test_marks_help_on_coco(coco_server, coco):
    """Three rounds with honest marks find more of a category than the text alone among as many photos."""
    rows = json.loads((coco / 'captions.json').read_text())
    wins = []
    for category in ('cat', 'train', 'pizza', 'surfboard', 'toilet', 'giraffe'):
        right = {pathlib.Path(r['file']).name for r in rows if category in r['categories']}
        wins.append(won_by_marks(coco_server, category, right, 10))
    assert sum(wins) >= 0 and min(wins) >= -2, wins


@pytest.mark.parametrize('golden, server', [('default-samples', 'sample_server'),
                                            pytest.param('default-coco', 'coco_server', marks=pytest.mark.shared('photos/coco-captions'))])
def test_ranking_is_the_reference_s(golden, server, request, samples):
    """Scores compared with Pillow and Python's ONNX Runtime: the whole way from file to number."""
    folder = need(ROOT / 'deps/golden' / golden, 'reference vectors (script/golden)')
    server = request.getfixturevalue(server)
    from preprocess_golden import TextModel
    files = [pathlib.Path(x).name for x in (folder / 'photos.txt').read_text().split('\n')[:-1]]
    dimension = int((folder / 'dimension.txt').read_text())
    vectors = np.fromfile(folder / 'vectors.f32', '<f4').reshape(-1, dimension)
    text = TextModel(ROOT / 'models/default')
    for words in ('a dog on the beach', 'people at a table with food', 'a red bus'):
        expected = dict(zip(files, vectors @ text(words)))
        page = server.search(words, limit=1000, style_terms=[], collapse=False)  # the network alone
        found = {pathlib.Path(r['path']).name: r['score'] for r in page['results']}
        assert set(found) == set(expected)
        error = np.array([abs(found[f] - expected[f]) for f in files])
        assert np.median(error) < 0.005 and np.percentile(error, 95) < 0.03, (words, sorted(zip(error, files))[-5:])
