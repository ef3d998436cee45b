"""Makes the reference numbers of tests/it/attributions/propagated.rs: python tests/data/explain/gradients.py GOLDEN

Needs torch, captum 0.9.0, grad-cam 1.5.7, zennit 0.5.1, scipy. GOLDEN/net1 holds the weights of net1 and four photos; maps of
the first photo are kept, class: the predicted one.

captum            guided_grad_cam (conv4, nearest), deep_lift (zero baseline) and deep_lift_photo (the second photo is
                  the baseline), see `apart`, lrp_captum (epsilon rule, 1e-9)
pytorch-grad-cam  shapley_cam_score, shapley_cam_residual_softmax, finer_cam of conv4: ReLU, scaled to 0..1, enlarged by OpenCV
zennit            lrp_*: composites with their defaults; the seed is 1 for the class. residual_*: the same for class 2 of
                  residual.pt2, which is written too
own               expected_gradients over the second photo, zeros and its negative at expected_gradients_points; blur_ig over 7 steps up to 10 px
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from captum.attr import LRP, DeepLift, GuidedGradCam
from captum.attr._utils.lrp_rules import EpsilonRule
from pytorch_grad_cam import FinerCAM, ShapleyCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputReST, ClassifierOutputTarget
from safetensors.numpy import save_file
from scipy.ndimage import gaussian_filter
from torch import nn
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import EpsilonAlpha2Beta1, EpsilonGammaBox, EpsilonPlus, EpsilonPlusFlat, LayerMapComposite, layer_map_base
from zennit.layer import Sum
from zennit.rules import Epsilon
from zennit.types import Convolution, Linear

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def net1(weights):
    net = nn.Sequential()
    for name, layer in [
        ("conv1", nn.Conv2d(3, 16, 3, padding=1)),
        ("relu1", nn.ReLU()),
        ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(16, 32, 3, padding=1)),
        ("relu2", nn.ReLU()),
        ("pool2", nn.MaxPool2d(2)),
        ("conv3", nn.Conv2d(32, 32, 3, padding=1)),
        ("relu3", nn.ReLU()),
        ("conv4", nn.Conv2d(32, 48, 3, stride=2, padding=1)),
        ("relu4", nn.ReLU()),
        ("gap", nn.AdaptiveAvgPool2d(1)),
        ("flatten", nn.Flatten()),
        ("fc", nn.Linear(48, 10)),
    ]:
        net.add_module(name, layer)
    net.load_state_dict(torch.load(weights, weights_only=True))
    return net.eval()


class Apart(nn.Module):
    def forward(self, x):
        return x * 1.0


def apart(net):
    """The same network with a product by one before each pooling. Where a pooling reads a ReLU's output, captum 0.9.0 has two
    hooks on one tensor: that of the ReLU runs first and takes the gradient that the pooling's rule has not changed yet, so
    that the rule is lost and the sum is wrong by 0.07 % (zero baseline) and 51 % (the second photo)."""
    spread = nn.Sequential()
    for name, layer in net.named_children():
        if isinstance(layer, nn.MaxPool2d):
            spread.add_module(f"before_{name}", Apart())
        spread.add_module(name, layer)
    return spread.eval()


class EpsilonEverywhere(LayerMapComposite):
    def __init__(self, canonizers=None):
        super().__init__(layer_map=layer_map_base() + [(kind, Epsilon()) for kind in (Convolution, Linear)], canonizers=canonizers)


class Residual(nn.Module):
    """Convolutions with batch norms, a residual sum, overlapping max pooling."""

    def __init__(self, add):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.inner = nn.Sequential(
            nn.Conv2d(6, 8, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.BatchNorm2d(8),
        )
        self.shortcut = nn.Sequential(nn.Conv2d(6, 8, 1, stride=2, bias=False), nn.BatchNorm2d(8))
        self.add = add
        self.relu = nn.ReLU()
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        x = self.pool(self.stem(x))
        x = self.relu(self.add(self.inner(x), self.shortcut(x)))
        return self.fc(self.gap(x).flatten(1))


class Stacked(nn.Module):
    """zennit's sum, of two."""

    def __init__(self):
        super().__init__()
        self.sum = Sum()

    def forward(self, first, second):
        return self.sum(torch.stack([first, second], dim=-1))


class Plain(nn.Module):
    def forward(self, first, second):
        return first + second


def without_sample_inputs(file):
    """The example input that torch.export puts beside the weights is most of the file."""
    content = io.BytesIO(file.read_bytes())
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            if "/data/sample_inputs/" not in entry.filename:
                new.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), old.read(entry))


