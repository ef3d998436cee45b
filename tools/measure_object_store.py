#!/usr/bin/env python3
"""A report built by shards over a store in a bucket, on a server of S3 that others have made, and how long it takes.

    python3 -m venv target/moto && target/moto/bin/pip install 'moto[server]'
    cargo build --release --locked --features object-store
    target/moto/bin/python tools/measure_object_store.py [--binary PROGRAM] [--report REPORT] [--delay-ms N]

Four shards of which two race for the same units and one is killed and begun again; a last build, which must run nothing and write
byte for byte what one machine with a folder writes. Then builds without a change, from the folder and from the bucket, with a round
trip of so many milliseconds before each answer. Not part of `make test`, whose own server is in tests/it/object_store/.
"""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
URL = "s3://bucket/team/store"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start_server():
    """The process and where it listens, with an empty bucket."""
    port = free_port()
    command = [sys.executable, "-c", f"from moto.server import main; main(['-p', '{port}'])"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
            urllib.request.urlopen(request).read()
            return server, port
        except OSError:
            time.sleep(0.1)
    server.kill()
    sys.exit("measure_object_store: the server did not start; is moto[server] installed for this Python?")


def delayed(port, seconds):
    """A port that hands on to the other one, each piece of a request so much later: a server that is far away."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def hand_on(source, target, wait):
        try:
            while piece := source.recv(1 << 16):
                time.sleep(wait)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def accept():
        while True:
            near, _ = listener.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for arguments in ((near, far, seconds), (far, near, 0)):
                threading.Thread(target=hand_on, args=arguments, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


class Builds:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.folder = folder
        self.environment = dict(
            os.environ, AWS_ALLOW_HTTP="true", AWS_REGION="us-east-1", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
            NO_PROXY="127.0.0.1", no_proxy="127.0.0.1",
        )

    def start(self, port, *more, command="build"):
        program = [self.arguments.binary, command, self.arguments.report, "--device", "cpu", *more]
        environment = dict(self.environment, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}")
        return subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def done(self, process):
        out, errors = process.communicate()
        if process.returncode != 0:
            sys.exit(f"measure_object_store: exit code {process.returncode}\n{out}{errors}")
        return out

    def build(self, port, store, output):
        """Units that ran, and seconds."""
        started = time.monotonic()
        said = self.done(self.start(port, "--store", str(store), "--output", str(self.folder / output), "--why"))
        ran = re.search(r"ran (\d+) of", said)
        return int(ran[1]), time.monotonic() - started

    def report(self, output):
        root = self.folder / output
        return {str(file.relative_to(root)): file.read_bytes() for file in sorted(root.rglob("*")) if file.is_file()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(REPOSITORY / "target/release/cnn-report"))
    parser.add_argument("--report", default=str(REPOSITORY / "examples/quickstart/report.yaml"))
    parser.add_argument("--delay-ms", type=float, default=30)
    arguments = parser.parse_args()
    server, port = start_server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(Builds(arguments, Path(folder)), port, arguments.delay_ms)
    finally:
        server.kill()


def measure(builds, port, delay_ms):
    folder = builds.folder / "store"
    ran, seconds = builds.build(port, folder, "whole")
    print(f"one machine, a folder: ran {ran} units in {seconds:.1f} s")
    builds.done(builds.start(port, "--store", URL, command="check"))
    shard = lambda number: builds.start(port, "--store", URL, "--shard", f"{number}/4")
    killed = shard(4)
    racing = [shard(number) for number in (1, 1, 2, 3)]
    time.sleep(4)  # long enough to have begun, too short to be done
    killed.kill()
    killed.wait()
    for process in [*racing, shard(4)]:
        print(builds.done(process).strip())
    ran, seconds = builds.build(port, URL, "out")
    print(f"last build, the bucket: ran {ran} units in {seconds:.1f} s")
    if ran != 0:
        sys.exit("measure_object_store: the shards left units")
    if builds.report("out") != builds.report("whole"):
        sys.exit("measure_object_store: the report is not that of one machine")
    print(f"the same bytes in {len(builds.report('out'))} files")
    far = delayed(port, delay_ms / 1000)
    for name, store, at in (("the folder", folder, port), ("the bucket", URL, port), (f"the bucket, {delay_ms:g} ms away", URL, far)):
        times = [builds.build(at, store, "again")[1] for _ in range(3)]
        print(f"nothing changed, {name}: {min(times):.2f} s")
    ran, seconds = builds.build(far, URL + "-2", "cold")
    print(f"an empty bucket, {delay_ms:g} ms away: ran {ran} units in {seconds:.1f} s")
    said = builds.done(subprocess.Popen(
        [builds.arguments.binary, "cache", "clear", "--store", URL],
        env=dict(builds.environment, AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ))
    print(f"cache clear: {said.strip()}")


if __name__ == "__main__":
    main()
