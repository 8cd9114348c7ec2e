"""Bands of hearing: ERB-spaced triangles over a transform's bins, and the K-weighting at them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.k_weighting import sketched_k_power

LOWEST_HZ, HIGHEST_HZ = 30.0, 18_000.0


def band_centres_hz(n_bands: int) -> NDArray[np.float64]:
    """Centres of the bands, evenly on the ERB-number scale (Glasberg and Moore 1990)."""
    low, high = erb_number(np.array([LOWEST_HZ, HIGHEST_HZ]))
    return (10.0 ** (np.linspace(low, high, n_bands) / 21.4) - 1.0) / 0.00437


def band_weights(n_bands: int, n_fft: int, sample_rate: int) -> NDArray[np.float32]:
    """How each bin of a transform is shared among the bands.

    Args:
        n_bands: how many.
        n_fft: length of the transform in samples.
        sample_rate: in Hz.

    Returns:
        (bands, bins): triangles that meet at the neighbours' centres, so that every bin's weights
        sum to one, and a curve given at the bands runs smoothly over the bins.
    """
    bins_hz = np.arange(n_fft // 2 + 1) * sample_rate / n_fft
    centres = erb_number(band_centres_hz(n_bands))
    place = np.interp(erb_number(bins_hz), centres, np.arange(n_bands))
    distance = np.abs(np.arange(n_bands)[:, None] - place[None, :])
    return np.maximum(0.0, 1.0 - distance).astype(np.float32)


def k_weights(n_bands: int) -> NDArray[np.float64]:
    """(bands,) power of the K-weighting at the bands' centres, as the shipped graphs have it."""
    return sketched_k_power(band_centres_hz(n_bands))


def erb_number(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where frequencies lie on the scale of equivalent rectangular bandwidths."""
    return 21.4 * np.log10(1.0 + 0.00437 * np.asarray(frequency_hz))
