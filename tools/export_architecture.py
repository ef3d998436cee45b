"""Writes models/architectures/<name>.json.gz: the graphs of torchvision's networks without weights.

    python tools/export_architecture.py [folder] [name ...]

Needs torch and torchvision; building and running cnn-report does not. The same versions write the same
bytes. An own network needs no architecture: export it as .pt2.
"""

import gzip
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
import torchvision

NAMES = [
    "alexnet",
    *("resnet18", "resnet34", "resnet50"),
    *("squeezenet1_0", "squeezenet1_1"),
    *(f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")),
]


def export(network: torch.nn.Module, input_shape=(3, 224, 224)) -> dict:
    """The exported program of a network as JSON, for any number of pictures."""
    pictures = torch.zeros(2, *input_shape)
    dynamic = ({0: torch.export.Dim.DYNAMIC},)
    program = torch.export.export(network.eval(), (pictures,), dynamic_shapes=dynamic)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "network.pt2")
        torch.export.save(program, file)
        with zipfile.ZipFile(file) as archive:
            return json.loads(archive.read("network/models/model.json"))


def without_weights(program: dict) -> dict:
    """What a graph is made of: nodes, the shapes of weights and input, and which input is which weight."""
    graph, signature = program["graph_module"]["graph"], program["graph_module"]["signature"]
    inputs = {name for spec in signature["input_specs"] for name in names_in(spec)}
    metas = {
        name: {"dtype": meta["dtype"], "sizes": [size(s) for s in meta["sizes"]]}
        for name, meta in sorted(graph["tensor_values"].items())
        if name in inputs
    }
    nodes = [
        {
            "name": node["name"],
            "target": node["target"],
            "inputs": [{"name": i["name"], "arg": i["arg"]} for i in node["inputs"]],
            "outputs": node["outputs"],
            "metadata": {"nn_module_stack": node["metadata"].get("nn_module_stack", "")},
        }
        for node in graph["nodes"]
    ]
    return {
        "schema_version": program["schema_version"],
        "torch_version": program["torch_version"].split("+")[0],
        "graph_module": {
            "graph": {"nodes": nodes, "tensor_values": metas},
            "signature": signature,
        },
    }


def names_in(spec: dict) -> list[str]:
    argument = next(iter(spec.values()))["arg"]
    return [argument["name"] if "name" in argument else argument["as_tensor"]["name"]]


def size(size: dict) -> dict:
    """A symbol's name differs from run to run: an empty size is a free one."""
    return size if "as_int" in size else {}


def compressed(content: dict) -> bytes:
    text = json.dumps(content, separators=(",", ":"))
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, filename="", mtime=0) as file:
        file.write(text.encode())
    return buffer.getvalue()


def main() -> None:
    arguments = sys.argv[1:]
    folder = Path(arguments[0] if arguments else "models/architectures")
    total = 0
    for name in arguments[1:] or NAMES:
        network = getattr(torchvision.models, name)(weights=None)
        content = compressed(without_weights(export(network)))
        (folder / f"{name}.json.gz").write_bytes(content)
        total += len(content)
        print(f"{name}: {len(content)} bytes")
    print(f"{total} bytes in all; torch {torch.__version__}, torchvision {torchvision.__version__}")


if __name__ == "__main__":
    main()
