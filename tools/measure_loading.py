"""Writes docs/models-loading.md: a VGG16 of 528 MiB in every kind of file, loaded by cnn-report and by its peer.

    cargo build --release
    python tools/measure_loading.py [folder for the files, kept]

Needs torch, torchvision, onnx, onnxscript, onnxruntime and safetensors, and a machine with nothing else to do.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

BINARY = Path("target/release/cnn-report").resolve()
ROUNDS = 3

TEXT = """# Loading

Model files are mapped into memory, not copied: weights that lie in one piece, aligned and as float32 or whole numbers are pages of the file. Pages of a
file can be dropped by the system; memory of the program's own cannot. Convolution weights are copied into another order on the CPU; half precision, and
tensors that a file puts at odd addresses, are copied once. libtorch itself reads TorchScript, and copies it.

torchvision's VGG16 with random weights (528 MiB), from the page cache: `cnn-report layers`, which reads and hashes the file, checks every number for being
finite and ran the network twice to know its shapes (since then it also runs it on noise, which is not in these numbers), against the peer's own loading of the same file and no more (imports not counted). Smallest of {rounds}
runs; memory is the largest of the program's own (without pages of files) in MiB. Written by `tools/measure_loading.py` with PyTorch {torch} and
ONNX Runtime {onnxruntime} on {cores} cores.

| file | cnn-report s | own MiB | peer | peer s | own MiB |
|---|---:|---:|---|---:|---:|
"""

END = """
The peers' `torch.load` and `load_file` read weights and no more: they hash nothing, look at no number and make no network. TorchScript is packed anew, with
nothing but what was checked, before libtorch reads it.

A model file that is overwritten in place while the program runs is found after loading; one that is shortened ends the program by the signal SIGBUS,
before anything is written.
"""

TORCH = "import torch; start = time.perf_counter(); "
PEERS = {
    "any.pt2": ("`torch.export.load`", TORCH + "x = torch.export.load(file)"),
    "script.onnx": ("`InferenceSession`", "import onnxruntime; start = time.perf_counter(); x = onnxruntime.InferenceSession(file)"),
    "dynamo.onnx": ("`InferenceSession`", "import onnxruntime; start = time.perf_counter(); x = onnxruntime.InferenceSession(file)"),
    "weights.pth": ("`torch.load`", TORCH + "x = torch.load(file)"),
    "legacy.pth": ("`torch.load`", TORCH + "x = torch.load(file)"),
    "weights.safetensors": ("`load_file`", "from safetensors.torch import load_file; start = time.perf_counter(); x = load_file(file)"),
    "traced.pt": ("`torch.jit.load`", TORCH + "x = torch.jit.load(file)"),
}
NAMES = {
    "any.pt2": "`.pt2`",
    "script.onnx": "`.onnx`, TorchScript exporter (at odd addresses)",
    "dynamo.onnx": "`.onnx`, dynamo exporter, external data",
    "weights.pth": "`.pth`",
    "legacy.pth": "`.pth` of before PyTorch 1.6",
    "weights.safetensors": "`.safetensors`",
    "traced.pt": "TorchScript",
}


def write(folder: Path) -> None:
    import torch
    import torchvision
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = torchvision.models.vgg16(weights=None).eval()
    x, free = torch.randn(2, 3, 224, 224), ({0: torch.export.Dim.DYNAMIC},)
    older = {"dynamo": False, "opset_version": 17, "input_names": ["x"], "dynamic_axes": {"x": {0: "n"}}}
    weights = model.state_dict()
    with torch.no_grad():
        torch.export.save(torch.export.export(model, (x,), dynamic_shapes=free), folder / "any.pt2")
        torch.onnx.export(model, (x,), folder / "script.onnx", **older)
        torch.onnx.export(model, (x,), folder / "dynamo.onnx", dynamo=True, dynamic_shapes=free, external_data=True)
        torch.save(weights, folder / "weights.pth")
        torch.save(weights, folder / "legacy.pth", _use_new_zipfile_serialization=False)
        save_file(weights, folder / "weights.safetensors")
        torch.jit.trace(model, x, check_trace=False).save(folder / "traced.pt")


def own_mib(process: subprocess.Popen) -> float:
    """The largest anonymous memory of a process until it ends."""
    largest = 0
    while process.poll() is None:
        try:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            largest = max([largest, *(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))])
        except (OSError, IndexError):
            pass
        time.sleep(0.005)
    return largest / 1024


def ours(file: Path) -> tuple[float, float]:
    command = [str(BINARY), "layers", str(file)]
    if file.name in ("weights.pth", "legacy.pth", "weights.safetensors"):
        command += ["--architecture", "vgg16"]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    memory = own_mib(process)
    if process.returncode != 0:
        sys.exit(f"{command} failed")
    return time.perf_counter() - start, memory


def peers(file: Path) -> tuple[float, float]:
    code = f"import time; file = {str(file)!r}; {PEERS[file.name][1]}; print(time.perf_counter() - start)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    memory = own_mib(process)
    return float(process.stdout.read()), memory


def main() -> None:
    import os

    import onnxruntime
    import torch

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if sys.argv[1:] else temporary)
        folder.mkdir(exist_ok=True)
        if not (folder / "traced.pt").exists():
            write(folder)
        versions = {"torch": torch.__version__.split("+")[0], "onnxruntime": onnxruntime.__version__}
        text = TEXT.format(rounds=ROUNDS, cores=os.cpu_count(), **versions)
        for name, peer in PEERS.items():
            file = folder / name
            rounds = [(ours(file), peers(file)) for _ in range(ROUNDS)]
            seconds, memory = (min(ours[i] for ours, _ in rounds) for i in range(2))
            peer_seconds, peer_memory = (min(peer[i] for _, peer in rounds) for i in range(2))
            cells = [f"{seconds:.1f}", f"{memory:.0f}", peer[0], f"{peer_seconds:.1f}", f"{peer_memory:.0f}"]
            row = f"| {NAMES[name]} | {' | '.join(cells)} |\n"
            print(row, end="", flush=True)
            text += row
        Path("docs/models-loading.md").write_text(text + END)


if __name__ == "__main__":
    main()
