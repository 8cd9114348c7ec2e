"""Width of single frames: the stereo panning spectrum's root mean square, whole and by band.

Source: Tzanetakis et al., "Stereo panning features for classifying recording production style",
ISMIR 2007, after Avendano, WASPAA 2003.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

BAND_NAMES = ("t", "l", "m", "h")  # total, low, mid, high
EDGES_HZ = (250.0, 2_500.0)
_LEAST_ENERGY = 1e-30


def panning_frames(magnitude: np.ndarray, sample_rate: int) -> np.ndarray:
    """RMS of the stereo panning spectrum 1 - 2|L R| / (|L|^2 + |R|^2).

    Args:
        magnitude: `(2, frames, bins)`.
        sample_rate: Hz.

    Returns:
        float64 `(4, frames)`, 0 (centred) to 1: the whole band but its last bin, below 250 Hz,
        250-2500 Hz, above.
    """
    left, right = magnitude
    n_fft = 2 * (magnitude.shape[-1] - 1)
    energy = left * left
    energy += right * right
    np.maximum(energy, _LEAST_ENERGY, out=energy)
    # 1 - 2LR / (LL + RR), without the difference of two numbers near 1.
    panned = left - right
    panned *= panned
    panned /= energy
    panned *= panned
    edges = [0, *(int(hz * n_fft / sample_rate) for hz in EDGES_HZ), magnitude.shape[-1] - 1]
    low, mid, high = (panned[:, first:end].sum(axis=-1) for first, end in pairwise(edges))
    sums = np.stack([low + mid + high, low, mid, high])
    sizes = np.array([edges[3], edges[1], edges[2] - edges[1], edges[3] - edges[2]])
    return np.sqrt(sums / sizes[:, np.newaxis])
