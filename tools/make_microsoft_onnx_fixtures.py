#!/usr/bin/env python3
"""Makes tests/data/outside/microsoft.*: operators of ONNX Runtime's own domain, and what they are without rounding to whole
numbers, which is what cnn-report computes. The script holds that against ONNX Runtime itself: within half a step of the result's
scale where the result is whole numbers, else within 1e-5 (onnxruntime==1.32.0, onnx==1.23.2, safetensors)."""
import math
import pathlib
import zipfile

import numpy as np
import onnxruntime
from onnx import TensorProto as T
from onnx import helper as H
from onnx import numpy_helper as N
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests/data/outside"
random = np.random.default_rng(0)
X = random.standard_normal((2, 3, 8, 8)).astype("f")
XS, XZ = 0.04, 128  # of the quantised picture


def stored(name, value, kind=np.float32):
    return N.from_array(np.array(value, dtype=kind), name)


def node(operator, inputs, outputs, domain="com.microsoft", **attributes):
    return H.make_node(operator, inputs, outputs, domain=domain, **attributes)


def clipped(value, scale, zero, low=0, high=255):
    return np.clip(value, (low - zero) * scale, (high - zero) * scale)


meant = lambda whole, scale, zero: (whole.astype("d") - zero) * scale
# The picture bounded as its whole numbers bound it, not rounded.
x = clipped(X.astype("d"), XS, XZ)
nets = {}


def net(name, nodes, inits, expected, step):
    """`step` is half of the last scale, with what rounding of inputs adds; the scores are the mean over places."""
    nodes = [node("QuantizeLinear", ["x", "xs", "xz"], ["xq"], "")] * any("xq" in it.input for it in nodes) + nodes
    nodes += [node("ReduceMean", ["y"], ["m"], "", axes=[2, 3] if expected.ndim == 4 else [1], keepdims=0)] if expected.ndim == 4 else []
    last = "m" if expected.ndim == 4 else "y"
    nodes += [node("Identity", [last], ["scores"], "")]
    inits = inits + [stored("xs", XS), stored("xz", XZ, np.uint8)]
    used = {it for one in nodes for it in one.input}
    graph = H.make_graph(
        nodes, name, [H.make_tensor_value_info("x", T.FLOAT, ["N", 3, 8, 8])],
        [H.make_tensor_value_info("scores", T.FLOAT, ["N", expected.shape[1]])], [it for it in inits if it.name in used],
    )
    model = H.make_model(graph, opset_imports=[H.make_opsetid("", 17), H.make_opsetid("com.microsoft", 1)])
    model.ir_version = 10
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found = session.run(None, {"x": X})[0]
    scores = expected.mean((2, 3)) if expected.ndim == 4 else expected
    assert np.abs(found - scores).max() <= step, (name, np.abs(found - scores).max(), step)
    print(f"{name}: {np.abs(found - scores).max():.1e} from ONNX Runtime, {step:.1e} allowed")
    nets[name] = model.SerializeToString(), scores.astype("f")


out = lambda scale, zero: [stored("ys", scale), stored("yz", zero, np.uint8)]
back = [node("DequantizeLinear", ["q", "ys", "yz"], ["y"], "")]
bq = random.integers(0, 256, (1, 3, 1, 1)).astype(np.uint8)
b = meant(bq, 0.02, 100)
of_b = [N.from_array(bq, "bq"), stored("bs", 0.02), stored("bz", 100, np.uint8)]
three = ["xq", "xs", "xz", "bq", "bs", "bz", "ys", "yz"]
net("add", [node("QLinearAdd", three, ["q"])] + back, of_b + out(0.05, 120), clipped(x + b, 0.05, 120), 0.05)
net("mul", [node("QLinearMul", three, ["q"])] + back, of_b + out(0.06, 128), clipped(x * b, 0.06, 128), 0.1)
one = ["xq", "xs", "xz", "ys", "yz"]
# Times 8: what lies between 0 and 1 would be taken for probabilities.
gate = [node("QLinearSigmoid", one, ["q"]), node("DequantizeLinear", ["q", "ys", "yz"], ["p"], ""), node("Mul", ["p", "eight"], ["y"], "")]
net("sigmoid", gate, out(1 / 256, 0) + [stored("eight", 8)], 8 * clipped(1 / (1 + np.exp(-x)), 1 / 256, 0), 0.1)
net("leaky", [node("QLinearLeakyRelu", one, ["q"], alpha=0.2)] + back, out(0.03, 60), clipped(np.where(x < 0, 0.2 * x, x), 0.03, 60), 0.03)
mean = x.mean((2, 3), keepdims=True)
net("average", [node("QLinearGlobalAveragePool", one, ["q"])] + back, out(0.01, 128), clipped(mean, 0.01, 128), 0.01)
other = [node("QuantizeLinear", ["x", "as", "az"], ["aq"], "")]
net("concat", other + [node("QLinearConcat", ["ys", "yz", "xq", "xs", "xz", "aq", "as", "az"], ["q"], axis=1)] + back,
    out(0.05, 120) + [stored("as", 0.01), stored("az", 90, np.uint8)],
    clipped(np.concatenate([x, clipped(X.astype("d"), 0.01, 90)], 1), 0.05, 120), 0.05)
