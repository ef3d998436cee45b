"""cnn-report against Python on the same networks, photos and parameters, in turns: the table of docs/performance.md.

    make bench-peers                      # or: python tools/bench_peers.py --binary target/release/cnn-report

Two peers, each one process that runs every stage: `tuned` (batch norms folded, channels last, inference mode, batches of 25, freed
memory kept, pictures decoded on two threads) and `packages` (captum, lime and torchvision as their tutorials call them). Ours and the tuned
peer take turns, so that what else the machine does falls on both; the packages run once. A stage's time is what each says of
it itself; `whole` is the process from start to end, ours with the finished report. Scores, saliency maps and LIME's weights
for the same masks are compared. LIME runs twice more with `samples: auto`, in float32 and in `precision: auto`; of the five
leading segments of each photo it is counted how many are those of the fixed number of samples.

`--against OLD` compares two builds of ours instead, also in turns: ratios and no seconds, so that it holds on any machine. It fails
where a stage takes more than a tenth longer in the middle, and even its fastest run is slower than the old build's slowest.

Networks are torchvision's with random seeded weights, SqueezeNet with its own. Nothing is fetched.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PHOTOS = ["coffee", "citrus-fruits", "giant-panda", "honey-bee"]
STAGES = ["saliency", "filters", "lime", "matrix", "dream"]
# Network: layer of filters and dream, LIME's samples a photo, photos of the matrix, steps of the dream.
NETWORKS = {
    "squeezenet1_1": ("features.7.expand3x3", 1000, 500, 250),
    "mobilenet_v2": ("features.10.conv.2", 1000, 500, 250),
    "resnet50": ("layer3.2.conv3", 100, 99, 50),
    "vgg16": ("features.21", 60, 99, 50),
    "vit_b_16": ("encoder.layers.encoder_layer_6", 60, 99, 50),
}
# glibc gives large blocks back to the system at once and gets them back empty: half of LIME's time on SqueezeNet. Ours sets the same.
KEEPS_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "2147483647", "MALLOC_TRIM_THRESHOLD_": "2147483647"}
FILTERS, FILTER_STEPS, BATCH = [7, 16, 25, 36, 49], 30, 25
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


# ---- The peers. Each runs in a process of its own: `--peer tuned NETWORK FOLDER`.


def network_of(name):
    import torch
    import torchvision

    torch.manual_seed(0)
    model = torchvision.models.get_model(name, weights=None).eval()
    if name == "squeezenet1_1":
        from safetensors.torch import load_file

        model.load_state_dict(load_file(REPOSITORY / "models/squeezenet1_1.safetensors"))
    return model


def preprocessing():
    from torchvision import transforms

    return transforms.Compose(
        [transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    )


class Reached(Exception):
    """The layer that is asked for gave its output; what lies behind it need not run."""


def output_of(model, path):
    """A function from an input to the output of one layer."""
    import torch

    kept = {}

    def hook(_module, _inputs, output):
        kept["output"] = output
        raise Reached

    module = dict(model.named_modules())[path]

    def run(x):
        handle = module.register_forward_hook(hook)
        try:
            model(x)
        except Reached:
            pass
        finally:
            handle.remove()
        return kept.pop("output")

    assert isinstance(module, torch.nn.Module)
    return run


def maps_of(output, filter):
    """The numbers of one filter, of maps [N, C, h, w] or of tokens [N, 1 + T, C] behind a class token."""
    return output[:, filter] if output.dim() == 4 else output[:, 1:, filter]


def ascent_of_filters(output, inputs):
    import torch

    pictures = (torch.rand_like(inputs[:1]).repeat(len(FILTERS), 1, 1, 1)).requires_grad_(True)
    optimiser = torch.optim.Adam([pictures], lr=0.1, weight_decay=1e-6)
    for _ in range(FILTER_STEPS):
        optimiser.zero_grad(set_to_none=True)
        maps = output(pictures)
        loss = -sum(maps_of(maps[at : at + 1], filter).mean() for at, filter in enumerate(FILTERS))
        loss.backward()
        optimiser.step()


def dream_of(output, photo, steps):
    import torch

    picture = photo.clone().requires_grad_(True)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(maps_of(output(picture), FILTERS[0]).mean(), picture)
        with torch.no_grad():
            picture += 12 * (gradient - 1e-4 * picture)


def opened(path):
    from PIL import Image

    return Image.open(path).convert("RGB")


class Tuned:
    def __init__(self, name):
        import torch
        from torch.fx.experimental.optimization import fuse

        network = network_of(name)
        # A transformer has no batch norms to fold, and cannot be traced for it.
        has_norms = any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
        self.model = (fuse(network) if has_norms else network).to(memory_format=torch.channels_last)

    def inputs(self, pictures):
        import torch

        prepare = preprocessing()
        return torch.stack([prepare(picture) for picture in pictures]).to(memory_format=torch.channels_last)

    def saliency(self, inputs):
        import torch

        inputs = inputs.clone().requires_grad_(True)
        scores = self.model(inputs)
        (gradient,) = torch.autograd.grad(scores.max(1).values.sum(), inputs)
        return gradient.abs().amax(1).numpy()

    def lime(self, pictures, samples):
        import numpy
        import torch
        from skimage.segmentation import quickshift
        from sklearn.linear_model import Ridge
        from torchvision import transforms

        found = []
        squared = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])
        shift = torch.tensor(MEAN).view(1, 3, 1, 1)
        scale = torch.tensor(STD).view(1, 3, 1, 1)
        for picture in pictures:
            pixels = numpy.asarray(squared(picture))
            # As the package draws: the seed of the segmentation first, then the masks.
            state = numpy.random.RandomState(0)
            segments = quickshift(pixels, kernel_size=4, max_dist=200, ratio=0.2, rng=state.randint(0, 1000))
            count = segments.max() + 1
            hidden = numpy.empty_like(pixels)
            for segment in range(count):
                hidden[segments == segment] = pixels[segments == segment].mean(0)
            masks = state.randint(0, 2, samples * count).reshape(samples, count)
            masks[0] = 1
            as_input = lambda it: ((torch.from_numpy(it).permute(2, 0, 1)[None] / 255 - shift) / scale).to(
                memory_format=torch.channels_last
            )
            shown, covered = as_input(pixels.copy()), as_input(hidden)
            places = torch.from_numpy(segments)
            scores = []
            with torch.inference_mode():
                for start in range(0, samples, BATCH):
                    on = torch.from_numpy(masks[start : start + BATCH])[:, places].bool()[:, None]
                    scores.append(self.model(torch.where(on, shown, covered)).softmax(1))
            probabilities = torch.cat(scores).numpy()
            best = probabilities[0].argmax()
            distances = 1 - numpy.sqrt(masks.mean(1))
            weights = numpy.sqrt(numpy.exp(-(distances**2) / 0.25**2))
            line = Ridge(alpha=1).fit(masks, probabilities[:, best], sample_weight=weights)
            found.append(line.coef_.tolist())
        return found

    def matrix(self, paths):
        import torch

        prepare = preprocessing()
        counts = {}
        with torch.inference_mode(), ThreadPoolExecutor(2) as pool:
            prepared = pool.map(lambda path: prepare(opened(path)), paths)
            batch, labels = [], []
            for at, picture in enumerate(prepared):
                batch.append(picture)
                labels.append(paths[at].parent.name)
                if len(batch) == BATCH or at + 1 == len(paths):
                    found = self.model(torch.stack(batch).to(memory_format=torch.channels_last)).argmax(1)
                    for label, predicted in zip(labels, found.tolist()):
                        counts[label, predicted] = counts.get((label, predicted), 0) + 1
                    batch, labels = [], []


class Packages:
    """As captum's, lime's and torchvision's tutorials do it."""

    def __init__(self, name):
        self.model = network_of(name)

    def inputs(self, pictures):
        import torch

        prepare = preprocessing()
        return torch.stack([prepare(picture) for picture in pictures])

    def saliency(self, inputs):
        import numpy
        from captum.attr import Saliency

        explainer, maps = Saliency(self.model), []
        for row in inputs:
            one = row[None].requires_grad_(True)
            target = self.model(one).argmax(1)
            maps.append(explainer.attribute(one, target=target)[0].abs().amax(0).detach().numpy())
        return numpy.stack(maps)

    def lime(self, pictures, samples):
        import numpy
        import torch
        from lime import lime_image
        from torchvision import transforms

        squared = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224)])
        normalise = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])

        def classify(images):
            batch = torch.stack([normalise(image) for image in images])
            return self.model(batch).softmax(1).detach().numpy()

        for picture in pictures:
            explainer = lime_image.LimeImageExplainer(random_state=0)
            pixels = numpy.array(squared(picture))
            explainer.explain_instance(pixels, classify, top_labels=1, num_samples=samples, progress_bar=False)

    def matrix(self, paths):
        import torch
        from torch.utils.data import DataLoader
        from torchvision.datasets import ImageFolder

        counts = {}
        data = ImageFolder(paths[0].parents[1], preprocessing())
        with torch.no_grad():
            for batch, labels in DataLoader(data, batch_size=32):
                for label, predicted in zip(labels.tolist(), self.model(batch).argmax(1).tolist()):
                    counts[label, predicted] = counts.get((label, predicted), 0) + 1


