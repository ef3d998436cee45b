#!/usr/bin/env python3
"""What cnn-report does on an NVIDIA card: devices compared, times, memory, batches, bfloat16, two builds at once.

    measure_card.py PROGRAM [--seconds N] [--out FOLDER]

Run it in the repository's root, with a Python that has torch, torchvision and numpy. Prints a Markdown table of what was
measured; docs/performance.md holds the last one. Stages end where the seconds are spent.
"""

import argparse
import json
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROWS = []
START = time.monotonic()


def row(what, value):
    ROWS.append((what, value))
    print(f"[{time.monotonic() - START:6.1f} s] {what}: {value}", flush=True)


class Card:
    """Largest memory in use on the card while something runs, in MiB, asked ten times a second."""

    def __enter__(self):
        self.most, self.busy, self.on = 0, [], True
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while self.on:
            said = subprocess.run(
                ["nvidia-smi", "--query-gpu=memory.used,utilization.gpu", "--format=csv,noheader,nounits"],
                capture_output=True, text=True).stdout
            try:
                used, busy = (int(part) for part in said.split(","))
                self.most, self.busy = max(self.most, used), self.busy + [busy]
            except ValueError:
                pass
            time.sleep(0.1)

    def __exit__(self, *_):
        self.on = False
        self.thread.join()


def spec(folder, model, architecture, figures, root, extra=""):
    """A report on the repository's four photos."""
    text = f"""title: {architecture}
language: en
{extra}
model:
  file: {model}
  architecture: {architecture}
  classes: {root}/models/imagenet_classes.txt
  input: {{shorter: 256, size: [224, 224], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}}
images:
  - {{id: coffee, file: {root}/photos/coffee.jpg}}
  - {{id: citrus, file: {root}/photos/citrus-fruits.jpg}}
  - {{id: panda, file: {root}/photos/giant-panda.jpg}}
  - {{id: bee, file: {root}/photos/honey-bee.jpg}}
output: {{formats: [html, json]}}
questions:
  - title: Q
    figures:
{figures}"""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.yaml").write_text(text)
    return folder / "report.yaml"


def build(program, report, output, *options, timeout=300):
    """Wall seconds of a build into a fresh store, or what it said."""
    store = tempfile.mkdtemp()
    begun = time.monotonic()
    ran = subprocess.run([program, "build", str(report), "--output", str(output), "--store", store, "--quiet", *options],
                         capture_output=True, text=True, timeout=timeout)
    wall = time.monotonic() - begun
    shutil.rmtree(store, ignore_errors=True)
    if ran.returncode != 0:
        raise RuntimeError(f"{report} {options}: {ran.stderr[-600:]}")
    return wall


def arrays(folder):
    import numpy
    found = {}
    report = json.loads((folder / "report.json").read_text())
    for figure in report["figures"]:
        for unit in figure.get("units", []):
            known = unit["found"]
            for key in ("map", "weights", "scores", "last"):
                value = known.get(key)
                if isinstance(value, dict) and "file" in value:
                    value = numpy.load(folder / value["file"])
                if value is not None:
                    name = "/".join(str(unit.get(part)) for part in ("name", "photo", "filter") if unit.get(part) is not None)
                    found[figure["name"], name, known.get("kind"), key] = numpy.asarray(value, dtype=float)
    return found


def compare(one, other):
    """By kind of result, how two builds differ."""
    import numpy
    ours, theirs = arrays(one), arrays(other)
    said = {}
    for name, array in ours.items():
        if name not in theirs or theirs[name].shape != array.shape:
            said.setdefault(name[0] + " " + name[3], []).append(("missing", 0))
            continue
        difference = abs(array - theirs[name]).max() / max(abs(array).max(), 1e-30)
        flat, flat2 = array.ravel(), theirs[name].ravel()
        correlation = numpy.corrcoef(flat, flat2)[0, 1] if flat.std() > 0 and flat2.std() > 0 else float("nan")
        said.setdefault(name[0] + " " + name[3], []).append((difference, correlation))
    for kind, pairs in said.items():
        numbers = [pair for pair in pairs if pair[0] != "missing"]
        if len(numbers) < len(pairs):
            row(f"  {kind}", f"{len(pairs) - len(numbers)} missing")
        if numbers:
            row(f"  {kind}", f"largest relative difference {max(n[0] for n in numbers):.1e}, smallest correlation {min(n[1] for n in numbers):.6f}")


def same_bytes(one, other):
    names = {path.relative_to(one) for path in one.rglob("*") if path.is_file()}
    others = {path.relative_to(other) for path in other.rglob("*") if path.is_file()}
    different = [str(name) for name in sorted(names & others) if (one / name).read_bytes() != (other / name).read_bytes()]
    return sorted(str(name) for name in names ^ others) + different


