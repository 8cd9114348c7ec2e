"""Progress of a render: its stages are timed and reported to a listener.

The share shown is the time so far against the expected total. The time left
is forecast (`mixer.rendering.timing.forecast`), and corrected by what was measured: the current
stage by its own pace, which its steps tell, all later ones by the pace of everything so far. At the
beginning that says little, so a clock may be told how fast the machine is. Between two
steps the progress advances at that pace, and ever more slowly if the next step is late: it never
reports work as done that is not.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from enum import StrEnum

# called with the stage, what in it, and the share of the render that is done, 0 to 1
Progress = Callable[[str, str, float], None]


def unheard(stage: str, detail: str, share: float) -> None:
    """A listener who wants to hear nothing: between two steps no clock moves for its sake."""


def is_heard(progress: Progress | None) -> bool:
    """Whether anybody listens."""
    return progress is not None and progress is not unheard


_TICK_S = 0.03
# The rest of a stage is never taken for less than this share of the time that it has taken, so
# that a late step is waited for.
_LEAST_LEFT = 0.2
# A stage's own pace counts by how much of the stage is done, and alone once this much is.
_OWN_PACE_FROM = 0.5
# The machine's pace that a clock was told counts as if this share of all had been done at it.
_TOLD_PACE = 0.25
# Without it, how fast this machine is beside the one that was measured shows once so much is done.
_PACE_FROM = 0.05
# Where more is left than was thought, the share waits, but at this part of its speed it moves.
_LEAST_SPEED = 0.15


class Stage(StrEnum):
    """Stages of a render, in order; loading is also followed by a check of the song alone."""

    LOAD = "load"
    CHECK = "check"
    MEASURE = "measure"
    LOOK = "look"
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


# A stage as fast as the disk, by which others are not forecast.
_BY_THE_DISK = Stage.LOAD
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
        follows: a clock that is over: this one's progress continues where it stopped.
        then_s: forecast of what will follow this clock, in seconds.
        pace: seconds that this machine takes for a second of the forecast, as far as is known; None
            for what the clock that it follows was told.
    """

    def __init__(
        self,
        progress: Progress | None = None,
        forecast_s: Mapping[Stage, float] | None = None,
        now: Callable[[], float] = time.perf_counter,
        *,
        follows: StageClock | None = None,
        then_s: float = 0.0,
        pace: float | None = None,
    ) -> None:
        self.seconds: dict[str, float] = {}
        self._is_heard = is_heard(progress)
        self._progress, self._now = progress or unheard, now
        self._forecast_s, self._then_s = dict(forecast_s or {}), then_s
        self._earlier_s: float = 0.0 if follows is None else follows._earlier_s + follows._own_s()
        self._told_pace: float | None = follows._told_pace if follows and pace is None else pace
        self._lock, self._over = threading.Lock(), threading.Event()
        self._stage, self._detail = Stage.NORMALISE, ""
        self._began_s = self._moved_s = self._told_s = now()
        self._clock_began_s: float = self._began_s if follows is None else follows._clock_began_s
        self._due_s = math.inf  # until a stage has begun nothing moves
        self._shares: dict[Stage, float] = {}
        # Total time of the current stage, and how much of it was done when it began.
        self._stage_s, self._begun_at = 0.0, 0.0
        self._told: float = 0.0 if follows is None else follows._told

    def __enter__(self) -> StageClock:
        if self._is_heard:
            threading.Thread(target=self._tick_on, name="clock", daemon=True).start()
        return self

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._over.set()

    def start(self, stage: Stage, detail: str = "") -> None:
        """Begin a stage."""
        with self._lock:
            self._stage, self._began_s = stage, self._now()
            self._moved_s, self._begun_at = self._began_s, self._share()
        self.at(detail, 0.0)

    def foresee(self, stage: Stage, seconds: float) -> None:
        """Correct the forecast of a stage."""
        with self._lock:
            if stage in self._forecast_s:
                self._forecast_s[stage] = seconds

    def leave_out(self, seconds: float) -> None:
        """So many seconds of the current stage's forecast turned out not to be needed."""
        with self._lock:
            if self._stage in self._forecast_s:
                own_s = self._forecast_s[self._stage]
                self._forecast_s[self._stage] = max(own_s - seconds, 0.0)

    def foresee_rest(self, seconds: float) -> None:
        """Correct the forecast of what will follow this clock."""
        with self._lock:
            self._then_s = seconds

    def at(self, detail: str, share: float) -> None:
        """Report a step of the current stage, and the share of the stage done, 0 to 1."""
        with self._lock:
            self._go_on()
            self._detail = detail
            # Back, if the step was late and more was taken for done.
            self._shares[self._stage] = max(self._begun_at, min(share, 1.0))
            self._stage_s = self._foreseen_s()
            done = share - self._begun_at
            if done > 0.0:
                measured_s = (self._moved_s - self._began_s) / done
                self._stage_s += min(done / _OWN_PACE_FROM, 1.0) * (measured_s - self._stage_s)
            self._due_s = self._moved_s + (1.0 - min(share, 1.0)) * self._stage_s
            self._tell()

    def rest(self) -> Callable[[str, float], None]:
        """Callback for steps of the rest of the current stage, and the share of it done, 0 to 1."""
        with self._lock:
            self._go_on()
            begin = self._share()
        return lambda detail, share: self.at(detail, begin + share * (1.0 - begin))

    def stop(self) -> None:
        """End the current stage."""
        name = self._stage.value
        self.seconds[name] = self.seconds.get(name, 0.0) + self._now() - self._began_s

    def settle(self) -> None:
        """End the current stage, and do not judge others by its pace."""
        self.stop()
        with self._lock:
            taken_s = self._now() - self._began_s
            self._forecast_s[self._stage] = taken_s / (self._told_pace or 1.0)

    def end(self, detail: str) -> None:
        """Report that everything is done, but what follows this clock."""
        with self._lock:
            self._detail, self._shares[self._stage] = detail, 1.0
            if not self._then_s:
                self._told = 1.0
            self._tell()

    def tick(self) -> None:
        """Advance the progress at the forecast pace by the time that has passed.

        Before a stage has begun, there is nothing to tell.
        """
        with self._lock:
            if self._over.is_set() or self._due_s == math.inf:
                return
            self._go_on()
            self._tell()

    def _go_on(self) -> None:
        """Advance the current stage by the time that has passed, at the forecast pace."""
        now_s = self._now()
        late_s = _LEAST_LEFT * (now_s - self._began_s)
        left_s = max(self._due_s - self._moved_s, late_s, _TICK_S)
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

    def _foreseen_s(self) -> float:
        """Seconds that the stage will take: its forecast, scaled by the pace before it."""
        before_s, pace = self._before_s(), 1.0
        is_known = before_s > 0.0 and before_s >= _PACE_FROM * self._whole_s()
        if is_known or self._told_pace is not None:
            pace = self._pace(self._began_s - self._clock_began_s, before_s)
        return max(pace * self._forecast_s.get(self._stage, 0.0), _TICK_S)

    def _pace(self, passed_s: float, done_s: float) -> float:
        """Seconds for a second of the forecast: as measured, and as the clock was told."""
        if self._told_pace is None:
            return max(passed_s, _TICK_S) / done_s
        if self._stage is _BY_THE_DISK:
            return self._told_pace
        told_s = _TOLD_PACE * self._whole_s()
        return (passed_s + self._told_pace * told_s) / (done_s + told_s)

    def _own_s(self) -> float:
        return sum(self._forecast_s.values())

    def _whole_s(self) -> float:
        """The forecast of everything, earlier and later clocks included."""
        return self._earlier_s + self._own_s() + self._then_s

    def _before_s(self) -> float:
        """The forecast of all stages before this one."""
        if self._stage not in self._forecast_s:
            return self._told * self._whole_s()
        stages = list(self._forecast_s)
        before = stages[: stages.index(self._stage)]
        return self._earlier_s + sum(self._forecast_s[each] for each in before)

    def _share_of_all(self) -> float:
        """The time so far beside the time that will have been needed."""
        before_s, share = self._before_s(), self._share()
        stage_s = self._forecast_s.get(self._stage, 0.0)
        done_s, later_s = before_s + share * stage_s, self._whole_s() - before_s - stage_s
        passed_s = self._moved_s - self._clock_began_s
        if done_s <= 0.0 or passed_s <= 0.0:
            return done_s / (self._whole_s() or 1.0)
        left_s = self._pace(passed_s, done_s) * later_s
        left_s += (1.0 - share) * (self._stage_s if stage_s else 0.0)
        return passed_s / (passed_s + left_s)

    def _tell(self) -> None:
        share, waited_s = self._share_of_all(), self._moved_s - self._told_s
        if share < self._told:
            # Not back, and not quite at rest.
            passed_s = max(self._moved_s - self._clock_began_s, _TICK_S)
            usually = self._told * (1.0 - self._told) * waited_s / passed_s
            share = self._told + _LEAST_SPEED * min(usually, 1.0 - self._told)
        self._told, self._told_s = min(share, 1.0), self._moved_s
        self._progress(self._stage.value, self._detail, self._told)


