# SPDX-License-Identifier: GPL-3.0-or-later
"""hone duplicates through the real program: copies of known originals, and the three lists on the command line and over HTTP."""
import collections
import csv
import os
import pathlib
import shutil
import time

import pytest
from PIL import Image

import openapi
from conftest import ROOT, SHARED, need, run_hone, run_server, use_model

SENATE = SHARED / 'photos/faces-us-senate'  # portraits in older encodings, which only some machines have
# name -> (folder with orig/, copies/ and truth.tsv, whether the portraits are there too)
SETS = {'samples': (ROOT / 'deps/golden/neardup', False), **({'coco': (SHARED / 'photos/neardup/generated', True)} if SENATE.exists() else {})}


@pytest.fixture(scope='module', params=SETS)
def truth(request):
    """{path: (original's path, transform)}; an original's transform is ''."""
    made, portraits = SETS[request.param]
    found = {}
    with open(need(made / 'truth.tsv', 'near duplicates (script/golden)')) as file:
        for row in csv.DictReader(file, delimiter='\t'):
            found[made / row['copy']] = (made / row['original'], row['transform'])
    for line in (SENATE / 'older-to-current.tsv').read_text().splitlines() if portraits else ():
        older, _, current = line.partition('\t')
        if current and (SENATE / older).is_file():
            found[SENATE / older] = (SENATE / current, 'older encoding')
    for path in [*(made / 'orig').iterdir(), *((SENATE / 'images').iterdir() if portraits else ())]:
        found[path] = (path, '')
    return found


@pytest.fixture(scope='module')
def groups(truth, tmp_path_factory, test_models):
    """Returns the program's groups, as sets of paths of the test's photos."""
    folder = tmp_path_factory.mktemp('neardup')
    library, photos = folder / 'library', folder / 'photos'
    photos.mkdir()
    behind = {}
    for number, path in enumerate(sorted(truth)):
        link = photos / f'{number:04}{path.suffix}'
        link.symlink_to(path)
        behind[str(link)] = path
    use_model(library, test_models / 'clip-random')
    summary = run_hone('index', photos, '--json', library=library, timeout=900).ok().json()
    assert (summary['files'], summary['failed'], summary['skipped']) == (len(truth), 0, 0), summary
    print(f'\n{len(truth)} photos in {summary["seconds"]:.0f} s')
    page = run_hone('duplicates', '--kind', 'near', '--limit', '100000', '--json', library=library).ok().json()
    assert page['kind'] == 'near' and page['total'] == len(page['groups'])
    return [[behind[photo['path']] for photo in group['photos']] for group in page['groups']]


def test_copies_are_in_the_group_of_their_original(truth, groups):
    group_of = {path: number for number, group in enumerate(groups) for path in group}
    found, all_of = collections.Counter(), collections.Counter()
    for copy, (original, transform) in truth.items():
        if transform:
            all_of[transform] += 1
            found[transform] += copy in group_of and group_of[copy] == group_of.get(original)
    for transform in sorted(all_of, key=lambda t: found[t] / all_of[t]):
        print(f'{transform:15} {found[transform]:3} of {all_of[transform]:3}  {found[transform] / all_of[transform]:.3f}')
    recall = found.total() / all_of.total()
    print(f'recall {recall:.4f} of {all_of.total()}')
    assert all_of.total() >= 576 and recall >= .99


def test_groups_hold_one_picture(truth, groups):
    assert len(groups) >= len({original for original, transform in truth.values() if transform}) * .9
    wrong = members = 0
    mixed = []
    for group in groups:
        pictures = collections.Counter(truth[path][0] for path in group)
        members += len(group)
        wrong += len(group) - pictures.most_common(1)[0][1]
        if len(pictures) > 1:
            mixed.append([path.name for path in group])
    print(f'precision {1 - wrong / members:.4f} of {members} in {len(groups)} groups')
    assert 1 - wrong / members >= .99
    assert mixed == [], 'two different originals in one group'