wq = random.integers(-127, 128, (6, 192)).astype(np.int8)
w, bias = meant(wq, 0.01, 0), random.integers(-3000, 3000, 6).astype(np.int32)
of_w = [N.from_array(wq, "wq"), stored("ws", 0.01), stored("wz", 0, np.int8), N.from_array(bias, "bias"), stored("as", XS), stored("az", XZ, np.uint8)]
product = x.reshape(2, -1) @ w.T + bias * XS * 0.01
flat = [node("QuantizeLinear", ["x", "xs", "xz"], ["pq"], ""), node("Flatten", ["pq"], ["fq"], "")]
net("gemm", flat + [node("QGemm", ["fq", "xs", "xz", "wq", "ws", "wz", "bias", "ys", "yz"], ["q"], transB=1)] + back, of_w + out(0.3, 128), clipped(product, 0.3, 128), 0.6)
net("gemm_float", flat + [node("QGemm", ["fq", "xs", "xz", "wq", "ws", "wz", "bias"], ["y"], transB=1)], of_w, product, 0.4)
erf = np.vectorize(math.erf)
exact = lambda v: 0.5 * v * (1 + erf(v / math.sqrt(2)))
tanh = lambda v: 0.5 * v * (1 + np.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3)))
X64, eight = X.astype("d"), random.standard_normal(8).astype("f")
net("gelu", [node("Gelu", ["x"], ["y"])], [], exact(X64), 1e-5)
net("bias_gelu", [node("BiasGelu", ["x", "b"], ["y"])], [N.from_array(eight, "b")], exact(X64 + eight), 1e-5)
net("fast_gelu", [node("FastGelu", ["x", "b"], ["y"])], [N.from_array(eight, "b")], tanh(X64 + eight), 1e-5)
net("fast_gelu_alone", [node("FastGelu", ["x"], ["y"])], [], tanh(X64), 1e-5)
net("quick_gelu", [node("QuickGelu", ["x"], ["y"], alpha=1.3)], [], X64 / (1 + np.exp(-1.3 * X64)), 1e-5)
square = random.standard_normal((8, 8)).astype("f")
net("matmul", [node("FusedMatMul", ["x", "s"], ["y"], alpha=0.5, transA=1, transB=1)], [N.from_array(square, "s")], 0.5 * np.swapaxes(X64, 2, 3) @ square.T.astype("d"), 1e-5)
point = random.standard_normal((4, 3, 1, 1)).astype("f")
plain = np.einsum("nchw,oc->nohw", X64, point[:, :, 0, 0].astype("d"))
four = random.standard_normal(4).astype("f")
biased = plain + four[:, None, None]
common = [N.from_array(point, "w"), N.from_array(four, "b")]
net("conv_relu", [node("FusedConv", ["x", "w", "b"], ["y"], activation="Relu")], common, np.maximum(biased, 0), 1e-5)
beside = [node("Conv", ["x", "w"], ["z"], "")]
net("conv_sum", beside + [node("FusedConv", ["x", "w", "b", "z"], ["y"], activation="Relu")], common, np.maximum(biased + plain, 0), 1e-5)
net("conv_leaky", [node("FusedConv", ["x", "w"], ["y"], activation="LeakyRelu", activation_params=[0.1])], common, np.where(plain < 0, 0.1 * plain, plain), 1e-5)
net("conv_clip", [node("FusedConv", ["x", "w"], ["y"], activation="Clip", activation_params=[-0.5, 0.7])], common, np.clip(plain, -0.5, 0.7), 1e-5)

with zipfile.ZipFile(FOLDER / "microsoft.zip", "w") as archive:
    for name, (content, _) in nets.items():
        archive.writestr(zipfile.ZipInfo(name + ".onnx"), content, zipfile.ZIP_DEFLATED, 9)
save_file({"x": X} | {name: scores for name, (_, scores) in nets.items()}, FOLDER / "microsoft.safetensors")
