# SPDX-License-Identifier: GPL-3.0-or-later
"""The models made for the tests have the promised properties."""
import hashlib
import json
import pathlib
import subprocess
import sys

import numpy as np
import onnxruntime as ort
import pytest
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent


def build(out):
    subprocess.run([sys.executable, HERE / 'make_test_models.py', '--shared', out / 'nowhere', out], check=True, capture_output=True)
    return out


@pytest.fixture(scope='module')
def models(tmp_path_factory):
    return build(tmp_path_factory.mktemp('models'))


def run(file, feed):
    session = ort.InferenceSession(str(file), providers=['CPUExecutionProvider'])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feed)))


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def cosine(a, b):
    return (unit(a) * unit(b)).sum(-1)


@pytest.fixture(scope='module')
def pixels():
    return np.random.default_rng(0).normal(size=(3, 3, 224, 224)).astype(np.float32)


@pytest.fixture(scope='module')
def ids(models):
    t = Tokenizer.from_file(str(models / 'clip-random/tokenizer.json'))
    return np.array([t.encode('a dog on the beach').ids], np.int64)


def test_same_bytes_again(models, tmp_path):
    again = build(tmp_path)
    for file in sorted(p for p in models.rglob('*') if p.is_file()):
        other = again / file.relative_to(models)
        assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest(), file


def test_precisions_agree(models, pixels, ids):
    onnx = models / 'clip-random/onnx'
    f32 = run(onnx / 'vision_model.onnx', {'pixel_values': pixels})['image_embeds']
    assert f32.shape == (3, 64)
    assert (abs(np.linalg.norm(f32, axis=1) - 1) > 0.1).all(), 'the real towers do not normalise either'
    assert cosine(run(onnx / 'vision_model_fp16.onnx', {'pixel_values': pixels})['image_embeds'], f32).min() > 0.999
    assert cosine(run(onnx / 'vision_model_quantized.onnx', {'pixel_values': pixels})['image_embeds'], f32).min() > 0.9
    text = run(onnx / 'text_model.onnx', {'input_ids': ids})['text_embeds']
    assert cosine(run(onnx / 'text_model_quantized.onnx', {'input_ids': ids})['text_embeds'], text).min() > 0.9


def test_layouts_agree(models, pixels, ids):
    image = run(models / 'clip-random/onnx/vision_model.onnx', {'pixel_values': pixels[:1]})['image_embeds']
    text = run(models / 'clip-random/onnx/text_model.onnx', {'input_ids': ids})['text_embeds']
    padded = np.full((1, 77), ids.max(), np.int64)
    padded[0, :ids.shape[1]] = ids[0]
    # pooling is at the first end token and the mask is causal, so padding with it changes nothing
    np.testing.assert_allclose(run(models / 'clip-random/onnx/text_model.onnx', {'input_ids': padded})['text_embeds'], text, atol=2e-5)
    np.testing.assert_allclose(run(models / 'clip-immich/visual/model.onnx', {'image': pixels[:1]})['embedding'], unit(image), atol=2e-5)
    np.testing.assert_allclose(run(models / 'clip-immich/textual/model.onnx', {'text': padded.astype(np.int32)})['embedding'], unit(text), atol=2e-5)
    both = run(models / 'clip-combined/model.onnx', {'pixel_values': pixels[:1], 'input_ids': ids, 'attention_mask': np.ones_like(ids)})
    np.testing.assert_allclose(both['image_embeds'], unit(image), atol=2e-5)
    np.testing.assert_allclose(both['text_embeds'], unit(text), atol=2e-5)
    np.testing.assert_allclose(both['logits_per_image'], 100 * unit(image) @ unit(text).T, atol=2e-3)


def test_end_token_is_the_largest_id(models):
    t = Tokenizer.from_file(str(models / 'clip-random/tokenizer.json'))
    ids = t.encode("A dog's  Tail, two 10 naïve 日本 🐕").ids
    assert ids[0] == t.get_vocab_size() - 2 and ids[-1] == t.get_vocab_size() - 1
    assert t.encode('') .ids == [ids[0], ids[-1]]
    assert max(ids[1:-1]) < ids[0]


def test_broken_ones_are_broken(models):
    with pytest.raises(Exception):
        ort.InferenceSession(str(models / 'broken/truncated/onnx/vision_model.onnx'))
    with pytest.raises(ValueError):
        json.loads((models / 'broken/not-json/manifest.json').read_text())
