#!/usr/bin/env python3
"""How time and memory grow with photos, samples, pixels, filters and labelled photos: the curves of docs/performance.md.

    cargo build --release --locked && python3 tools/measure_curves.py [--binary PROGRAM] [--jobs N] [--quick]

Each point is a build of its own, into an empty store, on one thread: seconds of CPU time and the largest memory of the
process, as the system counts them, so that other work beside it changes little. Only the standard library is needed.
"""

import argparse
import json
import math
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def photos(folder, count):
    """So many photos, of the repository's labelled ones again and again under other names."""
    files = sorted((REPOSITORY / "photos/labelled").rglob("*.jpg"))
    folder.mkdir(parents=True)
    for index in range(count):
        shutil.copy(files[index % len(files)], folder / f"p{index:06}.jpg")


def report(folder, figure, count=1, side=224):
    """A report of one figure on `count` photos; JSON is YAML."""
    photos(folder / "photos", count)
    spec = {
        "title": "T",
        "model": {
            "file": str(REPOSITORY / "models/squeezenet1_1.safetensors"),
            "architecture": "squeezenet1_1",
            "classes": str(REPOSITORY / "models/imagenet_classes.txt"),
            "input": {"shorter": side * 8 // 7, "size": side},
        },
        "images": "photos/*.jpg",
        "device": "cpu",
        "output": {"formats": ["json"]},
        "questions": [{"title": "Q", "figures": [figure]}],
    }
    (folder / "report.yaml").write_text(json.dumps(spec), encoding="utf-8")


def labelled(folder, count):
    report(folder, {"confusion_matrix": {"data": "labelled.csv", "groups": str(REPOSITORY / "photos/groups.yaml")}})
    files = sorted((REPOSITORY / "photos/labelled").rglob("*.jpg"))
    lines = []
    for index in range(count):
        file = files[index % len(files)]
        copy = folder / "labelled" / f"{index:06}.jpg"
        copy.parent.mkdir(exist_ok=True)
        os.link(file, copy) if os.stat(file).st_dev == os.stat(folder).st_dev else shutil.copy(file, copy)
        lines.append(f"labelled/{copy.name},{file.parent.name}")
    (folder / "labelled.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


PLAIN = {"checks": []}
CURVES = {
    "photos, saliency": ((1, 4, 16, 64, 256), lambda folder, n: report(folder, {"saliency": PLAIN}, count=n)),
    "samples of LIME": ((100, 1000, 10000), lambda folder, n: report(folder, {"lime": {"samples": n, **PLAIN}})),
    "side of the input in px, saliency": (
        (64, 128, 256, 512, 1024),
        lambda folder, n: report(folder, {"saliency": PLAIN}, side=n),
    ),
    "filters, 5 steps": (
        (1, 8, 64, 256),
        lambda folder, n: report(folder, {"filters": {"layer": "features.12", "filters": list(range(n)), "steps": 5}}),
    ),
    "labelled photos, confusion matrix": ((100, 1000, 10000), labelled),
}


def measured(binary, make, count):
    """Seconds of CPU time and MB at most, of one build."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "report"
        folder.mkdir()
        make(folder, count)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
        command = [str(binary), "build", str(folder / "report.yaml"), "--quiet", "--store", str(Path(temporary) / "store")]
        process = os.posix_spawn(command[0], command, environment)
        _, status, usage = os.wait4(process, 0)
        if status != 0:
            raise SystemExit(f"{count}: the build ended with {status}")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=REPOSITORY / "target/release/cnn-report")
    parser.add_argument("--jobs", type=int, default=1, help="builds at once, on a machine with cores to spare")
    parser.add_argument("--quick", action="store_true", help="leave the largest point of each curve out")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    points = [
        (name, make, count)
        for name, (counts, make) in CURVES.items()
        for count in (counts[:-1] if arguments.quick else counts)
    ]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        found = list(pool.map(lambda point: measured(binary, point[1], point[2]), points))
    print("| what grows | so many | CPU seconds | for each one more | memory at most, MB |")
    print("|---|---|---|---|---|")
    before = None
    for (name, _, count), (seconds, megabytes) in zip(points, found):
        more = ""
        if before and before[0] == name:
            each = (seconds - before[2]) / (count - before[1])
            digits = max(0, 2 - math.floor(math.log10(abs(each)))) if each else 0
            more = f"{each:.{digits}f}"
        print(f"| {name} | {count:,} | {seconds:.1f} | {more} | {megabytes:.0f} |")
        before = (name, count, seconds)


if __name__ == "__main__":
    main()
