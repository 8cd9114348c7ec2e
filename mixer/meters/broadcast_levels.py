"""What a Broadcast Wave file says of its levels, measured."""

from __future__ import annotations

import math

import numpy as np

from mixer.audio.broadcast import BroadcastInfo
from mixer.meters.loudness import (
    integrated_loudness_lufs,
    momentary_loudness_lufs,
    short_term_loudness_lufs,
    true_peak_dbtp,
)
from mixer.meters.loudness_range import loudness_range_lu


def measure_broadcast(audio: np.ndarray, sample_rate: int, description: str) -> BroadcastInfo:
    """Measure all levels that the `bext` chunk has a place for.

    Args:
        audio: float32 (1 or 2, samples).
        sample_rate: in Hz.
        description: what it is, e.g. "Free: vocals".

    Returns:
        Levels of silence, and of what is shorter than a meter's window, are None.

    Source: EBU Tech 3285, version 2; meters after EBU Tech 3341 and 3342.
    """
    short_term_lufs = short_term_loudness_lufs(audio, sample_rate)
    momentary_lufs = momentary_loudness_lufs(audio, sample_rate)
    return BroadcastInfo(
        description=description,
        loudness_lufs=_finite(integrated_loudness_lufs(audio, sample_rate)),
        loudness_range_lu=loudness_range_lu(audio, sample_rate) if short_term_lufs.size else None,
        max_true_peak_dbtp=_finite(true_peak_dbtp(audio, sample_rate)),
        max_momentary_lufs=_finite(momentary_lufs.max(initial=-math.inf)),
        max_short_term_lufs=_finite(short_term_lufs.max(initial=-math.inf)),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
