"""Trains the small transformer of this example and draws its photos: python make.py (torch and Pillow; some minutes on one core)

It tells a field of dots, of horizontal and of vertical stripes apart, drawn once, anywhere, on a noisy ground: patches of 8 px on
96 x 64 px, a class token, four blocks of four heads. The seed is fixed.
"""

import random
from pathlib import Path

import torch
from PIL import Image, ImageFilter
from torch import nn

HERE = Path(__file__).parent
NAMES = ["dots", "horizontal", "vertical"]
WIDTH, HEIGHT, PATCH = 96, 64, 8
MEAN, STD = 0.5, 0.25


def picture(draw, kind=None):
    """A picture and its class: a ground of six colours and noise, and one field of 16 to 28 px, its pattern 4 px wide."""
    kind = draw.randrange(3) if kind is None else kind
    colour = lambda low, high: tuple(draw.randrange(low, high) for _ in range(3))
    small = Image.new("RGB", (3, 2))
    small.putdata([colour(40, 216) for _ in range(6)])
    image = small.resize((WIDTH, HEIGHT), Image.BILINEAR)
    side = 4 * draw.randrange(4, 8)
    x, y = 4 * draw.randrange((WIDTH - side) // 4 + 1), 4 * draw.randrange((HEIGHT - side) // 4 + 1)
    dark, light = colour(0, 60), colour(195, 256)
    for row in range(side):
        for column in range(side):
            across, down = column % 4 < 2, row % 4 < 2
            is_light = [across and down, down, across][kind]
            image.putpixel((x + column, y + row), light if is_light else dark)
    noise = Image.frombytes("L", (WIDTH, HEIGHT), draw.randbytes(WIDTH * HEIGHT)).filter(ImageFilter.GaussianBlur(1))
    return Image.blend(image, Image.merge("RGB", [noise] * 3), 0.2), kind


def tensor(image):
    values = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return (values.reshape(HEIGHT, WIDTH, 3).permute(2, 0, 1) / 255 - MEAN) / STD


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.heads = heads

    def forward(self, x):
        n, tokens, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.proj(mixed.transpose(1, 2).reshape(n, tokens, width))
        return x + self.mlp(self.norm2(x))


class Vit(nn.Module):
    def __init__(self, width=48, blocks=4, heads=4):
        super().__init__()
        cells = (HEIGHT // PATCH) * (WIDTH // PATCH)
        self.patches = nn.Conv2d(3, width, PATCH, PATCH)
        self.class_token = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, cells + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, len(NAMES))

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1) + self.places
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


def main(steps=700, size=64):
    torch.manual_seed(4)
    draw = random.Random(4)
    pool = [picture(draw) for _ in range(4000)]
    inputs = torch.stack([tensor(image) for image, _ in pool])
    classes = torch.tensor([kind for _, kind in pool])
    net = Vit()
    adam = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.02)
    rate = torch.optim.lr_scheduler.OneCycleLR(adam, 2e-3, total_steps=steps)
    for step in range(steps):
        chosen = torch.randint(len(pool), (size,))
        loss = nn.functional.cross_entropy(net(inputs[chosen]), classes[chosen], label_smoothing=0.05)
        adam.zero_grad()
        loss.backward()
        adam.step()
        rate.step()
        if step % 50 == 0:
            print(step, loss.item(), flush=True)
    net.eval()
    fresh = [picture(draw) for _ in range(600)]
    with torch.no_grad():
        found = net(torch.stack([tensor(image) for image, _ in fresh])).argmax(1)
    right = (found == torch.tensor([kind for _, kind in fresh])).float().mean().item()
    print("right on new pictures:", right)
    for parameter in net.parameters():
        parameter.requires_grad_(False)
    batch = torch.export.Dim("batch", min=1, max=64)
    example = torch.zeros(2, 3, HEIGHT, WIDTH)
    program = torch.export.export(net, (example,), dynamic_shapes=({0: batch},))
    torch.export.save(program, HERE / "fields.pt2")
    (HERE / "fields.txt").write_text("\n".join(NAMES) + "\n")
    for kind, name in enumerate(NAMES):
        picture(draw, kind)[0].save(HERE / f"{name}.png")


main()
