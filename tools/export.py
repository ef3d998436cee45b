"""Exports an image classifier to a .pt2 that cnn-report reads, and checks the file.

    python export.py my_package.my_module:make_model --weights best.pth --input 3x224x224 --output model.pt2
    python export.py model.py:Net --arguments '{"num_classes": 10}' --weights best.pth
    python export.py torchvision:resnet18 --weights resnet18.pth
    python export.py whole_model.pth --trust          # a file of torch.save(model): loading it runs code in it

or from Python, with a network of your own at hand:

    from export import export
    export(model, "model.pt2", input_shape=(3, 224, 224))

Needs PyTorch 2.5 or later, and torchvision for its names only. Copy this one file to wherever your network lives.
"""

import argparse
import contextlib
import copy
import difflib
import importlib
import importlib.util
import io
import json
import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

OLDEST_TORCH = (2, 5)  # writes the oldest archive that cnn-report reads
TOLERANCE = 1e-4  # of the largest score; float32 sums in another order differ by about 1e-6
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
CLOSING = ("softmax", "_softmax", "log_softmax", "_log_softmax", "sigmoid")
NESTED = ("state_dict", "model_state_dict", "model", "net", "network", "weights")
HARMLESS = "num_batches_tracked"  # counts training steps


class ExportError(Exception):
    """What is wrong and what would be right, on one line."""


@dataclass
class Exported:
    file: Path
    classes: int
    free_batch: bool
    difference: float  # from the model's own scores, of the largest score
    warnings: list
    report: str  # the lines for report.yaml


def export(model, output, input_shape=(3, 224, 224), preprocessing=None):
    """Writes `model` to `output`, checked, and returns what was found. The model itself stays as it is.

    `preprocessing` may hold mean, std (of pixels in 0..1), shorter (px) and interpolation, as the network was trained.
    """
    torch = import_torch()
    warnings = []
    model = plain(torch, model, warnings)
    output = Path(output)
    if not output.parent.is_dir():
        raise ExportError(f"there is no folder `{output.parent}`; make it first")
    with evaluating(model), torch.no_grad():
        pictures = torch.randn(3, *input_shape, generator=torch.Generator().manual_seed(0))
        scores = run(torch, model, pictures[:2])
        warnings += leftovers(torch, model, pictures, scores)
        with quiet():
            program, free_batch = exported(torch, model, pictures, warnings)
        warnings += graph_warnings(program)
        expected = run(torch, model, pictures) if free_batch else run(torch, model, pictures[:1])
        # The archive carries the name of its file: the same name in a folder beside it.
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as folder:
            written = Path(folder, output.name)
            torch.export.save(program, written)
            loaded = torch.export.load(written).module()
            difference = largest_difference(loaded(pictures[: len(expected)]), expected)
            if not difference <= TOLERANCE:
                raise ExportError(f"the file gives other scores: {difference:.1e} of the largest; nothing is written")
            os.replace(written, output)
    classes = scores.shape[1]
    if input_shape[0] not in (1, 3):
        warnings.append(f"the network takes {input_shape[0]} channels; photos have 1 (grey) or 3 (red, green, blue)")
    report = report_lines(output.name, input_shape, classes, preprocessing)
    return Exported(output, classes, free_batch, difference, warnings, report)


def import_torch():
    try:
        import torch
    except ImportError:
        raise ExportError("PyTorch is missing; run this with the Python that your network runs with") from None
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    if version < OLDEST_TORCH:
        oldest = ".".join(str(part) for part in OLDEST_TORCH)
        raise ExportError(f"this is PyTorch {torch.__version__}; {oldest} or later writes files that cnn-report reads")
    return torch


def plain(torch, model, warnings):
    """The module itself: unwrapped, on the CPU, in float32."""
    if isinstance(model, torch.jit.ScriptModule):
        raise ExportError("this is TorchScript, which cannot be exported; give the Python module that it was made from")
    if not isinstance(model, torch.nn.Module):
        raise ExportError(f"this is of type {type(model).__name__}, not a torch.nn.Module")
    parallel = (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)
    while isinstance(model, parallel) or hasattr(model, "_orig_mod"):
        model = model.module if isinstance(model, parallel) else model._orig_mod
    tensors = [*model.parameters(), *model.buffers()]
    kinds = {tensor.dtype for tensor in tensors if tensor.is_floating_point()} - {torch.float32}
    if kinds:
        names = ", ".join(sorted(str(kind) for kind in kinds))
        warnings.append(f"weights in {names} are written as torch.float32")
    if kinds or any(tensor.device.type != "cpu" for tensor in tensors):
        model = copy.deepcopy(model).to("cpu", torch.float32)
    return model


