"""Makes the networks and reference numbers of tests/it/attributions/tokens.rs: python tests/data/explain/tokens.py GOLDEN

Needs torch, torchvision, timm and safetensors (tried with torch 2.15, torchvision 0.29.2, timm 1.0.31). Writes tokens.zip, the
networks, and tokens.safetensors. All weights are random.

vit1          from GOLDEN/vit1: fused attention (.pt2), core ATen (vit1_decomposed.pt2), written out (.onnx); with numbers for the
              first photo, made by GOLDEN's own numpy. LeGrad by the class below, whose other numbers are compared with GOLDEN's.
wide          the class below on 48 x 80 px with four registers, scores of the mean of the tokens of the photo
others        for what is found of a network: torchvision's and timm's classes, and one of odd order
"""

import io
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.heads = heads

    def forward(self, x, seen):
        n, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        weights = ((q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)).softmax(-1)
        if seen is not None:
            weights = seen(weights)
        x = x + self.proj((weights @ v).transpose(1, 2).reshape(n, tokens, width))
        return x + self.fc2(nn.functional.gelu(self.fc1(self.norm2(x))))


class Vit(nn.Module):
    """Pre-norm; `prefix` tokens first; scores of the first token, or of the mean of those of the photo."""

    def __init__(self, grid, patch, width, blocks, heads, prefix, read):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, patch, patch)
        self.prefix_tokens = nn.Parameter(torch.randn(1, prefix, width))
        self.pos_embed = nn.Parameter(0.5 * torch.randn(1, prefix + grid[0] * grid[1], width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, 10)
        self.grid, self.prefix, self.read = grid, prefix, read

    def tokens(self, x):
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        return torch.cat([self.prefix_tokens.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed

    def scores(self, x):
        x = self.norm(x)
        return self.head(x[:, 0] if self.read == "class" else x[:, self.prefix :].mean(1))

    def forward(self, x):
        x = self.tokens(x)
        for block in self.blocks:
            x = block(x, None)
        return self.scores(x)


def references(net, x):
    """Of one photo, in float64: every method by its formula."""
    net, x = net.double(), x.double()
    found, kept = {}, []

    def keep(weights):
        weights = weights.requires_grad_(True) if not weights.requires_grad else weights
        weights.retain_grad()
        kept.append(weights)
        return weights

    outputs, y = [], net.tokens(x)
    for block in net.blocks:
        y = block(y, keep)
        outputs.append(y)
    scores = net.scores(y)
    target = int(scores[0].argmax())
    scores[0, target].backward()
    weights = [w.detach()[0] for w in kept]
    gradients = [w.grad[0] for w in kept]
    n = weights[0].shape[-1]
    rows = [0] if net.read == "class" else range(net.prefix, n)

    def on_grid(tokens):
        return tokens[net.prefix :].reshape(net.grid).float()

    def read(matrix):
        return on_grid(matrix[list(rows)].mean(0))

    def rollout(fused):
        product = torch.eye(n).double()
        for layer in fused:
            layer = layer + torch.eye(n).double()
            product = (layer / layer.sum(1, keepdim=True)) @ product
        return read(product)

    found["rollout_mean"] = rollout([w.mean(0) for w in weights])
    found["rollout_max"] = rollout([w.amax(0) for w in weights])
    found["rollout_min"] = rollout([w.amin(0) for w in weights])
    found["rollout_gradient"] = rollout([(w * g).mean(0).relu() for w, g in zip(weights, gradients)])
    relevance = torch.eye(n).double()
    for w, g in zip(weights, gradients):
        relevance = relevance + (w * g).relu().mean(0) @ relevance
    found["generic_attention"] = read(relevance)
    found["attention_last_1"] = read(weights[-1][1])
    maps = []
    for index in range(len(net.blocks)):
        kept.clear()
        y = net.tokens(x)
        for at, block in enumerate(net.blocks[: index + 1]):
            y = block(y, (lambda w: keep(w.detach())) if at == index else None)
        mean = y.mean(1, keepdim=True).expand_as(y)
        net.scores(mean)[0, target].backward()
        maps.append(kept[0].grad[0].relu().mean((0, 1)))
    found["legrad"] = on_grid(torch.stack(maps).mean(0))
    return found, target


class Odd(nn.Module):
    """No convolution, tokens in reverse, the class token last, pictures on the second axis, norms behind."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3 * 8 * 8, 16)
        self.last = nn.Parameter(torch.randn(1, 1, 16))
        self.places = nn.Parameter(0.1 * torch.randn(1, 25, 16))
        layer = lambda: nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0)
        self.layers, self.head = nn.ModuleList(layer() for _ in range(2)), nn.Linear(16, 10)

    def forward(self, x):
        n = x.shape[0]
        x = x.reshape(n, 3, 4, 8, 6, 8).permute(0, 2, 4, 3, 5, 1).reshape(n, 24, 192).flip(1)
        x = torch.cat([self.embed(x), self.last.expand(n, -1, -1)], 1) + self.places
        x = x.transpose(0, 1)
        for layer in self.layers:
            x = layer(x)
        return self.head(x[-1])


def exported(net, shape, decompose=False):
    net = net.eval().float()
    for parameter in net.parameters():
        parameter.requires_grad_(False)
        if parameter.abs().max() == 0:
            parameter.copy_(0.1 * torch.randn(parameter.shape))
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(net, (torch.zeros(2, *shape),), dynamic_shapes=({0: batch},))
    program = program.run_decompositions() if decompose else program
    file = io.BytesIO()
    torch.export.save(program, file)
    return file.getvalue()


def others():
    vit = timm.models.vision_transformer.VisionTransformer
    small = dict(embed_dim=16, depth=2, num_heads=2, num_classes=10)
    wide = dict(img_size=(48, 80), patch_size=16, mlp_ratio=2, **small)
    torch_vit = lambda: torchvision.models.vision_transformer.VisionTransformer(
        image_size=64, patch_size=16, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=10
    )
    swin = torchvision.models.swin_transformer.SwinTransformer
    yield "torchvision", torch_vit(), (3, 64, 64)
    yield "torchvision_decomposed", torch_vit(), (3, 64, 64)
    yield "registers", vit(reg_tokens=4, **wide), (3, 48, 80)
    yield "mean", vit(class_token=False, global_pool="avg", **wide), (3, 48, 80)
    yield "pooled_by_attention", vit(class_token=False, global_pool="map", **wide), (3, 48, 80)
    timm.layers.set_fused_attn(False)
    yield "written_out", vit(qk_norm=True, init_values=0.1, **wide), (3, 48, 80)
    timm.layers.set_fused_attn(True)
    deit = "deit_tiny_distilled_patch16_224"
    yield "distilled", timm.create_model(deit, img_size=64, mlp_ratio=2, **small), (3, 64, 64)
    yield "odd", Odd(), (3, 32, 48)
    yield "windows", swin([4, 4], 8, [2, 2], [2, 2], [7, 7], num_classes=10), (3, 112, 112)


def main():
    golden = Path(sys.argv[1]) / "vit1"
    torch.manual_seed(9)
    networks = {name: (golden / name).read_bytes() for name in ("vit1.pt2", "vit1_decomposed.pt2", "vit1.onnx")}
    numpy = lambda name: torch.from_numpy(np.load(golden / f"{name}.npy"))
    arrays = {"vit1.input": numpy("input")[:1].contiguous()}

    own = Vit((8, 8), 8, 32, 3, 4, 1, "class")
    rename = lambda name: name.replace(".attn.", ".")
    own.load_state_dict({rename(name): value for name, value in load_file(golden / "vit1.safetensors").items()})
    found, target = references(own.eval(), numpy("input")[:1])
    assert target == int(numpy("target_top1")[0])
    known = {"rollout_gradient": "rollout_gradient_top1", "generic_attention": "generic_attention_top1"}
    for name, array in found.items():
        file = golden / f"{known.get(name, name)}.npy"
        if file.exists():
            theirs = torch.from_numpy(np.load(file))[0]
            error = ((array - theirs).abs().max() / theirs.abs().max()).item()
            print(name, "differs from GOLDEN by", error)
            assert error < 1e-4, name
            array = theirs.float()
        arrays[f"vit1.{name}"] = array
    arrays["vit1.grad_cam_positive"] = numpy("gradcam_norm1_top1")[0].float()

    wide = Vit((3, 5), 16, 16, 2, 2, 4, "mean").eval()
    networks["wide.pt2"] = exported(wide, (3, 48, 80))  # first: it fills what is zero
    photo = torch.randn(1, 3, 48, 80)
    found, _ = references(wide, photo)
    arrays |= {"wide.input": photo} | {f"wide.{name}": array for name, array in found.items()}
    for name, net, shape in others():
        networks[f"{name}.pt2"] = exported(net, shape, name.endswith("decomposed"))
    with zipfile.ZipFile(HERE / "tokens.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, content in networks.items():
            file.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    save_file({name: array.contiguous() for name, array in arrays.items()}, HERE / "tokens.safetensors")


main()