def residual(file):
    """Writes the network, and gives it with zennit's sum."""
    torch.manual_seed(1)
    net = Residual(Plain())
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
    net.eval()
    program = torch.export.export(net, (torch.zeros(2, 3, 16, 20),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    torch.export.save(program, file)
    without_sample_inputs(file)
    summed = Residual(Stacked())
    summed.load_state_dict(net.state_dict())
    return summed.eval()


def gradient(net, x, target):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(net(x)[:, target].sum(), x)[0]


def expected_gradients(net, x, baselines, points, target):
    """Points[i] are places on the way from baseline i to x; every baseline counts the same."""
    total = 0
    for baseline, places in zip(baselines, points):
        for place in places:
            at = baseline + place * (x - baseline)
            total = total + (x - baseline) * gradient(net, at[None], target)[0] / points.size
    return total


def blur_ig(net, x, target, steps, strongest):
    """Gradients at the middle of each step, times what the step changes; deviation = strongest * place ** 2."""

    def blurred(place):
        sigma = strongest * place**2
        planes = [gaussian_filter(plane.astype(np.float64), sigma, truncate=4.0, mode="reflect") for plane in x.numpy()]
        return torch.from_numpy(np.stack(planes)) if sigma else x.double()

    total = 0
    for step in range(steps):
        change = blurred(step / steps) - blurred((step + 1) / steps)
        total = total + change * gradient(net, blurred((step + 0.5) / steps).float()[None], target)[0]
    return total


def main(folder):
    weights = folder / "net1.pth"
    photos = torch.from_numpy(np.load(folder / "input.npy"))
    x = photos[:1]
    target = int(net1(weights)(x).argmax())
    found = {}
    net = net1(weights)
    found["guided_grad_cam"] = GuidedGradCam(net, net.conv4).attribute(x, target)[0]
    found["deep_lift"] = DeepLift(apart(net1(weights))).attribute(x, target=target)[0]
    found["deep_lift_photo"] = DeepLift(apart(net1(weights))).attribute(x, photos[1:2], target=target)[0]
    net = net1(weights)
    net.flatten.rule = EpsilonRule()
    found["lrp_captum"] = LRP(net).attribute(x, target=target)[0]

    for name, kind in [("score", ClassifierOutputTarget), ("residual_softmax", ClassifierOutputReST)]:
        net = net1(weights)
        cam = ShapleyCAM(net, [net.conv4])
        found[f"shapley_cam_{name}"] = torch.from_numpy(cam(x.clone(), [kind(target)])[0])
    net = net1(weights)
    found["finer_cam"] = torch.from_numpy(FinerCAM(net, [net.conv4])(x.clone())[0])

    low, high = [torch.from_numpy((value - MEAN) / STD).float().view(1, 3, 1, 1).expand_as(x) for value in (0, 1)]
    for name, composite in [
        ("epsilon_plus", EpsilonPlus()),
        ("epsilon_plus_flat", EpsilonPlusFlat()),
        ("epsilon_alpha_beta", EpsilonAlpha2Beta1()),
        ("epsilon_gamma_box", EpsilonGammaBox(low=low, high=high)),
    ]:
        with Gradient(net1(weights), composite) as attributor:
            _, relevance = attributor(x.clone(), torch.eye(10)[[target]])
        found[f"lrp_{name}"] = relevance[0]

    net = residual(Path(__file__).with_name("residual.pt2"))
    small = torch.sin(torch.arange(3 * 16 * 20) * 0.7).view(1, 3, 16, 20)
    found["residual_input"] = small[0]
    for name, composite in [("epsilon", EpsilonEverywhere), ("epsilon_plus", EpsilonPlus), ("epsilon_plus_flat", EpsilonPlusFlat)]:
        with Gradient(net, composite(canonizers=[SequentialMergeBatchNorm()])) as attributor:
            _, relevance = attributor(small.clone(), torch.eye(4)[[2]])
        found[f"residual_{name}"] = relevance[0]

    net = net1(weights)
    points = np.array([[0.1, 0.7], [0.25, 0.95], [0.4, 0.5]])
    found["expected_gradients_points"] = torch.from_numpy(points)
    baselines = torch.stack([photos[1], 0 * photos[1], -photos[1]])
    found["expected_gradients"] = expected_gradients(net, x[0], baselines, points, target)
    found["blur_ig"] = blur_ig(net, x[0], target, 7, 10.0)
    arrays = {name: array.detach().numpy().astype(np.float32) for name, array in found.items()}
    save_file(arrays, Path(__file__).with_name("gradients.safetensors"))


if __name__ == "__main__":
    torch.manual_seed(0)
    main(Path(sys.argv[1]) / "net1")
