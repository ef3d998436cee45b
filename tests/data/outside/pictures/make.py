"""Makes the JPEG files beside this and what Pillow reads of every picture; needs numpy and Pillow.

a420.jpg, a.bmp, a.gif, a.ppm, a.tif, the WebP files and the unread formats are cases of foreign users, kept as
they came.
"""

import pathlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
wave = np.sin(np.arange(61)[:, None] / 5) * np.cos(np.arange(83)[None, :] / 7)
picture = np.stack([wave, -wave, wave**2], -1) * 100 + 128
picture = Image.fromarray(picture.astype(np.uint8))
picture.save(HERE / "progressive.jpg", quality=70, progressive=True)
picture.save(HERE / "h2v1.jpg", quality=80, subsampling=1)
picture.convert("L").save(HERE / "grey.jpg", quality=80)
for name in ("a420", "progressive"):
    whole = (HERE / f"{name}.jpg").read_bytes()
    scan = whole.index(b"\xff\xda")
    (HERE / f"{name}_torn.jpg").write_bytes(whole[: scan + (len(whole) - scan) // 3].rstrip(b"\xff") + b"\xff\xd9")
for name in ("a420.jpg", "progressive.jpg", "h2v1.jpg", "grey.jpg", "a.bmp", "a.gif", "a.ppm", "a.tif", "prefixed.webp"):
    upright = ImageOps.exif_transpose(Image.open(HERE / name)).convert("RGB")
    upright.save(HERE / f"pillow_{name.replace('.', '_')}.png", optimize=True)
