"""Signals that ask the program to end: which ones, what they do, and where they have to wait."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from mixer.errors import MixerError

# A closing terminal sends two at once; the second must not break off the cleaning up.
_ONE_REQUEST_S = 1.0
# Functions that libsndfile calls to read and write; it takes an exception for the file's end.
_CALLED_BACK, _CALLING_BACK = "vio_", "soundfile.py"
_LATER_S = 0.02


def ending_signals() -> list[signal.Signals]:
    """Signals that end the program: Ctrl-C, termination, and a closed terminal unless ignored.

    `nohup` has the last one ignored before the program starts; then it stays so.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP"):
        numbers.append(signal.SIGHUP)
    return [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]


def interrupt_on_signals() -> None:
    """Let each of these signals raise KeyboardInterrupt, so that everything is cleaned up.

    Where a library has called back it would be swallowed: there the signal comes again, later.
    """
    last_s = -_ONE_REQUEST_S

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last_s
        if _is_called_back(frame):
            again = threading.Timer(_LATER_S, signal.raise_signal, [number])
            again.daemon = True
            again.start()
            return
        before_s, last_s = last_s, time.monotonic()
        if last_s - before_s >= _ONE_REQUEST_S:
            raise KeyboardInterrupt

    for number in ending_signals():
        signal.signal(number, interrupt)


def _is_called_back(frame: FrameType | None) -> bool:
    while frame is not None:
        code = frame.f_code
        if code.co_name.startswith(_CALLED_BACK) and code.co_filename.endswith(_CALLING_BACK):
            return True
        frame = frame.f_back
    return False


def ignore_signals() -> None:
    """Ignore these signals from now on."""
    for number in ending_signals():
        signal.signal(number, signal.SIG_IGN)


def is_interruption(error: BaseException) -> bool:
    """Whether an error is what a library has made of a signal.

    Extension modules report whatever ends their initialisation as an ImportError, and others fail
    at cleaning up behind an interruption. An error of our own then is what it says.
    """
    in_library = not isinstance(error, MixerError)
    inner: BaseException | None = error
    while inner is not None:
        in_library = in_library or isinstance(inner, ImportError)
        if in_library and isinstance(inner, KeyboardInterrupt):
            return True
        inner = inner.__cause__ or inner.__context__
    return False


@contextlib.contextmanager
def interruptions_held_back() -> Iterator[None]:
    """Delay signals that arrive within the block until its end; for short steps."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is ever interrupted
        return
    arrived: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: arrived.append(number))
        for number in ending_signals()
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if arrived:
        signal.raise_signal(arrived[0])
