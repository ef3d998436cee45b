"""Writes tests/data/picture/input.json and the odd files beside it: how Pillow and torchvision prepare photos;
and tests/data/input: a grey network of 1 × 28 × 28 and a colour network of 3 × 48 × 96, each with photos.

    python tools/make_input_fixtures.py

Needs Pillow, torch, torchvision and numpy; the tests themselves need none of them.
"""

import io
import json
import tempfile
from pathlib import Path

import numpy as np
import PIL
import torch
from PIL import Image, ImageDraw, ImageOps
from safetensors.torch import save_file
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

from make_fixtures import without_sample_inputs

HERE = Path(__file__).parent.parent / "tests/data/picture"
NETWORKS = Path(__file__).parent.parent / "tests/data/input"
SHAPES = ("disc", "square", "cross")
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


def shape(kind: int, generator: np.random.Generator, size: tuple[int, int], mode: str) -> Image.Image:
    """A disc, square or cross of a light colour somewhere on a dark, noisy ground."""
    width, height = size
    channels = 3 if mode == "RGB" else 1
    ground = generator.integers(0, 60, (height, width, channels)).astype(np.uint8)
    picture = Image.fromarray(ground if channels == 3 else ground[:, :, 0], mode)
    draw = ImageDraw.Draw(picture)
    radius = int(generator.integers(height // 5, height // 3))
    x = int(generator.integers(radius + 1, width - radius - 1))
    y = int(generator.integers(radius + 1, height - radius - 1))
    colour = tuple(int(level) for level in generator.integers(150, 256, channels))
    colour = colour if channels == 3 else colour[0]
    box = (x - radius, y - radius, x + radius, y + radius)
    if kind == 0:
        draw.ellipse(box, fill=colour)
    elif kind == 1:
        draw.rectangle(box, fill=colour)
    else:
        arm = max(radius // 3, 1)
        draw.rectangle((x - radius, y - arm, x + radius, y + arm), fill=colour)
        draw.rectangle((x - arm, y - radius, x + arm, y + radius), fill=colour)
    return picture


class Small(torch.nn.Module):
    """Three classes from maps of a sixteenth of the area."""

    def __init__(self, channels: int, size: tuple[int, int]):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(channels, 8, 5, padding=2)
        self.relu1 = torch.nn.ReLU()
        self.pool1 = torch.nn.MaxPool2d(2)
        self.conv2 = torch.nn.Conv2d(8, 12, 3, padding=1)
        self.relu2 = torch.nn.ReLU()
        self.pool2 = torch.nn.MaxPool2d(2)
        self.conv3 = torch.nn.Conv2d(12, 16, 3, padding=1)
        self.relu3 = torch.nn.ReLU()
        self.pool = torch.nn.MaxPool2d((size[1] // 4, size[0] // 4))  # the whole map
        self.fc = torch.nn.Linear(16, len(SHAPES))

    def forward(self, x):
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        return self.fc(self.pool(self.relu3(self.conv3(x))).flatten(1))


def network(name: str, size: tuple[int, int], mode: str, scale: float, mean: list[float], std: float) -> None:
    """Trains on shapes for a moment; writes the network, two photos of each shape and its scores of them.

    A colour network gets blue first."""
    torch.manual_seed(0)
    generator = np.random.default_rng(0)

    def tensor(pictures: list[Image.Image]) -> torch.Tensor:
        stack = np.stack([np.asarray(picture, np.float32).reshape(size[1], size[0], -1) for picture in pictures])
        pixels = torch.from_numpy(stack[..., ::-1].copy()).permute(0, 3, 1, 2)
        return ((pixels * scale - torch.tensor(mean).view(1, -1, 1, 1)) / std).contiguous()

    small = Small(len(mean), size)
    optimiser = torch.optim.Adam(small.parameters(), 3e-3)
    for _ in range(300):
        labels = generator.integers(0, 3, 32)
        x = tensor([shape(kind, generator, size, mode) for kind in labels])
        loss = torch.nn.functional.cross_entropy(small(x), torch.from_numpy(labels))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    small.eval()
    labels = np.arange(300) % 3
    held_out = tensor([shape(kind, generator, size, mode) for kind in labels])
    with torch.no_grad():
        print(name, "accuracy", (small(held_out).argmax(1).numpy() == labels).mean())
    photos, scores = [], {}
    for kind, label in enumerate(SHAPES):
        for number in range(2):
            picture = shape(kind, generator, size, mode)
            photos.append(picture)
            folder = NETWORKS / name / label
            folder.mkdir(parents=True, exist_ok=True)
            picture.save(folder / f"{number}.png", optimize=True)
    with torch.no_grad():
        save_file({"scores": small(tensor(photos))}, NETWORKS / f"{name}.safetensors")
    (NETWORKS / f"{name}.safetensors").chmod(0o644)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{name}.pt2")
        exported = torch.export.export(small, (held_out[:2],), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
        torch.export.save(exported, file)
        without_sample_inputs(file, NETWORKS / file.name)


def main() -> None:
    NETWORKS.mkdir(exist_ok=True)
    network("grey", (28, 28), "L", 1 / 255, [0.25], 0.3)
    network("wide", (96, 48), "RGB", 1.0, [40.0, 45.0, 50.0], 60.0)
    content = {"pillow": PIL.__version__, "cases": cases(), "files": files()}
    lines = [f'{{"pillow": {json.dumps(content["pillow"])},', '"files": {']
    lines.append(",\n".join(f"{json.dumps(name)}: {json.dumps(text)}" for name, text in content["files"].items()))
    lines.append('},\n"cases": [')
    lines.append(",\n".join(json.dumps(case) for case in content["cases"]))
    lines.append("]}\n")
    (HERE / "input.json").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
