"""Loudness range after EBU Tech 3342."""

from __future__ import annotations

import numpy as np

from mixer.meters.loudness import ABSOLUTE_GATE_LUFS, short_term_loudness_lufs

RELATIVE_GATE_LU = -20.0
PERCENTILES = (10.0, 95.0)


def loudness_range_lu(audio: np.ndarray, sample_rate: int) -> float:
    """Loudness range of a programme.

    Args:
        audio: float32 `(1 or 2, samples)`.
        sample_rate: Hz.

    Returns:
        Distance in LU of the 95th from the 10th percentile of short-term loudness, twice gated; 0
        for less than 3 s and for silence.

    Source: EBU Tech 3342, section 3.
    """
    return range_of_levels_lu(short_term_loudness_lufs(audio, sample_rate))


def range_of_levels_lu(levels_lufs: np.ndarray) -> float:
    """The same of short-term loudness that is known, float64 `(windows,)` in LUFS."""
    levels_lufs = levels_lufs[levels_lufs > ABSOLUTE_GATE_LUFS]
    if levels_lufs.size == 0:
        return 0.0
    mean_lufs = 10.0 * np.log10(np.mean(10.0 ** (levels_lufs / 10.0)))
    levels_lufs = levels_lufs[levels_lufs > mean_lufs + RELATIVE_GATE_LU]
    low, high = np.percentile(levels_lufs, PERCENTILES)
    return float(high - low)
