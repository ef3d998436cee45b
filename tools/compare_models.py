"""Writes docs/models.md: torchvision's networks, each exported, run by cnn-report and by PyTorch.

    cargo build --release --example compare_models
    python tools/compare_models.py [name ...]

Every network is exported twice, for any number of pictures and for one, and run on two pictures of noise.
Its weights are random but seeded, its batch norms have statistics of a few batches of noise.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import torchvision
from safetensors.torch import save_file

SIDE_PX = 224

NAMES = (
    "alexnet squeezenet1_0 squeezenet1_1 vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn "
    "resnet18 resnet34 resnet50 resnext50_32x4d wide_resnet50_2 densenet121 googlenet mobilenet_v2 "
    "mobilenet_v3_small mobilenet_v3_large mnasnet0_5 shufflenet_v2_x1_0 efficientnet_b0 regnet_y_400mf "
    "convnext_tiny"
).split()

TEXT = """# Networks that were tried

torchvision {torchvision}'s networks, exported with PyTorch {torch} and run by cnn-report on two pictures of noise.
The numbers are the largest difference from PyTorch's own scores over the largest score: 0 is equal to the last bit;
1e-7 to 6e-6 is rounding: convolutions here run with their channels last in memory. *Any batch* was exported with a free number of pictures, *batch of 1* without. Written by `tools/compare_models.py`.

| network | layers | any batch | batch of 1 |
|---|---:|---:|---:|
"""


def network(name: str) -> tuple[torch.nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    model = getattr(torchvision.models, name)(weights=None, **options)
    if any(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules()):
        with torch.no_grad():
            for _ in range(2):
                model(torch.randn(4, 3, SIDE_PX, SIDE_PX))
    return model.eval(), torch.randn(2, 3, SIDE_PX, SIDE_PX)


def difference(model, pictures, scores, folder: str, dynamic) -> tuple[str, str]:
    file, reference = Path(folder, "network.pt2"), Path(folder, "reference.safetensors")
    example = pictures if dynamic else pictures[:1]
    torch.export.save(torch.export.export(model, (example,), dynamic_shapes=dynamic), file)
    save_file({"input": pictures, "scores": scores}, reference)
    command = ["target/release/examples/compare_models", str(file), str(reference)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        print(run.stderr, file=sys.stderr)
        return "", "refused: " + run.stderr.strip().removeprefix("Error: ").split("\n")[0][:200]
    layers, number = run.stdout.split()
    return layers, f"{float(number):.1e}"


def main() -> None:
    text = TEXT.format(torch=torch.__version__.split("+")[0], torchvision=torchvision.__version__.split("+")[0])
    for name in sys.argv[1:] or NAMES:
        model, pictures = network(name)
        with torch.no_grad():
            scores = model(pictures)
        with tempfile.TemporaryDirectory() as folder:
            free = ({0: torch.export.Dim.DYNAMIC},)
            layers, any_batch = difference(model, pictures, scores, folder, free)
            _, one = difference(model, pictures, scores, folder, None)
        row = f"| {name} | {layers} | {any_batch} | {one} |\n"
        print(row, end="", flush=True)
        text += row
    if not sys.argv[1:]:
        Path("docs/models.md").write_text(text)


if __name__ == "__main__":
    main()
