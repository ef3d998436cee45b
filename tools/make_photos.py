#!/usr/bin/env python3
"""Makes the photos of photos/ and photos/LICENCES.md again from photos/licences.json.

    pip install pillow
    python tools/make_photos.py SOURCE_FOLDER

SOURCE_FOLDER holds the untouched photos under the path that licences.json calls `origin`:
`gcompris/…` is the folder of images of Debian's gcompris-qt-data, `others/…` are single files whose
packages licences.json names. Another photo is added by a line in licences.json: without a known author,
licence and source none is written.
"""

import argparse
import json
import pathlib

from PIL import Image

PHOTOS = pathlib.Path(__file__).resolve().parent.parent / "photos"
KEYS = {"file", "origin", "author", "licence", "source"}
LICENCES = {"CC0-1.0", "public domain"}

# The four photos of the questions are looked at; the labelled ones only pass through the network, which
# answers for them as it does at full size (photos/README.md). Nothing is ever enlarged.
LOOKED_AT = {"longer_px": 512, "quality": 88}
LABELLED = {"shorter_px": 208, "quality": 76}


def resized(picture, longer_px=None, shorter_px=None):
    """The picture with its longer or shorter side at most so long, the aspect kept."""
    scale = longer_px / max(picture.size) if longer_px else shorter_px / min(picture.size)
    if scale >= 1:
        return picture
    return picture.resize([max(1, round(side * scale)) for side in picture.size], Image.Resampling.LANCZOS)


def on_white(picture):
    """RGB; what is transparent becomes white."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return picture.convert("RGB")


def write_photo(entry, source_folder):
    target = PHOTOS / entry["file"]
    rule = dict(LABELLED if entry["file"].startswith("labelled/") else LOOKED_AT)
    quality = rule.pop("quality")
    with Image.open(source_folder / entry["origin"]) as opened:
        photo = resized(on_white(opened), **rule)
    target.parent.mkdir(parents=True, exist_ok=True)
    # A fresh picture: no metadata of the original is written.
    plain = Image.frombytes("RGB", photo.size, photo.tobytes())
    plain.save(target, "JPEG", quality=quality, optimize=True)
    return target.stat().st_size


def licences_page(entries):
    """LICENCES.md: one row a photo."""

    def cell(text):
        return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")

    def source(text):
        return f"<{text}>" if text.startswith("https://") else cell(text)

    rows = [
        f"| {cell(entry['file'])} | {cell(entry['author'])} | {entry['licence']} | {source(entry['source'])} |"
        for entry in entries
    ]
    return "\n".join(
        [
            "# Licences of the photos",
            "",
            "Every photo here is in the public domain or given to it by CC0 1.0. Where the source is a web page,",
            "author, licence and source are as Debian's package gcompris-qt-data 3.1-2 records them.",
            "",
            "All were converted to JPEG without metadata, and made smaller where they were large: the four on top",
            f"to at most {LOOKED_AT['longer_px']} px on the longer side, those of `labelled/` to at most "
            f"{LABELLED['shorter_px']} px on the shorter one.",
            "",
            "Written by `tools/make_photos.py` from `licences.json`.",
            "",
            "| file | author | licence | source |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("source_folder", type=pathlib.Path)
    given = arguments.parse_args()
    entries = json.loads((PHOTOS / "licences.json").read_text(encoding="utf-8"))
    for entry in entries:
        if set(entry) != KEYS or entry["licence"] not in LICENCES or not all(entry.values()):
            raise SystemExit(f"not fit to be shipped: {entry}")
    size_bytes = sum(write_photo(entry, given.source_folder) for entry in entries)
    (PHOTOS / "LICENCES.md").write_text(licences_page(entries), encoding="utf-8")

    listed = {PHOTOS / entry["file"] for entry in entries}
    for path in sorted(set(PHOTOS.rglob("*.jpg")) - listed):
        print(f"not in licences.json: {path}")
    print(f"{len(entries)} photos, {size_bytes} bytes")


if __name__ == "__main__":
    main()
