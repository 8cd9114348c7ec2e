"""Threads: ours alone, so that no sample hangs on how many there are.

A matrix product that BLAS cuts for two threads has other last bits than one cut for four, and its
waiting threads spin against ours. Computations of samples therefore hold BLAS to one thread and are
cut by stems, chunks and segments here, where the cut never depends on the number of workers.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ContextDecorator
from importlib import import_module
from pathlib import Path
from types import TracebackType

_CONTROL_GROUP = Path("/sys/fs/cgroup")


def available_threads() -> int:
    """Number of cores this process may use, by its affinity and its container's CPU limit."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, container_cores(_CONTROL_GROUP) or cores)


def container_cores(root: Path) -> int | None:
    """Cores' worth of time that a control group grants, rounded up; None if it sets no limit.

    A container with a limit of four cores still sees all cores of the machine; with more threads
    than that, all of them are paused until the next period.

    Args:
        root: folder of the control group's files, of version 2 or 1.
    """
    try:
        if (root / "cpu.max").exists():
            quota_us, period_us = (root / "cpu.max").read_text().split()
        else:
            quota_us = (root / "cpu" / "cpu.cfs_quota_us").read_text()
            period_us = (root / "cpu" / "cpu.cfs_period_us").read_text()
        granted = math.ceil(int(quota_us) / int(period_us))
    except (OSError, ValueError, ZeroDivisionError):  # "max", or not there
        return None
    return granted if granted > 0 else None  # version 1 has -1 for no limit


class Stopped(BaseException):
    """Work was cancelled because its result is obsolete; error handlers do not catch it."""


class _Own(threading.local):
    """Pools that may ask this thread to stop: its own, and those that it works for."""

    asked: tuple[threading.Event, ...] = ()


_OWN = _Own()
_AT_BLOCKS: list[Callable[[], None]] = []


def stop_if_asked() -> None:
    """Raise `Stopped` if this worker's pool was told to stop; loops call it for each block."""
    for asked in _OWN.asked:
        if asked.is_set():
            raise Stopped
    for do in _AT_BLOCKS:
        do()


def at_each_block(do: Callable[[], None]) -> None:
    """Call something at every block of every thread from now on: it must take next to no time.

    On a busy machine a thread of its own would have its turn too late.
    """
    _AT_BLOCKS.append(do)


class Workers(ThreadPoolExecutor):
    """Threads that stop at their next block when whoever waits for them fails or is interrupted.

    A plain pool would first finish what runs and what is queued, seconds after Ctrl-C.

    Args:
        n_workers: largest number of threads at the same time.
        name: prefix of the threads' names.
    """

    def __init__(self, n_workers: int, name: str = "") -> None:
        self._asked = threading.Event()
        asked = (*_OWN.asked, self._asked)
        super().__init__(n_workers, name, initializer=setattr, initargs=(_OWN, "asked", asked))

    def stop(self) -> None:
        """Start no more work, and stop running work at its next block."""
        self._asked.set()
        self.shutdown(wait=False, cancel_futures=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.stop()
        self.shutdown()


class _Hold(ContextDecorator):
    """One hold for the whole process, entered by as many threads and as deeply as they like.

    BLAS knows one number of threads for the process. If every user restored the one that it met,
    the first of two renders to end would let go of BLAS under the other. threadpoolctl lets only
    the thread that set OpenBLAS's number set it back while that thread lives: where another one is
    the last to leave, BLAS stays at one thread, which costs speed and no bits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._restore: Callable[[], object] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._users:
                self._restore = _limit_blas()
            self._users += 1

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users and self._restore is not None:
                self._restore()


# `with one_blas_thread:` around what computes samples, or `@one_blas_thread` on the function.
one_blas_thread = _Hold()


def _limit_blas() -> Callable[[], object]:
    """Hold every BLAS of this process to one thread; what is returned takes that back."""
    threadpoolctl = import_module("threadpoolctl")
    # SciPy brings a BLAS of its own, and only a library that is loaded can be held.
    if import_module("mixer.dsp.compiled").compiled("linalg", "_fblas") is None:
        import_module("scipy.linalg")
    limits = threadpoolctl.threadpool_limits(1, user_api="blas")
    return limits.restore_original_limits