def peer(kind, name, folder):
    import torch

    layer, samples, _, steps = NETWORKS[name]
    it = {"tuned": Tuned, "packages": Packages}[kind](name)
    pictures = [opened(REPOSITORY / f"photos/{photo}.jpg") for photo in PHOTOS]
    paths = sorted((folder / "matrix").rglob("*.jpg"))
    seconds = {}

    def timed(stage, run):
        start = time.perf_counter()
        found = run()
        seconds[stage] = time.perf_counter() - start
        return found

    inputs = it.inputs(pictures)
    maps = timed("saliency", lambda: it.saliency(it.inputs(pictures)))
    output = output_of(it.model, layer)
    timed("filters", lambda: ascent_of_filters(output, inputs))
    weights = timed("lime", lambda: it.lime(pictures, samples))
    timed("matrix", lambda: it.matrix(paths))
    timed("dream", lambda: dream_of(output, inputs[:1], steps))
    with torch.no_grad():
        scores = it.model(inputs).numpy()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "scores": scores.tolist(), "maps": maps.tolist(), "weights": weights, "peak_mb": peak}))


# ---- What is measured.


def prepare(name, folder):
    """The network as a .pt2, and the photos of the matrix."""
    import torch
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    example = (torch.zeros(2, 3, 224, 224),)
    free = ({0: torch.export.Dim("N", min=1, max=1024)},)
    program = torch.export.export(network_of(name), example, dynamic_shapes=free)
    torch.export.save(program, folder / "network.pt2")
    shutil.rmtree(folder / "matrix", ignore_errors=True)
    sources = sorted((REPOSITORY / "photos/labelled").rglob("*.jpg"))
    for at in range(NETWORKS[name][2]):
        source = sources[at % len(sources)]
        to = folder / "matrix" / source.parent.name / f"{at:04}.jpg"
        to.parent.mkdir(parents=True, exist_ok=True)
        opened(source).resize((512, 512), Image.Resampling.BILINEAR).save(to, quality=90)


