"""The process in which untrusted graphs are opened and run.

Requests come as lines of JSON, inputs and answers are in shared blocks, one block a request at a
time. The process holds itself to the memory that each request allows, and ends with its parent.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from mixer.errors import DeviceError
from mixer.files.shared_block import SharedBlock
from mixer.files.wording import first_line
from mixer.network.device import Device, GraphError
from mixer.network.graph_session import GraphSession
from mixer.network.runtime import open_graph
from mixer.network.untrusted.graph_requests import OpenWork, Request, RunWork

_LONGEST_ERROR = 500
_STATUS = Path("/proc/self/status")


def serve(handles: Sequence[str]) -> None:
    """Answer requests until the parent is gone.

    Args:
        handles: of the shared blocks.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Output of libraries must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    worker = _Worker([SharedBlock.attach(handle) for handle in handles], answers)
    with ThreadPoolExecutor(max(1, len(handles))) as pool:
        for line in sys.stdin:
            pool.submit(worker.answer, json.loads(line))
        os._exit(0)


class _Worker:
    def __init__(self, blocks: Sequence[SharedBlock], answers: TextIO) -> None:
        self._blocks = blocks
        self._answers = answers
        self._sessions: dict[str, GraphSession] = {}
        self._lock = threading.Lock()
        self._at_start = _own_bytes()

    def answer(self, request: Request) -> None:
        """Do what a request asks for and say so, on one line."""
        try:
            self._hold(request["memory"])
            work, block = request["work"], self._blocks[request["block"]]
            done = self._open(work, block) if work["do"] == "open" else self._run(work, block)
        except DeviceError as error:
            done = {"error": str(error), "of_device": True}
        except GraphError as error:
            done = {"error": str(error)}
        except Exception as error:
            done = {"error": first_line(error)}
        if "error" in done:
            done["error"] = done["error"][:_LONGEST_ERROR]
        line = json.dumps({"block": request["block"], **done})
        with self._lock:
            self._answers.write(line + "\n")
            self._answers.flush()

    def _open(self, work: OpenWork, block: SharedBlock) -> dict[str, Any]:
        with block.view(work["bytes"]) as view:
            content = bytes(view)
        device = Device(*work["device"])
        session = open_graph(content, device, optimise=work["optimise"])
        self._sessions[work["graph"]] = session
        return {
            ends: [[item.name, item.type, list(item.shape or ())] for item in described]
            for ends, described in (
                ("inputs", session.get_inputs()),
                ("outputs", session.get_outputs()),
            )
        }

    def _run(self, work: RunWork, block: SharedBlock) -> dict[str, Any]:
        """Outputs of the requested type and shape are written; others are reported."""
        session = self._sessions[work["graph"]]
        with block.view(work["bytes"]) as view:
            feeds = {
                name: np.frombuffer(view, dtype, math.prod(shape), offset).reshape(shape).copy()
                for name, dtype, shape, offset in work["feeds"]
            }
        names = [name for name, _, _ in work["answers"]]
        answers = session.run(names, feeds)
        told = []
        with block.view(work["bytes"]) as view:
            for answer, (_, shape, offset) in zip(answers, work["answers"], strict=True):
                dtype = str(answer.dtype) if isinstance(answer, np.ndarray) else "other"
                found = list(np.shape(answer))
                told.append([dtype, found])
                if isinstance(answer, np.ndarray) and dtype == "float32" and found == shape:
                    n_bytes = answer.nbytes
                    view[offset : offset + n_bytes] = np.ascontiguousarray(answer).data.cast("B")
        return {"answers": told}

    def _hold(self, n_bytes: int | None) -> None:
        """Take no more memory than this beside what the process took at its start."""
        if n_bytes is None:
            return
        try:
            import resource
        except ImportError:  # Windows
            return
        limit = self._at_start + n_bytes
        _, hardest = resource.getrlimit(resource.RLIMIT_DATA)
        if hardest != resource.RLIM_INFINITY:
            limit = min(limit, hardest)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hardest))


def _own_bytes() -> int:
    """Private memory of this process, as its limit counts it; 0 if the system does not tell."""
    try:
        with _STATUS.open(encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["VmData"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        return 0
