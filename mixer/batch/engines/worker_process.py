"""A worker process: takes orders from a pipe, works on one or two at a time, tells how they end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mixer.batch.engines.order import Event, Finished, Order, Outcome, Working
from mixer.batch.states import Ending
from mixer.dsp.threads import one_blas_thread

if TYPE_CHECKING:
    from mixer.batch.engines.work import Report, WorkerContext

# Songs in a worker: one computes while another is read or written.
SONGS_AT_ONCE = 2
DEFAULT_WORK = "mixer.batch.engines.work:render_song"
_REPORT_EVERY_S = 0.25
# The kernel, short of memory, should choose a worker and never the one who keeps the ledger.
_OOM_SCORE = "800"


@dataclass(frozen=True)
class WorkerSpec:
    """Settings of a worker.

    Attributes:
        name: name shown beside its songs.
        device: "auto", "cpu", "cuda" or "cuda:N", for networks in the worker itself.
        threads: cores that a song may use.
        work: "module:function" of the function that renders.
        network_address: socket of the process that runs the networks; None for this process.
        network_key: secret for that socket.
        scratch: folder for temporary files, removed by the parent, since a killed worker
            cannot. Empty for the system's default.
    """

    name: str
    device: str = "auto"
    threads: int = 1
    work: str = DEFAULT_WORK
    network_address: str | None = None
    network_key: bytes = b""
    scratch: str = ""


@dataclass(frozen=True)
class Ready:
    """Event: a worker has loaded everything."""


@dataclass(frozen=True)
class Broken:
    """Event: a worker cannot start."""

    reason: str


def run_worker(pipe: Connection, spec: WorkerSpec) -> None:
    """Main function of a worker; returns when the pipe closes or None arrives."""
    _settle(spec.scratch)
    post = _Post(pipe, spec.scratch)
    try:
        context = open_context(spec)
        module, _, name = spec.work.partition(":")
        work = getattr(import_module(module), name)
    except Exception as error:
        post.send(Broken(f"{type(error).__name__}: {error}"))
        return
    post.send(Ready())

    def one(order: Order) -> None:
        try:
            outcome = work(order, context, post.reporter(order, spec.name))
        except Exception as error:
            text = f"internal error ({type(error).__name__}: {error}); this is a bug"
            outcome = Outcome(order.id, order.token, Ending.FAILED, text)
        post.send(Finished(outcome))

    with one_blas_thread, ThreadPoolExecutor(SONGS_AT_ONCE) as pool:
        while True:
            try:
                order = pipe.recv()
            except (EOFError, OSError):
                post.abandon()
            if order is None:
                break
            pool.submit(one, order)


def open_context(spec: WorkerSpec) -> WorkerContext:
    """Make the worker's context, with everything loaded that rendering needs."""
    from mixer.batch.engines.network import Networks, open_local
    from mixer.batch.engines.work import WorkerContext

    lock = threading.Lock()
    if spec.network_address is not None:
        from mixer.batch.engines.network_process import open_remote

        opener = open_remote(spec.network_address, spec.network_key, lock)
    else:
        opener = open_local(spec.device, spec.threads)
    if spec.work == DEFAULT_WORK:
        import_module("mixer.output.recipe")
        import_module("mixer.network.runtime")
    return WorkerContext(Networks(opener), spec.device, spec.threads, lock)


def _settle(scratch: str) -> None:
    if scratch:
        os.environ["TMPDIR"] = tempfile.tempdir = scratch  # for what the worker starts, too
    # Ctrl-C reaches every process of the terminal; what it means, the run decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)


class _Post:
    """The way back, used by several threads."""

    def __init__(self, pipe: Connection, scratch: str) -> None:
        self._pipe, self._scratch = pipe, scratch
        self._lock = threading.Lock()

    def send(self, news: Event | Ready | Broken) -> None:
        try:
            with self._lock:
                self._pipe.send(news)
        except OSError:
            self.abandon()

    def abandon(self) -> NoReturn:
        """End at once: whoever gave the orders is gone, and nobody would take what is being made.

        Nor would anybody remove the temporary files, but the last of the workers.
        """
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
        os._exit(1)

    def reporter(self, order: Order, worker: str) -> Report:
        """Make the callback for an order's stage and share; it reports a few times per second."""
        last_s, last_stage = 0.0, ""

        def report(stage: str, share: float) -> None:
            nonlocal last_s, last_stage
            now_s = time.monotonic()
            if stage != last_stage or now_s - last_s >= _REPORT_EVERY_S:
                last_s, last_stage = now_s, stage
                self.send(Working(order.id, worker, stage, share))

        return report
