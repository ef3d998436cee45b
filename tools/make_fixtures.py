"""Writes tests/data/model/ from the reference numbers in a folder `golden/net1`.

    python tools/make_fixtures.py /path/to/golden/net1

Needs torch, numpy and safetensors; the tests themselves need none of them.
"""

import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from export_architecture import architecture

TARGET = Path(__file__).parent.parent / "tests/data/model"


def without_sample_inputs(source: Path, target: Path) -> None:
    """The example input that torch.export puts beside the weights is half of the file."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            if "/data/sample_inputs/" not in entry.filename:
                content = old.read(entry)
                new.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), content)


class Awkward(torch.nn.Module):
    """What a graph can hold besides layers: a buffer that is not saved with the weights, a tensor in the
    code, a tensor that is overwritten and read again, a shared and a channels-last weight, a module that
    runs twice, a fixed number of pictures in `view`, and a closing softmax."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.again = torch.nn.Conv2d(4, 4, 1)
        self.relu = torch.nn.ReLU(inplace=True)
        self.fc = torch.nn.Linear(4 * 16, 3)
        self.register_buffer("shift", torch.randn(4, 1, 1), persistent=False)

    def forward(self, x):
        x = self.conv(x)
        y = self.relu(x)
        z = self.again(y) + x  # x has been overwritten by the ReLU
        z = self.relu(self.again(z) + self.shift) * torch.tensor([2.0])
        first, second = torch.nn.functional.adaptive_avg_pool2d(z, 4).chunk(2, dim=1)
        z = torch.cat([second, first], dim=1).contiguous().view(z.shape[0], -1)
        return torch.softmax(self.fc(z), dim=1)


def awkward() -> None:
    torch.manual_seed(0)
    network = Awkward().eval()
    network.conv.to(memory_format=torch.channels_last)
    x = torch.randn(2, 3, 8, 8)
    with tempfile.TemporaryDirectory() as folder:
        for name, pictures, shapes in (
            ("awkward_one", x[:1], None),
            ("awkward_any", x, ({0: torch.export.Dim.DYNAMIC},)),
        ):
            file = Path(folder, f"{name}.pt2")
            torch.export.save(torch.export.export(network, (pictures,), dynamic_shapes=shapes), file)
            without_sample_inputs(file, TARGET / file.name)
    with torch.no_grad():
        probabilities = network(x)
    save_file({"input": x, "probabilities": probabilities}, TARGET / "awkward.safetensors")


def sequential() -> None:
    """The layers of tests/data/model/sequential.yaml: what net1 does not have."""
    torch.manual_seed(0)
    nn = torch.nn
    features = nn.Sequential(
        nn.Conv2d(3, 8, (3, 5), padding="same", dilation=(2, 1), bias=False),
        nn.BatchNorm2d(8, eps=1e-3),
        nn.PReLU(8),
        nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True),
        nn.Conv2d(8, 8, 3, stride=(2, 1), padding=(1, 0), groups=4),
        nn.ELU(alpha=0.5),
        nn.ConvTranspose2d(8, 6, 3, stride=2, output_padding=1, groups=2),
        nn.LeakyReLU(0.2),
        nn.AvgPool2d((3, 2), ceil_mode=True, count_include_pad=False),
        nn.Identity(),
        nn.Dropout2d(0.1),
        nn.AdaptiveMaxPool2d((2, 3)),
    )
    head = nn.Sequential(
        nn.Flatten(), nn.Linear(36, 10), nn.BatchNorm1d(10), nn.GELU(approximate="tanh"), nn.Linear(10, 4, bias=False)
    )
    network = nn.Sequential()
    network.add_module("features", features)
    network.add_module("1", head)
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(8, 3, 17, 20) * 2 + 0.5)
        network.eval()
        x = torch.randn(2, 3, 17, 20)
        scores = network(x)
    save_file(dict(network.state_dict()), TARGET / "sequential.safetensors")
    save_file({"input": x, "scores": scores}, TARGET / "sequential_golden.safetensors")


def torchscript() -> None:
    """The network of `awkward_any.pt2` as code: it gives the probabilities of `awkward.safetensors`."""
    torch.manual_seed(0)
    network = Awkward().eval()
    network.conv.to(memory_format=torch.channels_last)
    x = torch.randn(2, 3, 8, 8)
    torch.jit.trace(network, x, check_trace=False).save(TARGET / "traced.pt")
    torch.jit.script(network).save(TARGET / "scripted.pt")


def main() -> None:
    golden = Path(sys.argv[1])
    TARGET.mkdir(parents=True, exist_ok=True)
    without_sample_inputs(golden / "net1.pt2", TARGET / "net1.pt2")
    shutil.copyfile(golden / "net1.safetensors", TARGET / "net1.safetensors")
    # Two photos of four, maps of one of them, four channels of an activation: the repository stays small.
    numbers = {
        "input": np.load(golden / "input.npy")[:2],
        "logits": np.load(golden / "logits.npy")[:2],
        "gradient_top1": np.load(golden / "gradient_top1.npy")[:1],
        "activation_conv2": np.load(golden / "activation_conv2.npy")[:1, :4],
        "guidedbackprop_top1": np.load(golden / "guidedbackprop_top1.npy")[:1],
        "deconvolution_top1": np.load(golden / "deconvolution_top1.npy")[:1],
    }
    numbers = {name: torch.from_numpy(array).contiguous() for name, array in numbers.items()}
    save_file(numbers, TARGET / "net1_golden.safetensors")
    net1 = torch.export.load(golden / "net1.pt2")
    (TARGET / "net1.json.gz").write_bytes(architecture(net1, None))
    awkward()
    sequential()
    torchscript()


if __name__ == "__main__":
    main()
