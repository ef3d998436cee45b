"""Makes the reference numbers of tests/it/concepts.rs: python tools/reference/concepts.py GOLDEN

CRAFT on net1 (GOLDEN/net1), whose layers are written out here in numpy, float64: the first two photos taken for photos of class 3, crops of
18 px every 14, three concepts of relu4 by scikit-learn's NMF from the start of factorisation.py, the concepts of each photo by its
`transform`, total Sobol indices over scipy's Halton sequence with 16 rows. Needs what requirements.txt beside this file names.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from safetensors.numpy import load_file, save_file
from scipy.stats import qmc
from sklearn.decomposition import NMF

OUT = Path(__file__).parents[2] / "tests/data/explain/concepts.safetensors"
CONCEPTS, DESIGNS, CLASS, SIDE, STRIDE = 3, 16, 3, 18, 14


def convolution(x, weight, bias, stride=1):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (3, 3), (2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nchwij,kcij->nkhw", windows, weight, optimize=True) + bias[:, None, None]


def relu4(w, x):
    def pool(x):
        return x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2).max((3, 5))

    layer = lambda x, name, stride=1: np.maximum(convolution(x, w[f"{name}.weight"], w[f"{name}.bias"], stride), 0)
    return layer(layer(pool(layer(pool(layer(x, "conv1")), "conv2")), "conv3"), "conv4", 2)


def enlarged(x, side):
    """Bilinear, pixel centres aligned."""
    own = x.shape[-1]
    place = np.clip((np.arange(side) + 0.5) * own / side - 0.5, 0, None)
    low = np.minimum(place.astype(int), own - 1)
    high, share = np.minimum(low + 1, own - 1), place - low
    rows = x[..., low, :] * (1 - share)[:, None] + x[..., high, :] * share[:, None]
    return rows[..., low] * (1 - share) + rows[..., high] * share


def start(x):
    u, s, v = np.linalg.svd(x, full_matrices=False)
    left, right = np.zeros((len(x), CONCEPTS)), np.zeros((CONCEPTS, x.shape[1]))
    left[:, 0], right[0] = np.sqrt(s[0]) * np.abs(u[:, 0]), np.sqrt(s[0]) * np.abs(v[0])
    for k in range(1, CONCEPTS):
        parts = [(np.maximum(sign * u[:, k], 0), np.maximum(sign * v[k], 0)) for sign in (1, -1)]
        a, b = max(parts, key=lambda part: np.linalg.norm(part[0]) * np.linalg.norm(part[1]))
        left[:, k] = np.sqrt(s[k] * np.linalg.norm(a) * np.linalg.norm(b)) * a / np.linalg.norm(a)
        right[k] = np.sqrt(s[k] * np.linalg.norm(a) * np.linalg.norm(b)) * b / np.linalg.norm(b)
    for factor in (left, right):
        factor[factor < 1e-6] = x.mean()
    return left, right


def main():
    golden = Path(sys.argv[1]) / "net1"
    w = {name: value.astype(np.float64) for name, value in load_file(golden / "net1.safetensors").items()}
    photos = np.load(golden / "input.npy").astype(np.float64)[:2]
    logits = relu4(w, photos).mean((2, 3)) @ w["fc.weight"].T + w["fc.bias"]
    assert np.abs(logits - np.load(golden / "logits.f64.npy")[:2]).max() < 1e-10
    corners = [(top, left) for top in range(0, 64 - SIDE + 1, STRIDE) for left in range(0, 64 - SIDE + 1, STRIDE)]
    crops = [enlarged(photo[:, t : t + SIDE, l : l + SIDE], 64) for photo in photos for t, l in corners]
    a = relu4(w, np.stack(crops)).mean((2, 3))
    left, right = start(a)
    model = NMF(CONCEPTS, init="custom", max_iter=2000)
    amounts = model.fit_transform(a, W=left.copy(), H=right.copy())
    lengths = np.linalg.norm(model.components_, axis=1)
    directions, amounts = model.components_ / lengths[:, None], amounts * lengths
    model.components_ = directions
    points = qmc.Halton(2 * CONCEPTS, scramble=False).random(DESIGNS)
    of_a, of_b = points[:, :CONCEPTS], points[:, CONCEPTS:]
    mixed = [np.where(np.arange(CONCEPTS) == k, of_b, of_a) for k in range(CONCEPTS)]
    importance, maps = np.zeros(CONCEPTS), []
    for photo in relu4(w, photos):
        u = model.transform(photo.reshape(len(photo), -1).T.copy())
        maps.append(u.T.reshape(CONCEPTS, 8, 8))
        score = lambda masks: np.array(
            [((u * m) @ directions).mean(0) @ w["fc.weight"][CLASS] + w["fc.bias"][CLASS] for m in masks]
        )
        f_a = score(of_a)
        total = [((f_a - score(c)) ** 2).sum() / (2 * DESIGNS * f_a.var()) for c in mixed]
        importance += np.array(total) / len(photos)
    print("iterations:", model.n_iter_, "importance:", importance, "amounts:", amounts.max(0))
    save_file(
        {
            "importance": importance.astype(np.float32, "C"),
            "directions": directions.astype(np.float32, "C"),
            "maps": np.stack(maps).astype(np.float32, "C"),
            "amounts": amounts.astype(np.float32, "C"),
        },
        OUT,
    )


main()
