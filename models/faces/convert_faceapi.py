# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of npm @vladmandic/face-api -> ONNX. The package has weights only (uint8, quantised); the graphs are written here.

Both networks take `input` float32 [N,3,S,S], RGB, 0..255; what they subtract and divide by is inside.
"""
import json
import tarfile

import numpy as np

from onnx_graph import Graph, same_pads

MEAN = [122.782, 117.001, 104.298]


def dequantise(specs, blob):
    """{name: float32 array} of one group of a TensorFlow.js weight manifest."""
    out, at = {}, 0
    for spec in specs:
        quantised = spec.get('quantization')
        dtype = np.dtype({'float32': '<f4', 'uint8': 'u1', 'uint16': '<u2'}[quantised['dtype'] if quantised else spec['dtype']])
        count = int(np.prod(spec['shape'], dtype=np.int64))
        array = np.frombuffer(blob, dtype, count, at).reshape(spec['shape'])
        at += count * dtype.itemsize
        if quantised:
            array = array.astype(np.float64) * quantised['scale'] + quantised['min']
        out[spec['name']] = array.astype(np.float32)
    assert at == len(blob), 'the weights do not fill the file'
    return out


def read_weights(package, name):
    with tarfile.open(package) as t:
        read = lambda path: t.extractfile(f'package/model/{path}').read()
        out = {}
        for group in json.loads(read(f'{name}-weights_manifest.json')):
            out.update(dequantise(group['weights'], b''.join(read(p) for p in group['paths'])))
        return out


class Net(Graph):
    def __init__(self, weights):
        super().__init__('face')
        self.w = weights

    def normalise(self, divisor):
        x = self.op('Sub', 'input', self.f32(np.reshape(MEAN, (1, 3, 1, 1))))
        return self.op('Mul', x, self.f32(1.0 / divisor))

    def relu(self, x):
        return self.op('Relu', x)

    def conv2d(self, x, side, name, stride=1, same=True, scale=None):
        w, b = self.w[name + '/filters'].astype(np.float64), self.w[name + '/bias'].astype(np.float64)
        if scale:  # y * s + t, folded into the convolution
            s, t = self.w[scale + '/weights'].astype(np.float64), self.w[scale + '/biases'].astype(np.float64)
            w, b = w * s, b * s + t
        return self.conv(x, w.transpose(3, 2, 0, 1), b, stride, same_pads(side, w.shape[0], stride) if same else (0, 0, 0, 0))

    def separable(self, x, side, name):
        d = self.w[name + '/depthwise_filter']
        x = self.conv(x, d.transpose(2, 3, 0, 1), None, 1, same_pads(side, d.shape[0], 1), d.shape[2])
        return self.conv(x, self.w[name + '/pointwise_filter'].transpose(3, 2, 0, 1), self.w[name + '/bias'])

    def maxpool(self, x, kernel, stride, pads=(0, 0, 0, 0)):
        return self.op('MaxPool', x, kernel_shape=[kernel, kernel], strides=[stride, stride], pads=list(pads))

    def dense(self, x, w, b=None, out=None):
        return self.op('Gemm', x, self.const(w), *([self.const(b)] if b is not None else []), out=out)

    def flat_mean(self, x):
        return self.op('Flatten', self.op('GlobalAveragePool', x), axis=1)


def build_embedding(package):
    """dlib's ResNet: 150 x 150 -> 128 numbers, to be compared by Euclidean distance. Returns the ONNX file's bytes."""
    g = Net(read_weights(package, 'face_recognition_model'))
    x = g.normalise(255)
    x = g.relu(g.conv2d(x, 150, 'conv32_down/conv', 2, same=False, scale='conv32_down/scale'))
    x, side = g.maxpool(x, 3, 2), 35
    for stage in ('conv32_1 conv32_2 conv32_3 conv64_down conv64_1 conv64_2 conv64_3 conv128_down conv128_1 conv128_2 '
                  'conv256_down conv256_1 conv256_2 conv256_down_out').split():
        down = 'down' in stage
        y = g.relu(g.conv2d(x, side, stage + '/conv1/conv', 2 if down else 1, same=not down, scale=stage + '/conv1/scale'))
        inner = (side - 3) // 2 + 1 if down else side
        y = g.conv2d(y, inner, stage + '/conv2/conv', scale=stage + '/conv2/scale')
        if down:
            pooled = side // 2
            x = g.op('AveragePool', x, kernel_shape=[2, 2], strides=[2, 2])
            have, want = g.w[stage + '/conv1/conv/filters'].shape[2:]
            if have != want:  # channels of zeros at the end
                x = g.op('Pad', x, g.i64([0, 0, 0, 0, 0, want - have, 0, 0]), g.f32(0))
            if inner != pooled:  # one row and one column of zeros at the end
                y = g.op('Pad', y, g.i64([0, 0, 0, 0, 0, 0, pooled - inner, pooled - inner]), g.f32(0))
            side = pooled
        x = g.relu(g.op('Add', x, y))
    g.dense(g.flat_mean(x), g.w['fc'], out='embedding')
    return g.bytes([('input', ['N', 3, 150, 150])], [('embedding', ['N', 128])],
                   'dlib face recognition ResNet v1 as shipped by npm @vladmandic/face-api 1.7.15')


def build_agegender(package):
    """A small Xception: 112 x 112 -> age in years, P(male) and P(female). Returns the ONNX file's bytes."""
    g = Net(read_weights(package, 'age_gender_model'))

    def reduction(x, side, name, activate=True):
        y = g.relu(x) if activate else x
        y = g.separable(y, side, name + '/separable_conv0')
        y = g.separable(g.relu(y), side, name + '/separable_conv1')
        y = g.maxpool(y, 3, 2, same_pads(side, 3, 2))
        return g.op('Add', y, g.conv2d(x, side, name + '/expansion_conv', 2))

    x = g.normalise(256)
    x = g.relu(g.conv2d(x, 112, 'entry_flow/conv_in', 2))
    x = reduction(x, 56, 'entry_flow/reduction_block_0', activate=False)
    x = reduction(x, 28, 'entry_flow/reduction_block_1')
    for block in range(2):
        y = x
        for k in range(3):
            y = g.separable(g.relu(y), 14, f'middle_flow/main_block_{block}/separable_conv{k}')
        x = g.op('Add', y, x)
    x = reduction(x, 14, 'exit_flow/reduction_block')
    x = g.flat_mean(g.relu(g.separable(x, 7, 'exit_flow/separable_conv')))
    g.dense(x, g.w['fc/age/weights'], g.w['fc/age/bias'], out='age')
    g.op('Softmax', g.dense(x, g.w['fc/gender/weights'], g.w['fc/gender/bias']), out='gender', axis=1)
    return g.bytes([('input', ['N', 3, 112, 112])], [('age', ['N', 1]), ('gender', ['N', 2])],
                   'face-api age and gender, MIT, from npm @vladmandic/face-api 1.7.15')
