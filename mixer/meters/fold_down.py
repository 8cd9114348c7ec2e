"""A mix on small speakers: correlation of its low end, and loudness in mono."""

from __future__ import annotations

import math

import numpy as np

from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.stereo_spectrum import band_figures, measure_stereo_spectrum

# A low end this far below the whole is hum and rounding; its correlation is nobody's concern.
_LEAST_LOW_SHARE_DB = -40.0


def low_correlation(mix: np.ndarray, sample_rate: int) -> float:
    """Correlation of left and right from 20 to 120 Hz, -1 to 1; NaN without a low end.

    A low end that is out of phase vanishes in mono and cannot be cut to vinyl; engineers keep it
    at the centre.

    Args:
        mix: float32 `(2, samples)`, not silent.
        sample_rate: Hz.
    """
    low = band_figures(measure_stereo_spectrum(mix, sample_rate))[0]
    return low.correlation if low.share_db > _LEAST_LOW_SHARE_DB else math.nan


def fold_down_loss_lu(mix: np.ndarray, sample_rate: int) -> float:
    """Loudness lost when both channels play their mean: 0 for mono, 3 for unrelated channels.

    Args:
        mix: float32 `(2, samples)`.
        sample_rate: Hz.

    Returns:
        LU, 0 or more; NaN for silence, inf for a mix that cancels altogether.
    """
    loudness_lufs = integrated_loudness_lufs(mix, sample_rate)
    if not math.isfinite(loudness_lufs):
        return math.nan
    mono = np.broadcast_to(mix.mean(axis=0, dtype=np.float32), mix.shape)
    return loudness_lufs - integrated_loudness_lufs(mono, sample_rate)
