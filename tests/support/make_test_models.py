# SPDX-License-Identifier: GPL-3.0-or-later
"""Small models with random weights in the usual layouts, for tests of loading and plumbing, not of quality.

usage: make_test_models.py [--shared FOLDER] OUT

OUT/clip-random      the layout of Xenova's repositories: onnx/{vision,text}_model{,_fp16,_quantized}.onnx, tokenizer.json, ...
OUT/clip-manifest    the same towers with Hone's own manifest.json
OUT/clip-immich      the layout of Immich's repositories: visual/model.onnx, textual/model.onnx, batch fixed at 1
OUT/clip-rclip       the layout of rclip's repository: NAME/visual.onnx quantized, NAME/textual.onnx, CLIP's merges
OUT/clip-combined    one model.onnx with both towers
OUT/siglip-random    a SigLIP-like pair with a SentencePiece tokenizer
OUT/other-dimension  Xenova's layout, vectors of another length (48)
OUT/faces-original   the networks of models/faces-original by their repositories, of the same shapes, which detect white squares as faces
OUT/conse-h          manifest for a small real network in the shared folder, when it exists
OUT/broken/...       truncated, wrong-sha, dimensions (image and text differ), not-json, outside, missing-file, empty

A real CLIP shape, only small: ViT with patches of 32, width 128, 2 layers, projection 64; causal text tower that pools
at the end token (the largest id, found by ArgMax as in the real exports). Everything is seeded: the same bytes each time.
"""
import argparse
import collections
import gzip
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

WIDTH, HEADS, LAYERS, MLP, SIDE, PATCH, CONTEXT = 128, 2, 2, 512, 224, 32, 77
CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
CLIP_SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
WORDS = '''a an the of in on at with and to for from by over under near behind beside between two three four five many some
man woman child boy girl people person group family friend baby crowd player rider surfer skier
dog cat bird horse cow sheep elephant giraffe zebra bear lion tiger fish butterfly bee spider owl parrot duck goose
car bus truck train plane boat ship bicycle motorcycle skateboard scooter tram rocket
tree flower grass leaf forest mountain hill valley river lake sea ocean beach sand snow ice rain cloud sky sun moon star
house home building church castle tower bridge street road path garden park field farm market shop station airport
table chair bed sofa lamp clock window door wall floor kitchen bathroom bedroom office desk computer keyboard screen phone
bread cake pizza sandwich apple orange banana lemon tomato potato carrot broccoli rice soup salad coffee tea wine beer water
red green blue yellow black white brown grey pink purple golden small large big little old young tall long short round
standing sitting lying running walking jumping flying swimming eating drinking sleeping playing holding riding looking
wearing hat shirt dress jacket glasses umbrella bag ball bat racket kite board ski camera book paper letter sign
morning evening night day summer winter autumn spring holiday birthday wedding party concert game match race
photo picture painting drawing portrait landscape close up view front back side top bottom left right
it's isn't don't they're we've i'm you'll he'd street-sign t-shirt 10 20 2024 1st 2nd'''.split()


