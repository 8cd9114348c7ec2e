"""Shared parts of the paper's measures: frames, running means, and the percentage error between
them.

Source: Martinez-Ramirez et al., ISMIR 2022, section 4: every feature is averaged over 40 frames of
4096 samples, 1024 apart, and compared by its mean absolute percentage error.
"""

from __future__ import annotations

import numpy as np

N_FFT = 4_096
HOP_LENGTH = 1_024
RUNNING_FRAMES = 40
SHORTEST_SAMPLES = N_FFT + (RUNNING_FRAMES - 1) * HOP_LENGTH
# Reference values below this are too small to take a percentage of.
_NOTHING = 1e-12


def whole_frames(n_samples: int) -> int:
    """Number of whole frames that fit into `n_samples`."""
    return max(0, 1 + (n_samples - N_FFT) // HOP_LENGTH)


def running_mean(values: np.ndarray, n_frames: int = RUNNING_FRAMES) -> np.ndarray:
    """Mean over every run of frames along the last axis.

    Args:
        values: `(..., frames)`.
        n_frames: length of a run.

    Returns:
        float64 `(..., frames - n_frames + 1)`; empty if there are fewer than `n_frames`.
    """
    total = np.cumsum(np.asarray(values, dtype=np.float64), axis=-1)
    total = np.concatenate([np.zeros((*total.shape[:-1], 1)), total], axis=-1)
    return (total[..., n_frames:] - total[..., :-n_frames]) / n_frames


def percentage_error(reference: np.ndarray, measured: np.ndarray) -> float:
    """Mean of |measured - reference| / |reference|; 0.1 is ten per cent.

    Args:
        reference, measured: arrays of one shape.

    Returns:
        NaN where the reference is zero throughout: there is nothing to take a percentage of. Single
        zeros are left out, where the published evaluation divides by the smallest float instead.
    """
    size = np.abs(reference)
    there = size > _NOTHING
    if not there.any():
        return float("nan")
    return float(np.mean(np.abs(measured - reference)[there] / size[there]))
