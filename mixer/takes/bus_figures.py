"""Effect of the bus on a mix, in the figures by which takes are compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mixer.console.settings import following_level
from mixer.dsp.blocks import sum_of
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.output.recorded_mix import numbers
from mixer.rendering.mix import Premaster
from mixer.rendering.plans.plan import RenderPlan

_OWN_BUS = "own_bus_db"


def bus_of(
    measurements: Mapping[str, object], own_bus_db: float | None = None
) -> dict[str, float | None]:
    """The bus's figures, from the record of a mix.

    Args:
        measurements: of the mix.
        own_bus_db: from `own_bus_db`.
    """
    found = numbers({key: measurements.get(key) for key in ("master", "console")})
    bus = {
        key.removeprefix("master."): value
        for key, value in found.items()
        if key.startswith("master.")
    }
    staging_gain_db = found.get("console.staging_gain_db")
    return bus | {"staging_gain_db": staging_gain_db, _OWN_BUS: own_bus_db}


def recorded_own_bus_db(bus: Mapping[str, object]) -> float | None:
    """`own_bus_db` of a mix whose figures are recorded; None if it was not measured."""
    value = bus.get(_OWN_BUS)
    return float(value) if isinstance(value, int | float) else None


def has_own_bus(plan: RenderPlan) -> bool:
    """Whether what passes the bus before the master is changed by its level."""
    return plan.sums_wet_stems or bool(following_level(plan.console.master))


def own_bus_db(made: Premaster) -> float | None:
    """Loudness of a mix relative to the sum of its wet stems, in dB.

    This is what the model's own bus, and the strip on the bus, do to the loudness. None if neither
    follows the level, or if the wet stems were not made.
    """
    stems = made.wet_stems
    if not (has_own_bus(made.plan) and stems.keys() >= {*made.plan.song.stems}):
        return None
    total = sum_of(list(stems.values()))
    before, after = (
        integrated_loudness_lufs(one, made.plan.mix_rate) for one in (total, made.audio)
    )
    found = after - before
    return float(found) if np.isfinite(found) else None
