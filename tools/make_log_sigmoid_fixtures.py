#!/usr/bin/env python3
"""Makes tests/data/outside/log_sigmoid.*: networks that end in a log-sigmoid, as every exporter writes them, with the
logits before it (torch==2.13.0, onnxscript, safetensors)."""
import io, pathlib, tempfile, warnings, zipfile
import torch
from safetensors.torch import save_file
warnings.filterwarnings("ignore")
folder = pathlib.Path(__file__).resolve().parent.parent / "tests/data/outside"
N = torch.export.Dim.DYNAMIC


class Net(torch.nn.Module):
    def __init__(self, numbers, written):
        super().__init__()
        self.conv, self.fc, self.written = torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(4, numbers), written

    def logits(self, x):
        return 20 * self.fc(self.conv(x).relu().mean((2, 3)))

    def forward(self, x):
        s = self.logits(x)
        return -torch.nn.functional.softplus(-s) if self.written else torch.nn.functional.logsigmoid(s)


torch.manual_seed(0)
x = torch.randn(2, 3, 16, 16)
golden, files = {"x": x}, {}
for name, numbers, written in [("three", 3, False), ("one", 1, False), ("softplus", 3, True)]:
    net = Net(numbers, written).eval().requires_grad_(False)
    golden[name] = net.logits(x).detach()
    program = torch.export.export(net, (x,), dynamic_shapes=({0: N},))
    for kind, program in [("plain", program), ("decomposed", program.run_decompositions())]:
        packed = io.BytesIO()
        torch.export.save(program, packed)
        files[f"{name}.{kind}.pt2"] = packed.getvalue()
    with tempfile.TemporaryDirectory() as temporary:
        for kind, dynamo in [("dynamo", True), ("ts", False)]:
            file = pathlib.Path(temporary) / f"{kind}.onnx"
            shapes = {"dynamic_shapes": ({0: N},)} if dynamo else {"dynamic_axes": {"x": {0: "N"}}, "input_names": ["x"]}
            torch.onnx.export(net, (x,), str(file), dynamo=dynamo, opset_version=18 if dynamo else 17, **({"external_data": False} if dynamo else {}), **shapes)
            files[f"{name}.{kind}.onnx"] = file.read_bytes()
    traced = io.BytesIO()
    torch.jit.save(torch.jit.trace(net, x), traced)
    files[f"{name}.traced.pt"] = traced.getvalue()
with zipfile.ZipFile(folder / "log_sigmoid.zip", "w") as archive:
    for name, content in files.items():
        archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
save_file(golden, folder / "log_sigmoid.safetensors")
print({name: golden[name] for name in ("three", "one")})
