# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces and people through the real program, on real photos: detection, grouping, edits, filters."""
import csv
import json
import pathlib
import re
import shutil

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from hub import Hub

from conftest import HONE, PEOPLE as PHOTOS, SAMPLES, SHARED, names, need, run_hone, use_model
from test_originals_untouched import snapshot

SENATE = SHARED / 'photos/faces-us-senate'
# name -> (photo, the square of it with head and shoulders)
PEOPLE = {'Eileen': (SAMPLES / 'scikit-image/astronaut.png', (90, 0, 360, 270)), 'Barack': (PHOTOS / 'obama.jpg', (230, 0, 800, 570)),
          'Joe': (PHOTOS / 'biden.jpg', (180, 0, 860, 680))}
GROUP = 'group6.jpg'  # four women
# photo -> the middles of its faces
WOMEN = {GROUP: [(352, 653), (760, 480), (1222, 410), (1632, 378)], 'group4.jpg': [(332, 305), (761, 225), (1110, 332), (1378, 320)],
         'group3.jpg': [(675, 435), (1225, 335), (1610, 410)]}
MEN = [PEOPLE['Barack'], PEOPLE['Joe'], (PHOTOS / 'obama2.jpg', (0, 100, 626, 726)), (PHOTOS / 'obama3.jpg', (500, 180, 1130, 810))]
# The inverse of what a viewer does to the stored pixels of an orientation.
STORED = {1: None, 2: Image.FLIP_LEFT_RIGHT, 3: Image.ROTATE_180, 4: Image.FLIP_TOP_BOTTOM, 5: Image.TRANSPOSE, 6: Image.ROTATE_90,
          7: Image.TRANSVERSE, 8: Image.ROTATE_270}
ORIENTATION = 0x0112


@pytest.fixture(scope='module', autouse=True)
def pack():
    """The face pack built by script/bootstrap, where the program under test looks for it."""
    return need(HONE.parents[2] / 'models/faces/face_detection.onnx', 'the networks of the face pack (script/bootstrap)').parent


def square_of(photo, square, side=512):
    with Image.open(need(photo, 'photos of people (script/samples)')) as im:
        return im.convert('RGB').crop(square).resize((side, side), Image.BICUBIC)


@pytest.fixture(scope='module')
def portraits(tmp_path_factory):
    """A folder with NAME.jpg, 512 x 512, for each of PEOPLE."""
    made = tmp_path_factory.mktemp('portraits')
    for name, (photo, square) in PEOPLE.items():
        square_of(photo, square).save(made / f'{name}.jpg', quality=95)
    return made


@pytest.fixture(scope='module')
def faces_by_gender():
    """[(gender, picture)]: fifteen faces of eleven women and two men, and Eileen's."""
    women = [square_of(PHOTOS / name, (x - 200, y - 200, x + 200, y + 200)) for name, middles in WOMEN.items() for x, y in middles]
    women.append(square_of(*PEOPLE['Eileen']))
    return [('female', im) for im in women] + [('male', square_of(*man)) for man in MEN]


@pytest.fixture(scope='module')
def group_photo():
    """Four people."""
    return need(PHOTOS, 'photos of people (script/samples)') / GROUP


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / 'faces'
    made.mkdir()
    return made


