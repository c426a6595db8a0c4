# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a TensorFlow.js graph model into ONNX nodes: the operators that NanoDet's class scores need, no others.

TensorFlow.js holds maps as N x H x W x C and ONNX as N x C x H x W, so convolutions, pools and resizes stand between two
Transposes; ONNX Runtime removes those that cancel out.
"""
import base64
import json
import pathlib

import numpy as np
from onnx import helper, numpy_helper

SAME_NAME = {'Add': 'Add', 'Relu': 'Relu', 'Sigmoid': 'Sigmoid'}


def read_weights(path, model):
    """{name: array} from the binary files beside path; float16 weights come out as float32."""
    weights = {}
    for group in model['weightsManifest']:
        blob = b''.join((path.parent / part).read_bytes() for part in group['paths'])
        at = 0
        for entry in group['weights']:
            packed = entry.get('quantization', {}).get('dtype')
            if packed not in (None, 'float16'):
                raise ValueError(f'{path}: weights packed as {packed} are not supported')
            kind = np.dtype(packed or entry['dtype'])
            count = int(np.prod(entry['shape'], dtype=np.int64))
            array = np.frombuffer(blob, kind, count, at).reshape(entry['shape'])
            at += count * kind.itemsize
            weights[entry['name']] = array.astype(np.float32) if packed else array
        if at != len(blob):
            raise ValueError(f'{path}: the weights take {at} bytes, the files have {len(blob)}')
    return weights


def attribute(node, name, default=None):
    value = node.get('attr', {}).get(name)
    if value is None:
        return default
    if 'list' in value:
        return [int(x) for x in value['list'].get('i', [])]
    if 's' in value:
        return base64.b64decode(value['s']).decode()
    return int(value['i']) if 'i' in value else next(iter(value.values()))


class Converter:
    """Collects the nodes and initializers of everything that the outputs depend on. All names start with prefix."""

    def __init__(self, path, prefix):
        model = json.loads(path.read_text())
        self.weights = read_weights(path, model)
        self.sources = {node['name']: node for node in model['modelTopology']['node']}
        self.prefix, self.count = prefix, 0
        self.nodes, self.inits, self.done = [], [], {}

    def fresh(self, kind):
        self.count += 1
        return f'{self.prefix}{kind}{self.count}'

    def add(self, kind, inputs, outputs=1, **attributes):
        names = [self.fresh('t') for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def const(self, array, kind=None):
        name = self.fresh('c')
        self.inits.append(numpy_helper.from_array(np.ascontiguousarray(array, kind), name))
        return name

    def channels_first(self, x):
        return self.add('Transpose', [x], perm=[0, 3, 1, 2])

    def channels_last(self, x):
        return self.add('Transpose', [x], perm=[0, 2, 3, 1])

    def name_of(self, reference):
        """The ONNX name of a TensorFlow output, NODE or NODE:PORT."""
        name, _, port = reference.partition(':')
        if name not in self.done:
            if name in self.weights:
                array = self.weights[name]
                self.done[name] = [self.const(array, np.float32 if array.dtype.kind == 'f' else np.int64)]
            else:
                made = self.convert(self.sources[name])
                self.done[name] = made if isinstance(made, list) else [made]
        return self.done[name][int(port or 0)]

    def convert(self, node):
        """Returns the ONNX name of the node's output, or their list."""
        kind, inputs = node['op'], node.get('input', [])
        if kind == 'Placeholder':
            return self.prefix + 'input'
        if kind == 'Conv2D':
            return self.convolution(node)
        if kind in SAME_NAME:
            return self.add(SAME_NAME[kind], [self.name_of(x) for x in inputs])
        if kind == 'LeakyRelu':
            return self.add('LeakyRelu', [self.name_of(inputs[0])], alpha=float(attribute(node, 'alpha', .2)))
        if kind == 'Transpose':
            return self.add('Transpose', [self.name_of(inputs[0])], perm=[int(axis) for axis in self.weights[inputs[1]]])
        if kind in ('Pad', 'PadV2'):
            filling = float(self.weights[inputs[2]].reshape(-1)[0]) if kind == 'PadV2' else 0.0
            x = self.name_of(inputs[0])
            amounts = self.const(self.weights[inputs[1]].T.reshape(-1), np.int64)
            return self.add('Pad', [x, amounts, self.const(np.float32(max(filling, -3e38)))], mode='constant')
        if kind == 'ConcatV2':
            return self.add('Concat', [self.name_of(x) for x in inputs[:-1]], axis=int(self.weights[inputs[-1]]))
        if kind == 'SplitV':
            x = self.name_of(inputs[0])
            sizes = self.const(self.weights[inputs[1]].reshape(-1), np.int64)
            return self.add('Split', [x, sizes], attribute(node, 'num_split'), axis=int(self.weights[inputs[2]]))
        if kind == 'MaxPool':
            x = self.channels_first(self.name_of(inputs[0]))
            return self.channels_last(self.add('MaxPool', [x], kernel_shape=attribute(node, 'ksize')[1:3],
                                               strides=attribute(node, 'strides')[1:3], auto_pad=self.padding(node)))
        if kind == 'ResizeBilinear':
            return self.resize(node)
        raise ValueError(f'the operator {kind} ({node["name"]}) is not supported')

    @staticmethod
    def padding(node):
        return {'VALID': 'VALID', 'SAME': 'SAME_UPPER'}[attribute(node, 'padding')]

    def convolution(self, node):
        kernel = self.weights[node['input'][1]]  # height x width x channels in x channels out
        x = self.channels_first(self.name_of(node['input'][0]))
        return self.channels_last(self.add(
            'Conv', [x, self.const(kernel.transpose(3, 2, 0, 1), np.float32)], kernel_shape=kernel.shape[:2],
            strides=attribute(node, 'strides')[1:3], dilations=attribute(node, 'dilations', [1, 1, 1, 1])[1:3],
            auto_pad=self.padding(node), group=1))

    def resize(self, node):
        size = [int(side) for side in self.weights[node['input'][1]]]
        x = self.channels_first(self.name_of(node['input'][0]))
        shape = self.add('Shape', [x])
        first_two = self.add('Slice', [shape, self.const([0], np.int64), self.const([2], np.int64)])
        wanted = self.add('Concat', [first_two, self.const(size, np.int64)], axis=0)
        grid = 'half_pixel' if attribute(node, 'half_pixel_centers') else 'asymmetric'
        return self.channels_last(self.add('Resize', [x, '', '', wanted], mode='linear', coordinate_transformation_mode=grid))


def convert(path, outputs, prefix):
    """path: MODEL.json with its weights beside it. outputs: names of its nodes. Returns (nodes, initializers, names of the
    outputs); the input's name is PREFIXinput."""
    converter = Converter(pathlib.Path(path), prefix)
    names = [converter.name_of(output) for output in outputs]
    return converter.nodes, converter.inits, names