def spec_of(name, auto):
    layer, samples, _, steps = NETWORKS[name]
    figures = [
        {"saliency": {"id": "saliency"}},
        {"filters": {"layer": layer, "filters": FILTERS, "steps": FILTER_STEPS}},
        {"lime": {"samples": "auto" if auto else samples}},
        {"confusion_matrix": {"data": "matrix", "groups": str(REPOSITORY / "photos/groups.yaml")}},
        {"deep_dream": {"image": "coffee", "layer": layer, "filter": FILTERS[0], "steps": steps, "frame_every": steps}},
    ]
    return {
        "title": name,
        "model": {"file": "network.pt2", "classes": str(REPOSITORY / "models/imagenet_classes.txt")}
        | {"input": {"shorter": 256, "size": [224, 224], "mean": MEAN, "std": STD}},
        "images": [{"id": photo, "file": str(REPOSITORY / f"photos/{photo}.jpg")} for photo in PHOTOS],
        "device": "cpu",
        "checks": [],
        "questions": [{"title": "All", "figures": figures}],
    }


def ours(binary, name, folder, auto=False, precision="fp32"):
    (folder / "report.yaml").write_text(json.dumps(spec_of(name, auto)), encoding="utf-8")
    shutil.rmtree(folder / "store", ignore_errors=True)
    command = [binary, "build", "report.yaml", "--store", "store", "--output", "out", "--formats", "html,markdown,json"]
    command += ["--precision", precision, "--log", "json"]
    launcher = [sys.executable, str(Path(__file__).resolve()), "--measured", *map(str, command)]
    child = json.loads(subprocess.run(launcher, cwd=folder, stdout=subprocess.PIPE, check=True).stdout)
    said = child["said"]
    if child["status"] != 0:
        sys.exit(said)
    events = [json.loads(line) for line in said.splitlines() if line.startswith('{"event"')]
    found = [event["seconds"] for event in events if event["event"] == "finished"]
    seconds = dict(zip(STAGES, found, strict=True))
    return {"seconds": seconds, "whole": child["whole"], "peak_mb": child["peak_mb"], "weights": weights_of(folder)}


