#!/usr/bin/env python3
"""Makes label_rates.json: rates of independent labels by scikit-learn, with numpy."""
import json, pathlib, warnings
import numpy as np
from sklearn import metrics as m
warnings.filterwarnings("ignore")
r = np.random.default_rng(0)
truth = r.random((60, 5)) < [0.5, 0.2, 0.05, 0.8, 0.0]
# Many equal probabilities, some at the threshold, label 4 never there, label 2 rarely found.
p = np.round(np.clip(0.45 * truth + 0.55 * r.random((60, 5)) - [0, 0, 0.3, 0, 0.2], 0, 1) * 16) / 16
found = p >= 0.5
def rates(average):
    kept = truth.any(0) if average == "macro" else slice(None)
    return [float(f(truth[:, kept], found[:, kept], average=average, zero_division=0)) for f in (m.precision_score, m.recall_score, m.f1_score)]
label = lambda l: dict(
    photos=int(truth[:, l].sum()), found=int(found[:, l].sum()), right=int((truth & found)[:, l].sum()),
    average_precision=float(m.average_precision_score(truth[:, l], p[:, l])) if truth[:, l].any() else None,
    f1=float(m.f1_score(truth[:, l], found[:, l], zero_division=0)),
    best=max((float(m.f1_score(truth[:, l], p[:, l] >= t)), float(t)) for t in np.unique(p[:, l])) if truth[:, l].any() else None)
def curve(l):
    if not truth[:, l].any():
        return None
    precision, recall, thresholds = m.precision_recall_curve(truth[:, l], p[:, l])
    f1 = [float(m.f1_score(truth[:, l], p[:, l] >= t)) for t in thresholds]
    return dict(thresholds=thresholds.tolist(), precision=precision[:-1].tolist(), recall=recall[:-1].tolist(), f1=f1)
golden = dict(probabilities=p.tolist(), labels=[np.flatnonzero(t).tolist() for t in truth], threshold=0.5,
    rates=[label(l) for l in range(5)], curves=[curve(l) for l in range(5)], micro=rates("micro"), macro=rates("macro"),
    exact=int((truth == found).all(1).sum()), hamming_loss=float(m.hamming_loss(truth, found)))
folder = pathlib.Path(__file__).resolve().parent
(folder / "label_rates.json").write_text(json.dumps(golden))
