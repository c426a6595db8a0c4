# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: index, search with marks, similar, show, status, folders."""
import hashlib
import json
import os
import shutil

import pytest

from conftest import names, run_hone


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope='module')
def indexed(tmp_path_factory, samples):
    """(library, folder) of the sample photos with the default pack; tests only read it."""
    library = tmp_path_factory.mktemp('indexed') / 'library'
    run = run_hone('index', samples, '--json', library=library).ok()
    summary = run.json()
    assert (summary['photos'], summary['new'], summary['failed']) == (59, 59, 0), summary
    return library, samples


@pytest.fixture
def search(indexed):
    def call(*args, code=0):
        run = run_hone('search', *args, '--json', library=indexed[0])
        assert run.code == code, run
        return run.json() if code == 0 else run
    return call


def test_summary_has_every_field(hone, quick, photos):
    summary = hone('index', photos, '--json').ok().json()
    assert set(summary) >= {'files', 'photos', 'new', 'unchanged', 'moved', 'failed', 'skipped', 'seconds', 'photos_per_second', 'failures'}
    assert (summary['files'], summary['photos'], summary['new'], summary['unchanged'], summary['failed'], summary['failures']) == (12, 12, 12, 0, 0, [])
    assert summary['seconds'] > 0 and summary['photos_per_second'] > 0


def test_second_run_computes_nothing(hone, quick, photos):
    hone('index', photos).ok()
    again = hone('index', photos, '--json').ok().json()
    assert (again['files'], again['new'], again['unchanged'], again['failed']) == (12, 0, 12, 0)
    # without a folder: the known folders
    assert hone('index', '--json').ok().json()['unchanged'] == 12


def test_new_changed_moved_copied_deleted(hone, quick, photos):
    hone('index', photos).ok()
    (photos / 'sub').mkdir()
    (photos / 'coffee.png').rename(photos / 'sub/cup.png')                     # moved
    shutil.copy(photos / 'home.jpg', photos / 'home again.jpg')                # the same bytes twice
    shutil.copy(photos / 'orange.jpg', photos / 'rocket.jpg')                  # other bytes under an old name
    (photos / 'butterfly.jpg').unlink()
    summary = hone('index', '--json').ok().json()
    assert summary['new'] == 0, 'all these bytes were known'
    assert summary['moved'] >= 1 and summary['failed'] == 0
    found = hone('search', 'anything', '--limit', '100', '--json').ok().json()
    copies = {os.path.basename(r['path']): r['copies'] for r in found['results']}
    assert len(copies) == 10, copies                                            # 12, minus the deleted and the overwritten one
    assert 'cup.png' in copies and 'butterfly.jpg' not in copies
    assert 2 in [copies.get('home.jpg'), copies.get('home again.jpg')]
    assert 2 in [copies.get('orange.jpg'), copies.get('rocket.jpg')]


def test_knowledge_survives_a_missing_folder(hone, quick, photos, tmp_path):
    hone('index', photos).ok()
    photos.rename(tmp_path / 'away')
    run = hone('index', '--json')
    assert run.code in (0, 1), run
    assert hone('status', '--json').ok().json()['photos'] == 12
    (tmp_path / 'away').rename(photos)
    back = hone('index', '--json').ok().json()
    assert (back['new'], back['unchanged']) == (0, 12)


def test_words_find(search):
    page = search('a squirrel')
    assert names(page)[0] == 'squirrel_cls.jpg'
    assert page['total'] == 59 and page['query']['text'] == 'a squirrel' and page['model'] == 'hone-default-390-v2'
    first = page['results'][0]
    assert set(first) >= {'id', 'path', 'score', 'probability', 'reasons', 'copies'}
    assert len(first['id']) == 64 and first['path'].startswith('/') and 0 <= first['probability'] <= 1
    scores = [r['score'] for r in page['results']]
    assert scores == sorted(scores, reverse=True)
    assert sum(r['probability'] >= 0.5 for r in page['results']) == min(page['likely'], len(page['results']))
    assert first['reasons'] and first['reasons'][0]['facet'] == 'content'


def test_several_words_are_one_query(search):
    assert names(search('a', 'cup', 'of', 'coffee')) == names(search('a cup of coffee'))


def test_limit_cuts_the_same_order(search):
    assert names(search('a flower', '--limit', '5')) == names(search('a flower', '--limit', '30'))[:5]


def test_marks_move_and_leave_out(search, samples):
    before = names(search('a flower', '--limit', '59'))
    liked, disliked = samples / 'opencv/fruits.jpg', samples / 'mate/YellowFlower.jpg'
    page = search('a flower', '--like', liked, '--unlike', disliked, '--limit', '59')
    after = names(page)
    assert 'fruits.jpg' not in after and 'YellowFlower.jpg' not in after and page['total'] == 57
    assert after.index('orange.jpg') < before.index('orange.jpg'), 'photos like the marked one rank higher'
    assert page['query']['like'] == [sha256(liked)] and page['query']['unlike'] == [sha256(disliked)]


def test_ids_and_prefixes_do_as_paths(search, samples):
    liked = samples / 'opencv/fruits.jpg'
    by_path = names(search('a flower', '--like', liked))
    assert names(search('a flower', '--like', sha256(liked))) == by_path
    assert names(search('a flower', '--like', sha256(liked)[:12])) == by_path


def test_seen_are_left_out(search):
    first = search('a flower', '--limit', '10')
    seen = [x for r in first['results'] for x in ('--seen', r['id'])]
    second = search('a flower', *seen, '--limit', '10', '--method', 'text')
    assert second['total'] == first['total'] - 10
    assert names(second) == names(search('a flower', '--limit', '20'))[10:]