def measured(command):
    """Runs a command from a small process: Linux counts the memory of the one that starts it as the started one's."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        said = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
    whole = time.perf_counter() - start
    print(json.dumps({"status": status, "whole": whole, "peak_mb": used.ru_maxrss / 1024, "said": said}))


def weights_of(folder):
    """LIME's weights of each photo."""
    report = json.loads((folder / "out/report.json").read_text(encoding="utf-8"))
    units = next(figure for figure in report["figures"] if figure["method"] == "lime")["units"]
    return [unit["found"]["weights"] for unit in units]


def leading(weights):
    """The five segments of the largest weights, whatever their sign."""
    return set(sorted(range(len(weights)), key=lambda at: -abs(weights[at]))[:5])


def theirs(kind, name, folder):
    start = time.perf_counter()
    command = [sys.executable, __file__, "--peer", kind, name, folder]
    environment = os.environ | (KEEPS_MEMORY if kind == "tuned" else {})
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1]) | {"whole": time.perf_counter() - start}


def agreement(folder, peer_found):
    """Largest difference of the scores over the largest score, smallest correlation of the saliency maps."""
    import numpy

    report = json.loads((folder / "out/report.json").read_text(encoding="utf-8"))
    units = next(figure for figure in report["figures"] if figure["method"] == "saliency")["units"]
    worst, least = 0.0, 1.0
    for at, unit in enumerate(units):
        found, scores = unit["found"], numpy.array(peer_found["scores"][at])
        target = found["target"]
        worst = max(worst, abs(target["score"] - scores[target["class"]]) / abs(scores).max())
        values = numpy.abs(numpy.load(folder / "out" / found["map"]["file"])).max(0)
        least = min(least, numpy.corrcoef(values.ravel(), numpy.ravel(peer_found["maps"][at]))[0, 1])
    return worst, least


def of_weights(ours_found, theirs_found):
    """Largest difference of LIME's weights over the largest, on photos that both cut into as many segments; and how many."""
    pairs = [(a, b) for a, b in zip(ours_found, theirs_found) if len(a) == len(b) and max(map(abs, b)) > 1e-9]
    differences = [max(abs(x - y) for x, y in zip(a, b)) / max(map(abs, b)) for a, b in pairs]
    return max(differences, default=float("nan")), len(pairs)


def median(runs, stage):
    return statistics.median(run["whole"] if stage == "whole" else run["seconds"][stage] for run in runs)


