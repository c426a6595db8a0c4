# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters and text matches through the whole program, compared with ExifTool's reading of the same files."""
import hashlib
import json
import math
import pathlib
import re
import urllib.parse

import pytest

import openapi
from conftest import ROOT, SHARED, names, need, run_hone, run_server

FACTS = ROOT / 'deps/golden/facts'  # tests/reference/facts_album.py
# Photos of many cameras, which only some machines have, are a second album.
CAMERAS = [SHARED / 'photos' / name for name in ('exif-samples', 'immich-test-assets')]
ALBUMS = {'facts': ([FACTS], 118)} | ({'cameras': (CAMERAS, 90)} if all(path.exists() for path in CAMERAS) else {})
# Facts that ExifTool takes from segments of before EXIF, which Hone does not read (docs/metadata.md).
BEFORE_EXIF = ('olympus-d320l.jpg', 'sony-powershota5.jpg')


@pytest.fixture(scope='module', params=ALBUMS)
def album(request):
    """(folders, least number of photos)"""
    folders, least = ALBUMS[request.param]
    return [need(folder, 'photos with facts (script/golden)') for folder in folders], least


@pytest.fixture(scope='module')
def folders(album):
    return album[0]


@pytest.fixture(scope='module')
def filter_library(album, tmp_path_factory):
    return tmp_path_factory.mktemp('filters') / 'library'


@pytest.fixture(scope='module')
def server(album, filter_library):
    with run_server(*album[0], library=filter_library) as server:
        server.wait_idle(searchable=album[1])
        yield server


@pytest.fixture(scope='module')
def truth(server, folders):
    """{photo id: ExifTool's values} of the photos that Hone could read. Copies have the same values."""
    shown = {photo['id'] for photo in server.get('/photos?limit=1000').json()['photos']}
    known = {}
    for folder in folders:
        for row in json.loads((folder / 'exif-truth.json').read_text()):
            path = folder / row['file']
            if path.name in BEFORE_EXIF:
                row = {'file': row['file'], 'MIMEType': row['MIMEType']}
            if path.is_file():
                known.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), {**row, 'path': path})
    assert shown <= set(known), 'every photo has its truth'
    return {photo: known[photo] for photo in shown}


def found(server, text, **more):
    """Returns the ids of all photos that match the filter, requested in both ways."""
    page = server.search(None, filter=text, limit=1000, **more)
    ids = [result['id'] for result in page['results']]
    assert page['total'] == page['likely'] == len(ids) == len(set(ids))
    listed = server.get('/photos?limit=1000&filter=' + urllib.parse.quote(text)).json()
    assert {photo['id'] for photo in listed['photos']} == set(ids) and listed['total'] == len(ids)
    return set(ids)


def taken(row):
    match = re.match(r'(\d{4}):(\d\d):(\d\d) ', str(row.get('DateTimeOriginal', '')))
    return tuple(map(int, match.groups())) if match and match[1] != '0000' else None


def where(row):
    latitude, longitude = row.get('GPSLatitude'), row.get('GPSLongitude')
    return (latitude, longitude) if isinstance(latitude, (int, float)) and isinstance(longitude, (int, float)) else None


def kilometres(one, other):
    a, b, c, d = map(math.radians, (*one, *other))
    return 6371.0088 * math.acos(min(1, math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(b - d)))


def keywords(row):
    words = row.get('Keywords', [])
    return {str(word).lower() for word in (words if isinstance(words, list) else [words])}


def camera(row):
    return f"{row.get('Make', '')} {row.get('Model', '')}".lower()


TERMS = {
    'camera:canon': lambda row: 'canon' in camera(row),
    'camera:"nikon corporation"': lambda row: 'nikon corporation' in camera(row),
    'has:gps': lambda row: where(row) is not None,
    'near:43.467,11.885,300m': lambda row: where(row) is not None and kilometres(where(row), (43.467, 11.885)) <= 0.3,
    'near:43.467,11.885,100km': lambda row: where(row) is not None and kilometres(where(row), (43.467, 11.885)) <= 100,
    'rating:>=1': lambda row: row.get('Rating', 0) >= 1,
    'rating:3': lambda row: row.get('Rating', 0) == 3,
    'format:heic': lambda row: row['MIMEType'] in ('image/heic', 'image/heif'),
    'format:jpg': lambda row: row['MIMEType'] == 'image/jpeg',
    'format:tif': lambda row: row['MIMEType'] == 'image/tiff',
    'keyword:"prairie falcons"': lambda row: 'prairie falcons' in keywords(row),
    'keyword:*curie': lambda row: any(word.endswith('curie') for word in keywords(row)),
    'iso:>=1000': lambda row: isinstance(row.get('ISO'), int) and 1000 <= row['ISO'] < 65535,  # 65535 means unknown
}


