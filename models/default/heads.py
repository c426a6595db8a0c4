# SPDX-License-Identifier: GPL-3.0-or-later
"""The two heads that put EfficientNet-Lite2 and MiniLM into one space of 384 numbers (ConSE, Norouzi et al. 2013).

heads_clean.npz (made by train_bridge.py):
  class_vectors f32 [1000,384]   one vector per ImageNet class, centred
  image_bias    f32 [384]        zero here; kept in the graph
  text_mean     f32 [384]        mean caption embedding, taken off the MiniLM embedding

image = l2(p @ class_vectors + image_bias),  p = (softmax(fc(f)) + mean over xy of softmax(fc(avg3x3(map)))) / 2
text  = l2(minilm(text) - text_mean)
"""
import numpy as np
from onnx import helper, numpy_helper


def add_vision_head(nodes, inits, head, fc_w, fc_b):
    """nodes and inits already hold build_trunk(); the classifier becomes one 1x1 convolution used twice, on the
    pooled features and on 3x3 means of the map. Returns the output's name and size."""
    nodes[:] = [x for x in nodes if x.output[0] != 'logits']
    inits[:] = [x for x in inits if x.name not in ('fc_w', 'fc_b')]

    def const(name, array):
        inits.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(kind, ins, out, **attributes):
        nodes.append(helper.make_node(kind, ins, [out], **attributes))

    classifier = [const('fc_w', fc_w[:, :, None, None].astype(np.float32)), const('fc_b', fc_b.astype(np.float32))]
    node('Conv', ['gap'] + classifier, 'global_logits', kernel_shape=[1, 1])
    node('Flatten', ['global_logits'], 'logits', axis=1)
    node('Softmax', ['logits'], 'p_global', axis=1)
    node('AveragePool', ['head_r'], 'local', kernel_shape=[3, 3], strides=[1, 1])
    node('Conv', ['local'] + classifier, 'local_logits', kernel_shape=[1, 1])
    node('Softmax', ['local_logits'], 'local_p', axis=1)
    node('ReduceMean', ['local_p'], 'p_local', axes=[2, 3], keepdims=0)
    node('Add', ['p_global', 'p_local'], 'p2')
    node('MatMul', ['p2', const('class_vectors', 0.5 * head['class_vectors'].astype(np.float32))], 'z_classes')
    node('Add', ['z_classes', const('image_bias', head['image_bias'].astype(np.float32))], 'z')
    node('Mul', ['z', 'z'], 'zz')
    node('ReduceSum', ['zz', const('last_axis', np.array([-1], np.int64))], 'z2', keepdims=1)
    node('Sqrt', ['z2'], 'zn0')
    node('Max', ['zn0', const('tiny', np.float32(1e-12))], 'zn')
    node('Div', ['z', 'zn'], 'image_embeds')
    return 'image_embeds', head['class_vectors'].shape[1]


def add_text_head(graph, x, head):
    """graph: convert_minilm.Graph; x: the name of the sentence embedding. Returns the output's name and size."""
    mean = head['text_mean'].astype(np.float32)
    return graph.l2norm(graph.op('Sub', x, graph.const(mean))), mean.shape[0]
