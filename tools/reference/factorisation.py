"""Makes the reference numbers of tests/it/factorisation.rs: python tools/reference/factorisation.py GOLDEN

Non-negative factorisation by scikit-learn of the first ReLU-ed photo behind conv2 of net1 (GOLDEN/net1), four components:
`left` and `right` from the start that exact singular vectors give (NNDSVDa), `plain_*` as `NMF(4)` does it by itself, whose
start is a random projection. Needs what requirements.txt beside this file names.
"""

import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn.decomposition import NMF

OUT = Path(__file__).parents[2] / "tests/data/explain/factorisation.safetensors"
COMPONENTS = 4


def start(x):
    """NNDSVDa, by its paper (Boutsidis and Gallopoulos 2008)."""
    u, s, v = np.linalg.svd(x, full_matrices=False)
    left, right = np.zeros((len(x), COMPONENTS)), np.zeros((COMPONENTS, x.shape[1]))
    left[:, 0], right[0] = np.sqrt(s[0]) * np.abs(u[:, 0]), np.sqrt(s[0]) * np.abs(v[0])
    for k in range(1, COMPONENTS):
        parts = [(np.maximum(sign * u[:, k], 0), np.maximum(sign * v[k], 0)) for sign in (1, -1)]
        a, b = max(parts, key=lambda part: np.linalg.norm(part[0]) * np.linalg.norm(part[1]))
        held = np.linalg.norm(a) * np.linalg.norm(b)
        left[:, k] = np.sqrt(s[k] * held) * a / np.linalg.norm(a)
        right[k] = np.sqrt(s[k] * held) * b / np.linalg.norm(b)
    for factor in (left, right):
        factor[factor < 1e-6] = x.mean()
    return left, right


def main():
    x = np.load(Path(sys.argv[1]) / "net1/activation_conv2.f64.npy")[0]
    x = np.maximum(x, 0).reshape(len(x), -1).T.copy()
    left, right = start(x)
    exact = NMF(COMPONENTS, init="custom")
    left = exact.fit_transform(x, W=left.copy(), H=right.copy())
    plain = NMF(COMPONENTS, random_state=0)
    plain_left = plain.fit_transform(x)
    print("iterations:", exact.n_iter_, plain.n_iter_)
    print("start by projection differs by", np.abs(plain.components_ - exact.components_).max() / exact.components_.max())
    save_file(
        {
            "left": left.astype(np.float32, "C"),
            "right": exact.components_.astype(np.float32, "C"),
            "plain_left": plain_left.astype(np.float32, "C"),
            "plain_right": plain.components_.astype(np.float32, "C"),
            "iterations": np.array([exact.n_iter_], np.float32),
        },
        OUT,
    )


main()
