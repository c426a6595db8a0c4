# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of models/faces, the manifests of face packs, and the reference pipeline."""
import hashlib
import json
import pathlib
import sys

import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACK = ROOT / 'models/faces'
PRESIDENT = ROOT / 'deps/people/obama.jpg'  # aged 51
sys.path.append(str(PACK))
import convert_faceapi  # noqa: E402
import faces  # noqa: E402
import onnx_graph  # noqa: E402

PARTS = ('face-detector', 'face-embedder', 'age-gender')


@pytest.fixture(scope='module')
def pack():
    return faces.FacePack(PACK)


def test_pack_is_the_manifest_s():
    """script/bootstrap has built the pack from the packages; the manifest promises these bytes."""
    manifest = json.loads((PACK / 'manifest.json').read_text())
    for part in PARTS:
        file = manifest[part]['file']
        blob = (PACK / file['path']).read_bytes()
        assert (hashlib.sha256(blob).hexdigest(), len(blob)) == (file['sha256'], file['bytes']), file['path']


@pytest.mark.parametrize('name', ['faces', 'faces-yunet', 'faces-original'])
def test_manifests_are_whole(name):
    manifest = json.loads((ROOT / 'models' / name / 'manifest.json').read_text())
    assert manifest['format'] == 1 and manifest['role'] == 'faces' and manifest['licence']
    embedder, table = manifest['face-embedder'], np.array(manifest['age-gender']['age_range'])
    assert np.shape(embedder['template']) == (5, 2) and 0 < np.min(embedder['template']) < np.max(embedder['template']) < embedder['size']
    stricter = embedder['link'] < embedder['same'] if embedder['metric'] == 'l2' else embedder['link'] > embedder['same']
    assert stricter, 'a link of a grouping needs more than one comparison does'
    assert (np.diff(table, axis=0) >= 0).all() and (table[:, 1] <= table[:, 0]).all() and (table[:, 0] <= table[:, 2]).all()
    assert ('male_index' in manifest['age-gender']) != ('female_index' in manifest['age-gender'])


def test_weights_are_dequantised():
    specs = [{'name': 'a', 'shape': [2, 2], 'dtype': 'float32', 'quantization': {'dtype': 'uint8', 'scale': .5, 'min': -1}},
             {'name': 'b', 'shape': [1], 'dtype': 'float32'}]
    found = convert_faceapi.dequantise(specs, bytes([0, 2, 4, 255]) + np.float32(7).tobytes())
    np.testing.assert_array_equal(found['a'], [[-1, 0], [1, 126.5]])
    np.testing.assert_array_equal(found['b'], [7])
    with pytest.raises(AssertionError, match='fill'):
        convert_faceapi.dequantise(specs, bytes(9))


def test_same_pads_are_tensorflow_s():
    assert onnx_graph.same_pads(112, 3, 2) == (0, 0, 1, 1)
    assert onnx_graph.same_pads(7, 3, 2) == (1, 1, 1, 1)
    assert onnx_graph.same_pads(14, 3, 1) == (1, 1, 1, 1)


def test_similarity_finds_a_known_one():
    a, b, tx, ty = .3, -.2, 5, 7
    source = np.array([[0, 0], [10, 0], [4, 9], [-3, 5], [2, 2]], float)
    target = np.stack([a * source[:, 0] - b * source[:, 1] + tx, b * source[:, 0] + a * source[:, 1] + ty], 1)
    np.testing.assert_allclose(faces.similarity(source, target), (a, b, tx, ty), atol=1e-12)


def test_warp():
    rgb = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(faces.warp(rgb, (1, 0, 0, 0), 20), rgb[:, :20])
    moved = faces.warp(rgb, (1, 0, 3, 0), 20)
    np.testing.assert_array_equal(moved[:, 3:], rgb[:, :17])
    assert not moved[:, :3].any(), 'black outside'
    flat = faces.warp(np.full((64, 64, 3), 90, np.uint8), (.25, 0, -.375, -.375), 16)
    assert (flat == 90).all(), 'shrinking by four averages 4 x 4 samples'


def test_age_range_holds_its_ends():
    table = [[10, 6, 15], [20, 14, 28]]
    assert faces.age_range(table, 3) == (6, 15)
    assert faces.age_range(table, 15) == (10, 22)
    assert faces.age_range(table, 90) == (14, 28)
    assert faces.age_range([[0, -4, 3]], 1) == (0, 3)


def test_detectors_decode_one_face():
    """One made-up face, in the outputs of each kind of network."""
    out = {'heatmap': np.zeros((1, 1, 8, 8)), 'scale': np.zeros((1, 2, 8, 8)), 'offset': np.zeros((1, 2, 8, 8)), 'landmarks': np.full((1, 10, 8, 8), .5)}
    out['heatmap'][0, 0, 3, 4] = .9
    out['scale'][0, :, 3, 4] = np.log([3, 2])  # height, width, in cells of 4 pixels
    face, = faces.decode_centerface(out, .5, 32, 32)
    np.testing.assert_allclose(face['box'], [18 - 4, 14 - 6, 8, 12])
    np.testing.assert_allclose(face['points'], [[18, 14]] * 5)
    cells = {8: 64, 16: 16, 32: 4}
    out = {f'{name}_{s}': np.zeros((1, n, depth)) for s, n in cells.items() for name, depth in (('cls', 1), ('obj', 1), ('bbox', 4), ('kps', 10))}
    out['cls_16'][0, 5], out['obj_16'][0, 5] = .81, 1
    face, = faces.decode_yunet(out, .7, 64, 64)
    assert face['score'] == pytest.approx(.9)
    np.testing.assert_allclose(face['box'], [16 - 8, 16 - 8, 16, 16])
    np.testing.assert_allclose(face['points'], [[16, 16]] * 5)
    rows = np.zeros((1, 5, 3))
    rows[0, :, 1] = [50, 40, 20, 10, .8]
    face, = faces.decode_yolo({'faces': rows}, .5, 640, 640)
    np.testing.assert_allclose(face['box'], [40, 35, 20, 10])


def test_a_portrait(pack):
    """One whole face, the same person in a copy of half the size, nobody in noise."""
    rgb = faces.load_rgb(PRESIDENT)
    face, = pack(rgb)
    assert face['male'] > .9 and 40 < face['age'] < 65
    half = np.asarray(Image.fromarray(rgb).resize((rgb.shape[1] // 2, rgb.shape[0] // 2), Image.BICUBIC))
    other, = pack(half)
    assert np.linalg.norm(face['vector'] - other['vector']) < .3
    assert faces.iou(other['box'] * 2, face['box']) > .8
    assert pack(np.random.default_rng(2).integers(0, 256, (300, 400, 3), dtype=np.uint8)) == []
