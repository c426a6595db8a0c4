# SPDX-License-Identifier: GPL-3.0-or-later
"""The style space through the whole program: one photo finds others of the same style, whatever they show."""
import hashlib
import pathlib

import pytest
from facts_album import SIDE
from PIL import Image
from treatments import LOOKS, mean_average_precision, treat

from conftest import SHARED, run_hone, run_server

COCO = SHARED / 'photos/coco-captions/images'
ONLY_LOOK = {'content': 0, 'style': 1, 'people': 0, 'moment': 0}


@pytest.fixture
def pieces(samples, tmp_path):
    """Three pieces of each of 59 sample photos: what they show differs, so that only the look connects them. Measured: 0.263, by content 0.085."""
    folder = tmp_path / 'pieces'
    folder.mkdir()
    for path in sorted(p for p in samples.rglob('*') if p.suffix in ('.jpg', '.png')):
        with Image.open(path) as im:
            im = im.convert('RGB')
        im.thumbnail((3 * SIDE, 2 * SIDE))
        width = im.width // 3
        for at in range(3):
            im.crop((at * width, 0, (at + 1) * width, im.height)).save(folder / f'{path.stem}-{at}.png')
    return folder


@pytest.mark.parametrize('photos, least', [('pieces', 0.23), pytest.param(COCO, 0.47, marks=pytest.mark.shared('photos/coco-captions'))], ids=['pieces', 'coco'])
def test_a_look_is_found_whatever_it_is_on(photos, least, request, tmp_path):
    looks = treat(request.getfixturevalue(photos) if photos == 'pieces' else photos, tmp_path / 'photos')
    assert len(looks) >= 8 * len(LOOKS)
    library = tmp_path / 'library'
    run_hone('index', tmp_path / 'photos', library=library).ok()
    with run_server(library=library) as server:
        def rank(facets):
            def by(path):
                page = server.search(**{'from': hashlib.sha256(path.read_bytes()).hexdigest(), 'facets': facets, 'show': 'all', 'collapse': False, 'limit': 1000})
                return [found for result in page['results'] if (found := pathlib.Path(result['path'])) != path]
            return by
        by_style = mean_average_precision(looks, rank(ONLY_LOOK))
        by_content = mean_average_precision(looks, rank({'content': 1, 'style': 0, 'people': 0, 'moment': 0}))
    print(f'mean average precision of 21 treatments on {len(looks)} photos: look {by_style:.3f}, content {by_content:.3f}')
    assert by_style >= least
    assert by_content < by_style