HOMEWORK = """      - predictions: {id: predictions}
      - saliency: {id: saliency}
      - filters: {id: filters, layer: LAYER, filters: [7, 16, 25, 36, 49], steps: 30, learning_rate: 0.1}
      - activation_maps: {id: activations, layer: LAYER, filters: [7, 16, 25, 36, 49]}
      - grad_cam: {id: grad_cam}
      - lime: {id: lime, samples: 1000}
      - confusion_matrix: {id: confusion, data: ROOT/photos/labelled, groups: ROOT/photos/groups.yaml}
      - deep_dream: {id: dream, image: panda, layer: LAYER, filter: 49, steps: 250, learning_rate: 12, weight_decay: 1e-4}
"""
LAYERS = {"squeezenet1_1": "15", "resnet50": "layer1", "vgg16": "features.15"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=420)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("card"))
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    program, out = options.program, options.out
    out.mkdir(parents=True, exist_ok=True)
    work, root = pathlib.Path(tempfile.mkdtemp()), pathlib.Path.cwd()
    stages = [devices, correctness, repeated, times, short_of_memory, at_once, batches, lower_precision, peers]
    for stage in stages:
        if options.only and stage.__name__ not in options.only.split(","):
            continue
        if time.monotonic() - START > options.seconds:
            row(stage.__name__, "not run: out of time")
            continue
        try:
            stage(program, work, root)
        except Exception as error:  # the other stages are still worth their minutes
            row(stage.__name__, f"failed: {error}")
        (out / "card.md").write_text("| | |\n|---|---|\n" + "".join(f"| {a} | {b} |\n" for a, b in ROWS))
    row("largest memory of one child process, MB", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)


def devices(program, work, root):
    import torch
    row("card", torch.cuda.get_device_name(0))
    row("torch", torch.__version__)
    said = subprocess.run([program, "inspect", "report.yaml"], capture_output=True, text=True)
    row("inspect says", next((line.strip() for line in said.stdout.splitlines() if "cuda" in line), said.stdout[:200] + said.stderr[-300:]))


def verify(program, model, x, y, *options):
    said = subprocess.run([program, "inspect", str(model), "--verify", str(x), "--expect", str(y), "--device", "cuda:0", *options],
                          capture_output=True, text=True)
    text = (said.stdout + said.stderr).strip()
    return next((line.strip() for line in reversed(text.splitlines()) if "differ" in line), text[-200:])


def correctness(program, work, root):
    import numpy
    import torch
    import torchvision
    golden = root / "tests/data/model/net1_golden.safetensors"
    from safetensors.numpy import load_file
    tensors = load_file(golden)
    numpy.save(work / "x.npy", tensors["input"])
    numpy.save(work / "y.npy", tensors["logits"])
    row("verify net1", verify(program, root / "tests/data/model/net1.pt2", work / "x.npy", work / "y.npy"))
    vit = root / ".gpu/vit1"
    if vit.exists():
        row("verify vit1", verify(program, vit / "vit1.pt2", vit / "input.npy", vit / "logits.npy"))
    torch.manual_seed(0)
    for name in ("resnet50", "vgg16"):
        model = getattr(torchvision.models, name)(weights=None).eval()
        torch.save(model.state_dict(), work / f"{name}.pth")
        if name == "resnet50":
            x = torch.randn(4, 3, 224, 224)
            with torch.no_grad():
                y = model.double()(x.double()).float()
            numpy.save(work / "x.npy", x.numpy())
            numpy.save(work / "y.npy", y.numpy())
            row("verify resnet50 (seeded, against float64)", verify(program, work / "resnet50.pth", work / "x.npy", work / "y.npy", "--architecture", name))
    shutil.copy(root / "models/squeezenet1_1.safetensors", work / "squeezenet1_1.safetensors")


def weights(work, name):
    return work / (f"{name}.safetensors" if name == "squeezenet1_1" else f"{name}.pth")


def homework(work, root, name):
    figures = HOMEWORK.replace("LAYER", LAYERS[name]).replace("ROOT", str(root))
    return spec(work / name, weights(work, name), name, figures, root)


def repeated(program, work, root):
    report = homework(work, root, "squeezenet1_1")
    folders = {}
    for name, device in (("first", "cuda:0"), ("second", "cuda:0"), ("cpu", "cpu")):
        folders[name] = work / "out" / name
        wall = build(program, report, folders[name], "--device", device)
        row(f"squeezenet1_1, all figures, {device} ({name})", f"{wall:.1f} s")
    different = same_bytes(folders["first"], folders["second"])
    row("second build on the card", "same bytes" if not different else f"{len(different)} files differ: {different[:6]}")
    if different:
        compare(folders["first"], folders["second"])
    row("card against CPU", "")
    compare(folders["cpu"], folders["first"])


