"""Writes models/architectures/<name>.json.gz: graphs of networks without weights.

    python tools/export_architecture.py [folder] [name ...]

Needs torch and torchvision, for `efficientnet_lite*` also efficientnet-lite-pytorch; building and running
cnn-report does not. The same versions write the same bytes. An own network needs no architecture: export
it as .pt2.

A file is two lines of JSON, packed with gzip: what weights fit and which input they want, then the graph
as PyTorch's exported program writes it, without what the first line says already.
"""

import gzip
import io
import json
import re
import sys
from pathlib import Path

import torch
import torchvision
from torch._export.serde.serialize import EnumEncoder, GraphModuleSerializer, SCHEMA_VERSION, _dataclass_to_dict

# Those that compute as they are built; the others are exported without memory for their weights.
COMPUTING = ("maxvit", "regnet", "swin")
# torchvision's published weights of these want it, and sets it with them.
OPTIONS = {name: {"transform_input": True, "init_weights": False} for name in ("googlenet", "inception_v3")}
# Names in published files that torchvision changes as it reads them: `[as it stands, as it is now]`.
RENAMED = {
    "densenet": [[f"{kind}.{n}.", f"{kind}{n}."] for kind in ("norm", "conv") for n in (1, 2)],
    "vit": [["mlp.linear_1.", "mlp.0."], ["mlp.linear_2.", "mlp.3."]],
}
LITE = {"efficientnet_lite0": 224, "efficientnet_lite1": 240, "efficientnet_lite2": 260}


def names() -> list[str]:
    return torchvision.models.list_models(module=torchvision.models) + list(LITE)


def network(name: str, device: str = "cpu", **options) -> torch.nn.Module:
    """The network as its builder makes it, untrained."""
    if name in LITE:
        from efficientnet_lite_pytorch import EfficientNet

        return EfficientNet.from_name(name.replace("_lite", "-lite"), **options).eval()
    with torch.device(device):
        options = OPTIONS.get(name, {}) | options
        return getattr(torchvision.models, name)(weights=None, **options).eval()


def input_of(name: str, network: torch.nn.Module) -> dict:
    """What the published weights were trained for: sizes in px, mean and deviation of pixels in 0..1."""
    if name in LITE:
        # (x - 127) / 128 of bytes; the middle of a photo with a margin of 32 px, as the original has it.
        mean, std = [127 / 255] * 3, [128 / 255] * 3
        size = LITE[name]
        return {"size": [size] * 2, "shorter": size + 32, "mean": mean, "std": std, "interpolation": "bicubic"}
    weights = torchvision.models.get_model_weights(name)
    published = [weight.transforms() for weight in (weights.DEFAULT, *weights)]
    size = getattr(network, "image_size", published[0].crop_size[0])  # a transformer takes one size only
    preset = next(preset for preset in published if preset.crop_size[0] == size)
    mean, std = preset.mean, preset.std
    return {
        "size": [size] * 2,
        "shorter": preset.resize_size[0],
        "mean": mean,
        "std": std,
        "interpolation": preset.interpolation.value,
    }


def export(network: torch.nn.Module, size: list[int], device: str = "cpu") -> torch.export.ExportedProgram:
    """The exported program of a network, for any number of pictures."""
    pictures = torch.zeros(2, 3, *size, device=device)
    # ShuffleNet names height and width in its graph; left free, it runs on others, as the rest does.
    free = (0, 2, 3) if isinstance(network, torchvision.models.ShuffleNetV2) else (0,)
    dynamic = ({dimension: torch.export.Dim.DYNAMIC for dimension in free},)
    return torch.export.export(network.eval(), (pictures,), dynamic_shapes=dynamic)


