"""Figures of tracks from their powers in bands: loudness, mid and side, place, transients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import power_to_db
from mixer.dsp.erb_bands import k_weights
from mixer.meters.loudness import LUFS_OFFSET_DB
from mixer.network.track_mixer.parameters import N_BANDS

_K_WEIGHTS = k_weights(N_BANDS)


def loudness(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    """Loudness in LUFS of powers (tracks, 3, bands), as (tracks,)."""
    weighted = powers[:, :2].astype(np.float64).sum(axis=1) @ _K_WEIGHTS
    return np.asarray(LUFS_OFFSET_DB + power_to_db(weighted, 1e-12))


def spread_of(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distance from the centre, 0 to 1, of tracks with powers (tracks, 3, bands), as (tracks,)."""
    left, right = powers[:, 0].sum(axis=1), powers[:, 1].sum(axis=1)
    angle = np.arctan2(np.sqrt(right), np.sqrt(np.maximum(left, 1e-15)))
    return np.asarray(np.abs(4.0 * angle / np.pi - 1.0))


def shaped(dynamics: NDArray[np.float32], shape: NDArray[np.float64]) -> NDArray[np.float32]:
    """Dynamics (tracks, `N_DYNAMICS`) after transients are scaled by `1 + shape`, (tracks,)."""
    out = dynamics.copy()
    out[:, 1:10] *= (1.0 + shape)[:, None]
    # Crest factors of about 12 dB, a peak about 15 dB above the mean.
    out[:, 10:12] += (0.9 * shape)[:, None]
    out[:, 13] += 1.0 * shape
    return out.astype(np.float32)


def mid_and_side(powers: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Linear powers (tracks, bands) of mid and side, from left, right and cross power."""
    left, right, cross = np.moveaxis(powers.astype(np.float64), 1, 0)
    both = (left + right) / 4.0
    return np.maximum(both + cross / 2.0, 1e-15), np.maximum(both - cross / 2.0, 0.0)


def power_of(level_db: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Linear power of levels in dB, of the same shape."""
    return np.asarray(10.0 ** (np.asarray(level_db) / 10.0))
