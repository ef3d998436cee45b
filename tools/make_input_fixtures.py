"""Writes tests/data/picture/input.json and the odd files beside it: how Pillow and torchvision prepare photos.

    python tools/make_input_fixtures.py

Needs Pillow, torch, torchvision and numpy; the tests themselves need none of them.
"""

import io
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageOps
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

HERE = Path(__file__).parent.parent / "tests/data/picture"
FILTERS = {
    "bilinear": (Image.BILINEAR, InterpolationMode.BILINEAR),
    "bicubic": (Image.BICUBIC, InterpolationMode.BICUBIC),
    "lanczos": (Image.LANCZOS, InterpolationMode.LANCZOS),
    "box": (Image.BOX, InterpolationMode.BOX),
    "nearest": (Image.NEAREST, InterpolationMode.NEAREST),
}
MARGIN = (124, 116, 104)  # round(255 × the ImageNet mean)


def photo(width: int, height: int) -> Image.Image:
    """A picture that the tests make themselves: waves and steps in every channel."""
    y, x = np.mgrid[:height, :width].astype(np.int64)
    channels = [(x * 7 + y * 3) % 256, (x * x + 5 * y) % 256, (x * 11 ^ y * 13) % 256]
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8), "RGB")


def cases() -> list[dict]:
    found = []
    for width, height in ((37, 23), (23, 41), (1, 40), (64, 1), (9, 9)):
        picture = photo(width, height)
        for name, (pillow, torchvision) in FILTERS.items():
            for out_height, out_width in ((8, 8), (5, 12)):
                size = (out_width, out_height)
                shorter = 13
                results = {
                    "stretch": picture.resize(size, pillow),
                    "shorter": Compose([Resize(shorter, torchvision), CenterCrop((out_height, out_width))])(picture),
                }
                if min(width, height) > 1:  # Pillow refuses a side of no pixel
                    results["pad"] = ImageOps.pad(picture, size, pillow, MARGIN)
                for resize, result in results.items():
                    found.append(
                        {
                            "photo": [width, height],
                            "filter": name,
                            "resize": resize,
                            "size": [out_height, out_width],
                            "pixels": np.asarray(result).tobytes().hex(),
                        }
                    )
    return found


def files() -> dict[str, str]:
    """Small files of the modes that a photo can have, and what Pillow's `convert("RGB")` makes of them."""
    colour = photo(12, 8)
    grey = colour.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    rotated = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right
    colour.save(rotated, "PNG", exif=exif)
    made = {"grey.png": grey, "grey16.png": deep, "palette.png": colour.quantize(16)}
    expected = {}
    for name, picture in made.items():
        picture.save(HERE / name, optimize=True)
        opened = Image.open(HERE / name)
        if opened.mode == "I;16":  # convert("RGB") of 16 bits has changed between Pillow's versions
            opened = Image.fromarray((np.asarray(opened) >> 8).astype(np.uint8))
        expected[name] = np.asarray(opened.convert("RGB")).tobytes().hex()
    (HERE / "rotated.png").write_bytes(rotated.getvalue())
    upright = ImageOps.exif_transpose(Image.open(HERE / "rotated.png"))
    expected["rotated.png"] = np.asarray(upright.convert("RGB")).tobytes().hex()
    return expected


def main() -> None:
    content = {"pillow": PIL.__version__, "cases": cases(), "files": files()}
    lines = [f'{{"pillow": {json.dumps(content["pillow"])},', '"files": {']
    lines.append(",\n".join(f"{json.dumps(name)}: {json.dumps(text)}" for name, text in content["files"].items()))
    lines.append('},\n"cases": [')
    lines.append(",\n".join(json.dumps(case) for case in content["cases"]))
    lines.append("]}\n")
    (HERE / "input.json").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
