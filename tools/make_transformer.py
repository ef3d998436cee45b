"""Writes tests/data/onnx/transformer.onnx: a vision transformer of two blocks with random weights.

    pip install onnx numpy
    python tools/make_transformer.py

3 × 64 × 64 pixels become 8 × 8 tokens of 16 numbers; two heads of attention, GELU, a mean over the tokens and
ten classes. It is there for its shape (the layers behind the first give tokens, no maps), not for its scores.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FILE = Path(__file__).resolve().parent.parent / "tests/data/onnx/transformer.onnx"
SIZE, PATCH, WIDTH, HEADS, BLOCKS, CLASSES = 64, 8, 16, 2, 2, 10
TOKENS = (SIZE // PATCH) ** 2
random = np.random.default_rng(3)
nodes, weights = [], []


def weight(name, *sizes, scale=0.3):
    weights.append(numpy_helper.from_array((random.standard_normal(sizes) * scale).astype(np.float32), name))
    return name


def constant(name, values, kind=np.int64):
    weights.append(numpy_helper.from_array(np.array(values, dtype=kind), name))
    return name


def node(operator, inputs, output, **attributes):
    nodes.append(helper.make_node(operator, inputs, [output], name=f"/{output}", **attributes))
    return output


def linear(x, name, inputs, outputs):
    product = node("MatMul", [x, weight(f"{name}.weight", inputs, outputs)], f"{name}/MatMul")
    return node("Add", [product, weight(f"{name}.bias", outputs)], f"{name}/Add")


def norm(x, name):
    scale = constant(f"{name}.weight", np.ones(WIDTH), np.float32)
    bias = constant(f"{name}.bias", np.zeros(WIDTH), np.float32)
    return node("LayerNormalization", [x, scale, bias], f"{name}/LayerNormalization", axis=-1)


def heads(x, name, order):
    split = node("Reshape", [x, "split"], f"{name}/Reshape")
    return node("Transpose", [split], f"{name}/Transpose", perm=order)


def attention(x, name):
    query = heads(linear(x, f"{name}/query", WIDTH, WIDTH), f"{name}/query", [0, 2, 1, 3])
    key = heads(linear(x, f"{name}/key", WIDTH, WIDTH), f"{name}/key", [0, 2, 3, 1])
    value = heads(linear(x, f"{name}/value", WIDTH, WIDTH), f"{name}/value", [0, 2, 1, 3])
    scores = node("MatMul", [query, key], f"{name}/scores")
    scores = node("Mul", [scores, "shrink"], f"{name}/Mul")
    mixed = node("MatMul", [node("Softmax", [scores], f"{name}/Softmax", axis=-1), value], f"{name}/mixed")
    joined = node("Transpose", [mixed], f"{name}/joined", perm=[0, 2, 1, 3])
    return linear(node("Reshape", [joined, "join"], f"{name}/flat"), f"{name}/out", WIDTH, WIDTH)


def gelu(x, name):
    half = node("Erf", [node("Div", [x, "root"], f"{name}/Div")], f"{name}/Erf")
    grown = node("Mul", [x, node("Add", [half, "one"], f"{name}/one")], f"{name}/Mul")
    return node("Mul", [grown, "half"], f"{name}/half")


constant("split", [0, TOKENS, HEADS, WIDTH // HEADS])
constant("join", [0, TOKENS, WIDTH])
constant("tokens", [0, WIDTH, TOKENS])
for name, value in [("shrink", (WIDTH // HEADS) ** -0.5), ("root", 2**0.5), ("one", 1.0), ("half", 0.5)]:
    constant(name, value, np.float32)
x = node(
    "Conv",
    ["x", weight("patches.weight", WIDTH, 3, PATCH, PATCH, scale=0.08), weight("patches.bias", WIDTH)],
    "patches/Conv",
    kernel_shape=[PATCH, PATCH],
    strides=[PATCH, PATCH],
)
x = node("Transpose", [node("Reshape", [x, "tokens"], "tokens/Reshape")], "tokens/Transpose", perm=[0, 2, 1])
x = node("Add", [x, weight("places", 1, TOKENS, WIDTH)], "places/Add")
for block in range(BLOCKS):
    name = f"blocks.{block}"
    x = node("Add", [x, attention(norm(x, f"{name}/norm1"), f"{name}/attention")], f"{name}/first")
    inner = gelu(linear(norm(x, f"{name}/norm2"), f"{name}/grow", WIDTH, 2 * WIDTH), f"{name}/gelu")
    x = node("Add", [x, linear(inner, f"{name}/shrink", 2 * WIDTH, WIDTH)], f"{name}/second")
x = node("ReduceMean", [norm(x, "norm")], "mean/ReduceMean", axes=[1], keepdims=0)
nodes.append(helper.make_node("Gemm", [x, weight("head.weight", WIDTH, CLASSES), weight("head.bias", CLASSES)], ["scores"], name="/head/Gemm"))

graph = helper.make_graph(
    nodes,
    "transformer",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
    [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", CLASSES])],
    weights,
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model, full_check=True)
onnx.save(model, FILE)