def architecture(program: torch.export.ExportedProgram, input: dict | None, renamed=()) -> bytes:
    """The file of a network."""
    serializer = GraphModuleSerializer(program.graph_signature, program.module_call_graph)
    module = serializer.serialize(program.graph_module)
    module = json.loads(json.dumps(_dataclass_to_dict(module), cls=EnumEncoder))
    graph, signature = module["graph"], module["signature"]

    nodes = [node_of(node) for node in graph["nodes"]]
    read = {name for node in nodes for name in names_read(node)}
    specs = [spec for spec in signature["input_specs"] if value_of(spec) in read]
    weights, constants = {}, {}
    for spec in specs:
        stored = name_of(spec)
        if stored is None:
            continue
        if "tensor_constant" in spec or spec.get("buffer", {}).get("persistent") is False:
            constants[stored] = constant(program.constants[stored])
        else:
            weights[stored] = list(program.state_dict[stored].shape)
    index = {
        "torch_version": torch.__version__.split("+")[0],
        "input": input,
        "weights": weights,
        "head": head(nodes, specs),
        "unused": unused(program.state_dict, weights),
        "renamed": list(renamed),
        "constants": constants,
    }
    metas = {}
    for spec in specs:
        if name_of(spec) is None:
            meta = graph["tensor_values"][value_of(spec)]
            # A symbol's name differs from run to run: an empty size is a free one.
            sizes = [size if "as_int" in size else {} for size in meta["sizes"]]
            metas[value_of(spec)] = {"dtype": meta["dtype"], "sizes": sizes}
    rest = {
        "schema_version": {"major": SCHEMA_VERSION[0], "minor": SCHEMA_VERSION[1]},
        "graph_module": {
            "graph": {"nodes": nodes, "tensor_values": metas},
            "signature": {"input_specs": specs, "output_specs": signature["output_specs"]},
        },
    }
    return packed(f"{compact(index)}\n{compact(rest)}\n")


def node_of(node: dict) -> dict:
    """A node without what can be told from the rest: its name is that of its first output."""
    slim = {
        "target": node["target"],
        "inputs": [{"name": i["name"], "arg": i["arg"]} for i in node["inputs"]],
        "outputs": node["outputs"],
    }
    first = next(iter(node["outputs"][0].values())) if node["outputs"] else {}
    if not isinstance(first, dict) or node["name"] not in (first.get("name"), first.get("as_name")):
        slim["name"] = node["name"]
    stack = node["metadata"].get("nn_module_stack", "")
    if stack and not stack.startswith("_empty_nn_module_stack"):
        # `key,path,class;…`: the key of a first call says what the path says.
        stack = re.sub(r"(^|;)L__self__([^,;]*),\2,", r"\1,\2,", stack)
        slim["metadata"] = {"nn_module_stack": stack}
    return slim


def names_read(node: dict) -> list[str]:
    return re.findall(r'"(?:as_)?name":"([^"]+)"', compact([argument["arg"] for argument in node["inputs"]]))


def value_of(spec: dict) -> str:
    argument = next(iter(spec.values()))["arg"]
    return argument["name"] if "name" in argument else argument["as_tensor"]["name"]


def name_of(spec: dict) -> str | None:
    """Name in the state dict; none for the pictures."""
    (kind, content), *_ = spec.items()
    return content.get(f"{kind}_name")


def constant(tensor: torch.Tensor) -> dict:
    """A tensor that no state dict has."""
    kind = "floats" if tensor.is_floating_point() else "ints"
    return {"sizes": list(tensor.shape), kind: tensor.flatten().tolist()}


def head(nodes: list[dict], specs: list[dict]) -> list[str]:
    """Weight and bias of the last layer that has any: their first size is the number of classes."""
    parameters = {value_of(spec): name_of(spec) for spec in specs if "parameter" in spec}
    for node in reversed(nodes):
        if found := [parameters[name] for name in names_read(node) if name in parameters]:
            return found
    return []


def unused(state_dict: dict, weights: dict) -> list[str]:
    """Prefixes of what belongs to the network but not to its graph, such as the heads that only train."""
    names = {name for name in state_dict if name not in weights and not name.endswith("num_batches_tracked")}
    return sorted({name.split(".")[0] + "." for name in names})


def compact(content) -> str:
    return json.dumps(content, separators=(",", ":"))


def packed(text: str) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, filename="", mtime=0) as file:
        file.write(text.encode())
    return buffer.getvalue()


def main() -> None:
    arguments = sys.argv[1:]
    folder = Path(arguments[0] if arguments else "models/architectures")
    total = 0
    for name in arguments[1:] or names():
        device = "cpu" if name.startswith(COMPUTING) or name in LITE else "meta"
        untrained = network(name, device)
        renamed = next((pairs for family, pairs in RENAMED.items() if name.startswith(family)), [])
        input = input_of(name, untrained)
        content = architecture(export(untrained, input["size"], device), input, renamed)
        (folder / f"{name}.json.gz").write_bytes(content)
        total += len(content)
        print(f"{name}: {len(content)} bytes", flush=True)
    print(f"{total} bytes in all; torch {torch.__version__}, torchvision {torchvision.__version__}")


if __name__ == "__main__":
    main()
