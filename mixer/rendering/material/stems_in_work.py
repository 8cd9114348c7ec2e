"""Normalisation of a song's stems in two halves, so that the first allows a forecast of the second.

The first half ends when compression has measured a stem's onsets: then the time of the second half
is known, and the stem that takes longest starts first.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from mixer.fxnorm.chain import Step, Steps, normalisation_steps, run_steps
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing.forecast import normalisation_s, stem_forecasts
from mixer.rendering.timing.progress import Stage, StageClock
from mixer.song.samples import read_stem

if TYPE_CHECKING:
    from mixer.rendering.kept.kept_material import KeptMaterial, Normalised


class StemsInWork:
    """The stems of one render; `begin` and `end` may be called from several threads at once.

    Args:
        plan: of the render.
        clock: receives their progress.
        n_workers: number of calling threads.
        kept: material cached from earlier takes of the same song; None for none.
    """

    def __init__(
        self, plan: RenderPlan, clock: StageClock, n_workers: int, kept: KeptMaterial | None
    ) -> None:
        self._plan, self._clock, self._n_workers, self._kept = plan, clock, n_workers, kept
        self._lock = threading.Lock()
        keeps = kept is not None and Stage.NORMALISE in kept.keeps
        self._forecasts = stem_forecasts(plan, keeps=keeps)
        if kept is not None and Stage.NORMALISE in kept.holds(plan):
            for forecast in self._forecasts.values():
                forecast.find()
        self._steps: dict[str, Steps] = {}
        self._done: dict[str, Normalised] = {}

    def begin(self, stem: str) -> None:
        """Read a stem and run the first half of its normalisation.

        Raises:
            InputError: as in `mixer.fxnorm.chain.normalise_stem`.
        """
        plan = self._plan
        found = None if self._kept is None else self._kept.normalised(stem, plan)
        if found is not None:
            self._finish(stem, found)
            return
        self._steps[stem] = normalisation_steps(
            read_stem(plan.handled_song, stem, plan.sample_rate),
            plan.sample_rate,
            stem,
            plan.profile,
            plan.effects,
            seed=plan.settings.seed,
            rooms=plan.rooms,
            panning_limits_time_axis=plan.panning_limits_time_axis,
            in_place=True,
        )
        try:
            while not self._tell(stem, next(self._steps[stem])).is_begun:
                pass
        except StopIteration as end:
            self._keep(stem, end.value)

    def longest_first(self) -> list[str]:
        """Names of the stems in descending order of remaining time."""
        forecasts = self._forecasts
        return sorted(forecasts, key=lambda stem: forecasts[stem].left_s, reverse=True)

    def end(self, stem: str) -> tuple[str, Normalised]:
        """Finish a stem: its name, its audio, float32 (2, samples), and its measurements."""
        if stem not in self._done:
            self._keep(stem, run_steps(self._steps[stem], partial(self._tell, stem)))
        return stem, self._done.pop(stem)

    def _keep(self, stem: str, made: Normalised) -> None:
        if self._kept is not None:
            self._kept.keep_normalised(stem, self._plan, made)
        self._finish(stem, made)

    def _finish(self, stem: str, found: Normalised) -> None:
        self._done[stem] = found
        with self._lock:
            self._forecasts[stem].end()
        self._move(stem)

    def _tell(self, stem: str, step: Step) -> Step:
        with self._lock:
            self._forecasts[stem].at(step)
        self._move(stem)
        return step

    def _move(self, stem: str) -> None:
        with self._lock:
            forecasts = self._forecasts.values()
            done_s = sum(each.done_s for each in forecasts)
            share = done_s / (done_s + sum(each.left_s for each in forecasts))
            whole_s = normalisation_s(self._plan, forecasts, self._n_workers)
        self._clock.foresee(Stage.NORMALISE, whole_s)
        self._clock.at(stem, share)
