"""Writes photo_facts.json: brightness, contrast, sharpness and difference hash of some photos of this repository, by Pillow, numpy
and imagehash 4.3.2, and of one of them as JPEG of quality 50.

python photo_facts.py PHOTOS > photo_facts.json (PNG and WebP without loss only: decoders of JPEG differ by a grey level)
"""

import json
import sys
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image


def facts(photo):
    grey = photo.convert("L")
    levels = np.asarray(grey, dtype=float)
    shorter = min(grey.size)
    if shorter > 256:
        grey = grey.resize(tuple((side * 256 + shorter // 2) // shorter for side in grey.size), Image.BILINEAR)
    small = np.asarray(grey, dtype=float)
    around = small[1:-1, :-2] + small[1:-1, 2:] + small[:-2, 1:-1] + small[2:, 1:-1]
    return {
        "size": photo.size,
        "brightness": levels.mean() / 255,
        "contrast": levels.std() / 255,
        "sharpness": (around - 4 * small[1:-1, 1:-1]).var(),
        "hash": str(imagehash.dhash(photo)),
    }


found = {}
for file in sys.argv[1:]:
    found[Path(file).name] = facts(Image.open(file).convert("RGB"))
print(json.dumps(found, indent=1))
