"""Writes calibration.json: confidences of 200 photos, whether each is right, and scikit-learn's calibration_curve of them.

python calibration.py > calibration.json (scikit-learn, numpy)
"""

import json

import numpy as np
from sklearn.calibration import calibration_curve

random = np.random.default_rng(7)
confidence = np.concatenate([random.beta(4, 2, 180), np.round(random.uniform(0, 1, 20), 1)])  # some on the edges of bins
right = random.uniform(size=200) < confidence**1.5
found = {"confidence": confidence.tolist(), "right": right.tolist(), "brier": [float(np.mean((confidence - right) ** 2))]}
for strategy in ["uniform", "quantile"]:
    found[strategy] = []
    for bins in [1, 5, 10, 15]:
        share, mean = calibration_curve(right, confidence, n_bins=bins, strategy=strategy)
        edges = np.linspace(0, 1, bins + 1)
        if strategy == "quantile":
            edges = np.percentile(confidence, edges * 100)
        of = np.searchsorted(edges[1:-1], confidence)
        gaps = np.array([abs(right[of == b].mean() - confidence[of == b].mean()) for b in np.unique(of)])
        counts = np.array([(of == b).sum() for b in np.unique(of)])
        found[strategy].append(
            {
                "bins": bins,
                "prob_true": share.tolist(),
                "prob_pred": mean.tolist(),
                "expected_error": [float((gaps * counts).sum() / 200)],
                "maximum_error": [float(gaps.max())],
            }
        )
print(json.dumps(found))
