"""Writes tests/data/architectures.json: the scores of some architectures for weights that a formula gives.

    python tools/make_architecture_goldens.py

Needs torch and torchvision, and efficientnet-lite-pytorch; the tests themselves need none of them. The same
formula is in tests/it/architectures.rs.
"""

import json
from pathlib import Path

import torch

import export_architecture

CLASSES = 7
SIDES_PX = {
    "efficientnet_lite0": 224,
    "mnasnet0_5": 64,
    "mobilenet_v3_small": 64,
    "regnet_y_400mf": 64,
    "shufflenet_v2_x0_5": 64,
    "swin_t": 224,
}


def pattern(count: int, number: int) -> torch.Tensor:
    """Numbers in -1..1 that repeat after 101, starting elsewhere for each tensor."""
    return ((torch.arange(count) * 37 + 11 * number) % 101 - 50).float() / 50


def weight(name: str, tensor: torch.Tensor, number: int) -> torch.Tensor:
    if not tensor.is_floating_point():
        return tensor  # a table of positions
    values = pattern(tensor.numel(), number).reshape(tensor.shape)
    if name.endswith("running_var") or (tensor.dim() == 1 and name.endswith("weight")):
        return 1 + values / 4
    if tensor.dim() == 1:
        return values / 10
    return values * (3 / tensor[0].numel()) ** 0.5


def main() -> None:
    scores = {}
    for name, side_px in SIDES_PX.items():
        model = export_architecture.network(name, num_classes=CLASSES)
        state = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
        with torch.no_grad():
            for number, key in enumerate(sorted(state)):
                state[key].copy_(weight(key, state[key], number))
        picture = pattern(3 * side_px * side_px, 0).reshape(1, 3, side_px, side_px)
        with torch.no_grad():
            logits = model(picture)[0].tolist()
        scores[name] = {"side_px": side_px, "scores": logits}
        print(name, logits)
    text = json.dumps(scores, indent=1)
    Path(__file__).parent.parent.joinpath("tests/data/architectures.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