@pytest.mark.parametrize('text', TERMS)
def test_terms(server, truth, text):
    right = {photo for photo, row in truth.items() if TERMS[text](row)}
    assert 0 < len(right) < len(truth), 'the term divides the photos'
    wrong = found(server, text) ^ right
    assert not wrong, [(truth[photo]['file'], photo in right) for photo in wrong]


@pytest.mark.parametrize('text, first, last', [
    ('taken:2008', (2008, 1, 1), (2008, 12, 31)), ('taken:2008-05..2008-10', (2008, 5, 1), (2008, 10, 31)),
    ('taken:2008-10-22', (2008, 10, 22), (2008, 10, 22)), ('taken:..2004', (1, 1, 1), (2004, 12, 31)),
    ('taken:2019..', (2019, 1, 1), (9999, 12, 31))])
def test_taken(server, truth, text, first, last):
    dated = {photo: taken(row) for photo, row in truth.items() if taken(row)}
    right = {photo for photo, day in dated.items() if first <= day <= last}
    assert len(right) > 1 and len(dated) > 40
    assert found(server, text) & set(dated) == right, 'photos without a date in the file are not judged here'


def test_terms_together(server, truth):
    def all_of(*texts):
        return {photo for photo, row in truth.items() if all(TERMS[text](row) for text in texts)}

    everything, gps, canon, heic, jpeg = set(truth), all_of('has:gps'), all_of('camera:canon'), all_of('format:heic'), all_of('format:jpg')
    assert found(server, 'NOT has:gps') == found(server, '-has:gps') == everything - gps
    assert found(server, 'has:gps format:heic') == gps & heic
    assert found(server, 'has:gps OR camera:canon') == gps | canon
    assert found(server, 'camera:canon OR has:gps format:heic') == canon | gps & heic, 'AND binds closer'
    assert found(server, '(camera:canon OR has:gps) format:jpg') == (canon | gps) & jpeg
    assert found(server, '-(has:gps OR format:jpg)') == everything - gps - jpeg
    assert found(server, 'format:heic,jpg') == heic | jpeg
    assert len(gps & heic) > 1 and len(canon) > 1


def test_a_filter_alone_gives_the_newest_first(server, truth):
    page = server.search(None, filter='has:date', limit=1000)
    times = [result['taken_at'][:19] for result in page['results']]
    assert len(times) > 50 and times == sorted(times, reverse=True)
    assert page['query']['filter'] == 'has:date'
    assert {result['probability'] for result in page['results']} == {1}
    paged = [r['id'] for at in range(0, page['total'], 13) for r in server.search(None, filter='has:date', limit=13, offset=at)['results']]
    assert paged == [r['id'] for r in page['results']]


def test_a_filter_cuts_before_the_ranking(server, truth):
    right = {photo for photo, row in truth.items() if TERMS['has:gps'](row)}
    page = server.search('a bird', filter='has:gps', limit=len(right))
    assert {result['id'] for result in page['results']} == right and page['total'] == len(right)
    everywhere = {result['id']: result['score'] for result in server.search('a bird', limit=1000)['results']}
    assert all(result['score'] == everywhere[result['id']] for result in page['results'])
    mark = next(iter(right))
    assert server.search('a bird', filter='has:gps', like=[mark])['total'] == len(right) - 1


@pytest.mark.parametrize('text, message', [
    ('taken:2019 raiting:3', "filter, column 12: there is no field 'raiting'; did you mean rating?"),
    ('format:mp4', "filter, column 8: format cannot be 'mp4'"), ('(has:gps', 'filter, column'), ('rating:many', 'filter, column 8')])
def test_wrong_filters(server, filter_library, text, message):
    for answer in (server.post('/search', {'filter': text}), server.post('/search', {'text': 'x', 'filter': text}),
                   server.get('/photos?filter=' + urllib.parse.quote(text))):
        assert answer.status == 400 and answer.headers['Content-Type'].startswith('application/problem+json')
        assert message in answer.json()['detail']
    run_hone('search', '--filter', text, library=filter_library).refused(2, re.escape(message))


def test_nobody_of_that_name(server):
    assert server.search(None, filter='people:Ada')['total'] == 0
    assert server.get('/photos?filter=people:Ada').json()['total'] == 0


@pytest.mark.parametrize('words, photo', [
    ('IMG_5195', 'IMG_5195.HEIC'), ('a photo of the DSCN0025', 'DSCN0025.jpg'), ('prairie falcons', 'prairie_falcon.jpg'),
    ('thompson springs', 'thompson-springs.jpg'), ('tanners ridge', 'tanners_ridge.jpg'), ('Frost Yard', 'picasa.jpg'),
    ('Blue Square Photoshop', 'BlueSquare.jpg'), ('FinePix S3Pro', 'cyclamen_persicum.jpg')])