def test_a_page_without_a_like_explores(search):
    first = search('a flower', '--limit', '10')
    seen = [x for r in first['results'] for x in ('--seen', r['id'])]
    second = search('a flower', *seen, '--limit', '10')
    assert second['explores'] and all(r['explores'] for r in second['results'])
    assert not set(names(second)) & set(names(first))


def test_similar_by_style(indexed, search):
    flower = search('a flower', '--limit', '1')['results'][0]['id']
    page = run_hone('similar', flower, '--space', 'style', '--limit', '5', '--json', library=indexed[0]).json()
    assert len(page['results']) == 5
    for result in page['results']:
        assert {reason['facet'] for reason in result['reasons']} == {'style'}
        assert abs(sum(reason['weight'] for reason in result['reasons']) - result['score']) < 1e-4
    weights = {facet['facet']: facet['weight'] for facet in page['facets']}
    assert weights['style'] == 1 and weights['content'] == 0


def test_marks_weights_facets_on_the_command_line(search):
    first = search('a flower', '--limit', '4')['results']
    ids = [r['id'] for r in first]
    page = search('a flower', '--like', ids[0], '--like', ids[1], '--unlike', ids[2], '--weight', f'{ids[0]}=2', '--facet', 'style=2', '--facet', 'moment=off', '--limit', '5')
    assert page['query']['weights'] == {ids[0]: 2} and page['query']['facets'] == {'style': 2, 'moment': 0}
    assert not set(ids[:3]) & {r['id'] for r in page['results']}
    for result in page['results']:
        assert abs(sum(reason['weight'] for reason in result['reasons']) - result['score']) < 1e-4
    assert search('a flower', '--facet', 'smell=2', code=2) and search('a flower', '--weight', 'x', code=2)
    assert search('a flower', '--like', ids[0], '--unlike', ids[0], code=2)


def test_from_a_photo_inside_and_outside(search, samples, tmp_path):
    inside = search('--from', samples / 'opencv/orange.jpg', '--limit', '10')
    assert 'orange.jpg' not in names(inside)[1:], 'the example is not among its own results, or is the first'
    outside = tmp_path / 'never indexed.jpg'
    from PIL import Image
    Image.open(samples / 'scikit-image/chelsea.png').convert('RGB').resize((300, 200)).save(outside)
    found = search('--from', outside)
    assert names(found)[0] == 'chelsea.png', names(found)
    assert run_hone('status', '--json', library=None, env={'HONE_LIBRARY': tmp_path / 'none'}).code in (0, 1)


def test_nothing_to_look_for(search, indexed):
    run_hone('search', library=indexed[0]).refused(2)


def test_library_by_environment(indexed):
    assert run_hone('status', '--json', env={'HONE_LIBRARY': indexed[0]}).ok().json()['photos'] == 59


def test_similar(indexed, samples):
    library, _ = indexed
    page = run_hone('similar', samples / 'mate/YellowFlower.jpg', '--json', library=library).ok().json()
    assert 'YellowFlower.jpg' not in names(page)
    by_id = run_hone('similar', sha256(samples / 'mate/YellowFlower.jpg'), '--json', library=library).ok().json()
    assert names(by_id) == names(page)


def test_show(indexed, samples):
    library, _ = indexed
    photo = samples / 'opencv/home.jpg'
    document = run_hone('show', photo, '--json', library=library).ok().json()
    assert document['id'] == sha256(photo)
    assert (document['width'], document['height']) == (512, 384) and document['bytes'] == photo.stat().st_size
    assert any(place['path'] == str(photo) for place in document['files'])
    assert any(a['analyzer'] == 'content' for a in document['analyses'])
    text = run_hone('show', photo, library=library).ok()
    assert sha256(photo) in text.out and str(photo) in text.out


def test_status(indexed, samples):
    library, _ = indexed
    status = run_hone('status', '--json', library=library).ok().json()
    assert (status['photos'], status['searchable'], status['failed']) == (59, 59, 0)
    assert status['model']['name'] == 'hone-default-390-v2' and status['model']['dimension'] == 384
    assert [f['path'] for f in status['folders']] == [str(samples)]
    assert '59' in run_hone('status', library=library).ok().out


def test_folders(hone, quick, photos, tmp_path):
    hone('folders', 'add', photos).ok()
    listed = hone('folders', 'list', '--json').ok().json()
    rows = listed['folders'] if isinstance(listed, dict) else listed
    assert [r['path'] for r in rows] == [str(photos)]
    hone('index').ok()
    hone('folders', 'remove', photos).ok()
    status = hone('status', '--json').ok().json()
    assert status['folders'] == []
    # the analysis results are kept: a returning folder costs no time
    assert hone('index', photos, '--json').ok().json()['new'] == 0


def test_every_json_document_is_one(hone, quick, photos):
    hone('index', photos).ok()
    for args in (['status'], ['search', 'x'], ['folders', 'list'], ['models', 'list'], ['similar', photos / 'home.jpg'], ['show', photos / 'home.jpg'], ['index']):
        run = hone(*args, '--json').ok()
        json.loads(run.out)


def test_human_output_is_not_json(hone, quick, photos):
    run = hone('index', photos).ok()
    assert '12' in run.out + run.err
    found = hone('search', 'a flower').ok()
    assert found.out.count('\n') >= 5 and 'home.jpg' in found.out


def test_help_and_version(hone):
    text = run_hone('--help').ok().out
    for command in ('serve', 'index', 'search', 'similar', 'show', 'status', 'folders', 'models'):
        assert command in text
        run_hone(command, '--help').ok()
    assert run_hone('--version').ok().out.strip()