def times(program, work, root):
    for name in ("squeezenet1_1", "resnet50", "vgg16"):
        report = homework(work, root, name)
        with Card() as card:
            wall = build(program, report, work / "out" / name, "--device", "cuda:0")
        busy = [b for b in card.busy]
        row(f"{name}: whole report", f"{wall:.1f} s, card memory {card.most} MiB, card busy {sum(busy) / max(len(busy), 1):.0f} %")
        figures = HOMEWORK.replace("LAYER", LAYERS[name]).replace("ROOT", str(root)).splitlines()
        for line in figures:
            method = line.split("- ")[1].split(":")[0]
            if method in ("predictions", "saliency", "filters", "grad_cam", "lime", "confusion_matrix", "deep_dream"):
                one = spec(work / f"{name}-{method}", weights(work, name), name, line + "\n", root)
                row(f"{name}: {method} alone", f"{build(program, one, work / 'out/one', '--device', 'cuda:0'):.1f} s")


def batches(program, work, root):
    for name in ("squeezenet1_1", "resnet50"):
        for size in (8, 32, 64, 128, 256, 512):
            one = spec(work / "batch", weights(work, name), name, f"      - lime: {{samples: 1000, batch: {size}}}\n", root)
            with Card() as card:
                wall = build(program, one, work / "out/one", "--device", "cuda:0")
            row(f"{name}: LIME 4 × 1000, batch {size}", f"{wall:.2f} s, card memory {card.most} MiB")


def short_of_memory(program, work, root):
    one = spec(work / "short", weights(work, "resnet50"), "resnet50", "      - lime: {id: lime, samples: 300, batch: 256}\n", root)
    build(program, one, work / "out/roomy", "--device", "cuda:0")
    script = ("import torch, time\nfree, _ = torch.cuda.mem_get_info()\n"
              "kept = torch.empty(free - (1 << 30), dtype=torch.uint8, device='cuda')\nprint('taken', flush=True)\ntime.sleep(120)")
    taker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        taker.stdout.readline()
        wall = build(program, one, work / "out/short", "--device", "cuda:0")
        row("batch 256 of ResNet-50 with 1 GiB left", f"built in {wall:.1f} s")
        compare(work / "out/roomy", work / "out/short")
    finally:
        taker.kill()
        taker.wait()


def lower_precision(program, work, root):
    for name in ("squeezenet1_1", "resnet50", "vgg16"):
        one = spec(work / "precision", weights(work, name), name, "      - lime: {id: lime, samples: 1000}\n      - predictions: {id: predictions}\n", root)
        full = build(program, one, work / "out/fp32", "--device", "cuda:0")
        half = build(program, one, work / "out/bf16", "--device", "cuda:0", "--precision", "bf16")
        row(f"{name}: LIME 4 × 1000", f"fp32 {full:.2f} s, bf16 {half:.2f} s")
        if name == "squeezenet1_1":
            compare(work / "out/fp32", work / "out/bf16")


def at_once(program, work, root):
    report = homework(work, root, "squeezenet1_1")
    begun = time.monotonic()
    results = []

    def one(at):
        try:
            build(program, report, work / f"out/together{at}", "--device", "cuda:0")
            results.append(None)
        except Exception as error:
            results.append(str(error))

    threads = [threading.Thread(target=one, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row("two builds at once", f"{time.monotonic() - begun:.1f} s, failed: {[r for r in results if r]}")
    different = same_bytes(work / "out/together0", work / "out/first")
    row("and one alone", "same bytes" if not different else f"{len(different)} files differ: {different[:6]}")


def peers(program, work, root):
    """The same numbers of passes in eager PyTorch: LIME's masks composed on the card, TF32 off."""
    import torch
    import torchvision
    torch.backends.cudnn.allow_tf32 = False
    for name in ("squeezenet1_1", "resnet50", "vgg16"):
        model = getattr(torchvision.models, name)(weights=None).eval().cuda()
        photo, hidden = torch.rand(3, 224, 224, device="cuda"), torch.rand(3, 224, 224, device="cuda")
        segments = (torch.arange(224, device="cuda")[:, None] // 38 * 6 + torch.arange(224, device="cuda") // 38)

        def lime(batch):
            with torch.no_grad():
                for _ in range(4):
                    for at in range(0, 1000, batch):
                        masks = torch.randint(0, 2, (min(batch, 1000 - at), 36), device="cuda", dtype=torch.bool)
                        keep = masks[:, segments][:, None]
                        torch.softmax(model(torch.where(keep, photo, hidden)), 1).cpu()
            torch.cuda.synchronize()

        def saliency():
            for _ in range(4):
                x = photo[None].clone().requires_grad_()
                score = model(x)
                score[0, score.argmax()].backward()
            torch.cuda.synchronize()

        for what, run in (("LIME 4 × 1000, batch 64", lambda: lime(64)), ("LIME 4 × 1000, batch 256", lambda: lime(256)), ("saliency of 4", saliency)):
            run()
            begun = time.monotonic()
            run()
            row(f"PyTorch eager, {name}: {what}", f"{time.monotonic() - begun:.3f} s")


if __name__ == "__main__":
    main()
