"""Lag between two signals in samples, and how certain it is."""

from __future__ import annotations

import math

import numpy as np

from mixer.dsp.fourier import irfft, next_fast_len, rfft

# A peak this many times the root mean square of all others is not chance: noise of 100 000 lags
# reaches 4.5, a mix against its own reference 20 and far more.
LEAST_CONFIDENCE = 8.0
# Spectral weights between none (0: the bass decides) and all alike (1: the noise does).
_WHITENING = 0.5


def best_lag(signal: np.ndarray, reference: np.ndarray, max_lag: int) -> tuple[int, float, int]:
    """Find the largest correlation of two signals, its spectrum half whitened.

    Args:
        signal, reference: float (samples,), of any lengths.
        max_lag: largest lag to search for in either direction, in samples.

    Returns:
        Lag in samples (how much later `signal` comes), the peak's height over the root mean square
        of the correlation (see `LEAST_CONFIDENCE`), and its sign.
    """
    reach = min(max_lag, max(signal.size, reference.size) - 1)
    n_fft = next_fast_len(max(signal.size, reference.size) + reach + 1)
    cross = rfft(signal, n_fft) * np.conj(rfft(reference, n_fft))
    size = np.abs(cross)
    largest = float(size.max())
    if largest == 0.0:
        return 0, 0.0, 1
    cross /= np.maximum(size, 1e-9 * largest) ** _WHITENING
    around = irfft(cross, n_fft)
    correlation = np.concatenate([around[n_fft - reach :], around[: reach + 1]])
    best = int(np.abs(correlation).argmax())
    rest = math.sqrt(float(np.mean(correlation.astype(np.float64) ** 2)))
    sign = 1 if correlation[best] >= 0.0 else -1
    return best - reach, float(abs(correlation[best])) / max(rest, 1e-30), sign


def correlation(signal: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Similarity of two signals at every lag at which they overlap.

    Args:
        signal, reference: float (samples,), of any lengths.

    Returns:
        Float (samples of both - 1,); lag 0 is at the reference's last sample, and later ones,
        by which `signal` lags, after it.
    """
    n_lags = signal.size + reference.size - 1
    n_fft = next_fast_len(n_lags)
    spectrum = rfft(signal, n_fft) * rfft(reference[::-1], n_fft)
    return np.asarray(irfft(spectrum, n_fft)[:n_lags])
