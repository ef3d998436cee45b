#!/usr/bin/env python3
"""Makes tests/data/outside/one_picture.*: a small vision transformer that every exporter wrote for one picture, so that its
class token and its windows have the number 1 in them, with the scores of three pictures (torch==2.13.0, onnxscript, safetensors)."""
import io, pathlib, tempfile, warnings, zipfile
import torch
from safetensors.torch import save_file
warnings.filterwarnings("ignore")
folder = pathlib.Path(__file__).resolve().parent.parent / "tests/data/outside"
WIDTH, TOKENS = 8, 16


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.qkv, self.out = torch.nn.LayerNorm(WIDTH), torch.nn.Linear(WIDTH, 3 * WIDTH), torch.nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        n, t, _ = x.shape
        q, k, v = self.qkv(self.norm(x)).view(n, t, 3, 2, WIDTH // 2).permute(2, 0, 3, 1, 4)
        mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        return x + self.out(mixed.transpose(1, 2).reshape(n, t, WIDTH))


class Net(torch.nn.Module):
    """Windows of four tokens first, as Swin has them, then a class token, as ViT has it."""
    def __init__(self):
        super().__init__()
        self.patches, self.token = torch.nn.Conv2d(3, WIDTH, 4, 4), torch.nn.Parameter(torch.randn(1, 1, WIDTH))
        self.windowed, self.whole, self.fc = Block(), Block(), torch.nn.Linear(WIDTH, 5)

    def forward(self, x):
        n = x.shape[0]
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = self.windowed(x.reshape(4 * n, TOKENS // 4, WIDTH)).reshape(n, TOKENS, WIDTH)
        x = torch.cat([self.token.expand(n, -1, -1), x], 1)
        return 4 * self.fc(self.whole(x)[:, 0])


torch.manual_seed(0)
net, pictures = Net().eval().requires_grad_(False), torch.randn(3, 3, 16, 16)
one, files = pictures[:1], {}
program = torch.export.export(net, (one,))
for kind, program in [("plain", program), ("decomposed", program.run_decompositions())]:
    packed = io.BytesIO()
    torch.export.save(program, packed)
    files[f"{kind}.pt2"] = packed.getvalue()
with tempfile.TemporaryDirectory() as temporary:
    file = pathlib.Path(temporary) / "net.onnx"
    torch.onnx.export(net, (one,), str(file), dynamo=True, opset_version=18, external_data=False)
    files["dynamo.onnx"] = file.read_bytes()
traced = io.BytesIO()
torch.jit.save(torch.jit.trace(net, one), traced)
files["traced.pt"] = traced.getvalue()
with zipfile.ZipFile(folder / "one_picture.zip", "w") as archive:
    for name, content in files.items():
        archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
save_file({"x": pictures, "scores": net(pictures).contiguous()}, folder / "one_picture.safetensors")
print(net(pictures), {name: len(content) for name, content in files.items()})
