"""Untrusted graphs, held in a process of their own with limits on memory and time."""

from __future__ import annotations

import contextlib
import json
import math
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from mixer.errors import DeviceError, MixerError, ModelError
from mixer.files.shared_block import SharedBlock
from mixer.files.wording import visible
from mixer.network.device import Device
from mixer.network.graph_session import Answer, Feeds
from mixer.network.untrusted.graph_requests import (
    AnswerPlace,
    FeedPlace,
    OpenWork,
    Request,
    RunWork,
    Work,
)

_ROOT = Path(__file__).resolve().parents[3]
# -P and none of our folders first: nothing is imported from where the songs lie.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from mixer.network.untrusted.graph_worker import serve; serve(sys.argv[2:])"
)
_START_S = 60.0
_LONGEST_LINE = 1 << 20
_ALIGNED = 64


class GraphProcess:
    """The process, started with the first graph that is opened.

    Args:
        device: where its graphs run.
        threads: graphs that may run at a time.
        name: of the bundle, for messages.
        optimise: as `mixer.network.runtime.open_graph`.
    """

    def __init__(self, device: Device, threads: int, name: str, *, optimise: bool) -> None:
        self._device, self._name, self._optimise = device, name, optimise
        self._blocks = [SharedBlock.create() for _ in range(threads)]
        self._free: queue.Queue[int] = queue.Queue()
        self._answers: list[queue.Queue[dict[str, Any] | None]] = []
        for place in range(threads):
            self._free.put(place)
            self._answers.append(queue.Queue())
        self._ended_for = ""
        self._sending = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _PROGRAM, str(_ROOT), *(b.handle for b in self._blocks)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[fd for block in self._blocks for fd in block.inherited],
        )
        stdout = self._process.stdout
        assert stdout is not None
        # Neither the thread nor the end of the program keeps this object, which ends the process.
        arguments = (stdout, self._answers)
        threading.Thread(target=_listen, args=arguments, daemon=True, name="graphs").start()
        self._finalizer = weakref.finalize(self, _let_go, self._process, self._blocks)

    def open(self, graph: str, content: bytes, memory_bytes: int, limit_s: float) -> dict[str, Any]:
        """Open a graph there.

        Returns:
            `inputs` and `outputs`, lists of name, type and shape.

        Raises:
            ModelError: it cannot be loaded, or not within its limits.
            DeviceError: the device does not work.
        """
        with self._block() as place:
            with self._blocks[place].view(len(content)) as view:
                view[:] = content
            request: OpenWork = {
                "do": "open",
                "graph": graph,
                "bytes": len(content),
                "device": (self._device.kind, self._device.index),
                "optimise": self._optimise,
            }
            answer = self._ask(place, request, memory_bytes, _START_S + limit_s)
            if "error" in answer:
                raise self._refusal(answer, f"graph {graph} cannot be loaded")
            return answer

    def run(
        self,
        graph: str,
        feeds: Feeds,
        wanted: Mapping[str, tuple[int, ...]],
        memory_bytes: int,
        limit_s: float,
    ) -> list[Answer]:
        """Run a graph that is open there.

        Args:
            graph: its name.
            feeds: the inputs.
            wanted: shapes of the answers, by their names, in order.
            memory_bytes, limit_s: what the process may take.

        Returns:
            Each answer; of one that is not float32 of that shape, its type and shape.

        Raises:
            ModelError: it failed, or took more than its limits.
            DeviceError: the device failed.
        """
        arrays = {name: np.ascontiguousarray(feed) for name, feed in feeds.items()}
        layout = _Layout()
        taken: list[FeedPlace] = [
            (name, str(feed.dtype), list(feed.shape), layout.place(feed.nbytes))
            for name, feed in arrays.items()
        ]
        given: list[AnswerPlace] = [
            (name, list(shape), layout.place(4 * math.prod(shape)))
            for name, shape in wanted.items()
        ]
        with self._block() as place:
            with self._blocks[place].view(layout.n_bytes) as view:
                for (_, _, _, offset), feed in zip(taken, arrays.values(), strict=True):
                    view[offset : offset + feed.nbytes] = feed.reshape(-1).data.cast("B")
            request: RunWork = {
                "do": "run",
                "graph": graph,
                "bytes": layout.n_bytes,
                "feeds": taken,
                "answers": given,
            }
            answer = self._ask(place, request, memory_bytes, limit_s)
            if "error" in answer:
                raise self._refusal(answer, f"graph {graph} failed on {self._device}")
            return self._take(place, answer, given, layout.n_bytes)

    def close(self) -> None:
        """End the process and give its memory back."""
        self._ended_for = self._ended_for or "it was closed"
        self._finalizer()

    def _take(
        self, place: int, answer: Mapping[str, Any], given: Sequence[AnswerPlace], n_bytes: int
    ) -> list[Answer]:
        found: list[Answer] = []
        with self._blocks[place].view(n_bytes) as view:
            for (dtype, shape), (_, wanted, offset) in zip(answer["answers"], given, strict=True):
                if dtype != "float32" or list(shape) != wanted:
                    found.append((visible(dtype, 20), tuple(int(n) for n in shape)))
                    continue
                values = np.frombuffer(view, np.float32, math.prod(wanted), offset)
                found.append(values.reshape(wanted).copy())
                del values
        return found

    @contextlib.contextmanager
    def _block(self) -> Iterator[int]:
        place = self._free.get()
        try:
            yield place
        finally:
            self._free.put(place)

    def _ask(self, place: int, work: Work, memory_bytes: int, limit_s: float) -> dict[str, Any]:
        memory = memory_bytes if self._device.kind == "cpu" else None
        request: Request = {"work": work, "block": place, "memory": memory}
        line = json.dumps(request) + "\n"
        assert self._process.stdin is not None
        try:
            with self._sending:
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()
            answer = self._answers[place].get(timeout=limit_s)
        except queue.Empty:
            self._ended_for = f"it did not respond within {limit_s:.0f} s and was stopped"
            self._process.kill()
            answer = None
        except (OSError, ValueError):  # it has ended, and its pipe with it
            answer = None
        if answer is None:
            raise ModelError(
                f"{self._name}: its process ended: {self._ending()}; a model that does not ship"
                " with mixer runs within limits of memory and time"
            )
        return answer

    def _refusal(self, answer: Mapping[str, Any], what: str) -> MixerError:
        reason = visible(answer["error"], 300)
        if answer.get("of_device"):
            return DeviceError(reason)
        if "alloc" in reason:
            reason = f"it needed more memory than it is allowed ({reason})"
        return ModelError(f"{self._name}: {what}: {reason}")

    def _ending(self) -> str:
        if self._ended_for:
            return self._ended_for
        try:
            code = self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            return "it stopped responding"
        try:
            return f"it was ended by {signal.Signals(-code).name}, most likely out of memory"
        except ValueError:
            return f"it ended with exit code {code}"


def _listen(stdout: IO[bytes], answers: Sequence[queue.Queue[dict[str, Any] | None]]) -> None:
    """Pass each answer to the thread that waits for it; after the last one, tell them all."""
    with contextlib.suppress(OSError, ValueError, KeyError, IndexError, TypeError):
        while line := stdout.readline(_LONGEST_LINE):
            answer = json.loads(line)
            answers[answer["block"]].put(answer)
    for waiting in answers:
        waiting.put(None)


def _let_go(process: subprocess.Popen[bytes], blocks: Sequence[SharedBlock]) -> None:
    process.kill()
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    process.wait()
    for block in blocks:
        block.close()


class _Layout:
    """Where arrays are in a block, one after the other."""

    def __init__(self) -> None:
        self.n_bytes = 0

    def place(self, n_bytes: int) -> int:
        """Room for so many bytes; its offset."""
        offset = self.n_bytes
        self.n_bytes += -(-n_bytes // _ALIGNED) * _ALIGNED
        return offset
