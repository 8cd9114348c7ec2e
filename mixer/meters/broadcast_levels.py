"""The levels in a Broadcast Wave file's header, measured."""

from __future__ import annotations

import math

import numpy as np

from mixer.audio.broadcast import BroadcastInfo
from mixer.meters.loudness import loudness_curves, step_energies
from mixer.meters.loudness_range import range_of_levels_lu
from mixer.meters.true_peak import true_peak_dbtp


def measure_broadcast(
    audio: np.ndarray,
    sample_rate: int,
    description: str,
    peak_dbtp: float | None = None,
    energies: np.ndarray | None = None,
) -> BroadcastInfo:
    """Measure all levels that the `bext` chunk has a place for.

    Args:
        audio: float32 (1 or 2, samples).
        sample_rate: in Hz.
        description: what it is, e.g. "Free: vocals".
        peak_dbtp: its true peak, if that was measured already.
        energies: from `mixer.meters.loudness.step_energies`, if they were measured already.

    Returns:
        Levels of silence, and of what is shorter than a meter's window, are None.

    Source: EBU Tech 3285, version 2; meters after EBU Tech 3341 and 3342.
    """
    if energies is None:
        energies = step_energies(audio, sample_rate)
    found = loudness_curves(energies, sample_rate)
    short_term = found.short_term
    if peak_dbtp is None:
        peak_dbtp = true_peak_dbtp(audio, sample_rate)
    return BroadcastInfo(
        description=description,
        loudness_lufs=_finite(found.integrated_lufs),
        loudness_range_lu=range_of_levels_lu(short_term) if short_term.size else None,
        max_true_peak_dbtp=_finite(peak_dbtp),
        max_momentary_lufs=_finite(found.momentary.max(initial=-math.inf)),
        max_short_term_lufs=_finite(short_term.max(initial=-math.inf)),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
