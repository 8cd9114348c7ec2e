"""Chromium over its debugging pipe: open a page, ask it, read how much memory it takes.

Test drivers follow a page's network, and the browser then keeps what the page fetches in the page's
own process. This asks for nothing but the answers to expressions.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import print_lines
from tests.browser import LAUNCH_ARGUMENTS, find_chromium

# A debugged browser reads commands from here and answers there.
_READS, _WRITES = 3, 4
# Clear of those two, whatever else is open.
_LOWEST_OWN = 10


@dataclass(frozen=True)
class Memory:
    """Memory of one process, in bytes.

    Attributes:
        resident: all that is in memory, shared libraries and files included.
        proportional: the same, with what several processes share divided among them.
        anonymous: the same without what can be read from files again.
    """

    resident: int
    proportional: int
    anonymous: int


def memory_of(pid: int) -> Memory:
    """Memory of a process; Linux only, raises OSError if it has ended."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    of = {name: int(size.split()[0]) * 1024 for name, size in (row.split(":") for row in rows)}
    return Memory(of["Rss"], of["Pss"], of["Anonymous"])


class Chromium:
    """A browser without a window, with one page; `close` ends it."""

    def __init__(self) -> None:
        """Start it; raises FileNotFoundError without Chromium."""
        executable = find_chromium()
        if executable is None:
            raise FileNotFoundError(
                "Chromium was not found; install it, or set $CHROMIUM to its path"
            )
        self._profile = tempfile.mkdtemp(prefix="mixer-chromium-")
        theirs_in, self._to = _pipe()
        self._from, theirs_out = _pipe()
        quiet = os.open(os.devnull, os.O_RDWR)
        self._pid = os.posix_spawn(
            executable,
            [
                executable,
                *LAUNCH_ARGUMENTS,
                "--mute-audio",
                "--remote-debugging-pipe",
                "--window-size=1280,900",
                f"--user-data-dir={self._profile}",
                "about:blank",
            ],
            os.environ,
            file_actions=[
                *((os.POSIX_SPAWN_DUP2, quiet, stream) for stream in (0, 1, 2)),
                (os.POSIX_SPAWN_DUP2, theirs_in, _READS),
                (os.POSIX_SPAWN_DUP2, theirs_out, _WRITES),
            ],
            setpgroup=0,
        )
        for own in (theirs_in, theirs_out, quiet):
            os.close(own)
        self._numbers, self._received = itertools.count(1), b""
        self._session: str | None = None

    def open(self, url: str) -> None:
        """Open the page."""
        target = self._ask("Target.createTarget", url=url)["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; raises RuntimeError for its errors."""
        answer = self._ask(
            "Runtime.evaluate",
            self._session,
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def wait_until(self, expression: str, within_s: float, every_s: float = 0.02) -> float:
        """Seconds until an expression is true; raises TimeoutError if it does not become so."""
        began = time.monotonic()
        while not self._is_true(expression):
            if time.monotonic() - began > within_s:
                raise TimeoutError(f"not true within {within_s:g} s: {expression}")
            time.sleep(every_s)
        return time.monotonic() - began

    def _is_true(self, expression: str) -> bool:
        try:
            return bool(self.evaluate(expression))
        except RuntimeError as error:
            if "execution context" in str(error):  # one page goes, the next is not there yet
                return False
            raise

    def page_memory(self) -> Memory:
        """Memory of the page's process: of the largest renderer, for a spare one may be there."""
        found = self._ask("SystemInfo.getProcessInfo")["processInfo"]
        pages = [memory_of(row["id"]) for row in found if row["type"] == "renderer"]
        return max(pages, key=lambda memory: memory.proportional)

    def close(self) -> None:
        """End it."""
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _ask(self, method: str, session: str | None = None, **parameters: Any) -> Any:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:  # others tell of events
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _next(self) -> Any:
        while b"\0" not in self._received:
            received = os.read(self._from, 1 << 16)
            if not received:
                raise EOFError("the browser exited")
            self._received += received
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)


def _pipe() -> tuple[int, int]:
    """Both ends of a pipe, reading end first, which a new process inherits only where told."""
    ends = os.pipe()
    own = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _LOWEST_OWN) for end in ends)
    for end in ends:
        os.close(end)
    return own[0], own[1]


def print_with_chromium(lines: Callable[[Path], Iterator[str]]) -> int:
    """Print each line as it is measured, in a temporary folder; or a note if Chromium is missing.

    Returns:
        The exit code, 0.
    """
    try:
        Chromium().close()
    except FileNotFoundError as error:
        sys.stdout.write(f"skipped: {error}\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        print_lines(lines(Path(folder)))
    return 0
