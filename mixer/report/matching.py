"""Gains that let sources be compared at the same loudness, none of them clipping."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

HEADROOM_DB = 0.5


@dataclass(frozen=True)
class Level:
    """Level of a source, which decides its gain.

    Attributes:
        loudness_lufs: integrated; -inf for silence.
        true_peak_dbtp: the highest of what may be heard at that gain; -inf for silence.
    """

    loudness_lufs: float
    true_peak_dbtp: float


def matching_gains_db(levels: Mapping[str, Level]) -> dict[str, float]:
    """Gain of each source, so that all are equally loud.

    The common loudness is that of the loudest source, or as much lower as it takes for every
    source's true peak to stay `HEADROOM_DB` below full scale: a comparison must not be limited.

    Args:
        levels: by source. Silent ones get a gain of 0 dB and are otherwise passed over.
    """
    sounding = {key: level for key, level in levels.items() if math.isfinite(level.loudness_lufs)}
    if not sounding:
        return dict.fromkeys(levels, 0.0)
    target_lufs = max(level.loudness_lufs for level in sounding.values())
    for level in sounding.values():
        peak_to_loudness_db = level.true_peak_dbtp - level.loudness_lufs
        target_lufs = min(target_lufs, -HEADROOM_DB - peak_to_loudness_db)
    gains_db = {key: target_lufs - level.loudness_lufs for key, level in sounding.items()}
    return {key: gains_db.get(key, 0.0) for key in levels}
