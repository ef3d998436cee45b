"""Makes the reference numbers of tests/it/attributions/attn_lrp.rs: python tools/reference/attn_lrp.py GOLDEN

GOLDEN/vit1 holds the weights of a transformer of three blocks and four photos. AttnLRP and CP-LRP of the first photo and the
predicted class, forward and backward written out here in numpy, float64, and compared with GOLDEN's own numbers.
Needs what requirements.txt beside this file names.
"""

import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from scipy.special import erf

HEADS, PATCH, EPSILON = 4, 8, 1e-6
OUT = Path(__file__).parents[2] / "tests/data/explain/attn_lrp.safetensors"


def linear(w, name, x):
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def norm(w, name, x):
    deviation = np.sqrt(x.var(-1, keepdims=True) + EPSILON)
    value = (x - x.mean(-1, keepdims=True)) / deviation * w[f"{name}.weight"] + w[f"{name}.bias"]

    def back(gradient):  # the deviation is a constant
        gradient = gradient * w[f"{name}.weight"] / deviation
        return gradient - gradient.mean(-1, keepdims=True)

    return value, back


def gelu(x):
    value = x * 0.5 * (1 + erf(x / np.sqrt(2)))
    return value, lambda gradient: gradient * value / (x + 1e-10)


def heads(x):  # [N, width] as [heads, N, width / heads]
    return x.reshape(len(x), HEADS, -1).transpose(1, 0, 2)


def whole(x):
    return x.transpose(1, 0, 2).reshape(x.shape[1], -1)


def attention(w, name, x, rule):
    q, k, v = (heads(part) for part in np.split(linear(w, f"{name}.qkv", x), 3, 1))
    scale = q.shape[-1] ** -0.5
    a = np.exp((products := q @ k.transpose(0, 2, 1) * scale) - products.max(-1, keepdims=True))
    a /= a.sum(-1, keepdims=True)
    value = linear(w, f"{name}.proj", whole(a @ v))

    def back(gradient):
        gradient = heads(gradient @ w[f"{name}.proj.weight"])
        share = {"attn_lrp": 0.5, "cp_lrp": 1.0}[rule]
        of_v = share * a.transpose(0, 2, 1) @ gradient
        of_q, of_k = np.zeros_like(q), np.zeros_like(k)
        if rule == "attn_lrp":
            of_a = 0.5 * gradient @ v.transpose(0, 2, 1)
            of_s = a * (of_a - (a * of_a).sum(-1, keepdims=True)) * scale
            of_q, of_k = 0.5 * of_s @ k, 0.5 * of_s.transpose(0, 2, 1) @ q
        return np.concatenate([whole(of_q), whole(of_k), whole(of_v)], 1) @ w[f"{name}.qkv.weight"]

    return value, back


def block(w, name, x, rule):
    n1, of_n1 = norm(w, f"{name}.norm1", x)
    mixed, of_mixed = attention(w, f"{name}.attn", n1, rule)
    y = x + mixed
    n2, of_n2 = norm(w, f"{name}.norm2", y)
    g, of_g = gelu(linear(w, f"{name}.fc1", n2))
    z = y + linear(w, f"{name}.fc2", g)

    def back(gradient):
        inner = of_g(gradient @ w[f"{name}.fc2.weight"]) @ w[f"{name}.fc1.weight"]
        gradient = gradient + of_n2(inner)
        return gradient + of_n1(of_mixed(gradient))

    return z, back


def relevance(w, photo, rule):
    height, width = (side // PATCH for side in photo.shape[1:])
    kernel = w["patch_embed.weight"].reshape(len(w["patch_embed.bias"]), -1)
    patches = photo.reshape(3, height, PATCH, width, PATCH).transpose(1, 3, 0, 2, 4).reshape(height * width, -1)
    tokens = patches @ kernel.T + w["patch_embed.bias"]
    x = np.concatenate([w["prefix_tokens"][0], tokens]) + w["pos_embed"][0]
    backs = []
    for index in range(3):
        x, back = block(w, f"blocks.{index}", x, rule)
        backs.append(back)
    value, of_norm = norm(w, "norm", x)
    scores = linear(w, "head", value[0])
    gradient = np.zeros_like(value)
    gradient[0] = w["head.weight"][scores.argmax()]
    gradient = of_norm(gradient)
    for back in reversed(backs):
        gradient = back(gradient)
    pixels = (gradient[1:] @ kernel).reshape(height, width, 3, PATCH, PATCH).transpose(2, 0, 3, 1, 4)
    return (pixels.reshape(photo.shape) * photo).sum(0), scores


def main():
    golden = Path(sys.argv[1]) / "vit1"
    weights = {name: value.astype(np.float64) for name, value in load_file(golden / "vit1.safetensors").items()}
    photo = np.load(golden / "input.npy")[0].astype(np.float64)
    found = {}
    for rule, theirs in {"attn_lrp": "attnlrp_top1", "cp_lrp": "cplrp_top1"}.items():
        array, scores = relevance(weights, photo, rule)
        assert np.abs(scores - np.load(golden / "logits.npy")[0]).max() < 1e-5
        theirs = np.load(golden / f"{theirs}.npy")[0]
        error = np.abs(array - theirs).max() / np.abs(theirs).max()
        print(rule, "differs from GOLDEN by", error)
        assert error < 1e-9, rule
        found[rule] = array.astype(np.float32)
    save_file(found, OUT)


main()
