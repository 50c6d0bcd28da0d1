"""A headless Chromium for the tests, driven through its DevTools protocol over a pipe: nothing else is needed."""

import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)


def program() -> str:
    """Return the browser's program; skip the test where there is none."""
    for name in PROGRAMS:
        path = shutil.which(name)
        if path:
            return path
    pytest.skip(f"none of {', '.join(PROGRAMS)} is installed")


class Browser:
    """One page of a browser; `requests` are the addresses that it asked for.

    Parameters
    ----------
    profile
        An empty folder.
    """

    def __init__(self, profile: Path, seconds: float = 60):
        self._seconds, self._last, self._buffer, self._session = seconds, 0, b"", None
        self.requests: list[str] = []
        self.problems: list[str] = []
        # Chromium reads from descriptor 3 and writes to 4.
        read_end, self._write = os.pipe()
        self._read, write_end = os.pipe()
        shell = f'exec "$0" "$@" 3<&{read_end} 4>&{write_end}'
        command = ["bash", "-c", shell, program(), *FLAGS, f"--user-data-dir={profile}", "--window-size=1400,1000"]
        self._process = subprocess.Popen(
            command, pass_fds=(read_end, write_end), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(read_end)
        os.close(write_end)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._write)
        os.close(self._read)
        self._process.terminate()
        self._process.wait(10)

    def call(self, method: str, **params: object) -> dict:
        """Call a method of the protocol and return its result."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + self._seconds
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self._last:
                assert "error" not in answer, answer
                return answer["result"]

    def _message(self, deadline: float) -> dict:
        """Return the next message, and remember what it says of requests and errors."""
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            chunk = os.read(self._read, 1 << 20)
            assert chunk, "the browser has ended"
            self._buffer += chunk
        text, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(text)
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            case "Runtime.exceptionThrown":
                self.problems.append(str(message["params"]["exceptionDetails"]))
            case "Log.entryAdded":
                self.problems.append(message["params"]["entry"]["text"])
        return message

    def open(self, path: Path) -> None:
        """Open a file and wait until all of it is there."""
        self.call("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + self._seconds
        while self.value("document.readyState") != "complete" or self.value("location.href") == "about:blank":
            assert time.monotonic() < deadline, "the page does not load"
            time.sleep(0.05)

    def value(self, expression: str) -> object:
        """Return the value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def centre(self, element: str) -> dict[str, float]:
        """Scroll to an element (an expression) and return its centre on the screen."""
        return self.value(
            f"(() => {{ const e = {element}; e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return {x: r.x + r.width / 2, y: r.y + r.height / 2}; })()"
        )

    def settle(self) -> None:
        """Wait until the page has scrolled and is drawn."""
        self.value(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"
        )

    def click(self, element: str) -> None:
        """Click on an element with the mouse."""
        place = self.centre(element)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def hover(self, element: str) -> None:
        """Move the mouse to an element."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", **self.centre(element))

    def press(self, key: str) -> None:
        """Press a key: Enter, Tab, Escape, or an arrow (ArrowUp and so on)."""
        arrows = {f"Arrow{side}": (code, "") for code, side in enumerate(("Left", "Up", "Right", "Down"), 37)}
        code, text = ({"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, "")} | arrows)[key]
        typed = {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **typed)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)
