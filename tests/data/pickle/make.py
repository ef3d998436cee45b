"""Makes the files of this folder and `expected.json` with PyTorch (2.13); tests never run it.

    python tests/data/pickle/make.py
"""

import collections
import io
import json
import os
import pathlib
import zipfile

import numpy
import torch

HERE = pathlib.Path(__file__).parent


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(1, 2, 2)
        self.norm = torch.nn.BatchNorm2d(2)
        self.linear = torch.nn.Linear(8, 3)

    def forward(self, x):
        return self.linear(self.norm(self.convolution(x)).flatten(1))


class Runs:
    """What an attacker would save: loading it with a full unpickler calls the function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


torch.manual_seed(7)
net = Net()
weights = net.state_dict()
expected = {}


def expect(name, tensors):
    expected[name] = {
        key: {"sizes": list(tensor.shape), "values": tensor.detach().double().flatten().tolist()}
        for key, tensor in tensors.items()
    }


def save(name, object, tensors=None, legacy=False, **options):
    torch.save(object, HERE / name, _use_new_zipfile_serialization=not legacy, **options)
    if tensors is not None:
        expect(name, tensors)


def cast(dtype):
    return collections.OrderedDict(
        (key, tensor.to(dtype) if tensor.is_floating_point() else tensor)
        for key, tensor in weights.items()
    )


save("zip.pth", weights, weights)
# What a machine of the other byte order writes: every number reversed.
big = io.BytesIO()
with zipfile.ZipFile(HERE / "zip.pth") as source, zipfile.ZipFile(big, "w") as target:
    for entry in source.namelist():
        content = source.read(entry)
        if entry.endswith("/byteorder"):
            content = b"big"
        if "/data/" in entry:
            width = 8 if len(content) == 8 and entry.endswith("/6") else 4
            content = numpy.frombuffer(content, f"<u{width}").astype(f">u{width}").tobytes()
        target.writestr(entry, content)
(HERE / "big_endian.pth").write_bytes(big.getvalue())
expect("big_endian.pth", weights)

save("legacy.pth", weights, weights, legacy=True)
for protocol in (1, 3, 4, 5):
    save(f"protocol{protocol}.pth", weights, weights, pickle_protocol=protocol)
save("legacy_protocol4.pth", weights, weights, legacy=True, pickle_protocol=4)
for name, dtype in [("half", torch.half), ("bfloat16", torch.bfloat16), ("double", torch.double)]:
    save(f"{name}.pth", cast(dtype), {k: t.float() for k, t in cast(dtype).items()})
    save(f"legacy_{name}.pth", cast(dtype), {k: t.float() for k, t in cast(dtype).items()}, legacy=True)

optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
net(torch.rand(2, 1, 3, 3)).sum().backward()
optimizer.step()
checkpoint = {
    "epoch": 12,
    "accuracy": numpy.float64(0.75),
    "class_weights": numpy.ones(3),
    "loss": torch.tensor(0.25),
    "history": [0.5, 0.25, None, True, -3, 2**40, 2**70],
    "device": torch.device("cpu"),
    "dtype": torch.float32,
    "shape": torch.Size([1, 3, 3]),
    "optimizer": optimizer.state_dict(),
    "state_dict": net.state_dict(),
}
save("checkpoint.pth", checkpoint, net.state_dict())
save("legacy_checkpoint.pth", checkpoint, net.state_dict(), legacy=True)
save("nested.pth", {"model": {"state_dict": net.state_dict(), "step": 3}}, net.state_dict())
parallel = {"module." + key: tensor for key, tensor in weights.items()}
save("parallel.pth", parallel, weights)
save("compiled.pth", {"model": {"_orig_mod." + k: t for k, t in weights.items()}}, weights)
save("parameters.pth", net.state_dict(keep_vars=True), net.state_dict())

flat = torch.arange(24, dtype=torch.float32)
views = {
    "transposed": flat[:6].view(2, 3).t(),
    "channels_last": torch.rand(2, 3, 2, 2).to(memory_format=torch.channels_last),
    "slice": flat.view(4, 6)[1:3, 2:5],
    "step": flat[1::5],
    "scalar": flat[23],
    "one": torch.tensor(1.5),
    "empty": torch.zeros(0, 3),
    "tied": weights["linear.weight"],
    "tied_too": weights["linear.weight"],
}
save("views.pth", views, views)
save("legacy_views.pth", views, views, legacy=True)
integers = {
    str(dtype).removeprefix("torch."): torch.tensor([0, 1, 100]).to(dtype)
    for dtype in (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64, torch.bool)
}
save("integers.pth", integers, integers)

save("object.pth", net)
save("legacy_object.pth", net, legacy=True)
torch.jit.trace(net.eval(), torch.rand(1, 1, 3, 3)).save(HERE / "script.pt")
save("system.pth", {"state_dict": Runs(os.system, "touch /tmp/pickle_was_run")})
save("legacy_eval.pth", {"state_dict": Runs(eval, "1 + 1")}, legacy=True)
save("tensor.pth", torch.ones(2))
save("epoch.pth", {"epoch": 3, "arguments": {"lr": 0.1}})
save("complex.pth", {"weight": torch.ones(2, dtype=torch.complex64)})
save("sparse.pth", {"weight": torch.eye(2).to_sparse()})

(HERE / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
