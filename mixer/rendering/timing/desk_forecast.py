"""Forecast of each step of a mix on the desk.

The cost of each step is in `mixer.rendering.timing.unit_costs`.
"""

from __future__ import annotations

from collections.abc import Iterable

from mixer.console.settings import MASTER, Strip
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing import unit_costs as costs

# Steps besides the stems' strips: to find the level of the mix, to sum the stems, the bus's strip.
LEVEL, SUM, BUS = "level", "sum", MASTER


def desk_steps_s(
    plan: RenderPlan, stems: Iterable[str], song_s: float, *, reports_loudness: bool = True
) -> dict[str, float]:
    """Seconds that each step on the desk is foreseen to take, by name, in their order.

    Args:
        plan: of the mix.
        stems: that are there; each is a step, which takes no time where its strip is neutral.
        song_s: length of the song, from `mixer.rendering.timing.forecast.song_seconds`.
        reports_loudness: the loudness before and after each strip is measured.
    """
    told = 2.0 * costs.HEAR_A_LOUDNESS * reports_loudness
    touched = plan.touches_stems
    found = {LEVEL: costs.HEAR_A_LOUDNESS if plan.settings.held_staging_db is None else 0.0}
    for stem in stems:
        strip = plan.console.strip(stem)
        found[stem] = _strip_cost(strip) + told if touched and strip != Strip() else 0.0
    found[SUM] = costs.SUM_A_DESK if touched else 0.0
    master = plan.console.master
    found[BUS] = 0.0 if master == Strip() else _strip_cost(master) + told
    return {step: song_s * cost for step, cost in found.items()}


def _strip_cost(strip: Strip) -> float:
    n_sends = sum(level is not None for level in (strip.reverb_db, strip.delay_db))
    effects = sum(
        cost for name, cost in costs.IN_A_STRIP.items() if getattr(strip, name) is not None
    )
    return costs.A_STRIP + effects + n_sends * costs.A_SEND + len(strip.plugins) * costs.A_PLUGIN
