# SPDX-License-Identifier: GPL-3.0-or-later
"""The heads that put EfficientNet-Lite2, NanoDet and MiniLM into one space of 384 numbers.

heads.npz (large matrices are float16):
  class_vectors [1000,384]     one vector per ImageNet class (ConSE, Norouzi et al. 2013), from text alone: train_bridge.py
  feature_matrix [2120,384], feature_bias [384]    ridge regression from pooled features: 1280 of the last map, 840 of six
                               earlier ones
  half_mean, half_mean_plain [384]                 half of the mean training vector, with and without NanoDet
  white [384,383]              mild whitening by captions, less one direction
  references [1000,383], top   texts; an image's mean of its TOP highest cosines with them says how easily it answers
                               anything (CSLS)
  text_mean [384], text_constant
  det_one, det_many [80,384], det_low, det_high, det_is_one    vectors of one thing and of several things of a kind

image = l2([z, -s]),  z = l2((l2(raw) - half_mean) @ white),  s = mean of the TOP highest z @ references'
text  = l2([l2((minilm(text) - text_mean) @ white), text_constant])
"""
import numpy as np
from onnx import helper, numpy_helper

MIDDLE = ['b3_s', 'b6_s', 'b10_s', 'b14_s', 'b19_s', 'b20_p']  # the earlier maps
MOST = 4.0  # more things of a kind than this count as this many


class Graph:
    """Appends to lists of nodes and initializers."""

    def __init__(self, nodes, inits):
        self.nodes, self.inits = nodes, inits

    def const(self, name, array, kind=np.float32):
        self.inits.append(numpy_helper.from_array(np.ascontiguousarray(array, kind), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def l2(self, x, name):
        self.node('Mul', [x, x], name + '_sq')
        self.node('ReduceSum', [name + '_sq', 'last_axis'], name + '_ss', keepdims=1)
        self.node('Sqrt', [name + '_ss'], name + '_n0')
        self.node('Max', [name + '_n0', 'tiny'], name + '_n')
        return self.node('Div', [x, name + '_n'], name)


def add_classes(g, head, fc_w, fc_b):
    """The mean of two softmaxes, of the whole photo and of 3 x 3 neighbourhoods, times the class vectors. The classifier
    is one 1 x 1 convolution that is used twice."""
    classifier = [g.const('fc_w', fc_w[:, :, None, None]), g.const('fc_b', fc_b)]
    g.node('Conv', ['gap'] + classifier, 'global_logits', kernel_shape=[1, 1])
    g.node('Flatten', ['global_logits'], 'logits', axis=1)
    g.node('Softmax', ['logits'], 'p_global', axis=1)
    g.node('AveragePool', ['head_r'], 'local', kernel_shape=[3, 3], strides=[1, 1])
    g.node('Conv', ['local'] + classifier, 'local_logits', kernel_shape=[1, 1])
    g.node('Softmax', ['local_logits'], 'local_p', axis=1)
    g.node('ReduceMean', ['local_p'], 'p_local', axes=[2, 3], keepdims=0)
    g.node('Add', ['p_global', 'p_local'], 'p2')
    return g.node('MatMul', ['p2', g.const('class_vectors', 0.5 * head['class_vectors'].astype(np.float32))], 'z_classes')


def add_features(g, head):
    """The ridge regression on pooled features."""
    for name in MIDDLE:
        g.node('ReduceMean', [name], 'mean_' + name, axes=[2, 3], keepdims=0)
    g.node('Concat', ['features'] + ['mean_' + name for name in MIDDLE], 'all_features', axis=1)
    g.node('MatMul', ['all_features', g.const('feature_matrix', head['feature_matrix'])], 'z_features0')
    return g.node('Add', ['z_features0', g.const('feature_bias', head['feature_bias'])], 'z_features')


def add_things(g, head, raw):
    """Adds the vectors of NanoDet's kinds (nanodet.py), by how sure it is and by whether there are several."""
    low, high = float(head['det_low']), float(head['det_high'])
    g.node('Sub', ['nd_max', g.const('det_low', low)], 'det_a')
    g.node('Div', ['det_a', g.const('det_span', high - low)], 'det_b')
    g.node('Clip', ['det_b', g.const('zero_f', 0.0), g.const('one_f', 1.0)], 'det_s')
    g.node('Min', ['nd_count', g.const('four', MOST)], 'det_c')
    g.node('Div', ['det_c', g.const('det_is_one', float(head['det_is_one']))], 'det_d')
    g.node('Sub', ['det_d', 'one_f'], 'det_e')
    g.node('Clip', ['det_e', 'zero_f', 'one_f'], 'det_several')
    g.node('Mul', ['det_s', 'det_several'], 'det_sm')
    g.node('Sub', ['det_s', 'det_sm'], 'det_so')
    g.node('MatMul', ['det_so', g.const('det_one', head['det_one'])], 'z_one')
    g.node('MatMul', ['det_sm', g.const('det_many', head['det_many'])], 'z_many')
    g.node('Add', [raw, 'z_one'], 'z_sum1')
    return g.node('Add', ['z_sum1', 'z_many'], 'z_sum2')


def add_vision_head(nodes, inits, head, fc_w, fc_b, things):
    """nodes and inits hold convert_efficientnet.build_trunk() and, with things, nanodet.add_nanodet(). Returns the output's
    name and size."""
    g = Graph(nodes, inits)
    g.const('last_axis', [-1], np.int64)
    g.const('tiny', 1e-12)
    raw = g.node('Add', [add_classes(g, head, fc_w, fc_b), add_features(g, head)], 'z_sum')
    if things:
        raw = add_things(g, head, raw)
    g.l2(raw, 'z_unit')
    g.node('Sub', ['z_unit', g.const('half_mean', head['half_mean' if things else 'half_mean_plain'])], 'z_centred')
    g.node('MatMul', ['z_centred', g.const('white', head['white'])], 'z_white')
    z = g.l2('z_white', 'z')
    g.node('MatMul', [z, g.const('references', head['references'].T)], 'to_references')
    nodes.append(helper.make_node('TopK', ['to_references', g.const('top', [int(head['top'])], np.int64)],
                                  ['top_values', 'top_indices'], axis=-1, sorted=0))
    g.node('ReduceMean', ['top_values'], 's', axes=[-1], keepdims=1)
    g.node('Neg', ['s'], 'minus_s')
    g.node('Concat', [z, 'minus_s'], 'z_and_s', axis=1)
    return g.l2('z_and_s', 'image_embeds'), 384


def add_text_head(graph, x, head):
    """graph: convert_minilm.Graph; x: the name of the sentence embedding. Returns the output's name and size."""
    x = graph.op('Sub', x, graph.const(head['text_mean'].astype(np.float32)))
    x = graph.l2norm(graph.op('MatMul', x, graph.const(head['white'].astype(np.float32))))
    c = np.float32(head['text_constant'])
    x = graph.op('Pad', x, graph.const(np.array([0, 0, 0, 1], np.int64)), graph.const(c), mode='constant')
    return graph.op('Mul', x, graph.const(np.float32(1 / np.sqrt(1 + c * c)))), 384
