#!/usr/bin/env python3
"""Packs the built program with everything that it runs on: target/dist/cnn-report-VERSION-x86_64-linux.tar.gz.

Called by `make dist`. In the archive: bin/cnn-report, lib/ (libtorch and the C++ runtime, found beside the program by its run path),
licences/ (ours, libtorch's and NVIDIA's, of every crate its own text), README.md and the quickstart's report with photos and network.
It runs without Rust, Python and libtorch on Linux with the C library of this machine or a newer one, which is said at the end.
Only the standard library is used.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
# Part of the C library, which every Linux has.
OF_SYSTEM = re.compile(r"^(ld-linux.*|linux-vdso.*|lib(c|m|rt|dl|pthread|util))\.so")
# As `make dist` builds it.
FEATURES = ["--features", "object-store"]
LICENCE = re.compile(r"licen[cs]e|copying|copyright|notice|unlicense", re.IGNORECASE)
EXAMPLE = ["examples/quickstart/report.yaml", "models/squeezenet1_1.safetensors", "models/imagenet_classes.txt", "photos"]


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY).stdout


def libraries_of(binary):
    """Name and path of each shared library that the program loads and the C library does not have."""
    found = {}
    for line in output_of("ldd", binary).splitlines():
        match = re.match(r"\s*(\S+) => (\S+)", line)
        if "not found" in line:
            sys.exit(f"make_dist: {line.strip()}")
        if match and not OF_SYSTEM.match(match[1]):
            found[match[1]] = Path(match[2]).resolve()
    return found


def copy_licences(to, libtorch):
    shutil.copy(REPOSITORY / "LICENSE", to / "LICENSE-cnn-report")
    of_libtorch = libtorch.parent / "licences"
    if not of_libtorch.is_dir():
        sys.exit(f"make_dist: `{of_libtorch}` with the licences of libtorch is missing: rm -rf .libtorch && make libtorch")
    shutil.copytree(of_libtorch, to / "libraries")
    metadata = json.loads(output_of("cargo", "metadata", "--format-version=1", "--locked", *FEATURES, "--filter-platform=x86_64-unknown-linux-gnu"))
    used = {line.split()[0] + "-" + line.split()[1].lstrip("v") for line in output_of(
        "cargo", "tree", "--edges=normal", "--prefix=none", "--locked", *FEATURES, "--target=x86_64-unknown-linux-gnu").splitlines() if line.strip()}
    rows = []
    for package in sorted(metadata["packages"], key=lambda package: package["name"]):
        name = f"{package['name']}-{package['version']}"
        if package["source"] is None or name not in used:
            continue
        rows.append(f"{name}: {package['license'] or package['license_file']}")
        for file in Path(package["manifest_path"]).parent.iterdir():
            if file.is_file() and LICENCE.search(file.name):
                folder = to / "crates" / name
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, folder / file.name)
    (to / "crates.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    gcc = [Path(f"/usr/share/doc/{package}/copyright") for package in ("libstdc++6", "gcc-12-base", "libgcc-s1")]
    known = next((file for file in gcc if file.is_file()), None)
    if known:
        shutil.copy(known, to / "libraries" / "libstdc++-and-libgcc")
    return len(rows)


def newest_glibc(files):
    """The C library that the newest symbol asks for."""
    versions = set()
    for file in files:
        versions.update(re.findall(r"GLIBC_(2\.\d+)", output_of("objdump", "-T", file)))
    return max(versions, key=lambda version: int(version.split(".")[1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, default=REPOSITORY / "target/release/cnn-report")
    parser.add_argument("--to", type=Path, default=REPOSITORY / "target/dist")
    arguments = parser.parse_args()
    binary = arguments.binary.resolve()
    version = output_of(binary, "--version").split()[-1]
    folder = arguments.to.resolve() / f"cnn-report-{version}-x86_64-linux"
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("bin", "lib", "licences"):
        (folder / part).mkdir(parents=True)
    shutil.copy(binary, folder / "bin/cnn-report")
    libraries = libraries_of(binary)
    for name, path in libraries.items():
        shutil.copy(path, folder / "lib" / name)
    crates = copy_licences(folder / "licences", libraries["libtorch_cpu.so"].parents[1])
    for name in EXAMPLE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, folder / name)
    (folder / "README.md").write_text(
        "# cnn-report\n\nOne command turns a report.yaml and an image classifier into a report that explains the classifier.\n\n"
        "    bin/cnn-report build examples/quickstart/report.yaml\n\n"
        "writes examples/quickstart/build/report.html. `bin/cnn-report init` writes a report.yaml for your own network.\n",
        encoding="utf-8",
    )
    archive = folder.with_name(folder.name + ".tar.gz")
    with tarfile.open(archive, "w:gz", compresslevel=6) as packed:
        packed.add(folder, folder.name)
    glibc = newest_glibc([folder / "bin/cnn-report", *(folder / "lib").iterdir()])
    size = archive.stat().st_size / 1e6
    print(f"{archive}: {size:.0f} MB, {len(libraries)} libraries, {crates} crates; runs on x86-64 Linux with glibc {glibc} or newer")


if __name__ == "__main__":
    main()
