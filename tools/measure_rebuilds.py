"""Measures how long the shipped report takes to build again after each kind of edit, and which units run.

    cargo build --release --locked && python3 tools/measure_rebuilds.py

Works on a copy of report.yaml, photos/ and models/ in a temporary folder and prints a Markdown table, which
docs/rebuilds.md shows. Only the standard library is needed. Takes about six cold builds.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
BINARY = REPOSITORY / "target/release/cnn-report"
# Builds that run nothing are over so soon that the machine's other work shows: the fastest of several counts.
REPEATS, QUICK_SECONDS = 3, 3.0


def replace(file, old, new):
    """An edit of a text file; the text must be there."""

    def edit(folder):
        path = folder / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            sys.exit(f"{file} has no `{old}`: bring tools/measure_rebuilds.py up to date")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def report(old, new):
    return replace("report.yaml", old, new)


def turn_a_bit(folder):
    path = folder / "models/squeezenet1_1.safetensors"
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def copy(source, target):
    def edit(folder):
        shutil.copyfile(folder / source, folder / target)

    return edit


def labelled_photo_of(label):
    def edit(folder):
        photos = folder / "photos/labelled" / label
        first = min(path for path in photos.iterdir() if path.suffix == ".jpg")
        shutil.copyfile(folder / "photos/coffee.jpg", first)

    return edit


def add_labelled_photo(folder):
    shutil.copyfile(folder / "photos/coffee.jpg", folder / "photos/labelled/food/new.jpg")


def delete_store(folder):
    shutil.rmtree(folder / ".cnn-report")


NOTHING, FRESH = [], ["--fresh"]
EDITS = [
    ("nothing", lambda folder: None, NOTHING),
    ("text of an answer", report("整體而言，", "總之，"), NOTHING),
    ("title", report("title: 卷積神經網路的可解釋性", "title: 可解釋性"), NOTHING),
    ("language", report("language: zh-TW", "language: en"), NOTHING),
    ("a caption", report("id: saliency, ", "id: saliency, caption: 顯著圖。, "), NOTHING),
    ("name of a photo", report("name: 咖啡", "name: 一杯咖啡"), NOTHING),
    ("`percentile`", report("percentile: 99", "percentile: 95"), NOTHING),
    ("`view`", report("percentile: 99", "percentile: 99, view: overlay"), NOTHING),
    ("`top`", report("top: 5", "top: 3"), NOTHING),
    ("`features`", report("samples: 1000", "samples: 1000, features: 3"), NOTHING),
    ("`pairs` and `examples`", report("groups: photos/groups.yaml", "groups: photos/groups.yaml, pairs: 3, examples: 2"), NOTHING),
    ("`batch`", report("samples: 1000", "samples: 1000, batch: 4"), NOTHING),
    ("name of a class", replace("models/imagenet_classes.txt", "giant panda", "Giant panda"), NOTHING),
    ("a photo's file moves", lambda folder: (
        (folder / "photos/coffee.jpg").rename(folder / "photos/cup.jpg"),
        report("photos/coffee.jpg", "photos/cup.jpg")(folder),
    ), NOTHING),
    ("LIME's `samples` 1000 → 500", report("samples: 1000", "samples: 500"), NOTHING),
    ("a filter is added", report("filters: [7, 16, 25, 36, 49], steps: 30", "filters: [7, 16, 25, 36, 49, 60], steps: 30"), NOTHING),
    ("another photo in coffee's file", copy("photos/honey-bee.jpg", "photos/coffee.jpg"), NOTHING),
    ("a labelled photo is replaced", labelled_photo_of("food"), NOTHING),
    ("a labelled photo is added", add_labelled_photo, NOTHING),
    ("precision fp32 → bf16", report("device: auto", "device: auto\nprecision: bf16"), NOTHING),
    ("seed", report("seed: 0", "seed: 1"), NOTHING),
    ("one bit of the model file", turn_a_bit, NOTHING),
    ("store deleted", delete_store, NOTHING),
    ("`--fresh`", lambda folder: None, FRESH),
]


def build(folder, options):
    """Seconds, units that ran, units in all, whether the network was opened."""
    start = time.monotonic()
    done = subprocess.run(
        [BINARY, "build", "--why", "--quiet", *options, "report.yaml"],
        cwd=folder, capture_output=True, text=True,
    )
    seconds = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"the build failed:\n{done.stderr}")
    lines = done.stdout.splitlines()
    last = re.fullmatch(r"ran (\d+) of (\d+) units; the network was (not )?opened", lines[-1])
    ran = [line.removeprefix("ran ").split(": ")[0] for line in lines[:-1]]
    assert len(ran) == int(last[1])
    return seconds, ran, int(last[2]), last[3] is None


def by_figure(ran):
    """`lime (4), filters (1)`"""
    figures = {}
    for unit in ran:
        figure = unit.split("/")[0]
        figures[figure] = figures.get(figure, 0) + 1
    return ", ".join(f"{figure} {count}" for figure, count in figures.items()) or "none"


def fresh_copy(base, folder):
    """A copy whose files the store knows: digests go by size, times and inode."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    _, ran, _, opened = build(folder, [])
    assert not ran and not opened


def main():
    print(f"load before: {os.getloadavg()}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as temporary:
        base, folder = Path(temporary) / "base", Path(temporary) / "copy"
        base.mkdir()
        for name in ["report.yaml", "photos", "models"]:
            source = REPOSITORY / name
            if source.is_dir():
                shutil.copytree(source, base / name)
            else:
                shutil.copyfile(source, base / name)
        cold, ran, units, opened = build(base, [])
        assert len(ran) == units and opened
        print("| after this edit | units that ran | of which figures | network opened | seconds | of a cold build |")
        print("|---|--:|---|---|--:|--:|")

        def row(name, seconds, ran, opened):
            share = f"{100 * seconds / cold:.0f} %"
            print(f"| {name} | {len(ran)} of {units} | {by_figure(ran)} | {'yes' if opened else 'no'} | {seconds:.2f} | {share} |", flush=True)

        row("cold build: no store", cold, ran, opened)
        for name, edit, options in EDITS:
            fresh_copy(base, folder)
            edit(folder)
            seconds, ran, now, opened = build(folder, options)
            for _ in range(REPEATS - 1 if seconds < QUICK_SECONDS else 0):
                fresh_copy(base, folder)
                edit(folder)
                seconds = min(seconds, build(folder, options)[0])
            row(name, seconds, ran, opened)
    print(f"load after: {os.getloadavg()}", file=sys.stderr)


if __name__ == "__main__":
    main()
