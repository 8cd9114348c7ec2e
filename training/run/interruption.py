"""Ctrl-C, SIGTERM and SIGHUP during a run: the current step is finished and a checkpoint kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from mixer.files.interruption import ending_signals


class StopRequest:
    """Whether the run has been asked to stop."""

    def __init__(self) -> None:
        self.asked = False

    def __bool__(self) -> bool:
        return self.asked


class StoppedError(Exception):
    """A validation was left because the run has been asked to stop."""


@contextmanager
def stop_requests(heard: Callable[[], None] = lambda: None) -> Iterator[StopRequest]:
    """Treat the first signal inside the block as a request to stop; a second interrupts at once.

    `heard` is called as soon as the first is heard, between any two steps of the interpreter.
    Outside the main thread, where Python cannot handle signals, no request is ever made.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if request.asked:
            raise KeyboardInterrupt
        request.asked = True
        heard()

    before = {number: signal.signal(number, ask) for number in ending_signals()}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_stop_requests(worker: int = 0) -> None:
    """Ignore stop signals in a reading process: only the training process decides when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
