"""Processes that are started where a stranger's files lie, and out of reach of Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

_SAFE_PATH = "PYTHONSAFEPATH"


@contextlib.contextmanager
def without_current_folder() -> Iterator[None]:
    """A Python process started within imports nothing from the current folder.

    The current folder is often the one with the songs. A spawned process looks there first, so that
    a file called `multiprocessing.py` beside somebody's recordings would be run.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_SAFE_PATH, None)
        else:
            os.environ[_SAFE_PATH] = before


@contextlib.contextmanager
def interrupts_blocked() -> Iterator[None]:
    """A process started within never sees Ctrl-C, nor that its terminal was closed.

    This holds from its very start. Both signals reach every process, but only the process that
    gives out the work decides how to react.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
