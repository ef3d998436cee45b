#!/usr/bin/env python3
"""Puts libtorch under .libtorch/, from the torch wheel of PyPI. Called by `make libtorch`.

For the CPU only five libraries and the headers of the wheel are needed, and two libraries of NVIDIA's
that libtorch_cpu.so is linked with; leaving libtorch_cuda.so out is what makes tch choose the CPU.
`--cuda` takes everything that the wheel itself asks for. Versions and sha256 are pinned; pip compares
the sha256 before anything is unpacked, and a broken download is tried again.
"""

import argparse
import glob
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

TRIES = 3
WHEELS = {  # requirement -> sha256 of its wheel for x86-64 Linux, CPython 3.11
    "torch==2.13.0": "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7",
    "nvidia-cuda-runtime==13.0.96": "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
    "nvidia-cuda-cupti==13.0.85": "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
}
CPU_LIBRARIES = {
    "torch/lib/libtorch_cpu.so", "torch/lib/libtorch.so", "torch/lib/libc10.so", "torch/lib/libgomp.so.1",
    "torch/lib/libtorch_global_deps.so",
    "nvidia/cu13/lib/libcudart.so.13", "nvidia/cu13/lib/libcupti.so.13",
}
# The wheel for CPython 3.11 serves whatever Python runs this: nothing of Python's is taken from it.
TARGET = ["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--abi=cp311", "--abi=none"] + [
    f"--platform={name}_x86_64" for name in [f"manylinux_2_{minor}" for minor in range(28, 4, -1)] + ["manylinux2014", "manylinux1"]
] + ["--platform=any"]


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--to", default=".libtorch", help="folder to fill (default: .libtorch)")
    options.add_argument("--cuda", action="store_true", help="the whole CUDA set, for a machine with an NVIDIA GPU")
    options = options.parse_args()
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        stop("this script serves x86-64 Linux; elsewhere install libtorch 2.13.0 yourself and set LIBTORCH to its folder")
    want = {"wheels": WHEELS, "cuda": options.cuda}
    mark = os.path.join(options.to, "complete.json")
    if read(mark) == want:
        return
    need_room(7.5e9 if options.cuda else 1.3e9, options.to)
    with tempfile.TemporaryDirectory(prefix="libtorch-", dir=parent(options.to)) as work:
        wheels = os.path.join(work, "wheels")
        download(wheels, [f"{name} --hash=sha256:{digest}" for name, digest in WHEELS.items()], ["--require-hashes"])
        if options.cuda:
            torch = glob.glob(os.path.join(wheels, "torch-*.whl"))[0]
            for requirement in nvidia_requirements(torch):
                download(wheels, [requirement], [], dependencies=True)
        tree = os.path.join(work, "tree")
        for wheel in sorted(glob.glob(os.path.join(wheels, "*.whl"))):
            unpack(wheel, tree, options.cuda)
        missing = [name for name in sorted(CPU_LIBRARIES) if not os.path.exists(os.path.join(tree, name))]
        if missing:
            stop("the wheels do not hold " + ", ".join(missing))
        with open(os.path.join(tree, "complete.json"), "w") as file:
            json.dump(want, file)
        replaces = os.path.exists(options.to)
        if replaces:
            shutil.rmtree(options.to)
        os.rename(tree, options.to)
    print(f"libtorch 2.13.0 ({'CUDA' if options.cuda else 'CPU'}) is in {options.to}", flush=True)
    # torch-sys looks for libtorch_cuda.so once, when it is built.
    if replaces and shutil.which("cargo"):
        for profile in ([], ["--release"]):
            subprocess.run(["cargo", "clean", "-q", "-p", "torch-sys", *profile], stderr=subprocess.DEVNULL)


def download(folder, requirements, flags, dependencies=False):
    """pip looks the wheels up, resumes or restarts, and checks them; the sha256 are those pinned above."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as file:
        file.write("\n".join(requirements))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries=5",
               "--dest", folder, *TARGET, *flags, "-r", file.name]
    if not dependencies:
        command.append("--no-deps")
    if "--resume-retries" in subprocess.run([sys.executable, "-m", "pip", "download", "--help"],
                                            capture_output=True, text=True).stdout:
        command.append("--resume-retries=10")
    names = ", ".join(requirement.split(" ")[0] for requirement in requirements)
    try:
        for attempt in range(1, TRIES + 1):
            print(f"downloading {names}" + (f" (try {attempt} of {TRIES})" if attempt > 1 else ""), flush=True)
            if subprocess.run(command).returncode == 0:
                return
        stop(f"cannot download {names} with pip: see its message above; with libtorch 2.13.0 of your own, set LIBTORCH to its folder")
    finally:
        os.unlink(file.name)


def nvidia_requirements(torch_wheel):
    """The NVIDIA packages that the torch wheel itself asks for on Linux, with its own versions."""
    with zipfile.ZipFile(torch_wheel) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = wheel.read(name).decode()
    lines = re.findall(r"^Requires-Dist: ((?:nvidia-|cuda-toolkit)[^;\n]*)", metadata, re.M)
    return [line.strip() for line in lines]


def unpack(wheel, tree, cuda):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            library = name.startswith(("torch/lib/", "nvidia/")) and ".so" in os.path.basename(name)
            python = os.path.basename(name) in ("libtorch_python.so", "libshm.so")
            if name.startswith("torch/include/") or name in CPU_LIBRARIES or (cuda and library and not python):
                archive.extract(name, tree)
            # For those who pass the libraries on (tools/make_dist.py).
            if ".dist-info/" in name and re.search("licen[cs]e|notice", name, re.IGNORECASE) and not name.endswith("/"):
                to = os.path.join(tree, "licences", name.split("-")[0], name.split(".dist-info/")[1])
                os.makedirs(os.path.dirname(to), exist_ok=True)
                with open(to, "wb") as file:
                    file.write(archive.read(name))


def need_room(size_bytes, folder):
    free = shutil.disk_usage(parent(folder)).free
    if free < size_bytes:
        stop(f"{size_bytes / 1e9:.1f} GB are needed for libtorch and its download, {free / 1e9:.1f} GB are free in {parent(folder)}")


def parent(folder):
    return os.path.dirname(os.path.abspath(folder))


def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def stop(message):
    sys.exit(f"fetch_libtorch: {message}")


if __name__ == "__main__":
    main()
