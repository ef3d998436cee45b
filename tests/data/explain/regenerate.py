"""Makes the reference numbers of tests/it/explain.rs anew: python tests/data/explain/regenerate.py (torch, safetensors).

ascent.safetensors  filter_start is kept (uint8 noise of 150..179, normalised); the rest is what torch.optim
                    makes of it and of the first picture of ../model/net1_golden.safetensors.
dead.pt2            conv1 (filter 1 has a bias of -100), relu1, gap, flatten, fc (class 1 has weights of zero).
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

here = Path(__file__).parent
sys.path.insert(0, str(here.parents[2] / "tools"))
from make_fixtures import without_sample_inputs


def ascend(optimiser, variable, response, steps, frames):
    losses, kept = [], {}
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        loss = -response(variable).mean()
        losses.append(loss.item())
        loss.backward()
        optimiser.step()
        if step in frames:
            kept[step] = variable.detach().clone()
    return torch.tensor(losses, dtype=torch.float64), kept


def ascents():
    file = here / "ascent.safetensors"
    start = load_file(file)["filter_start"]
    weights = load_file(here.parent / "model/net1.safetensors")
    convolve = nn.functional.conv2d

    def layer(name, x, **options):
        return convolve(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1, **options)

    def conv2(x):
        return layer("conv2", nn.functional.max_pool2d(layer("conv1", x).relu(), 2))

    def conv4(x):
        return layer("conv4", layer("conv3", nn.functional.max_pool2d(conv2(x).relu(), 2)).relu(), stride=2)

    x = start.clone().requires_grad_(True)
    adam = torch.optim.Adam([x], lr=0.1, weight_decay=1e-6)
    adam_loss, adam_frames = ascend(adam, x, lambda x: conv2(x)[0, 5], 30, {30})
    photo = load_file(here.parent / "model/net1_golden.safetensors")["input"][:1].clone().requires_grad_(True)
    sgd = torch.optim.SGD([photo], lr=12, weight_decay=1e-4)
    dream_loss, dream_frames = ascend(sgd, photo, lambda x: conv4(x)[0, 7], 100, {10, 100})
    save_file(
        {
            "filter_start": start,
            "filter_adam30": adam_frames[30],
            "filter_adam30_loss": adam_loss,
            "dream_step10": dream_frames[10],
            "dream_step100": dream_frames[100],
            "dream_loss": dream_loss,
        },
        file,
    )


class Dead(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv1, self.relu1 = nn.Conv2d(3, 2, 3, padding=1), nn.ReLU()
        self.gap, self.flatten, self.fc = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3)
        with torch.no_grad():
            self.conv1.bias.copy_(torch.tensor([0.5, -100.0]))
            self.fc.weight[1] = 0

    def forward(self, x):
        return self.fc(self.flatten(self.gap(self.relu1(self.conv1(x)))))


def dead():
    pictures = torch.zeros(2, 3, 64, 64)
    dynamic = ({0: torch.export.Dim.DYNAMIC},)
    program = torch.export.export(Dead().eval(), (pictures,), dynamic_shapes=dynamic)
    large = here / "dead_large.pt2"
    torch.export.save(program, large)
    without_sample_inputs(large, here / "dead.pt2")
    large.unlink()


if __name__ == "__main__":
    with torch.random.fork_rng():
        dead()
    ascents()
