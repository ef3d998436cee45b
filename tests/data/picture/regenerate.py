"""Makes the reference data beside this file anew; needs numpy, Pillow, torchvision and scikit-image 0.26.

    python tests/data/picture/regenerate.py

coffee.webp and chelsea.webp are the photos of scikit-image's example data, without loss.
"""

import hashlib
import pathlib

import numpy as np
from PIL import Image
from skimage.color import rgb2lab
from skimage.segmentation import find_boundaries, quickshift, slic
from torchvision.transforms import CenterCrop, Compose, Resize

HERE = pathlib.Path(__file__).parent
FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
SEGMENTERS = {
    "quickshift_lime": lambda a: quickshift(a, kernel_size=4, max_dist=200, ratio=0.2),
    "quickshift_default": lambda a: quickshift(a),
    "slic_default": lambda a: slic(a, start_label=0),
    "slic_hw": lambda a: slic(a, start_label=0, n_segments=100, compactness=1, sigma=1),
    "slic_noconn": lambda a: slic(a, start_label=0, n_segments=100, enforce_connectivity=False),
    "slic_zero": lambda a: slic(a, start_label=0, n_segments=50, slic_zero=True),
}

hashes = []


def note(name, picture):
    hashes.append(f"{hashlib.sha256(np.asarray(picture).tobytes()).hexdigest()}  {name}\n")


for photo in ("coffee", "chelsea"):
    original = Image.open(HERE / f"{photo}.webp").convert("RGB")
    note(f"{photo}_original", original)
    note(f"{photo}_resize256_crop224", Compose([Resize(256), CenterCrop(224)])(original))
    for size in (64, 224):
        for name, kernel in FILTERS.items():
            resized = original.resize((size, size), kernel)
            note(f"{photo}_{size}_{name}", resized)
            if photo == "coffee" and size == 64:
                resized.save(HERE / f"{photo}_{size}_{name}.png", optimize=True)
        pixels = np.asarray(original.resize((size, size), Image.BICUBIC))
        if size == 64:  # every sixteenth row
            np.save(HERE / f"{photo}_64_lab_rows.npy", rgb2lab(pixels)[::16])
        for name, segment in SEGMENTERS.items():
            labels = np.unique(segment(pixels), return_inverse=True)[1].reshape(size, size)
            assert labels.max() < 256
            Image.fromarray(labels.astype(np.uint8)).save(HERE / f"{photo}_{size}_{name}.png", optimize=True)
            if (photo, size, name) == ("coffee", 224, "quickshift_lime"):
                # What mark_boundaries colours. As int32: the largest int64 does not survive the
                # floating point inside erosion, and 38 more pixels next to segment 0 are marked.
                lines = find_boundaries(labels.astype(np.int32), mode="outer")
                Image.fromarray((lines * 255).astype(np.uint8)).save(HERE / "coffee_224_boundaries.png", optimize=True)
(HERE / "sha256.txt").write_text("".join(hashes))

# what quickshift adds to its densities with its default seed
np.save(HERE / "quickshift_noise_64.npy", np.random.default_rng(42).normal(scale=1e-5, size=(64, 64)))

small = Image.open(HERE / "coffee.webp").convert("RGB").resize((24, 16), Image.BICUBIC)
small.convert("CMYK").save(HERE / "cmyk.jpg", quality=90)
Image.open(HERE / "cmyk.jpg").convert("RGB").save(HERE / "cmyk_as_rgb.png", optimize=True)