def measure(arguments, name):
    folder = arguments.folder / name
    prepare(name, folder)
    binary = Path(arguments.binary).resolve()
    ours_runs, tuned_runs = [], []
    for _ in range(arguments.pairs):
        ours_runs.append(ours(binary, name, folder))
        tuned_runs.append(theirs("tuned", name, folder))
    worst, least = agreement(folder, tuned_runs[-1])
    packages = theirs("packages", name, folder) if arguments.packages else None
    precisions = ("fp32", "auto") if arguments.auto else ()
    adaptive = {precision: ours(binary, name, folder, auto=True, precision=precision) for precision in precisions}
    layer, samples, photos, steps = NETWORKS[name]
    print(f"\n**{name}**: LIME 4 × {samples}, matrix of {photos}, dream of {steps} steps, layer `{layer}`, {arguments.pairs} pairs.")
    weights, photos_alike = of_weights(ours_runs[-1]["weights"], tuned_runs[-1]["weights"])
    print(
        f"Scores differ by {worst:.1e} of the largest, saliency maps correlate by {least:.6f} or more; LIME's weights for the same masks "
        f"differ by {weights:.1e} of the largest ({photos_alike} photos).\n"
    )
    print("| stage | ours, s | tuned Python, s | tuned / ours | packages, s | packages / ours |")
    print("|---|---|---|---|---|---|")
    for stage in [*STAGES, "whole"]:
        own, tuned = median(ours_runs, stage), median(tuned_runs, stage)
        row = f"| {stage} | {own:.2f} | {tuned:.2f} | {tuned / own:.2f} |"
        if packages:
            other = median([packages], stage)
            row += f" {other:.1f} | {other / own:.2f} |"
        else:
            row += " – | – |"
        print(row)
    tuned = median(tuned_runs, "lime")
    for precision, run in adaptive.items():
        own = run["seconds"]["lime"]
        pairs = zip(run["weights"], ours_runs[-1]["weights"])
        same = sum(len(leading(some) & leading(all)) for some, all in pairs)
        what = f"lime, `samples: auto`, `precision: {precision}`; {same} of 20 leading segments the same"
        print(f"| {what} | {own:.2f} | {tuned:.2f} | {tuned / own:.2f} | – | – |")
    peaks = [statistics.median(run["peak_mb"] for run in runs) for runs in (ours_runs, tuned_runs)]
    print(f"| peak memory, MB | {peaks[0]:.0f} | {peaks[1]:.0f} | {peaks[1] / peaks[0]:.2f} | | |", flush=True)


SLOWER = 1.1


def guard(arguments, name):
    """Whether a stage became slower than it was in another build."""
    folder = arguments.folder / name
    prepare(name, folder)
    runs = {"new": [], "old": []}
    for _ in range(arguments.pairs):
        for which, binary in (("new", arguments.binary), ("old", arguments.against)):
            runs[which].append(ours(Path(binary).resolve(), name, folder))
    print(f"\n**{name}**, {arguments.pairs} pairs\n\n| stage | new / old | smallest | largest |\n|---|---|---|---|")
    is_slower = False
    for stage in [*STAGES, "whole"]:
        new, old = ([median([run], stage) for run in runs[which]] for which in ("new", "old"))
        ratios = [a / b for a, b in zip(new, old)]
        middle = statistics.median(ratios)
        print(f"| {stage} | {middle:.2f} | {min(ratios):.2f} | {max(ratios):.2f} |", flush=True)
        is_slower |= middle > SLOWER and min(new) > max(old)
    return is_slower


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", default=REPOSITORY / "target/release/cnn-report")
    parser.add_argument("--folder", type=Path, default=REPOSITORY / "target/bench-peers")
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--packages", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--auto", action=argparse.BooleanOptionalAction, default=True, help="LIME with `samples: auto`, which says little of random weights")
    parser.add_argument("--against", help="another build of cnn-report")
    parser.add_argument("--peer", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--measured", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measured:
        return measured(arguments.measured)
    if arguments.peer:
        kind, name, folder = arguments.peer
        return peer(kind, name, Path(folder))
    if arguments.against:
        sys.exit(any([guard(arguments, name) for name in arguments.networks]))
    for name in arguments.networks:
        measure(arguments, name)


if __name__ == "__main__":
    main()