class Steps:
    """The steps of a clock's current stage, each of which has its own forecast.

    Args:
        clock: is told of them.
        steps_s: forecast of each step in seconds, in order.
    """

    def __init__(self, clock: StageClock, steps_s: Mapping[str, float]) -> None:
        self._clock, self._steps_s = clock, dict(steps_s)
        self._whole_s = sum(steps_s.values()) or 1.0

    def leave_out(self, step: str) -> None:
        """A step turned out not to be needed; others are not forecast by how fast it is over."""
        step_s = self._steps_s.get(step, 0.0)
        self._clock.leave_out(step_s)
        self._whole_s -= step_s
        self._steps_s[step] = 0.0

    def at(self, step: str, share: float, detail: str | None = None) -> None:
        """So much of a step is done, 0 to 1, and all before it; `detail` instead of its name."""
        steps = list(self._steps_s)
        before_s = sum(self._steps_s[each] for each in steps[: steps.index(step)])
        done_s = before_s + share * self._steps_s[step]
        self._clock.at(step if detail is None else detail, done_s / self._whole_s)


def time_left_s(elapsed_s: float, share: float) -> float:
    """Remaining time in seconds at the pace so far; infinite at the very beginning."""
    return elapsed_s * (1.0 - share) / share if share > 0.0 else math.inf
