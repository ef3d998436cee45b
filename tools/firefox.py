"""Firefox through WebDriver BiDi, which it speaks by itself: no driver program. Only what tools/test_page.py needs."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

PROGRAMS = ["firefox-esr", "firefox"]
# From 128 on WebDriver BiDi has all that is used here.
LEAST_VERSION = 128
# Nothing is fetched, not even by Firefox for itself: the proxy is a port that nobody listens on.
PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.server": "",
    "ui.prefersReducedMotion": 0,
}


def program():
    """Firefox, if there is one that is new enough."""
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        return None
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    number = re.search(r"(\d+)\.", version)
    return found if number and int(number.group(1)) >= LEAST_VERSION else None


class Firefox:
    """A page in a Firefox of its own; `said` and `asked` are what its console says and what it loads."""

    def __init__(self, path, scripts=True):
        self.profile = Path(tempfile.mkdtemp(prefix="firefox-"))
        wanted = {**PREFERENCES, "javascript.enabled": scripts}
        lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in wanted.items()]
        (self.profile / "user.js").write_text("\n".join(lines))
        command = [path, "--headless", "--no-remote", "--profile", self.profile, "--remote-debugging-port", "0", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.said, self.asked, self.number = [], [], 0
        self.socket = None

    def __enter__(self):
        from websockets.sync.client import connect

        address = None
        for line in self.process.stderr:
            if match := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                address = match.group(1)
                break
        if address is None:
            self.__exit__()
            raise SystemExit("error: Firefox ended before it could be driven")
        self.socket = connect(f"{address}/session", max_size=None)
        self.send("session.new", {"capabilities": {}})
        self.send("session.subscribe", {"events": ["log.entryAdded", "network.beforeRequestSent"]})
        self.context = self.send("browsingContext.getTree", {})["contexts"][0]["context"]
        return self

    def __exit__(self, *_):
        if self.socket is not None:
            self.socket.close()
        self.process.terminate()
        self.process.wait(20)
        self.process.stderr.close()
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method, parameters):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv(timeout=120))
            if answer.get("type") == "event":
                self.take(answer["method"], answer["params"])
            elif answer.get("id") == self.number:
                if answer.get("type") == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def take(self, method, parameters):
        if method == "log.entryAdded":
            self.said.append(f"{parameters['level']}: {parameters.get('text')}")
        elif method == "network.beforeRequestSent":
            self.asked.append(parameters["request"]["url"])

    def open(self, page_file, width_px=1280):
        self.send("browsingContext.setViewport", {"context": self.context, "viewport": {"width": width_px, "height": 900}})
        self.send("browsingContext.navigate", {"context": self.context, "url": page_file.resolve().as_uri(), "wait": "complete"})

    def evaluate(self, expression):
        """What the expression gives, as JSON; a promise is waited for."""
        target = {"context": self.context, "sandbox": "test"}
        parameters = {"expression": f"(async () => JSON.stringify(await ({expression})))()", "target": target, "awaitPromise": True}
        result = self.send("script.evaluate", parameters)
        if result["type"] != "success":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"].get("value", "null"))

    def find(self, selector):
        """The elements, also where the page may run no script."""
        locator = {"type": "css", "value": selector}
        return self.send("browsingContext.locateNodes", {"context": self.context, "locator": locator})["nodes"]

    def looks(self, node):
        """How high an element is in px, and how many byte values its picture has (a blank one has few)."""
        clip = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        shot = self.send("browsingContext.captureScreenshot", {"context": self.context, "origin": "document", "clip": clip})
        png = base64.b64decode(shot["data"])
        height = int.from_bytes(png[20:24])
        chunks, at = b"", 8
        while at < len(png):
            length = int.from_bytes(png[at : at + 4])
            if png[at + 4 : at + 8] == b"IDAT":
                chunks += png[at + 8 : at + 8 + length]
            at += 12 + length
        return height, len(set(zlib.decompress(chunks)) - {0, 255})

    def point_at(self, x, y):
        moves = [{"type": "pointerMove", "x": round(x) + by, "y": round(y) + by} for by in (-3, 0)]
        pointer = {"type": "pointer", "id": "mouse", "actions": moves}
        self.send("input.performActions", {"context": self.context, "actions": [pointer]})
        time.sleep(0.05)
