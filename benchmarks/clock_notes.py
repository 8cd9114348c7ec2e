"""Progress notes of one command, in its own process: run by `benchmarks.clock`.

In processor time, on one core: other programs change neither what is shown nor how wrong it
is. A stretch is the time between two moments at which Ctrl-C could end what runs: of the main
thread, between two of Python's own looks at signals, of any thread, between two questions whether
to stop.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

_LOOK_EVERY_S = 0.005
_N_FRAMES = 3


@dataclass(frozen=True)
class Note:
    """A progress note: seconds since the bar appeared, stage and detail, share."""

    at_s: float
    stage: str
    detail: str
    share: float


@dataclass(frozen=True)
class Stretch:
    """Seconds of processor time without a moment to end at, and where that was over."""

    seconds: float
    where: str


class Stretches:
    """The longest stretches so far: of the main thread, and of one that asks whether to stop."""

    def __init__(self) -> None:
        self.main = self.asked = Stretch(0.0, "")
        self._looked_s = 0.0
        self._asked_s = threading.local()

    def begin(self) -> None:
        """From now on the main thread is looked after."""
        self._looked_s = time.thread_time()
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _LOOK_EVERY_S, _LOOK_EVERY_S)

    def end(self) -> None:
        """It is not any more."""
        signal.setitimer(signal.ITIMER_PROF, 0.0)

    def is_set(self) -> bool:
        """Asked by `stop_if_asked` in every thread, in place of an event: goes on."""
        now_s = time.thread_time()
        passed_s = now_s - getattr(self._asked_s, "last", now_s)
        self._asked_s.last = now_s
        if passed_s > self.asked.seconds and not _is_main():
            self.asked = Stretch(passed_s, _where(sys._getframe(1)))
        return False

    def _look(self, number: int, frame: FrameType | None) -> None:
        now_s = time.thread_time()
        passed_s, self._looked_s = now_s - self._looked_s, now_s
        if passed_s > self.main.seconds:
            self.main = Stretch(passed_s, _where(frame))


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _where(frame: FrameType | None) -> str:
    """The innermost functions of this package, the outer ones first."""
    names: list[str] = []
    while frame is not None and len(names) < _N_FRAMES:
        code = frame.f_code
        if code.co_name not in ("stop_if_asked", "_look") and "mixer" in code.co_filename:
            names.append(f"{Path(code.co_filename).stem}.{code.co_name}")
        frame = frame.f_back
    return " > ".join(reversed(names))


def on_one_core() -> None:
    """Run this process on one core from now on.

    Before any library has counted the cores: threads of BLAS that share one wait by spinning.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def noted(file: Path, arguments: list[str]) -> int:
    """Run the command line on one core, and record the updates of its progress bar."""
    on_one_core()
    # Before any module takes what is replaced here for itself.
    from mixer.cli import console
    from mixer.rendering.timing import progress

    notes: list[tuple[float, str, str, float]] = []
    begun: list[tuple[float, str, float]] = []
    stretches, bar_began_s = Stretches(), math.inf

    def now_s() -> float:
        return time.process_time() - bar_began_s

    @contextlib.contextmanager
    def bar(*, quiet: bool) -> Iterator[Any]:
        nonlocal bar_began_s
        bar_began_s = time.process_time()
        stretches.begin()
        yield lambda stage, detail, share: notes.append((now_s(), stage, detail, share))
        stretches.end()
        notes.append((now_s(), "end", "", 1.0))

    class Clock(progress.StageClock):
        """Goes by processor time."""

        def __init__(self, told: Any = None, forecast_s: Any = None, **more: Any) -> None:
            super().__init__(told, forecast_s, time.process_time, **more)

        def start(self, stage: progress.Stage, detail: str = "") -> None:
            super().start(stage, detail)
            if self._is_heard:
                begun.append((now_s(), stage.value, self._forecast_s.get(stage, 0.0)))

    # Not what `progress_bar` shows: what is listened to is what it would be told.
    console.progress_bar = bar
    progress.StageClock = Clock  # type: ignore[misc, assignment]

    from mixer.cli.elapsed import process_age_s
    from mixer.cli.main import run
    from mixer.dsp import threads
    from mixer.files.interruption import interrupt_on_signals

    # Pools that may ask each thread to stop, from the first one on.
    threads._Own.asked = (stretches,)  # type: ignore[assignment]
    interrupt_on_signals()
    try:
        return run(arguments, process_age_s())
    finally:
        told = {
            "notes": notes,
            "begun": begun,
            "stretches": [[each.seconds, each.where] for each in (stretches.main, stretches.asked)],
        }
        file.write_text(json.dumps(told))
