"""Adjust a mix's desk until its sound reaches target figures, although settings interact.

Louder vocals narrow a mix, less bass brightens it. So the mix is measured after the desk, the
remaining difference is added to the desk's settings, and the desk runs again; the network does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mixer.dsp.bounded_steps import Floats, solve_in_bounds
from mixer.meters.sound_figures import BASS, BRIGHTNESS, VOCAL_LEVEL, WIDTH
from mixer.rendering.mix import Premaster, WetMix
from mixer.rendering.pipeline import over_desk
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import with_desk
from mixer.rendering.sound.sound import measure_sound, with_moves
from mixer.rendering.timing.progress import StageClock

# Figures that the console moves after the network.
_OF_THE_DESK = (VOCAL_LEVEL, BASS, BRIGHTNESS, WIDTH)
_PASSES = 3
_NEAR_DB = 0.15
# A step further than this means that the desk cannot do it.
_MOST_STEP_DB = 3.0


def reach_sound(
    wet: WetMix, plan: RenderPlan, goals: Mapping[str, float], clock: StageClock
) -> Premaster:
    """Make the mix before its master whose figures are close to the goals.

    Args:
        wet: from `mixer.rendering.pipeline.wet_mix`, with its wet stems.
        plan: of the same mix, with the desk to start from.
        goals: target by figure of `mixer.rendering.sound.sound.measure_sound`, in its unit; figures
            without a goal may change.
        clock: is notified of each stage.

    Returns:
        The mix with its wet stems; its plan has the desk that was found.
    """
    best = over_desk(wet, plan, clock, wet_stems=True)
    missing_db = _missing_db(best, goals)
    names = tuple(missing_db)
    if not names:
        return best
    begun = best

    def rows(moves_db: Floats) -> tuple[Floats, Floats]:
        nonlocal best, missing_db
        if not moves_db.any():
            tried = begun
        else:
            console = with_moves(
                plan.asked, dict(zip(names, moves_db.tolist(), strict=True)), plan.song.stems
            )
            moved = with_desk(plan, replace(plan.settings, console=console))
            tried = over_desk(wet, moved, clock, wet_stems=True)
        missing = _missing_db(tried, goals)
        # Like the solver, which keeps a step unless it made things worse.
        if _squares(missing) <= _squares(missing_db):
            best, missing_db = tried, missing
        # A dB of a setting moves its own figure by about one; the rest is what is missing next.
        return np.eye(len(names)), np.array([missing.get(name, 0.0) for name in names])

    nothing = np.zeros(len(names))
    solve_in_bounds(
        rows,
        nothing,
        np.full(len(names), (_PASSES - 1) * _MOST_STEP_DB),
        np.zeros((0, len(names))),
        most_steps=_PASSES - 1,
        reach_db=_MOST_STEP_DB,
        still_db=_NEAR_DB,
    )
    return best


def _missing_db(made: Premaster, goals: Mapping[str, float]) -> dict[str, float]:
    """Distance in dB of each figure that the desk controls below its goal; 0 if close enough."""
    sound = measure_sound(made)
    apart = {n: goals[n] - sound[n] for n in _OF_THE_DESK if n in goals and n in sound}
    return {name: db if abs(db) > _NEAR_DB else 0.0 for name, db in apart.items()}


def _squares(missing_db: Mapping[str, float]) -> float:
    return sum(db * db for db in missing_db.values())
