"""The look space through the whole program: pictures of one look are found by one of them, whatever they show."""
import hashlib
import pathlib

import pytest
from treatments import LOOKS, mean_average_precision, treat

from conftest import SHARED, run_hone, run_server

PHOTOS = SHARED / 'photos/coco-captions/images'
ONLY_LOOK = {'content': 0, 'style': 1, 'people': 0, 'moment': 0}


@pytest.mark.skipif(not PHOTOS.is_dir(), reason='needs 252 photos: shared/photos/coco-captions')
def test_a_look_is_found_whatever_it_is_on(tmp_path):
    looks = treat(PHOTOS, tmp_path / 'photos')
    assert len(looks) == 12 * len(LOOKS) == 252
    library = tmp_path / 'library'
    run_hone('index', tmp_path / 'photos', library=library).ok()
    with run_server(library=library) as server:
        def rank(facets):
            def by(path):
                page = server.search(**{'from': hashlib.sha256(path.read_bytes()).hexdigest(), 'facets': facets, 'show': 'all', 'collapse': False, 'limit': 1000})
                return [found for result in page['results'] if (found := pathlib.Path(result['path'])) != path]
            return by
        by_look = mean_average_precision(looks, rank(ONLY_LOOK))
        by_content = mean_average_precision(looks, rank({'content': 1, 'style': 0, 'people': 0, 'moment': 0}))
    print(f'mean average precision of 21 treatments on 252 photos: look {by_style:.3f}, content {by_content:.3f}')
    assert by_look >= 0.47
    assert by_content < by_look
