"""Reference numbers of tests/it/fidelity.rs: python tests/data/explain/fidelity.py > tests/data/explain/fidelity.json

Insertion and deletion (Petsiuk et al. 2018) of the saliency map of a linear network of three classes on one photo of
24 x 40 px, in float64, written from the paper and not from src/. Needs numpy.
"""

import json

import numpy

HEIGHT, WIDTH, CELLS, STEPS = 24, 40, 16, 16

at = numpy.arange(HEIGHT * WIDTH * 3, dtype=numpy.int64)
photo = ((at * 37 + at * at * 5) % 251).reshape(HEIGHT, WIDTH, 3).transpose(2, 0, 1) / 255
mean, std = numpy.array([0.485, 0.456, 0.406]), numpy.array([0.229, 0.224, 0.225])
x = (photo - mean[:, None, None]) / std[:, None, None]

at = numpy.arange(3 * x.size, dtype=numpy.int64)
# No two cells have the same mean, so that the order is one.
weights = (((at * at * 31 + at * 7919 + 13) % 100003) / 50001.5 - 1).reshape(3, -1) * 0.02


def probability(x, of):
    scores = weights @ x.ravel()
    exponents = numpy.exp(scores - scores.max())
    return exponents[of] / exponents.sum()


def blurred(plane, sigma):
    radius = int(4 * sigma + 0.5)
    kernel = numpy.exp(-0.5 * (numpy.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        sides = [(radius, radius) if side == axis else (0, 0) for side in (0, 1)]
        padded = numpy.pad(plane, sides, mode="symmetric")
        plane = numpy.apply_along_axis(numpy.convolve, axis, padded, kernel, mode="valid")
    return plane


of = int(numpy.argmax(weights @ x.ravel()))
saliency = abs(weights[of]).reshape(x.shape).max(axis=0)
rows = numpy.arange(HEIGHT) * CELLS // HEIGHT
columns = numpy.arange(WIDTH) * CELLS // WIDTH
cell = rows[:, None] * CELLS + columns[None, :]
means = [saliency[cell == number].mean() for number in range(CELLS * CELLS)]
assert numpy.diff(numpy.sort(means)).min() > 1e-8
order = numpy.argsort(-numpy.array(means), kind="stable")

canvas = numpy.stack([blurred(plane, min(HEIGHT, WIDTH) / 16) for plane in x])
insertion, deletion = [], []
for step in range(STEPS + 1):
    first = numpy.isin(cell, order[: step * CELLS * CELLS // STEPS])
    insertion.append(probability(numpy.where(first, x, canvas), of))
    deletion.append(probability(numpy.where(first, 0, x), of))


def area(curve):
    # RISE's `auc`: (arr.sum() - arr[0] / 2 - arr[-1] / 2) / (arr.shape[0] - 1)
    return (sum(curve) - curve[0] / 2 - curve[-1] / 2) / (len(curve) - 1)


print(
    json.dumps(
        {
            "class": of,
            "insertion": insertion,
            "deletion": deletion,
            "insertion_area": area(insertion),
            "deletion_area": area(deletion),
        },
        indent=1,
    )
)
