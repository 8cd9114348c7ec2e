"""Progress of a render: its stages are timed and reported to a listener.

A stage's share of the whole is its forecast time (`mixer.rendering.forecast`). Between two steps of
a stage the progress advances at the forecast pace, and ever more slowly if the next step is late:
it never reports work as done that is not.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import TracebackType

# called with the stage, what in it, and the share of the render that is done, 0 to 1
Progress = Callable[[str, str, float], None]

_TICK_S = 0.03
# What is left of a stage is never taken for less than this share of the time that it has taken, so
# that a late step is waited for.
_LEAST_LEFT = 0.2
# A stage's own pace says more than the forecast once so much of it is done.
_OWN_PACE_FROM = 0.1
# How fast this machine is beside the one that was measured shows once so much is done.
_PACE_FROM = 0.05


class Stage(StrEnum):
    """Stages of a render, in order."""

    NORMALISE = "normalise"
    NETWORK = "network"
    LISTEN = "listen"
    TRACKS = "tracks"
    BLEND = "blend"
    REFERENCE = "reference"
    CONSOLE = "console"
    MASTER = "master"
    WRITE = "write"
    VERSIONS = "versions"
    TRANSLATION = "translation"
    SESSIONS = "sessions"
    REPORT = "report"
    VARIATIONS = "variations"


# Stages that begin when the mix is made.
AFTER_THE_MIX = (
    Stage.WRITE,
    Stage.VERSIONS,
    Stage.TRANSLATION,
    Stage.SESSIONS,
    Stage.REPORT,
)


class StageClock:
    """Time the stages and report progress; used as a context manager, also between steps.

    Args:
        progress: called at each step; None for no listener.
        forecast_s: forecast of each stage in seconds, in order. A stage that is not in it does not
            advance the progress.
        now: returns a monotonic time in seconds.
    """

    def __init__(
        self,
        progress: Progress | None = None,
        forecast_s: Mapping[Stage, float] | None = None,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.seconds: dict[str, float] = {}
        self._is_heard = progress is not None
        self._progress, self._now = progress or (lambda stage, detail, share: None), now
        self._forecast_s = dict(forecast_s or {})
        self._whole_s = sum(self._forecast_s.values()) or 1.0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._stage, self._detail = Stage.NORMALISE, ""
        self._clock_began_s = self._began_s = self._moved_s = now()
        self._due_s = math.inf  # until a stage has begun nothing moves
        self._shares: dict[Stage, float] = {}
        self._told = 0.0

    def __enter__(self) -> StageClock:
        if self._is_heard:
            threading.Thread(target=self._tick_on, name="clock", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._over.set()

    def start(self, stage: Stage, detail: str = "") -> None:
        """Begin a stage."""
        with self._lock:
            self._stage, self._began_s = stage, self._now()
            self._moved_s = self._began_s
        self.at(detail, 0.0)

    def foresee(self, stage: Stage, seconds: float) -> None:
        """Correct the forecast of a stage."""
        with self._lock:
            if stage in self._forecast_s:
                self._forecast_s[stage] = seconds
                self._whole_s = sum(self._forecast_s.values())

    def at(self, detail: str, share: float) -> None:
        """Report a step of the current stage, and the share of the stage done, 0 to 1."""
        with self._lock:
            self._go_on()
            now_s, stage_s = self._moved_s, self._stage_s()
            self._detail = detail
            self._shares[self._stage] = max(self._share(), min(share, 1.0))
            if share >= _OWN_PACE_FROM:
                stage_s = (now_s - self._began_s) / share
            self._due_s = now_s + (1.0 - share) * stage_s
            self._tell()

    def rest(self) -> Callable[[str, float], None]:
        """What reports steps of the rest of the current stage, and the share of it done, 0 to 1."""
        with self._lock:
            self._go_on()
            begin = self._share()
        return lambda detail, share: self.at(detail, begin + share * (1.0 - begin))

    def stop(self) -> None:
        """End the current stage."""
        name = self._stage.value
        self.seconds[name] = self.seconds.get(name, 0.0) + self._now() - self._began_s

    def end(self, detail: str) -> None:
        """Report that everything is done."""
        with self._lock:
            self._detail, self._told = detail, 1.0
            self._tell()

    def tick(self) -> None:
        """Advance the progress at the forecast pace by the time that has passed."""
        with self._lock:
            if self._over.is_set():
                return
            self._go_on()
            self._tell()

    def _go_on(self) -> None:
        """Advance the current stage by the time that has passed, at the forecast pace."""
        now_s = self._now()
        left_s = max(self._due_s - now_s, _LEAST_LEFT * (now_s - self._began_s), _TICK_S)
        passed = 1.0 - math.exp(-(now_s - self._moved_s) / left_s)
        self._shares[self._stage] = 1.0 - (1.0 - self._share()) * (1.0 - passed)
        self._moved_s = now_s

    def _share(self) -> float:
        """Share of the stage done, 0 to 1; a stage that is begun again continues where it was."""
        return self._shares.get(self._stage, 0.0)

    def _tick_on(self) -> None:
        while not self._over.wait(_TICK_S):
            try:
                self.tick()
            except (
                Exception
            ):  # the listener wants no more; whoever renders is told at its next step
                return

    def _stage_s(self) -> float:
        """Seconds that the stage will take: its forecast, scaled by the pace so far."""
        before_s = self._before_s()
        pace = 1.0
        if before_s >= _PACE_FROM * self._whole_s:
            pace = max(self._began_s - self._clock_began_s, _TICK_S) / before_s
        return max(pace * self._forecast_s.get(self._stage, 0.0), _TICK_S)

    def _before_s(self) -> float:
        """The forecast of all stages before this one."""
        stages = list(self._forecast_s)
        if self._stage not in self._forecast_s:
            return self._told * self._whole_s
        return sum(self._forecast_s[each] for each in stages[: stages.index(self._stage)])

    def _tell(self) -> None:
        own_s = self._share() * self._forecast_s.get(self._stage, 0.0)
        self._told = max(self._told, min((self._before_s() + own_s) / self._whole_s, 1.0))
        self._progress(self._stage.value, self._detail, self._told)


def parts_of(
    progress: Progress | None, *forecasts_s: Mapping[Stage, float]
) -> list[Progress | None]:
    """Listeners for several consecutive clocks that report overall progress to one listener.

    Args:
        progress: called with the overall progress; None for no listener.
        forecasts_s: forecast of each clock's stages, in seconds.
    """
    lengths_s = [sum(each.values()) for each in forecasts_s]
    ends = [end / (sum(lengths_s) or 1.0) for end in itertools.accumulate(lengths_s)]
    return [_part(progress, begin, end) for begin, end in itertools.pairwise([0.0, *ends])]


def _part(progress: Progress | None, begin: float, end: float) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, detail, share: progress(stage, detail, begin + share * (end - begin))


def time_left_s(elapsed_s: float, share: float) -> float:
    """Remaining time in seconds at the pace so far; infinite at the very beginning."""
    return elapsed_s * (1.0 - share) / share if share > 0.0 else math.inf
