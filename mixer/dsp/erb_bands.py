"""Bands of hearing: ERB-spaced triangles over a transform's bins, and the K-weighting at them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.k_weighting import sketched_k_power

LOWEST_HZ, HIGHEST_HZ = 30.0, 18_000.0
_BANDS_AT_A_TIME = 8


def band_centres_hz(n_bands: int) -> NDArray[np.float64]:
    """Centres of the bands in Hz, evenly spaced in ERB number (Glasberg and Moore 1990)."""
    low, high = erb_number(np.array([LOWEST_HZ, HIGHEST_HZ]))
    return (10.0 ** (np.linspace(low, high, n_bands) / 21.4) - 1.0) / 0.00437


def band_weights(n_bands: int, n_fft: int, sample_rate: int) -> NDArray[np.float32]:
    """Weights by which each bin of a transform is shared among the bands.

    Args:
        n_bands: number of bands.
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


class BandSums:
    """Sums of bins by bands, and curves over bands at the bins, without the products by zero.

    A band's triangle holds few of the bins. A few neighbouring bands at a time, over the bins that
    any of them holds, are a fifth of the work of the whole product.

    Args:
        weights: from `band_weights`, (bands, bins).
    """

    def __init__(self, weights: NDArray[np.float32]) -> None:
        self._n_bands, self._n_bins = weights.shape
        self._sums = [
            (bands, bins, np.ascontiguousarray(weights[bands, bins].T))
            for bands in _few_of(self._n_bands)
            for bins in [_span(weights[bands])]
        ]
        # Every bin of one part alone: up to the centre of the band after its last one.
        self._curves, start = [], 0
        for bands in _few_of(self._n_bands):
            beyond = weights[bands.stop :].any(axis=0) & ~weights[bands].any(axis=0)
            stop = int(np.argmax(beyond)) if beyond.any() else self._n_bins
            bins = slice(start, stop)
            wide = _span(weights[:, bins].T)
            self._curves.append((wide, bins, np.ascontiguousarray(weights[wide, bins])))
            start = stop

    def sum_bins(
        self, bins: NDArray[np.float32], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Sum bins by bands: float32 (frames, bins) to (frames, bands), `out` if there is one."""
        sums = np.empty((len(bins), self._n_bands), np.float32) if out is None else out
        for bands, held, weights in self._sums:
            np.matmul(bins[:, held], weights, out=sums[:, bands])
        return sums

    def spread(
        self, curves: NDArray[np.float32], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Spread curves over bands to the bins: float32 (frames, bands) to (frames, bins)."""
        spread = np.empty((len(curves), self._n_bins), np.float32) if out is None else out
        for bands, held, weights in self._curves:
            np.matmul(curves[:, bands], weights, out=spread[:, held])
        return spread


def _few_of(n_bands: int) -> Iterator[slice]:
    for first in range(0, n_bands, _BANDS_AT_A_TIME):
        yield slice(first, min(first + _BANDS_AT_A_TIME, n_bands))


def _span(weights: NDArray[np.float32]) -> slice:
    """From the first to the last column that holds any weight."""
    held = np.flatnonzero(weights.max(axis=0, initial=0.0))
    return slice(int(held[0]), int(held[-1]) + 1) if len(held) else slice(0, 0)


def k_weights(n_bands: int) -> NDArray[np.float64]:
    """Power of the K-weighting at the bands' centres, (bands,), as in the shipped graphs."""
    return sketched_k_power(band_centres_hz(n_bands))


def erb_number(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert frequencies to the scale of equivalent rectangular bandwidths."""
    return 21.4 * np.log10(1.0 + 0.00437 * np.asarray(frequency_hz))
