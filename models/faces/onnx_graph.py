# SPDX-License-Identifier: GPL-3.0-or-later
"""A small ONNX graph builder: names in order of use, float32, opset 13."""
import hashlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    def __init__(self, name):
        self.name, self.nodes, self.weights, self.count, self.seen = name, [], [], 0, {}

    def const(self, array):
        array = np.ascontiguousarray(array)
        key = (array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).digest())
        if key not in self.seen:
            self.seen[key] = f'w{len(self.weights)}'
            self.weights.append(numpy_helper.from_array(array, self.seen[key]))
        return self.seen[key]

    def op(self, kind, *inputs, out=None, **attributes):
        self.count += 1
        out = out or f'{kind.lower()}_{self.count}'
        self.nodes.append(helper.make_node(kind, list(inputs), [out], name=out, **attributes))
        return out

    def f32(self, value):
        return self.const(np.asarray(value, np.float32))

    def i64(self, value):
        return self.const(np.asarray(value, np.int64))

    def conv(self, x, w, bias=None, stride=1, pads=(0, 0, 0, 0), group=1):
        """w is [out, in/group, kh, kw]; pads are top, left, bottom, right."""
        w = np.asarray(w, np.float32)
        inputs = [x, self.const(w)] + ([self.f32(bias)] if bias is not None else [])
        return self.op('Conv', *inputs, kernel_shape=list(w.shape[2:]), strides=[stride, stride],
                       pads=[int(p) for p in pads], group=int(group))

    def bytes(self, inputs, outputs, note):
        """inputs, outputs: [(name, shape)], a size is an int or a name."""
        info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        graph = helper.make_graph(self.nodes, self.name, [info(*i) for i in inputs], [info(*o) for o in outputs], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], producer_name='face-pack', doc_string=note)
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model.SerializeToString(deterministic=True)


def same_pads(size, kernel, stride):
    """TensorFlow's 'SAME' for a square of known size: top, left, bottom, right."""
    p = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return p // 2, p // 2, p - p // 2, p - p // 2