def test_no_smaller_copy_is_called_the_best(truth, groups):
    """Copies that are scaled down or cropped: the original has more pixels and must come first."""
    smaller = ('scale-25', 'scale-50', 'crop-10', 'crop-30', 'crop-50')
    checked = 0
    for group in groups:
        assert truth[group[0]][1] not in smaller, group[0]
        originals = [at for at, path in enumerate(group) if not truth[path][1]]
        for at, path in enumerate(group):
            if originals and truth[path][1] in smaller:
                assert at > originals[0], (path, group)
                checked += 1
    assert not groups or checked >= 100


@pytest.fixture
def library_of_copies(photos, library, hone, quick):
    """Twelve photos, one of them also as an exact and as a smaller copy, two links, and a burst."""
    shutil.copy2(photos / 'home.jpg', photos / 'home again.jpg')
    os.utime(photos / 'home again.jpg', (2e9, 2e9))
    (photos / 'linked.jpg').symlink_to(photos / 'baboon.jpg')
    os.link(photos / 'fruits.jpg', photos / 'hard.jpg')
    with Image.open(photos / 'butterfly.jpg') as im:
        im.resize((im.width // 2, im.height // 2)).save(photos / 'butterfly small.jpg', quality=80)
    for number, name in enumerate(('chelsea.png', 'coffee.png')):
        with Image.open(photos / name) as im:
            exif = im.getexif()
            exif[0x010F], exif[0x0110] = 'Maker', 'Camera 1'
            exif.get_ifd(0x8769)[0x9003] = f'2019:05:01 12:30:0{number * 2}'
            im.convert('RGB').save(photos / f'shot {number}.jpg', exif=exif, quality=60)
        (photos / name).unlink()
    hone('index', photos).ok()
    return library


def shape(page):
    return [[pathlib.Path(photo['path']).name for photo in group['photos']] for group in page['groups']]


def test_three_questions(library_of_copies, photos, hone):
    def ask(kind):
        return hone('duplicates', '--kind', kind, '--json').ok().json()
    size = (photos / 'home.jpg').stat().st_size
    exact = ask('exact')
    assert shape(exact) == [['home.jpg', 'home again.jpg']], 'links are not copies'
    assert exact['groups'][0]['bytes_to_free'] == size
    assert {photo['copies'] for photo in exact['groups'][0]['photos']} == {2}
    near = ask('near')
    assert shape(near) == [['butterfly.jpg', 'butterfly small.jpg']]
    assert near['groups'][0]['bytes_to_free'] == (photos / 'butterfly small.jpg').stat().st_size
    burst = ask('burst')
    assert shape(burst) == [['shot 0.jpg', 'shot 1.jpg']]
    assert [photo['taken_at'] for photo in burst['groups'][0]['photos']] == ['2019-05-01T12:30:00', '2019-05-01T12:30:02']
    text = hone('duplicates').ok().out
    assert str(photos / 'butterfly small.jpg') in text and 'nothing was changed' in text
    hone('duplicates', '--kind', 'people').refused(2, 'people')
    hone('duplicates', '--limit', '0').refused(2)


def test_over_http(library_of_copies, photos, hone):
    expected = hone('duplicates', '--json').ok().json()
    with run_server(library=library_of_copies) as server:
        api = server.get('/openapi.json').json()
        for kind in ('exact', 'near', 'burst'):
            answer = server.get(f'/duplicates?kind={kind}')
            assert answer.status == 200
            openapi.check(api, 'get', '/duplicates', 200, answer.json())
        assert server.get('/duplicates').json() == expected
        empty = server.get('/duplicates?offset=1').json()
        assert (empty['groups'], empty['total']) == ([], 1)
        for wrong in ('kind=people', 'limit=x', 'limit=1001', 'offset=-1'):
            assert server.get(f'/duplicates?{wrong}').status == 400, wrong
        (photos / 'butterfly small.jpg').unlink()
        scan = server.post('/scan').json()['scan']
        while server.status()['scans'] < scan:
            time.sleep(.1)
        assert server.get('/duplicates').json()['total'] == 0