class Graph:
    """A growing ONNX graph; dtype is the type of its weights and activations."""

    def __init__(self, seed, dtype=np.float32):
        self.nodes, self.inits, self.count = [], [], 0
        self.random, self.dtype = np.random.default_rng(seed), dtype

    def const(self, array, name=None):
        name = name or f'c{len(self.inits)}'
        array = np.asarray(array)
        if array.dtype.kind == 'f':
            array = array.astype(self.dtype)
        self.inits.append(numpy_helper.from_array(np.ascontiguousarray(array) if array.ndim else array, name))
        return name

    def weight(self, *shape, scale=None):
        # drawn in float64 in a fixed order, so that every precision has the same numbers
        return self.const(self.random.normal(size=shape) * (scale or shape[0] ** -0.5))

    def ints(self, *values):
        return self.const(np.array(values, np.int64))

    def op(self, kind, *ins, out=None, **attributes):
        self.count += 1
        out = out or f'{kind.lower()}_{self.count}'
        self.nodes.append(helper.make_node(kind, list(ins), [out], name=f'{kind}_{self.count}', **attributes))
        return out

    def linear(self, x, rows, columns):
        y = self.op('MatMul', x, self.weight(rows, columns))
        return self.op('Add', y, self.const(self.random.normal(size=columns) * 0.02))

    def norm(self, x):
        gain, bias = self.const(1 + 0.1 * self.random.normal(size=WIDTH)), self.const(0.1 * self.random.normal(size=WIDTH))
        return self.op('LayerNormalization', x, gain, bias, axis=-1, epsilon=1e-5)

    def block(self, x, mask=None):
        split, join = self.ints(0, 0, HEADS, WIDTH // HEADS), self.ints(0, 0, WIDTH)
        y = self.norm(x)
        q, k, v = (self.op('Reshape', self.linear(y, WIDTH, WIDTH), split) for _ in range(3))
        q, v = (self.op('Transpose', z, perm=[0, 2, 1, 3]) for z in (q, v))
        k = self.op('Transpose', k, perm=[0, 2, 3, 1])
        a = self.op('Mul', self.op('MatMul', q, k), self.const(np.float64((WIDTH // HEADS) ** -0.5)))
        a = self.op('Softmax', self.op('Add', a, mask) if mask else a, axis=-1)
        a = self.op('Reshape', self.op('Transpose', self.op('MatMul', a, v), perm=[0, 2, 1, 3]), join)
        x = self.op('Add', x, self.linear(a, WIDTH, WIDTH))
        h = self.linear(self.norm(x), WIDTH, MLP)
        h = self.op('Mul', h, self.op('Sigmoid', self.op('Mul', h, self.const(np.float64(1.702)))))
        return self.op('Add', x, self.linear(h, MLP, WIDTH))

    def unit(self, x, out=None):
        return self.op('LpNormalization', x, axis=-1, p=2, out=out)

    def cast_in(self, name, to=None):
        return name if self.dtype == np.float32 else self.op('Cast', name, to=TensorProto.FLOAT16)

    def cast_out(self, x, out):
        return self.op('Cast', x, to=TensorProto.FLOAT, out=out)

    def model(self, inputs, outputs):
        graph = helper.make_graph(self.nodes, 'test', inputs, outputs, self.inits)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], producer_name='hone-tests')
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model


def f32(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def vision_tower(g, dimension, pixels, out, hidden='last_hidden_state', unit=False):
    cells = (SIDE // PATCH) ** 2
    x = g.op('Conv', g.cast_in(pixels), g.weight(WIDTH, 3, PATCH, PATCH, scale=(3 * PATCH * PATCH) ** -0.5), strides=[PATCH, PATCH])
    x = g.op('Transpose', g.op('Reshape', x, g.ints(0, WIDTH, cells)), perm=[0, 2, 1])
    batch = g.op('Gather', g.op('Shape', x), g.ints(0), axis=0)
    shape = g.op('Concat', batch, g.ints(1, WIDTH), axis=0)
    x = g.op('Concat', g.op('Expand', g.weight(1, 1, WIDTH), shape), x, axis=1)
    x = g.norm(g.op('Add', x, g.weight(1, cells + 1, WIDTH, scale=0.5)))
    for _ in range(LAYERS):
        x = g.block(x)
    if hidden:
        g.cast_out(x, hidden)
    first = g.op('Squeeze', g.op('Slice', x, g.ints(0), g.ints(1), g.ints(1)), g.ints(1))
    y = g.op('MatMul', g.norm(first), g.weight(WIDTH, dimension))
    g.cast_out(g.unit(y) if unit else y, out)


def text_tower(g, dimension, ids, out, vocabulary, context=CONTEXT, pool='end', hidden='last_hidden_state', unit=False):
    """ids: the name of an int64 [N,S] value. pool: 'end' (largest id) or 'last' (last position, as in SigLIP)."""
    x = g.op('Gather', g.weight(vocabulary, WIDTH, scale=1.0), ids, axis=0)
    length = g.op('Gather', g.op('Shape', ids), g.ints(1), axis=0)
    x = g.op('Add', x, g.op('Slice', g.weight(context, WIDTH, scale=0.3), g.ints(0), length, g.ints(0)))
    mask = None
    if pool == 'end':
        square = np.triu(np.full((context, context), -10000.0), 1)
        mask = g.op('Slice', g.op('Slice', g.const(square), g.ints(0), length, g.ints(0)), g.ints(0), length, g.ints(1))
    for _ in range(LAYERS):
        x = g.block(x, mask)
    x = g.norm(x)
    if hidden:
        g.cast_out(x, hidden)
    if pool == 'end':
        place = g.op('ArgMax', ids, axis=1, keepdims=1)                                     # [N,1]
        y = g.op('GatherND', x, place, batch_dims=1)                                        # [N,WIDTH]
    else:
        y = g.op('Squeeze', g.op('Slice', x, g.ints(-1), g.ints(2 ** 31), g.ints(1)), g.ints(1))
    y = g.op('MatMul', y, g.weight(WIDTH, dimension))
    g.cast_out(g.unit(y) if unit else y, out)


def clip_vision(dimension=64, dtype=np.float32, seed=1):
    g = Graph(seed, dtype)
    vision_tower(g, dimension, 'pixel_values', 'image_embeds')
    return g.model([f32('pixel_values', 'batch_size', 3, SIDE, SIDE)],
                   [f32('last_hidden_state', 'batch_size', 'patches', WIDTH), f32('image_embeds', 'batch_size', dimension)])


def clip_text(vocabulary, dimension=64, dtype=np.float32, seed=2):
    g = Graph(seed, dtype)
    text_tower(g, dimension, 'input_ids', 'text_embeds', vocabulary)
    ids = helper.make_tensor_value_info('input_ids', TensorProto.INT64, ['batch_size', 'sequence_length'])
    return g.model([ids], [f32('last_hidden_state', 'batch_size', 'sequence_length', WIDTH), f32('text_embeds', 'batch_size', dimension)])


def immich_vision(seed=1):
    g = Graph(seed)
    vision_tower(g, 64, 'image', 'embedding', hidden=None, unit=True)
    return g.model([f32('image', 1, 3, SIDE, SIDE)], [f32('embedding', 1, 64)])


def immich_text(vocabulary, seed=2):
    g = Graph(seed)
    ids = g.op('Cast', 'text', to=TensorProto.INT64)
    text_tower(g, 64, ids, 'embedding', vocabulary, hidden=None, unit=True)
    return g.model([helper.make_tensor_value_info('text', TensorProto.INT32, [1, CONTEXT])], [f32('embedding', 1, 64)])


def combined(vocabulary):
    """Like a transformers.js CLIPModel: both towers, and the matrix of their similarities."""
    g = Graph(1)
    vision_tower(g, 64, 'pixel_values', 'image_raw', hidden=None)
    g.random = np.random.default_rng(2)
    text_tower(g, 64, 'input_ids', 'text_raw', vocabulary, hidden=None)
    image, text = g.unit('image_raw', 'image_embeds'), g.unit('text_raw', 'text_embeds')
    # the mask only takes part in a sum that is multiplied by zero: the real export requires it as an input, and so does this one
    used = g.op('Mul', g.op('Cast', g.op('ReduceMax', 'attention_mask', keepdims=0), to=TensorProto.FLOAT), g.const(np.float64(0)))
    scores = g.op('Add', g.op('Mul', g.op('MatMul', text, g.op('Transpose', image, perm=[1, 0])), g.const(np.float64(100))), used)
    g.op('Identity', scores, out='logits_per_text')
    g.op('Transpose', scores, perm=[1, 0], out='logits_per_image')
    ids, mask = (helper.make_tensor_value_info(n, TensorProto.INT64, ['text_batch_size', 'sequence_length'])
                 for n in ('input_ids', 'attention_mask'))
    return g.model([ids, f32('pixel_values', 'image_batch_size', 3, SIDE, SIDE), mask],
                   [f32('logits_per_image', 'image_batch_size', 'text_batch_size'),
                    f32('logits_per_text', 'text_batch_size', 'image_batch_size'),
                    f32('text_embeds', 'text_batch_size', 64), f32('image_embeds', 'image_batch_size', 64)])


def bpe_merges(words, count):
    """The plain algorithm, with ties by spelling: the trainer of `tokenizers` breaks ties differently each time."""
    rows = collections.Counter()
    for i, word in enumerate(words):
        letters = [piece[0] for piece in pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)]
        rows[tuple(letters[0][:-1]) + (letters[0][-1] + '</w>',)] += 1 + i % 7
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for row, times in rows.items():
            for pair in zip(row, row[1:]):
                pairs[pair] += times
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged = collections.Counter()
        for row, times in rows.items():
            out, at = [], 0
            while at < len(row):
                step = 2 if row[at:at + 2] == best else 1
                out.append(''.join(row[at:at + step]))
                at += step
            merged[tuple(out)] += times
        rows = merged
    return merges


def clip_tokenizer(words=WORDS, count=700):
    """A CLIP tokenizer.json with the right structure: bytes, bytes with </w>, merges, and the two special tokens last."""
    merges = bpe_merges(words, count)
    # GPT-2's order, as in CLIP's own vocabulary: bytes that stand for themselves first
    itself = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    alphabet = [chr(byte) for byte in itself] + [chr(0x100 + i) for i in range(0x100 - len(itself))]
    assert sorted(alphabet) == sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = alphabet + [a + '</w>' for a in alphabet] + [''.join(m) for m in merges]
    vocab = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
    start, end = len(vocab), len(vocab) + 1
    vocab['<|startoftext|>'], vocab['<|endoftext|>'] = start, end
    t = Tokenizer(models.BPE(vocab, merges, unk_token='<|endoftext|>', end_of_word_suffix='</w>',
                             continuing_subword_prefix=''))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r'\s+'), ' '), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(CLIP_SPLIT), 'removed', invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.post_processor = processors.RobertaProcessing(('<|endoftext|>', end), ('<|startoftext|>', start),
                                                    trim_offsets=False, add_prefix_space=False)
    t.add_special_tokens(['<|startoftext|>', '<|endoftext|>'])
    return t


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, onnx.ModelProto):
        content = content.SerializeToString()
    elif not isinstance(content, (bytes, str)):
        content = json.dumps(content, indent=1) + '\n'
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def int8(source, target):
    """Like Xenova's *_quantized.onnx: dynamic, per tensor, unsigned weights."""
    import logging
    from onnxruntime.quantization import QuantType, quantize_dynamic
    logging.disable(logging.WARNING)
    quantize_dynamic(source, target, weight_type=QuantType.QUInt8)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def entry(folder, path):
    file = folder / path
    return {'path': path, 'sha256': sha256(file), 'bytes': file.stat().st_size}


def manifest(folder, name, dimension, vision, text, tokenizer='tokenizer.json', **more):
    m = {'format': 1, 'name': name, 'role': 'image-text', 'title': name, 'licence': 'CC0-1.0', 'source': 'tests',
         'dimension': dimension,
         'image': {'input': 'pixel_values', 'output': 'image_embeds', 'width': SIDE, 'height': SIDE, 'resize': 'shortest-edge',
                   'resample': 'bicubic', 'mean': CLIP_MEAN, 'std': CLIP_STD, 'pad': [0, 0, 0],
                   'files': {k: entry(folder, v) for k, v in vision.items()}},
         'text': {'input_ids': 'input_ids', 'attention_mask': None, 'output': 'text_embeds',
                  'tokenizer': {'kind': 'bpe', 'path': tokenizer, 'sha256': sha256(folder / tokenizer)},
                  'context': CONTEXT, 'pad_to_context': False, 'pad_id': 0, 'lowercase': False,
                  'files': {k: entry(folder, v) for k, v in text.items()}},
         'calibration': {'likely': 0.25, 'slope': 20.0}}
    m.update(more)
    return m


def xenova_side_files(folder, tokenizer, dimension):
    write(folder / 'tokenizer.json', tokenizer.to_str(pretty=True))
    write(folder / 'tokenizer_config.json', {'tokenizer_class': 'CLIPTokenizer', 'model_max_length': CONTEXT, 'do_lower_case': True,
          'bos_token': '<|startoftext|>', 'eos_token': '<|endoftext|>', 'pad_token': '<|endoftext|>', 'unk_token': '<|endoftext|>'})
    write(folder / 'preprocessor_config.json', {
        'crop_size': {'height': SIDE, 'width': SIDE}, 'do_center_crop': True, 'do_convert_rgb': True, 'do_normalize': True,
        'do_rescale': True, 'do_resize': True, 'feature_extractor_type': 'CLIPFeatureExtractor', 'image_mean': CLIP_MEAN,
        'image_processor_type': 'CLIPFeatureExtractor', 'image_std': CLIP_STD, 'resample': 3,
        'rescale_factor': 1 / 255, 'size': {'shortest_edge': SIDE}})
    write(folder / 'config.json', {
        'architectures': ['CLIPModel'], 'model_type': 'clip', 'projection_dim': dimension,
        'text_config': {'model_type': 'clip_text_model', 'hidden_size': WIDTH, 'num_hidden_layers': LAYERS, 'vocab_size':
                        tokenizer.get_vocab_size(), 'max_position_embeddings': CONTEXT, 'projection_dim': dimension},
        'vision_config': {'model_type': 'clip_vision_model', 'hidden_size': WIDTH, 'num_hidden_layers': LAYERS,
                          'image_size': SIDE, 'patch_size': PATCH, 'projection_dim': dimension}})


def make_xenova(folder, tokenizer, dimension=64, seeds=(1, 2), variants=True):
    vocabulary = tokenizer.get_vocab_size()
    xenova_side_files(folder, tokenizer, dimension)
    write(folder / 'onnx/vision_model.onnx', clip_vision(dimension, seed=seeds[0]))
    write(folder / 'onnx/text_model.onnx', clip_text(vocabulary, dimension, seed=seeds[1]))
    if variants:
        write(folder / 'onnx/vision_model_fp16.onnx', clip_vision(dimension, np.float16, seed=seeds[0]))
        write(folder / 'onnx/text_model_fp16.onnx', clip_text(vocabulary, dimension, np.float16, seed=seeds[1]))
        for tower in ('vision', 'text'):
            int8(folder / f'onnx/{tower}_model.onnx', folder / f'onnx/{tower}_model_quantized.onnx')


def make_immich(folder, tokenizer):
    vocabulary = tokenizer.get_vocab_size()
    write(folder / 'visual/model.onnx', immich_vision())
    write(folder / 'textual/model.onnx', immich_text(vocabulary))
    write(folder / 'textual/tokenizer.json', tokenizer.to_str(pretty=True))
    write(folder / 'textual/tokenizer_config.json', {'tokenizer_class': 'CLIPTokenizer', 'model_max_length': CONTEXT,
          'bos_token': '<|startoftext|>', 'eos_token': '<|endoftext|>', 'pad_token': '<|endoftext|>', 'unk_token': '<|endoftext|>'})
    write(folder / 'visual/preprocess_cfg.json', {'size': [SIDE, SIDE], 'mode': 'RGB', 'mean': CLIP_MEAN, 'std': CLIP_STD,
          'interpolation': 'bicubic', 'resize_mode': 'shortest', 'fill_color': 0})
    write(folder / 'config.json', {'embed_dim': 64, 'quick_gelu': True,
          'vision_cfg': {'image_size': SIDE, 'layers': LAYERS, 'width': WIDTH, 'patch_size': PATCH},
          'text_cfg': {'context_length': CONTEXT, 'vocab_size': vocabulary, 'width': WIDTH, 'heads': HEADS, 'layers': LAYERS}})


def renamed(model, names):
    """The model with other names of its inputs and outputs."""
    for node in model.graph.node:
        for field in (node.input, node.output):
            field[:] = [names.get(name, name) for name in field]
    for port in (*model.graph.input, *model.graph.output):
        port.name = names.get(port.name, port.name)
    return model


def make_rclip(folder, tokenizer):
    """Quantized images, texts padded to 77 tokens, and CLIP's merges instead of a tokenizer.json."""
    networks = folder / 'ViT-B-32-256-datacomp_s34b_b86k'
    with tempfile.TemporaryDirectory() as work:
        f32_file = pathlib.Path(work) / 'visual.onnx'
        write(f32_file, renamed(clip_vision(64, seed=1), {'pixel_values': 'input', 'image_embeds': 'output'}))
        networks.mkdir(parents=True, exist_ok=True)
        int8(f32_file, networks / 'visual.onnx')
    text = renamed(clip_text(tokenizer.get_vocab_size(), 64, seed=2), {'input_ids': 'input', 'text_embeds': 'output'})
    text.graph.input[0].type.tensor_type.shape.dim[1].ClearField('dim_param')
    text.graph.input[0].type.tensor_type.shape.dim[1].dim_value = CONTEXT
    write(networks / 'textual.onnx', text)
    merges = json.loads(tokenizer.to_str())['model']['merges']
    lines = ['#version: 0.2', *(pair if isinstance(pair, str) else ' '.join(pair) for pair in merges)]
    write(folder / 'tokenizer/bpe_simple_vocab_16e6.txt.gz', gzip.compress('\n'.join(lines).encode() + b'\n', mtime=0))


def make_combined(folder, tokenizer):
    xenova_side_files(folder, tokenizer, 64)
    write(folder / 'model.onnx', combined(tokenizer.get_vocab_size()))


def siglip_tokenizer(spiece):
    """The tokenizer.json next to a spiece.model in the repositories: the same pieces, Unigram."""
    import sentencepiece
    p = sentencepiece.SentencePieceProcessor(model_file=str(spiece))
    t = Tokenizer(models.Unigram([(p.id_to_piece(i), p.get_score(i)) for i in range(p.get_piece_size())], unk_id=p.unk_id(), byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.NFKC(), normalizers.Replace(Regex(' {2,}'), ' ')])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.post_processor = processors.TemplateProcessing(single='$A </s>', special_tokens=[('</s>', p.eos_id())])
    return t


def make_siglip(folder):
    """Without attention pooling in the image tower; names, sizes and tokenizer are SigLIP's."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        text = pathlib.Path(work) / 'words.txt'
        text.write_text('\n'.join(' '.join(WORDS[i:i + 8]) for i in range(0, len(WORDS))) + '\n')
        subprocess.run(['spm_train', '--input=words.txt', '--model_prefix=spiece', '--vocab_size=400', '--model_type=unigram',
                        '--pad_id=0', '--eos_id=1', '--unk_id=2', '--bos_id=-1', '--character_coverage=1.0', '--byte_fallback=true',
                        '--num_threads=1', '--minloglevel=2'], check=True, cwd=work, capture_output=True)
        shutil.copy(f'{work}/spiece.model', folder / 'spiece.model')
    write(folder / 'tokenizer.json', siglip_tokenizer(folder / 'spiece.model').to_str(pretty=True))
    g = Graph(5)
    vision_tower(g, 64, 'pixel_values', 'pooler_output')
    write(folder / 'onnx/vision_model.onnx', g.model([f32('pixel_values', 'batch_size', 3, SIDE, SIDE)],
          [f32('last_hidden_state', 'batch_size', 'patches', WIDTH), f32('pooler_output', 'batch_size', 64)]))
    g = Graph(6)
    text_tower(g, 64, 'input_ids', 'pooler_output', 400, context=64, pool='last')
    ids = helper.make_tensor_value_info('input_ids', TensorProto.INT64, ['batch_size', 64])
    write(folder / 'onnx/text_model.onnx', g.model([ids], [f32('last_hidden_state', 'batch_size', 64, WIDTH), f32('pooler_output', 'batch_size', 64)]))
    write(folder / 'tokenizer_config.json', {'tokenizer_class': 'SiglipTokenizer', 'model_max_length': 64, 'do_lower_case': True,
          'eos_token': '</s>', 'pad_token': '</s>', 'unk_token': '<unk>'})
    write(folder / 'preprocessor_config.json', {'do_normalize': True, 'do_rescale': True, 'do_resize': True, 'image_mean': [0.5] * 3,
          'image_std': [0.5] * 3, 'image_processor_type': 'SiglipImageProcessor', 'resample': 3, 'rescale_factor': 1 / 255,
          'size': {'height': SIDE, 'width': SIDE}})
    write(folder / 'config.json', {'architectures': ['SiglipModel'], 'model_type': 'siglip',
          'text_config': {'hidden_size': 64, 'max_position_embeddings': 64, 'vocab_size': 400, 'model_type': 'siglip_text_model'},
          'vision_config': {'hidden_size': 64, 'image_size': SIDE, 'patch_size': PATCH, 'model_type': 'siglip_vision_model'}})


def make_manifested(folder, source):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ('vision_model.onnx', 'vision_model_fp16.onnx', 'vision_model_quantized.onnx', 'text_model.onnx', 'text_model_quantized.onnx'):
        shutil.copy(source / 'onnx' / name, folder / name)
    shutil.copy(source / 'tokenizer.json', folder)
    write(folder / 'manifest.json', manifest(
        folder, 'clip-manifest', 64,
        {'f32': 'vision_model.onnx', 'fp16': 'vision_model_fp16.onnx', 'int8': 'vision_model_quantized.onnx'},
        {'f32': 'text_model.onnx', 'int8': 'text_model_quantized.onnx'}))


def make_broken(folder, clip, manifested, tokenizer):
    shutil.copytree(clip, folder / 'truncated')
    file = folder / 'truncated/onnx/vision_model.onnx'
    file.write_bytes(file.read_bytes()[:100_000])
    for variant in ('fp16', 'quantized'):
        for tower in ('vision', 'text'):
            (folder / f'truncated/onnx/{tower}_model_{variant}.onnx').unlink()

    make_xenova(folder / 'dimensions', tokenizer, variants=False)
    write(folder / 'dimensions/onnx/text_model.onnx', clip_text(tokenizer.get_vocab_size(), 32))

    good = json.loads((manifested / 'manifest.json').read_text())

    def with_manifest(name, change):
        shutil.copytree(manifested, folder / name)
        m = json.loads(json.dumps(good))
        m['name'] = name
        change(m)
        write(folder / name / 'manifest.json', m)

    with_manifest('wrong-sha', lambda m: m['image']['files']['f32'].update(sha256='0' * 64))
    with_manifest('outside', lambda m: m['image']['files']['f32'].update(path='../../clip-manifest/vision_model.onnx'))
    with_manifest('missing-file', lambda m: m['text']['files']['f32'].update(path='nowhere.onnx'))
    with_manifest('wrong-dimension', lambda m: m.update(dimension=512))
    with_manifest('wrong-input', lambda m: m['image'].update(input='pixels'))
    with_manifest('not-json', lambda m: None)
    (folder / 'not-json/manifest.json').write_text('{"format": 1, "name": ')
    (folder / 'empty').mkdir()


def make_conse_h(folder, shared):
    """ConSE on a small MobileNet with CLIP's tokenizer and preprocessing (its first two nodes undo CLIP's mean and
    deviation). Row 0 of its word table is zero, so the two special tokens do not count."""
    source, bpe = shared / 'models/conse-h', shared / 'models/clip-bpe'
    if not (source.is_dir() and bpe.is_dir()):
        print(f'conse-h: skipped, there is no {source}')
        return
    folder.mkdir(parents=True)
    for file in (source / 'vision_model.onnx', source / 'text_model.onnx', bpe / 'tokenizer.json'):
        shutil.copyfile(file, folder / file.name)
    m = manifest(folder, 'conse-h', 512, {'f32': 'vision_model.onnx'}, {'f32': 'text_model.onnx'}, title='ConSE, MobileNet',
                 licence='see ../shared', source='../shared/models/conse-h')
    m['text']['pad_id'] = 49407
    write(folder / 'manifest.json', m)


def yolo_of_squares():
    """images 1x3x640x640 (0..1) -> output0 1x5x8400 (centre x, y, width, height, score): white squares of 64 pixels, by three
    strides as in the real network; the two coarser ones detect nothing."""
    g = Graph(5)
    grey = g.op('ReduceMean', 'images', axes=[1], keepdims=1)
    white = g.op('AveragePool', grey, kernel_shape=[64, 64], strides=[8, 8], pads=[28, 28, 28, 28])
    sharper = g.op('Relu', g.op('Add', g.op('Mul', white, g.const(np.float64(2))), g.const(np.float64(-1))))
    score = g.op('Reshape', sharper, g.ints(1, 1, 6400))
    row, column = np.mgrid[0:80, 0:80]
    boxes = np.zeros((1, 4, 8400), np.float32)
    boxes[0, 0, :6400], boxes[0, 1, :6400] = (column * 8 + 4).ravel(), (row * 8 + 4).ravel()
    boxes[0, 2:] = 64
    rest = g.const(np.zeros((1, 1, 2000)))
    g.op('Concat', g.const(boxes), g.op('Concat', score, rest, axis=2), axis=1, out='output0')
    return g.model([f32('images', 1, 3, 640, 640)], [f32('output0', 1, 5, 8400)])


def arcface_of_pools():
    """input_1 Nx112x112x3 -> embedding Nx512: a fixed matrix on 7 x 7 means of the pixels."""
    g = Graph(6)
    pooled = g.op('AveragePool', g.op('Transpose', 'input_1', perm=[0, 3, 1, 2]), kernel_shape=[16, 16], strides=[16, 16])
    flat = g.op('Reshape', pooled, g.ints(0, 147))
    g.op('MatMul', flat, g.weight(147, 512), out='embedding')
    return g.model([f32('input_1', 'N', 112, 112, 3)], [f32('embedding', 'N', 512)])


def age_of_brightness():
    """pixel_values Nx3x224x224 (-1..1) -> logits Nx2: age = 50 x (1 + mean), probability of female = red against blue."""
    g = Graph(7)
    mean = g.op('ReduceMean', 'pixel_values', axes=[1, 2, 3], keepdims=0)
    age = g.op('Mul', g.op('Add', mean, g.const(np.float64(1))), g.const(np.float64(50)))
    channels = g.op('ReduceMean', 'pixel_values', axes=[2, 3], keepdims=0)
    contrast = g.op('MatMul', channels, g.const(np.array([[4.0], [0.0], [-4.0]])))
    female = g.op('Sigmoid', contrast)
    g.op('Concat', g.op('Unsqueeze', age, g.ints(1)), female, axis=1, out='logits')
    return g.model([f32('pixel_values', 'N', 3, 224, 224)], [f32('logits', 'N', 2)])


def make_faces_original(folder):
    write(folder / 'AdamCodd/YOLOv11n-face-detection/model.onnx', yolo_of_squares())
    write(folder / 'garavv/arcface-onnx/arc.onnx', arcface_of_pools())
    write(folder / 'onnx-community/age-gender-prediction-ONNX/onnx/model.onnx', age_of_brightness())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--shared', type=pathlib.Path, default=pathlib.Path('../shared'))
    parser.add_argument('out', type=pathlib.Path)
    a = parser.parse_args()
    tokenizer = clip_tokenizer()
    make_xenova(a.out / 'clip-random', tokenizer)
    make_manifested(a.out / 'clip-manifest', a.out / 'clip-random')
    make_immich(a.out / 'clip-immich', tokenizer)
    make_rclip(a.out / 'clip-rclip', tokenizer)
    make_combined(a.out / 'clip-combined', tokenizer)
    make_siglip(a.out / 'siglip-random')
    make_xenova(a.out / 'other-dimension', tokenizer, dimension=48, seeds=(3, 4), variants=False)
    make_broken(a.out / 'broken', a.out / 'clip-random', a.out / 'clip-manifest', tokenizer)
    make_faces_original(a.out / 'faces-original')
    make_conse_h(a.out / 'conse-h', a.shared)


if __name__ == '__main__':
    main()
