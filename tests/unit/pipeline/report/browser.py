"""Chromium, led over a pipe by its own protocol: nothing needs to be installed but the browser.

https://chromedevtools.github.io/devtools-protocol/
"""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO, Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OF_PLAYWRIGHT = (
    ".cache/ms-playwright/chromium*/*/*chrom*",
    "Library/Caches/ms-playwright/chromium*/*/*/Contents/MacOS/*",
)
PATIENCE = 60.0  # seconds until a browser that hangs is ended
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe"),
)


def find() -> str | None:
    """The path of the browser: the one that ``CHROMIUM`` names, the machine's, or Playwright's."""
    if named := os.environ.get("CHROMIUM"):
        return named
    there = [path for name in NAMES if (path := shutil.which(name))]
    there += [str(path) for one in OF_PLAYWRIGHT for path in sorted(Path.home().glob(one))]
    return next(
        (path for path in there if Path(path).is_file() and os.access(path, os.X_OK)), None
    )


@dataclass
class Tab:
    """A page in the browser."""

    commands: IO[bytes]
    answers: IO[bytes]
    session: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _rest: bytes = b""

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol; return its result."""
        number = next(self._numbers)
        request: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        self.commands.write(json.dumps(request).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == number:
                assert "result" in message, message
                result: dict[str, Any] = message["result"]
                return result

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            received = os.read(self.answers.fileno(), 1 << 16)
            assert received, "the browser ended"
            self._rest += received
        message, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def evaluate(self, script: str) -> Any:
        """The value of a script in the page, once it is known."""
        found = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press_tab(self) -> None:
        """Press the key that goes to the next element."""
        key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, **key)

    def open(self, file: Path, *, width: int, dark: bool) -> None:
        """Open a file on a screen so wide, light or dark."""
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.call("Page.navigate", url=file.as_uri())
        self.evaluate(
            "new Promise(done => document.readyState === 'complete' ? done() "
            ": addEventListener('load', done))"
        )


@contextmanager
def opened(browser: str, profile: Path) -> Iterator[Tab]:
    """A tab of a browser of its own, which ends with it."""
    given, commands = os.pipe()
    answers, taken = os.pipe()
    # The browser reads from file 3 and writes to file 4.
    command = f'exec "$@" 3<&{given} 4>&{taken}'
    options = (*OPTIONS, f"--user-data-dir={profile}", "about:blank")
    with (
        os.fdopen(commands, "wb", buffering=0) as writer,
        os.fdopen(answers, "rb", buffering=0) as reader,
        subprocess.Popen(
            ["/bin/bash", "-c", command, "browser", browser, *options],
            pass_fds=(given, taken),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        os.close(given)
        os.close(taken)
        timer = Timer(PATIENCE, process.kill)
        timer.start()
        try:
            tab = Tab(writer, reader)
            target = tab.call("Target.createTarget", url="about:blank")["targetId"]
            tab.session = tab.call("Target.attachToTarget", targetId=target, flatten=True)[
                "sessionId"
            ]
            yield tab
        finally:
            timer.cancel()
            process.kill()
