"""Writes tests/data/model/exported_<version>.pt2 with the PyTorch it is run by, and the scores of that
PyTorch into exported_by_old.safetensors. Run once each with torch 2.5.1, 2.6.0, 2.7.1 and 2.8.0:

    python tools/make_old_exports.py

Needs torch and safetensors; the tests themselves need neither.
"""

import io
import zipfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

TARGET = Path(__file__).parent.parent / "tests/data/model"


class Small(torch.nn.Module):
    """A batch norm, an operator in place, a buffer that is not saved with the weights and a tensor in the code."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(4)
        self.again = torch.nn.Conv2d(4, 4, 1)
        self.relu = torch.nn.ReLU(inplace=True)
        self.pool = torch.nn.AdaptiveAvgPool2d(2)
        self.fc = torch.nn.Linear(16, 3)
        self.register_buffer("shift", torch.randn(4, 1, 1), persistent=False)

    def forward(self, x):
        x = self.relu(self.norm(self.conv(x)))
        x = self.relu(self.again(x) + self.shift) * torch.tensor([2.0])
        x = self.pool(x)
        return self.fc(x.view(x.shape[0], -1))


class Plain(torch.nn.Module):
    """Without constants: their file holds an empty dict."""

    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(12, 2)

    def forward(self, x):
        return self.fc(x.flatten(1))


def export(network, x) -> bytes:
    exported = io.BytesIO()
    shapes = ({0: torch.export.Dim("batch")},)
    torch.export.save(torch.export.export(network, (x,), dynamic_shapes=shapes), exported)
    # Without the example input; torch 2.8 names the folder inside after the file, so it has a plain name here.
    kept = io.BytesIO()
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            if "example_inputs" not in entry.filename and "/sample_inputs/" not in entry.filename:
                new.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), old.read(entry))
    return kept.getvalue()


def main() -> None:
    version = ".".join(torch.__version__.split(".")[:2])
    numbers = TARGET / "exported_by_old.safetensors"
    known = load_file(numbers) if numbers.exists() else {}
    for name, network, shape in (("exported", Small(), (2, 3, 8, 8)), ("plain", Plain(), (2, 3, 2, 2))):
        torch.manual_seed(0)
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape) + 0.1)  # in place; a variance must be above zero
        network.eval()
        x = torch.linspace(-2, 2, torch.Size(shape).numel()).view(shape)
        (TARGET / f"{name}_{version}.pt2").write_bytes(export(network, x))
        with torch.no_grad():
            known[f"{name}_{version}"] = network(x)
    save_file(known, numbers)


if __name__ == "__main__":
    main()