def test_words_of_names_and_keywords_come_first(server, words, photo):
    page = server.search(words)
    assert names(page)[0] == photo
    first = page['results'][0]
    facets = {reason['facet']: reason['weight'] for reason in first['reasons']}
    assert {'content', 'text_index'} <= set(facets) <= {'content', 'style', 'text_index'} and facets['text_index'] > 0
    assert sum(reason['weight'] for reason in first['reasons']) == pytest.approx(first['score'], abs=1e-5)
    assert first['probability'] >= 0.949 and page['likely'] >= 1
    plain = server.search(words, facts=False)
    assert plain['query']['facts'] is False and page['query']['facts'] is True
    assert all(reason['facet'] in ('content', 'style') for result in plain['results'] for reason in result['reasons'])
    # The others keep their order and their scores.
    lifted = {r['id'] for r in page['results'] if any(reason['facet'] == 'text_index' for reason in r['reasons'])}
    rest = [(r['id'], r['score']) for r in page['results'] if r['id'] not in lifted]
    assert rest[:20] == [(r['id'], r['score']) for r in plain['results'] if r['id'] not in lifted][:20]


def test_details_hold_the_metadata(server, truth):
    api = server.get('/openapi.json').json()
    by_name = {row['path'].name: photo for photo, row in truth.items()}
    document = server.get('/photos/' + by_name['prairie_falcon.jpg']).json()
    openapi.check(api, 'get', '/photos/{id}', 200, document)
    row = truth[by_name['prairie_falcon.jpg']]
    facts = document['metadata']
    assert (facts['make'], facts['model'], facts['iso']) == (row['Make'], row['Model'], row['ISO'])
    assert facts['exposure_seconds'] == pytest.approx(row['ExposureTime']) and facts['aperture'] == pytest.approx(row['FNumber'])
    assert keywords(row) <= {word.lower() for word in facts['keywords']}
    assert (document['taken_at'], document['taken_from']) == ('2022-03-31T11:31:56', 'exif')
    assert document['raw'] == [] and 'shown_as' not in document and document['reachable'] is True
    openapi.check(api, 'get', '/photos', 200, server.get('/photos?limit=1000').json())
    openapi.check(api, 'post', '/search', 200, server.search('a bird', filter='has:gps'))
    openapi.check(api, 'post', '/search', 200, server.search(None, filter='has:gps'))


def test_command_line(server, truth, filter_library):
    by_name = {row['path'].name: photo for photo, row in truth.items()}
    page = run_hone('search', '--filter', 'camera:nikon has:gps', '--json', library=filter_library).ok().json()
    assert {r['id'] for r in page['results']} == {p for p, row in truth.items() if 'nikon' in camera(row) and where(row)}
    said = run_hone('search', 'tanners', 'ridge', '--no-facts', '--json', library=filter_library).ok().json()
    assert said['query']['facts'] is False
    shown = run_hone('show', by_name['prairie_falcon.jpg'], library=filter_library).ok().out
    for line in (r'taken +2022-03-31T11:31:56 +\(exif', r'camera +Canon EOS R5$', r'exposure 1/4000 s, f/7.1, ISO 1000, 500 mm',
                 r'keywords .*[Pp]rairie [Ff]alcons'):
        assert re.search(line, shown, re.M), (line, shown)
    shown = run_hone('show', by_name['portrait.jpg'], library=filter_library).ok().out
    assert re.search(r'region +Face at .*: Marie Curie', shown), shown
    shown = run_hone('show', by_name['DSCN0010.jpg'], library=filter_library).ok().out
    assert re.search(r'place +43\.46745, 11\.88513', shown), shown


def test_folders_that_are_away(tmp_path, folders):
    """Photos in an unreachable folder stay in the library and are marked."""
    photos = tmp_path / 'disk'
    photos.mkdir()
    falcon, = (path for folder in folders for path in folder.rglob('prairie_falcon.jpg'))
    (photos / 'falcon.jpg').write_bytes(falcon.read_bytes())
    library = tmp_path / 'library'
    run_hone('index', photos, library=library).ok()
    page = run_hone('search', '--filter', 'is:unreachable', '--json', library=library).ok().json()
    assert page['total'] == 0
    photos.rename(tmp_path / 'away')
    run_hone('index', '--json', library=library)
    page = run_hone('search', '--filter', 'is:unreachable', '--json', library=library).ok().json()
    assert names(page) == ['falcon.jpg'] and page['results'][0]['reachable'] is False
    assert '(offline)' in run_hone('show', pathlib.Path(page['results'][0]['path']), library=library).ok().out
