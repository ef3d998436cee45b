"""Writes tests/data/model/branches*: a small network of residual branches with batch norm, and gradients
of PyTorch's autograd between nodes inside it.

    python tools/make_branches.py [/path/to/golden/net1]

With the folder it also copies captum's Grad-CAM of net1 (layergradcam_conv4_top1) beside them.
Needs torch, numpy and safetensors; the tests themselves need none of them.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional

from make_fixtures import TARGET, without_sample_inputs


class Rectifier(torch.autograd.Function):
    """max(x, 0) with guided backpropagation's gradient."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.clamp_min(0)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient.clamp_min(0) * (x > 0)


class Branches(torch.nn.Module):
    """A stem, a residual block with a shortcut of its own, channel attention, a concatenation."""

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.stem_norm = torch.nn.BatchNorm2d(6)
        self.conv1 = torch.nn.Conv2d(6, 8, 3, stride=2, padding=1)
        self.norm1 = torch.nn.BatchNorm2d(8, affine=False)
        self.conv2 = torch.nn.Conv2d(8, 8, 3, padding="same", groups=2, bias=False)
        self.norm2 = torch.nn.BatchNorm2d(8)
        self.shortcut = torch.nn.Conv2d(6, 8, 1, stride=2, bias=False)
        self.shortcut_norm = torch.nn.BatchNorm2d(8)
        self.attention = torch.nn.Conv2d(8, 8, 1)
        self.dropout = torch.nn.Dropout()
        self.pool = torch.nn.MaxPool2d(3, stride=1, padding=1)
        self.relu = torch.nn.ReLU(inplace=True)
        self.fc = torch.nn.Linear(16, 5)

    def forward(self, x, seen=None, relu=None):
        note = (lambda name, value: seen.setdefault(name, value)) if seen is not None else (lambda _, value: value)
        relu = relu or self.relu
        x = note("stem", self.stem(x))
        x = note("relu", relu(self.stem_norm(x)))
        y = note("relu#2", relu(self.norm1(note("conv1", self.conv1(x)))))
        y = note("norm2", self.norm2(self.conv2(y)))
        y = note("relu#3", relu(y + note("shortcut_norm", self.shortcut_norm(self.shortcut(x)))))
        scale = torch.sigmoid(note("attention", self.attention(functional.adaptive_avg_pool2d(y, 1))))
        z = note("mul", y * scale)
        # Dropout does nothing here, and its input is read besides its output.
        if seen is not None:
            dropped = note("dropout", z.view_as(z))
        else:
            dropped = self.dropout(z)
        z = torch.cat([z, self.pool(dropped)], dim=1)
        return self.fc(functional.adaptive_avg_pool2d(z, 1).flatten(1))


def main() -> None:
    torch.manual_seed(3)
    network = Branches().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.2, 2)
            if module.affine:
                torch.nn.init.uniform_(module.weight, 0.3, 1.5)
                torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    x = torch.randn(2, 3, 12, 10)
    exported = torch.export.export(network, (x,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    whole = TARGET / "branches.whole.pt2"
    torch.export.save(exported, whole)
    without_sample_inputs(whole, TARGET / "branches.pt2")
    whole.unlink()

    golden = {"input": x}
    seen = {}
    logits = network(x, seen, relu=torch.relu)
    golden["logits"] = logits.detach()
    of_score = ["stem", "relu", "conv1", "shortcut_norm", "attention", "mul", "dropout"]
    gradients = torch.autograd.grad(logits[:, 3].sum(), [seen[name] for name in of_score], retain_graph=True)
    golden |= {f"score3.{name}": gradient for name, gradient in zip(of_score, gradients)}
    of_filter = ["stem", "relu"]
    gradients = torch.autograd.grad(seen["norm2"][:, 5].mean(), [seen[name] for name in of_filter])
    golden |= {f"norm2_filter5.{name}": gradient for name, gradient in zip(of_filter, gradients)}
    seen = {}
    guided = network(x, seen, relu=Rectifier.apply)
    names = ["stem", "conv1", "relu#2"]
    gradients = torch.autograd.grad(guided[:, 3].sum(), [seen[name] for name in names])
    golden |= {f"guided.{name}": gradient for name, gradient in zip(names, gradients)}
    if len(sys.argv) > 1:
        golden["net1.layergradcam_conv4_top1"] = torch.from_numpy(np.load(Path(sys.argv[1]) / "layergradcam_conv4_top1.npy"))
    save_file({name: tensor.contiguous() for name, tensor in golden.items()}, TARGET / "branches.safetensors")


if __name__ == "__main__":
    main()