def variants(im):
    """The same picture as other cameras and programs might have stored it: other bytes, other pixels, the same person."""
    w, h = im.size
    yield im
    yield im.resize((w * 7 // 10, h * 7 // 10), Image.BICUBIC)
    yield ImageEnhance.Brightness(im.crop((w // 30, h // 30, w, h))).enhance(1.12)


@pytest.fixture
def album(folder, portraits, samples, group_photo):
    """Three photos each of three people, one of two of them, one of four others, one of nobody."""
    faces = {}
    for name in PEOPLE:
        faces[name] = Image.open(portraits / f'{name}.jpg')
        for n, im in enumerate(variants(faces[name])):
            im.save(folder / f'{name}-{n}.jpg', quality=92)
    both = Image.new('RGB', (1024, 512))
    for x, name in ((0, 'Eileen'), (512, 'Barack')):
        both.paste(faces[name], (x, 0))
    both.save(folder / 'both.jpg', quality=92)
    shutil.copy(group_photo, folder / 'four.jpg')
    shutil.copy(samples / 'opencv/home.jpg', folder / 'nobody.jpg')
    for path in folder.iterdir():
        path.chmod(0o644)
    return folder


def faces_of(hone, path):
    return hone('faces', path, '--json').ok().json()['faces']


def people(hone, *more):
    """{id: person}"""
    return {person['id']: person for person in hone('people', 'list', '--json', *more).ok().json()['people']}


def edit(hone, *args):
    return hone('people', *args).ok()


def person_of(hone, path):
    face, = faces_of(hone, path)
    return face['person']


def overlap(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(0, w) * max(0, h)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def check(face, width, height):
    """Checks the values of every face."""
    x, y, w, h = face['box']
    assert w > 0 and h > 0 and -w < x < width and -h < y < height, face
    assert 0 < face['score'] <= 1
    assert len(face.get('landmarks') or [[0, 0]] * 5) == 5
    assert ('age' in face) == ('gender' in face)
    if 'age' in face:
        assert 0 <= face['age'][0] <= face['age'][1] <= 120
        assert sum(face['gender'].values()) == pytest.approx(1, abs=.02)


def indexed(hone, test_models, folder):
    """Indexes a folder; the content model is the small random one."""
    use_model(hone.library, test_models / 'clip-random')
    summary = hone('index', folder, '--json').ok().json()
    assert summary['failed'] == 0, summary
    return summary


@pytest.fixture
def known(hone, test_models, album):
    """{name: id} of the three named people, in a library that has indexed the album."""
    indexed(hone, test_models, album)
    found = {}
    for name in PEOPLE:
        found[name] = person_of(hone, album / f'{name}-0.jpg')
        edit(hone, 'name', found[name], name)
    return found


# Detection

def test_group_photo(hone, test_models, folder, group_photo):
    shutil.copy(group_photo, folder)
    indexed(hone, test_models, folder)
    found = faces_of(hone, folder / GROUP)
    width, height = Image.open(group_photo).size
    assert len(found) == 4 and len({face['id'] for face in found}) == 4
    for face in found:
        check(face, width, height)
    assert hone('faces', folder / GROUP).ok().out.strip(), 'and in words'


def test_orientations(hone, test_models, folder, group_photo):
    """The same upright picture in all eight orientations: the same boxes and points, in upright pixels."""
    upright = Image.open(group_photo).convert('RGB')
    for orientation, method in STORED.items():
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        path = folder / f'{orientation}.jpg'
        (upright if method is None else upright.transpose(method)).save(path, quality=97, subsampling=0, exif=exif)
        assert ImageOps.exif_transpose(Image.open(path)).size == upright.size
    indexed(hone, test_models, folder)
    expected = faces_of(hone, folder / '1.jpg')
    assert len(expected) == 4
    for orientation in STORED:
        found = faces_of(hone, folder / f'{orientation}.jpg')
        assert len(found) == len(expected), orientation
        for face in expected:
            same = max(found, key=lambda f: overlap(f['box'], face['box']))
            assert overlap(same['box'], face['box']) > .85, (orientation, face, same)
            if 'landmarks' in face:
                far = np.linalg.norm(np.array(same['landmarks']) - face['landmarks'], axis=1).max()
                assert far < .1 * max(face['box'][2:]), (orientation, far)


def test_no_face(hone, test_models, folder, samples):
    for name in ('opencv/squirrel_cls.jpg', 'scikit-image/chelsea.png', 'opencv/butterfly.jpg', 'scikit-image/coffee.png'):
        shutil.copy(samples / name, folder)
    indexed(hone, test_models, folder)
    for path in folder.iterdir():
        assert faces_of(hone, path) == []
    assert people(hone) == {}


def test_small_faces_and_such_at_the_border_carry_no_estimate(hone, test_models, folder, portraits, group_photo):
    """A whole face next to a larger one whose forehead the border cuts off; and the group photo twenty times, small."""
    cut, crowd = 'cut.png', 'crowd.png'
    joe, eileen = (Image.open(portraits / f'{name}.jpg') for name in ('Joe', 'Eileen'))
    two = Image.new('RGB', (1100, 420), 'grey')
    two.paste(joe.resize((700, 700)).crop((0, 290, 700, 700)), (0, 0))
    two.paste(eileen.resize((360, 360)), (720, 30))
    two.save(folder / cut)
    wall = Image.new('RGB', (1024, 860), 'white')
    small = Image.open(group_photo).convert('RGB').resize((180, 144), Image.BICUBIC)
    for at in range(20):
        wall.paste(small, (4 + at % 5 * 204, 4 + at // 5 * 214))
    wall.save(folder / crowd)
    indexed(hone, test_models, folder)
    found = sorted(faces_of(hone, folder / cut), key=lambda f: -f['box'][2])
    assert len(found) >= 2 and 'age' not in found[0] and 'gender' not in found[0], 'its forehead is outside of the picture'
    assert 'age' in found[1], 'the whole one beside it'
    small = [face for face in faces_of(hone, folder / crowd) if min(face['box'][2:]) < 20]
    assert len(small) > 15 and not [face for face in small if 'age' in face or 'gender' in face]


def test_grey_photo(hone, test_models, folder, portraits):
    colour = Image.open(portraits / 'Eileen.jpg').convert('RGB')
    colour.save(folder / 'colour.png')
    colour.convert('L').save(folder / 'grey.png')
    colour.convert('L').save(folder / 'grey.jpg', quality=92)
    indexed(hone, test_models, folder)
    expected, = faces_of(hone, folder / 'colour.png')
    for name in ('grey.png', 'grey.jpg'):
        face, = faces_of(hone, folder / name)
        check(face, *colour.size)
        assert 'age' in face and overlap(face['box'], expected['box']) > .8
        assert face['person'] == expected['person'], 'colours do not make the person'


def test_a_photo_in_two_places_is_one(hone, test_models, folder, portraits):
    (folder / 'again').mkdir()
    shutil.copy(portraits / 'Barack.jpg', folder / 'one.jpg')
    shutil.copy(portraits / 'Barack.jpg', folder / 'again/two.jpg')
    assert indexed(hone, test_models, folder)['photos'] == 1
    one, two = faces_of(hone, folder / 'one.jpg'), faces_of(hone, folder / 'again/two.jpg')
    assert len(one) == 1 and one == two
    edit(hone, 'name', one[0]['person'], 'Barack')
    person, = people(hone).values()
    assert (person['faces'], person['photos']) == (1, 1)


def test_estimates(hone, test_models, folder, faces_by_gender):
    """Twelve women and two men, whom nobody takes for children."""
    for number, (_, im) in enumerate(faces_by_gender):
        im.save(folder / f'{number:02}.jpg', quality=95)
    indexed(hone, test_models, folder)
    right = 0
    for number, (gender, _) in enumerate(faces_by_gender):
        face = min(faces_of(hone, folder / f'{number:02}.jpg'), key=lambda f: abs(f['box'][0] + f['box'][2] / 2 - 256) + abs(f['box'][1] + f['box'][3] / 2 - 256))
        right += (face['gender']['male'] > .5) == (gender == 'male')
        assert face['age'][1] > 18 and 5 <= face['age'][1] - face['age'][0] <= 40, (number, face)
    assert right >= .95 * len(faces_by_gender) - .5, right


@pytest.mark.shared('photos/faces-us-senate')
def test_estimates_of_twenty_portraits(hone, test_models, folder):
    """Of twenty people, women and men: every gender, most ages."""
    rows = json.loads((SENATE / 'truth.json').read_text())
    rows = [r for r in rows if r['gender'] == 'female'][:10] + [r for r in rows if r['gender'] == 'male'][:10]
    for row in rows:
        shutil.copy(SENATE / row['file'], folder)
    indexed(hone, test_models, folder)
    gender = 0
    for row in rows:
        face = max(faces_of(hone, folder / pathlib.Path(row['file']).name), key=lambda f: f['box'][2])
        gender += (face['gender']['male'] > .5) == (row['gender'] == 'male')
        assert face['age'][1] > 30 and 5 <= face['age'][1] - face['age'][0] <= 40, (row, face)
    assert gender >= 19


# People

def test_three_photos_of_one_man_and_one_of_another(hone, test_models, folder):
    """Years, light and mouth differ."""
    for name in ('obama', 'obama2', 'obama3', 'biden'):
        shutil.copy(PHOTOS / f'{name}.jpg', folder)
    indexed(hone, test_models, folder)
    first, *others = [max(faces_of(hone, folder / f'{name}.jpg'), key=lambda f: f['box'][2])['person'] for name in ('obama', 'obama2', 'obama3', 'biden')]
    assert others[:2] == [first, first] and others[2] not in (None, first)


def test_people_are_found(hone, test_models, album):
    indexed(hone, test_models, album)
    ids = {name: {person_of(hone, album / f'{name}-{n}.jpg') for n in range(3)} for name in PEOPLE}
    assert all(len(found) == 1 and None not in found for found in ids.values()), ids
    assert len(set.union(*ids.values())) == 3, ids
    eileen, barack = sorted(faces_of(hone, album / 'both.jpg'), key=lambda f: f['box'][0])
    assert ({eileen['person']}, {barack['person']}) == (ids['Eileen'], ids['Barack'])
    listed = people(hone)
    counts = {name: listed[next(iter(found))]['photos'] for name, found in ids.items()}
    assert counts == {'Eileen': 4, 'Barack': 4, 'Joe': 3}
    assert all(person['name'] is None and not person['hidden'] for person in listed.values())


def test_names_stay(hone, known, album):
    listed = people(hone)
    assert {listed[id]['name'] for id in known.values()} == set(PEOPLE)
    assert faces_of(hone, album / 'Eileen-1.jpg')[0]['name'] == 'Eileen'
    hone('index', album).ok()
    assert {name: person_of(hone, album / f'{name}-2.jpg') for name in known} == known
    hone('people', 'name', known['Barack'], 'Eileen').refused(1, 'Eileen')
    shutil.copy(album / 'Eileen-1.jpg', album / 'moved.jpg')
    (album / 'Eileen-1.jpg').unlink()
    hone('index', album).ok()
    assert person_of(hone, album / 'moved.jpg') == known['Eileen']


def test_a_new_photo_joins_its_person(hone, known, album):
    Image.open(album / 'Joe-0.jpg').resize((400, 400)).save(album / 'new.jpg', quality=90)
    hone('index', album).ok()
    face, = faces_of(hone, album / 'new.jpg')
    assert (face['person'], face['name']) == (known['Joe'], 'Joe')


def test_undo_of_a_name(hone, known):
    edit(hone, 'undo')  # the last edit by `known`
    listed = people(hone)
    assert listed[known['Joe']]['name'] is None and listed[known['Barack']]['name'] == 'Barack'


def test_merge_and_undo(hone, known, album):
    hone('people', 'merge', known['Eileen'], known['Barack']).refused(1, 'name')
    assert len({person_of(hone, album / f'{name}-0.jpg') for name in known}) == 3, 'nothing was done'
    unnamed = faces_of(hone, album / 'four.jpg')[0]['person']
    assert unnamed and unnamed not in known.values()
    edit(hone, 'merge', known['Eileen'], unnamed)
    assert faces_of(hone, album / 'four.jpg')[0]['person'] == known['Eileen']
    assert people(hone)[known['Eileen']]['photos'] == 5
    edit(hone, 'undo')
    assert faces_of(hone, album / 'four.jpg')[0]['person'] == unnamed
    assert people(hone)[known['Eileen']]['photos'] == 4


def test_split_and_undo(hone, known, album):
    face, = faces_of(hone, album / 'Eileen-2.jpg')
    edit(hone, 'split', known['Eileen'], face['id'])
    apart = person_of(hone, album / 'Eileen-2.jpg')
    assert apart and apart != known['Eileen'] and person_of(hone, album / 'Eileen-0.jpg') == known['Eileen']
    Image.open(album / 'Eileen-0.jpg').resize((450, 450)).save(album / 'new.jpg', quality=90)
    hone('index', album).ok()
    assert person_of(hone, album / 'Eileen-2.jpg') == apart, 'the machine does not put back what a person took apart'
    (album / 'new.jpg').unlink()
    edit(hone, 'undo')
    assert person_of(hone, album / 'Eileen-2.jpg') == known['Eileen']


def test_hide_and_show(hone, known):
    edit(hone, 'hide', known['Barack'])
    assert known['Barack'] not in people(hone) and known['Eileen'] in people(hone)
    edit(hone, 'show', known['Barack'])
    assert people(hone)[known['Barack']]['hidden'] is False
    edit(hone, 'hide', known['Barack'])
    edit(hone, 'undo')
    assert known['Barack'] in people(hone)


def test_wrong_people_are_refused(hone, known):
    hone('people', 'name', 99999, 'Nobody').refused(1, '99999')
    hone('people', 'merge', known['Eileen'], 99999).refused(1, '99999')
    hone('people', 'nonsense').refused(2)


def test_similar_faces(hone, known, album):
    face, = faces_of(hone, album / 'Eileen-0.jpg')
    results = hone('similar', '--face', face['id'], '--json').ok().json()['results']
    distances = [row['distance'] for row in results]
    assert face['id'] not in [row['id'] for row in results] and distances == sorted(distances)
    assert {row['person']['id'] for row in results[:3]} == {known['Eileen']}


# Over HTTP

def test_edits_over_http(serve, hone, known, album):
    with serve(album) as server:
        server.wait_idle()
        listed = server.get('/people').json()
        assert listed['faces'] == 15 and listed['model'] == 'faces-default'
        by_name = {person['name']: person for person in listed['people']}
        assert set(PEOPLE) <= set(by_name) and by_name['Eileen']['cover']['box']
        assert [bool(person['name']) for person in listed['people']][:3] == [True] * 3, 'named ones first'
        detail = server.get(f'/people/{known["Eileen"]}').json()
        assert len(detail['members']) == 4 and all(member['photo'] and member['width'] for member in detail['members'])
        assert server.post('/people', {'action': 'name', 'person': known['Eileen'], 'name': 'Barack'}).status == 409
        assert server.post('/people', {'action': 'merge', 'people': [known['Eileen'], known['Barack']]}).status == 409
        done = server.post('/people', {'action': 'merge', 'people': [known['Eileen'], known['Barack']], 'name': 'Both'})
        assert done.status == 200 and done.json()['person']['name'] == 'Both' and done.json()['person']['photos'] == 7
        assert server.get('/people/history').json()['edits'][0]['id'] == done.json()['edit']
        assert server.post('/people', {'action': 'undo'}).status == 200
        assert {person['name'] for person in server.get('/people').json()['people']} >= set(PEOPLE)
        eileen = detail['members'][-1]
        assert server.post('/people', {'action': 'reject', 'faces': [eileen['id']], 'person': known['Eileen']}).status == 200
        assert server.get(f'/people/{known["Eileen"]}').json()['faces'] == 3
        assert server.post('/people', {'action': 'assign', 'faces': [eileen['id']], 'person': known['Eileen']}).status == 200
        assert server.get(f'/people/{known["Eileen"]}').json()['faces'] == 4
        assert isinstance(server.get('/people/questions').json()['questions'], list)
        for wrong in ({}, {'action': 'nonsense'}, {'action': 'name', 'person': 'x'}, {'action': 'split', 'person': known['Eileen'], 'faces': []}):
            assert server.post('/people', wrong).status in (400, 422), wrong


# Filters

def test_filters(serve, hone, known, album):
    with serve(album) as server:
        server.wait_idle()

        def found(text):
            return set(names(server.search(None, filter=text, limit=100)))

        def of(*people):
            return {f'{name}-{n}.jpg' for name in people for n in range(3)}

        assert found('people:Eileen') == found('people:eileen') == of('Eileen') | {'both.jpg'}
        assert found('people:Eileen people:"Barack"') == {'both.jpg'}
        assert found('people:Eileen,Joe') == of('Eileen', 'Joe') | {'both.jpg'}
        assert found('-people:Eileen') == of('Barack', 'Joe') | {'four.jpg', 'nobody.jpg'}
        assert found('only:Eileen') == of('Eileen')
        assert 'both.jpg' in found('only:Eileen,Barack') <= of('Eileen', 'Barack') | {'both.jpg'}
        assert found('faces:0') == {'nobody.jpg'}
        assert found('faces:2..') == {'both.jpg', 'four.jpg'}
        assert found('faces:1') == of(*PEOPLE)
        assert found('age:0..5') == set()
        assert found('age:20..90') >= of(*PEOPLE) | {'both.jpg'} and 'nobody.jpg' not in found('age:20..90')
        assert server.post('/search', {'filter': 'age:old'}).status == 400


# Settings, and the originals

def test_without_age_and_gender(hone, test_models, folder, portraits):
    shutil.copy(portraits / 'Eileen.jpg', folder)
    indexed(hone, test_models, folder)
    assert 'age' in faces_of(hone, folder / 'Eileen.jpg')[0]
    hone('config', 'faces.age_gender', 'maybe').refused(1, 'on or off')
    hone('config', 'faces.age_gender', 'off').ok()
    assert 'age' not in faces_of(hone, folder / 'Eileen.jpg')[0], 'the stored estimates are deleted'
    hone('index').ok()
    face, = faces_of(hone, folder / 'Eileen.jpg')
    assert 'age' not in face and 'gender' not in face and face['person'] is not None


def test_originals_are_left_alone(serve, hone, test_models, album):
    before = snapshot(album)
    indexed(hone, test_models, album)
    eileen = person_of(hone, album / 'Eileen-0.jpg')
    edit(hone, 'name', eileen, 'Eileen')
    edit(hone, 'split', eileen, faces_of(hone, album / 'Eileen-1.jpg')[0]['id'])
    edit(hone, 'undo')
    with serve(album) as server:
        server.wait_idle()
        server.get('/people')
        server.search(None, filter='people:Eileen')
    assert snapshot(album) == before


def test_names_go_out_as_sidecars_and_come_back(hone, known, album, tmp_path, test_models):
    """Never next to the originals, unless that folder is given; another library reads the names from the sidecars."""
    before = snapshot(album)
    assert hone('export', '--format', 'xmp', '--to', tmp_path / 'out', '--json').ok().json() == {'written': 10, 'unchanged': 0, 'left': 0}
    assert snapshot(album) == before
    written = {path.name for path in (tmp_path / 'out').rglob('*')}
    assert written == {path.name + '.xmp' for path in album.iterdir() if path.name.split('-')[0] in PEOPLE or path.name == 'both.jpg'}
    assert hone('export', '--format', 'xmp', '--to', tmp_path / 'out', '--json').ok().json() == {'written': 0, 'unchanged': 10, 'left': 0}
    (tmp_path / 'out/Eileen-0.jpg.xmp').write_text('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    assert hone('export', '--format', 'xmp', '--to', tmp_path / 'out', '--json').ok().json() == {'written': 0, 'unchanged': 9, 'left': 1}
    hone('export', '--format', 'xmp').refused(1, '--to')

    (tmp_path / 'out/Eileen-0.jpg.xmp').unlink()
    hone('export', '--format', 'xmp', '--to', album).ok()
    assert len(list(album.glob('*.xmp'))) == 10, 'beside the originals when that is what was asked for'
    other = tmp_path / 'other'
    use_model(other, test_models / 'clip-random')
    run_hone('index', album, library=other).ok()
    found = run_hone('people', 'list', '--json', library=other).ok().json()['people']
    assert {p['name']: p['photos'] for p in found if p['name']} == {'Eileen': 4, 'Barack': 4, 'Joe': 3}


def test_export_of_all_and_as_a_table(hone, known, album, tmp_path):
    everything = hone('export', '--format', 'json').ok().json()
    assert {p['name'] for p in everything['people']} == set(PEOPLE)
    assert {pathlib.Path(p['paths'][0]).name for p in everything['photos']} == {path.name for path in album.iterdir()}
    assert {f['person']['name'] for p in everything['photos'] for f in p['faces'] if f['person']} >= set(PEOPLE)
    hone('export', '--format', 'csv', '--to', tmp_path / 'table.csv').ok()
    with open(tmp_path / 'table.csv', newline='') as file:
        table = {pathlib.Path(row['path']).name: row for row in csv.DictReader(file)}
    assert len(table) == len(everything['photos'])
    assert table['Joe-0.jpg']['people'] == 'Joe'
    assert list(tmp_path.glob('*.part')) == []
    hone('export', '--format', 'json', '--to', '/no/such/folder/x.json').refused(1, '/no/such/folder')


def square_photo(path, red, blue, at=(300, 200), side=128):
    """1280 x 800: a white square, which the networks of faces-original in deps/testmodels detect as a face."""
    im = Image.new('RGB', (1280, 800), (red, 0, blue))
    im.paste((255, 255, 255), (*at, at[0] + side, at[1] + side))
    im.save(path)


def test_the_originals_networks_are_pulled_and_used(hone, test_models, folder):
    """By the manifest in models/faces-original, from a hub with networks of the same shapes."""
    repositories = test_models / 'faces-original'
    hub = {str(path.relative_to(repositories)): path for path in repositories.glob('*/*')}
    assert len(hub) == 3
    row = {m['name']: m for m in hone('models', 'list', '--json').ok().json()['models']}
    assert row['faces-original']['complete'] is False and row['faces-default']['used'] is True
    hone('config', 'faces.model', 'faces-original').ok()
    square_photo(folder / 'red.png', 120, 0)
    hone('faces', folder / 'red.png').refused(1, 'hone models pull faces-original')
    with Hub(hub) as server:
        server.faults['arc.onnx'] = [{'wrong': True, 'always': True}]
        hone('models', 'pull', 'faces-original', env={'HF_ENDPOINT': server.url}).refused(1, 'arc.onnx', 'SHA-256')
        server.faults.clear()
        hone('models', 'pull', 'faces-original', env={'HF_ENDPOINT': server.url}).ok()
    hone('models', 'verify', 'faces-original').ok()
    hone('models', 'pull', 'faces-original').refused(1, 'already')
    row = {m['name']: m for m in hone('models', 'list', '--json').ok().json()['models']}
    assert row['faces-original']['used'] is True and row['faces-original']['dimension'] == 512

    square_photo(folder / 'blue.png', 0, 120, at=(700, 400))
    indexed(hone, test_models, folder)
    red, = hone('faces', folder / 'red.png', '--json', '--vectors').ok().json()['faces']
    blue, = hone('faces', folder / 'blue.png', '--json', '--vectors').ok().json()['faces']
    for face, at in (red, (300, 200)), (blue, (700, 400)):
        assert overlap(face['box'], [*at, 128, 128]) > .8, face
        assert len(face['vector']) == 512
        assert face['score'] > .8
        low, high = face['age']
        assert low < 100 and high >= 90, 'white is a hundred years old here'


def test_sixty_faces(hone, test_models, folder, faces_by_gender):
    """A wall of sixty portraits is sixty faces, and the grid is theirs; the same faces again are still other people."""
    wall = Image.new('RGB', (1200, 900), 'white')
    for at in range(60):
        tile = ImageOps.fit(faces_by_gender[at % len(faces_by_gender)][1], (120, 150), centering=(.5, .2))
        wall.paste(tile, (at % 10 * 120, at // 10 * 150))
    wall.save(folder / 'wall.jpg', quality=95)
    hone('config', 'faces.side', '1280').ok()
    indexed(hone, test_models, folder)
    found = faces_of(hone, folder / 'wall.jpg')
    tiles = {(int(f['box'][0] + f['box'][2] / 2) // 120, int(f['box'][1] + f['box'][3] / 2) // 150) for f in found}
    assert len(tiles) >= 58 and len(found) <= 62, (len(tiles), len(found))
    persons = [face['person'] for face in found if face['person'] is not None]
    assert len(set(persons)) == len(persons), 'one photo, nobody twice'


def test_drawings_are_no_crash(hone, test_models, folder):
    for n, draw in enumerate((lambda d: d.ellipse((50, 50, 250, 290), outline='black', width=4),
                              lambda d: (d.ellipse((60, 40, 340, 360), fill='#ffe0c0'), d.ellipse((130, 140, 170, 180), fill='black'),
                                         d.ellipse((230, 140, 270, 180), fill='black'), d.arc((140, 200, 260, 300), 20, 160, fill='black', width=6)))):
        im = Image.new('RGB', (400, 400), 'white')
        draw(ImageDraw.Draw(im))
        im.save(folder / f'{n}.png')
    assert indexed(hone, test_models, folder)['failed'] == 0
    for path in folder.iterdir():
        for face in faces_of(hone, path):
            check(face, 400, 400)


def test_a_network_that_is_missing_or_wrong_costs_only_itself(hone, test_models, folder, portraits):
    """Photos are indexed nevertheless; one message names the missing part and the way out."""
    shutil.copy(portraits / 'Eileen.jpg', folder)
    copy = hone.library / 'models/faces-copy'
    shutil.copytree(HONE.parents[2] / 'models/faces', copy, ignore=shutil.ignore_patterns('*.py', '*.md'))
    manifest = json.loads((copy / 'manifest.json').read_text())
    (copy / 'manifest.json').write_text(json.dumps({**manifest, 'name': 'faces-copy'}))
    hone('config', 'faces.model', 'faces-copy').ok()
    use_model(hone.library, test_models / 'clip-random')
    photo = folder / 'Eileen.jpg'

    (copy / 'face_embedding.onnx').unlink()
    run = hone('index', folder, '--json').ok()
    assert run.json()['failed'] == 0
    assert re.search('face_embedding', run.err), run
    face, = hone('faces', photo, '--json', '--vectors').ok().json()['faces']
    assert face['vector'] == [] and 'age' in face, 'where the face is, and the estimates, need no embedding'

    with open(photo, 'ab') as file:
        file.write(b' ')  # makes it another photo
    shutil.copy(copy / 'face_agegender.onnx', copy / 'face_embedding.onnx')
    run = hone('index', folder, '--json').ok()
    assert run.json()['failed'] == 0
    assert re.search('embedding', run.err), run
    assert hone('search', 'a face', '--json').ok().json()['total'] == 1
