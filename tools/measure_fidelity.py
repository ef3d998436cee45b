"""Judges every method of maps by insertion and deletion on labelled photos: the table of docs/fidelity.md.

    cargo build --release --locked && python3 tools/measure_fidelity.py --photos 100 > table.md

Writes a report.yaml of every method on some of photos/labelled, asks `cnn-report values` for what judges the maps, and
prints a Markdown table. Results are kept in --store, so that a run that was stopped goes on, and one with more photos
computes the new ones only. Only the standard library is needed. About 25 s of one core a photo.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
# With fewer samples than by default where a method would take most of the time; all others as they are.
METHODS = {
    "saliency": {},
    "input_x_gradient": {},
    "smooth_grad": {"samples": 25},
    "var_grad": {"samples": 25},
    "integrated_gradients": {"steps": 32, "most_steps": 32},
    "blur_ig": {"steps": 32, "most_steps": 32},
    "deep_lift": {},
    "lrp": {},
    "guided_backprop": {},
    "deconvnet": {},
    "cam": {},
    "grad_cam": {},
    "grad_cam_plus_plus": {},
    "hires_cam": {},
    "xgrad_cam": {},
    "layer_cam": {},
    "score_cam": {},
    "ablation_cam": {},
    "eigen_cam": {},
    "shapley_cam": {},
    "finer_cam": {},
    "guided_grad_cam": {},
    "occlusion": {},
    "feature_ablation": {},
    "rise": {"samples": 500},
    "lime": {"samples": 500},
    "kernel_shap": {"samples": 500},
}
# Photos of one run: few enough that their maps fit into memory.
GROUP = 5
NAMES = [f"{curve}{order}" for curve in ("insertion", "deletion") for order in ("", "_random", "_centre")]


def chosen(count):
    """So many labelled photos, evenly from all groups."""
    photos = sorted((REPOSITORY / "photos/labelled").rglob("*.jpg"))
    if count > len(photos):
        sys.exit(f"there are {len(photos)} labelled photos")
    return [photos[index * len(photos) // count] for index in range(count)]


def report(photos, methods):
    """JSON is YAML."""
    return {
        "title": "Fidelity",
        "model": {
            "file": str(REPOSITORY / "models/squeezenet1_1.safetensors"),
            "architecture": "squeezenet1_1",
            "input": {
                "shorter": 256,
                "size": [224, 224],
                "mean": [0.485, 0.456, 0.406],
                "std": [0.229, 0.224, 0.225],
            },
        },
        "images": [{"id": photo.stem, "file": str(photo)} for photo in photos],
        "checks": ["insertion_deletion"],
        "questions": [{"title": "All", "figures": [{name: METHODS[name]} for name in methods]}],
    }


def measured(arguments, photos):
    """By method and photo the six areas."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.yaml"
        file.write_text(json.dumps(report(photos, arguments.methods)), encoding="utf-8")
        command = [arguments.binary, "values", file, "--store", arguments.store, "--json", "--find", "tion"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(done.returncode)
    values = json.loads(done.stdout)
    return {
        (method, photo.stem): [float(values[f"{method}.{photo.stem}.{name}"]) for name in NAMES]
        for method in arguments.methods
        for photo in photos
    }


def mean(numbers):
    return sum(numbers) / len(numbers)


def half_width(numbers):
    """Of the 95 % interval of the mean."""
    middle = mean(numbers)
    variance = sum((number - middle) ** 2 for number in numbers) / max(len(numbers) - 1, 1)
    return 1.96 * math.sqrt(variance / len(numbers))


def signed(number):
    return f"{number:+.3f}".replace("-", "−")


def table(found, methods):
    print("| method | insertion ↑ | deletion ↓ | insertion − deletion ↑ | less the middle's | better than the middle | than random |")
    print("|---|---|---|---|---|---|---|")
    rows = []
    for method in methods:
        areas = [areas for (name, _), areas in found.items() if name == method]
        gains = [[row[order] - row[3 + order] for order in range(3)] for row in areas]
        over = [own - centre for own, _, centre in gains]
        better = mean([own > centre for own, _, centre in gains])
        than_random = mean([own > random for own, random, _ in gains])
        row = f"| {mean([r[0] for r in areas]):.3f} | {mean([r[3] for r in areas]):.3f} | {signed(mean([g[0] for g in gains]))} "
        row += f"| {signed(mean(over))} ± {half_width(over):.3f} | {better:.0%} | {than_random:.0%} |"
        rows.append((mean([own for own, _, _ in gains]), f"| {method} {row}"))
    one = [areas for (name, _), areas in found.items() if name == methods[0]]
    for order, name in ((2, "*from the middle outwards*"), (1, "*random order*")):
        insertion, deletion = mean([row[order] for row in one]), mean([row[3 + order] for row in one])
        gain = insertion - deletion
        rows.append((gain, f"| {name} | {insertion:.3f} | {deletion:.3f} | {signed(gain)} | | | |"))
    for _, row in sorted(rows, reverse=True):
        print(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--binary", default=REPOSITORY / "target/release/cnn-report")
    parser.add_argument("--store", default=REPOSITORY / "target/fidelity-store")
    parser.add_argument("--jobs", type=int, default=1, help="groups of photos at once, for a graphics card that waits")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    arguments = parser.parse_args()
    photos, found = chosen(arguments.photos), {}
    groups = [photos[start : start + GROUP] for start in range(0, len(photos), GROUP)]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for number, of_group in enumerate(pool.map(lambda group: measured(arguments, group), groups), 1):
            found |= of_group
            print(f"{number} of {len(groups)} groups", file=sys.stderr, flush=True)
    table(found, arguments.methods)


if __name__ == "__main__":
    main()