@contextlib.contextmanager
def evaluating(model):
    """In evaluation, and afterwards as before."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


@contextlib.contextmanager
def quiet():
    """Without the pages that torch.export prints beside its exceptions."""
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


def run(torch, model, pictures):
    shape = "x".join(str(size) for size in pictures.shape[1:])
    try:
        scores = model(pictures)
    except Exception as error:
        reason = first_line(error)
        raise ExportError(f"it does not run on {len(pictures)} pictures of {shape}: {reason}; see --input") from error
    if not isinstance(scores, torch.Tensor):
        kind = type(scores).__name__
        raise ExportError(f"the network returns a {kind}; wrap it in a module that returns the scores alone")
    if scores.dim() != 2 or len(scores) != len(pictures):
        given, count = list(scores.shape), len(pictures)
        raise ExportError(f"the network gives {given} for {count} pictures; a classifier gives [{count}, classes]")
    if not torch.isfinite(scores).all():
        raise ExportError("the network gives scores that are not finite")
    return scores


def leftovers(torch, model, pictures, scores):
    """Signs that the network still behaves as in training."""
    found = [name or "the network" for name, module in model.named_modules() if module.training]
    if found:
        yield f"still in training after eval(): {', '.join(found[:5])}"
    batch_norm = torch.nn.modules.batchnorm._BatchNorm
    modules = model.named_modules()
    norms = [name for name, module in modules if isinstance(module, batch_norm) and module.running_mean is None]
    if norms:
        yield f"batch norms without running statistics, whose scores depend on the other pictures: {', '.join(norms[:5])}"
    if largest_difference(run(torch, model, pictures[:2]), scores) > TOLERANCE:
        raise ExportError("the same pictures give other scores the second time; is dropout on whatever eval() says?")
    if largest_difference(run(torch, model, pictures)[:2], scores) > TOLERANCE:
        yield "a picture's scores depend on the other pictures of its batch"


def exported(torch, model, pictures, warnings):
    """The exported program, and whether it takes any number of pictures."""
    try:
        shapes = ({0: free_dimension(torch)},)
        return torch.export.export(model, (pictures[:2],), dynamic_shapes=shapes), True
    except Exception as error:
        reason = first_line(error)
    try:
        program = torch.export.export(model, (pictures[:1],))
    except Exception as error:
        raise ExportError(f"torch.export cannot export it: {first_line(error)}") from error
    warnings.append(f"it exports for a batch of 1 only, which cnn-report frees where it can ({reason})")
    return program, False


def free_dimension(torch):
    """PyTorch 2.5 knows dimensions by name only."""
    return getattr(torch.export.Dim, "DYNAMIC", None) or torch.export.Dim("batch")


def graph_warnings(program):
    nodes = [node for node in program.graph.nodes if node.op == "call_function"]
    if nodes and not any(node.meta.get("nn_module_stack") for node in nodes):
        yield "the file names no modules; layers can be chosen by the graph's node names only"
    producer = next(iter(program.graph.output_node().all_input_nodes), None)
    closing = operator(producer) if producer is not None else ""
    if closing in CLOSING:
        yield f"the network ends in a {closing.strip('_')}; cnn-report explains the scores before it"
    for node in nodes:
        if not hasattr(node.target, "_schema"):
            continue
        arguments = {argument.name: value for argument, value in zip(node.target._schema.arguments, node.args)}
        name = operator(node)
        switch = {"dropout": "train", "feature_dropout": "train", "batch_norm": "training"}.get(name)
        if switch and arguments.get(switch) is True:
            yield f"`{name}` (node `{node.name}`) runs as in training, whatever eval() says"


def operator(node):
    """`softmax` of `aten.softmax.int`."""
    return str(node.target).split(".")[1] if "." in str(node.target) else str(node.target)


def largest_difference(scores, expected):
    """Of two [N, classes], over the largest expected score."""
    return ((scores - expected).abs().max() / expected.abs().max().clamp(min=1e-30)).item()


def report_lines(file, input_shape, classes, preprocessing=None):
    """The `model:` block of report.yaml. Needs no PyTorch."""
    channels, height, width = input_shape
    known = preprocessing or {}
    mean = known.get("mean") or (IMAGENET["mean"] if channels == 3 else [0.5] * channels)
    std = known.get("std") or (IMAGENET["std"] if channels == 3 else [0.5] * channels)
    shorter = known.get("shorter") or -(-max(height, width) * 8 // 7)  # as cnn-report's presets
    guessed = [name for name in ("shorter", "mean", "std") if name not in known]
    lines = [
        "model:",
        f"  file: {json.dumps(file, ensure_ascii=False)}",
        f"  # classes: classes.txt     {classes} names, one a line, in the order of the scores",
        "  input:",
        *([f"    # {', '.join(guessed)}: a guess; they must be as in training (cnn-report inspect --try tells)"] if guessed else []),
        f"    shorter: {shorter}",
        f"    size: [{height}, {width}]",
        *([f"    interpolation: {known['interpolation']}"] if known.get("interpolation") else []),
        f"    mean: {json.dumps(mean)}",
        f"    std: {json.dumps(std)}",
    ]
    return "\n".join(lines) + "\n"


def built(torch, what, arguments, trust):
    """The module that `what` names, and its preprocessing where torchvision knows it."""
    place, colon, name = what.rpartition(":")
    if place == "torchvision":
        return torchvision_model(name, arguments)
    if not colon or (Path(what).is_file() and not Path(place).is_file()):
        if not Path(what).is_file():
            right = "`package.module:name`, `file.py:name` or `torchvision:name` would be right"
            raise ExportError(f"`{what}` is no file; {right}")
        return load(torch, what, trust), None
    try:
        if place.endswith(".py"):
            sys.path.insert(0, str(Path(place).resolve().parent))
            spec = importlib.util.spec_from_file_location(Path(place).stem, place)
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(place)
    except Exception as error:
        raise ExportError(f"cannot import `{place}`: {first_line(error)}") from error
    if not hasattr(module, name):
        raise ExportError(f"`{place}` has no `{name}`{near(name, vars(module))}")
    made = getattr(module, name)
    if isinstance(made, torch.nn.Module):
        return made, None
    try:
        return made(**arguments), None
    except Exception as error:
        raise ExportError(f"`{what}` cannot be called: {first_line(error)}; see --arguments") from error


def torchvision_model(name, arguments):
    try:
        from torchvision import models
    except ImportError:
        raise ExportError("torchvision is missing, which `torchvision:` needs") from None
    if name not in models.list_models(models):
        raise ExportError(f"torchvision has no classifier `{name}`{near(name, models.list_models(models))}")
    try:
        model = models.get_model(name, weights=None, **arguments)
    except Exception as error:
        raise ExportError(f"torchvision's `{name}` cannot be made: {first_line(error)}; see --arguments") from error
    transforms = models.get_model_weights(name).DEFAULT.transforms()
    known = {
        "mean": list(transforms.mean),
        "std": list(transforms.std),
        "shorter": transforms.resize_size[0],
        "size": transforms.crop_size[0],
        "interpolation": transforms.interpolation.value,
    }
    return model, known


def load(torch, file, trust):
    """What a file of torch.save, or of safetensors, holds."""
    try:
        if str(file).endswith(".safetensors"):
            return importlib.import_module("safetensors.torch").load_file(file)
        return torch.load(file, map_location="cpu", weights_only=not trust)
    except FileNotFoundError:
        raise ExportError(f"there is no file `{file}`") from None
    except Exception as error:
        if not trust and "weights_only" in str(error).lower():
            reason = "holds more than tensors, and loading it runs code in it; if it is your own, add --trust"
            raise ExportError(f"`{file}` {reason}") from error
        raise ExportError(f"cannot read `{file}`: {first_line(error)}") from error


def fill(torch, model, checkpoint, file, allow_missing, warnings):
    """Puts the weights of a checkpoint into the model, whatever they are wrapped in."""
    found = state_dict(torch, checkpoint)
    if not found:
        raise ExportError(f"`{file}` holds no weights")
    own = model.state_dict()
    parts = [key.split(".") for key in found]
    prefixes = {"".join(part + "." for part in key[:depth]) for key in parts for depth in range(min(4, len(key)))}
    shortest_first = sorted(prefixes, key=lambda prefix: (len(prefix), prefix))
    prefix = max(shortest_first, key=lambda prefix: sum(prefix + key in found for key in own))
    weights = {key[len(prefix) :]: value for key, value in found.items() if key.startswith(prefix)}
    missing = [key for key in own if key not in weights and not key.endswith(HARMLESS)]
    unexpected = [key for key in found if not (key.startswith(prefix) and key[len(prefix) :] in own)]
    sizes = {key: (list(weights[key].shape), list(own[key].shape)) for key in own if key in weights}
    unlike = [f"{key} is {given}, not {wanted}" for key, (given, wanted) in sizes.items() if given != wanted]
    if unlike:
        raise ExportError(f"`{file}` is of another network ({some(unlike)}); number of classes? See --arguments")
    if missing and not allow_missing:
        lacks = f"lacks {len(missing)} of {len(own)} weights ({some(missing)})"
        raise ExportError(f"`{file}` {lacks}; --allow-missing leaves them random")
    if missing:
        warnings.append(f"{len(missing)} weights are missing and stay random: {some(missing)}")
    if unexpected:
        warnings.append(f"{len(unexpected)} weights of the file are not used: {some(unexpected)}")
    model.load_state_dict({key: value for key, value in weights.items() if key in own}, strict=False)


def state_dict(torch, checkpoint):
    """The first mapping of tensors, by the names that training programs give it."""
    if isinstance(checkpoint, torch.nn.Module):
        return checkpoint.state_dict()
    if not isinstance(checkpoint, dict):
        return {}
    inner = [checkpoint[name] for name in NESTED if isinstance(checkpoint.get(name), (dict, torch.nn.Module))]
    if inner:
        return state_dict(torch, inner[0])
    return {key: value for key, value in checkpoint.items() if isinstance(value, torch.Tensor)}


def some(names):
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def near(name, candidates):
    found = difflib.get_close_matches(name, list(candidates), 1)
    return f"; did you mean `{found[0]}`?" if found else ""


def first_line(error):
    return f"{type(error).__name__}: {(str(error).strip() or 'without a reason').splitlines()[0]}"


def shape(text):
    try:
        channels, height, width = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is no input; 3x224x224 would be right") from None
    if min(channels, height, width) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` has no pixels")
    return channels, height, width


def mapping(text):
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(f"""`{text}` is no JSON mapping; '{{"num_classes": 10}}' would be right""")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("what", help="package.module:name or file.py:name, torchvision:name, or a file of torch.save(model)")
    option("--weights", metavar="FILE", help="checkpoint (.pth, .safetensors) for the network")
    option("--input", type=shape, metavar="CxHxW", help="one input's channels, height and width; default torchvision's, else 3x224x224")
    option("--output", default="model.pt2", metavar="FILE", help="the file to write; default model.pt2")
    option("--arguments", type=mapping, default={}, metavar="JSON", help="keyword arguments for what makes the network")
    option("--allow-missing", action="store_true", help="leave weights random that the checkpoint lacks")
    option("--trust", action="store_true", help="load checkpoints that run code; only for files of your own")
    options = parser.parse_args()
    sys.path.insert(0, os.getcwd())
    try:
        torch = import_torch()
        model, known = built(torch, options.what, options.arguments, options.trust)
        warnings = []
        if options.weights:
            if not isinstance(model, torch.nn.Module):
                raise ExportError(f"`{options.what}` is of type {type(model).__name__}, not a torch.nn.Module")
            fill(torch, model, load(torch, options.weights, options.trust), options.weights, options.allow_missing, warnings)
        elif known is not None:
            warnings.append("no --weights: the network is random")
        if not isinstance(model, torch.nn.Module) and isinstance(model, dict):
            raise ExportError(f"`{options.what}` holds weights only; name the network first and give the file as --weights")
        side = (known or {}).get("size", 224)
        result = export(model, options.output, options.input or (3, side, side), known)
    except (ExportError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for warning in warnings + result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    batch = "any batch" if result.free_batch else "batches of 1"
    print(f"# {result.file}: {result.classes} classes, {batch}, scores differ by {result.difference:.1e} of the largest. For report.yaml:")
    print(result.report, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
