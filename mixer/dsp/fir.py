"""Finite filters: taps by their magnitude or cut-off, windows, and changes of rate by whole times.

What `firwin2`, `firwin`, `upfirdn` and the windows of SciPy give, bit for bit, without its package
of signal processing (see `mixer.dsp.compiled`).
"""

from __future__ import annotations

import math

import numpy as np

from mixer.dsp.compiled import compiled
from mixer.dsp.fourier import irfft

_HANN, _HAMMING = (0.5, 0.5), (0.54, 1.0 - 0.54)


def hann(n_samples: int) -> np.ndarray:
    """The periodic Hann window, float64 `(n_samples,)`."""
    return _cosines(n_samples + 1, _HANN)[:-1]


def _cosines(n_samples: int, weights: tuple[float, float]) -> np.ndarray:
    angles = np.linspace(-np.pi, np.pi, n_samples)
    window = np.zeros(n_samples)
    for multiple, weight in enumerate(weights):
        window += weight * np.cos(multiple * angles)
    return window


def magnitude_taps(n_taps: int, magnitude: np.ndarray) -> np.ndarray:
    """Linear-phase taps by frequency sampling and a Hamming window, float64 `(n_taps,)`.

    Args:
        n_taps: odd.
        magnitude: linear gains at even steps from 0 Hz to half the sample rate.
    """
    n_grid = 1 + 2 ** math.ceil(math.log2(n_taps))
    grid = np.linspace(0.0, 1.0, n_grid)
    sampled = np.interp(grid, np.linspace(0.0, 1.0, len(magnitude)), magnitude)
    shift = np.exp(-(n_taps - 1) / 2.0 * 1j * np.pi * grid / 1.0)
    return irfft(sampled * shift)[:n_taps] * _cosines(n_taps, _HAMMING)


def low_pass_taps(n_taps: int, cut_off: float, beta: float) -> np.ndarray:
    """Linear-phase taps of a low-pass by a Kaiser window, float64 `(n_taps,)`, 1 at 0 Hz.

    Args:
        n_taps: odd.
        cut_off: -6 dB point, as a share of half the sample rate.
        beta: shape of the Kaiser window.
    """
    # Not above: few songs are saturated, and this loads all of SciPy's special functions.
    from scipy.special import i0

    middle = 0.5 * (n_taps - 1)
    places = np.arange(0, n_taps, dtype=np.float64) - middle
    window = i0(beta * np.sqrt(1 - (places / middle) ** 2.0)) / i0(np.float64(beta))
    taps = cut_off * np.sinc(cut_off * places) * window
    return np.asarray(taps / np.sum(taps))


def resample_by_taps(taps: np.ndarray, audio: np.ndarray, up: int = 1, down: int = 1) -> np.ndarray:
    """Resample: insert zeros, filter, and keep every `down`th sample of the output.

    Args:
        taps: float32 `(taps,)`.
        audio: float32 `(channels, samples)`.
        up, down: whole factors of the rate, 1 or more.

    Returns:
        float32 `(channels, ceil(((samples - 1) * up + taps) / down))`.
    """
    loops = compiled("signal", "_upfirdn_apply")
    if loops is None:
        from scipy.signal import upfirdn

        return np.asarray(upfirdn(taps, np.asarray(audio, np.float32), up, down, axis=-1))
    # Each phase of the filter backwards, one after another, as the loop reads them.
    padded = np.zeros(len(taps) + -len(taps) % up, np.float32)
    padded[: len(taps)] = taps
    phases = np.ascontiguousarray(padded.reshape(-1, up).T[:, ::-1].ravel())
    n_out = ((audio.shape[-1] - 1) * up + len(taps) - 1) // down + 1
    out = np.zeros((audio.shape[0], n_out), np.float32)
    silence_around = loops.mode_enum("constant")
    loops._apply(np.asarray(audio, np.float32), phases, out, up, down, 1, silence_around, 0)
    return out
