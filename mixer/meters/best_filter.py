"""The best time-invariant filter of a stem, as an approximation of its processing.

An equaliser, a panner, a fixed gain and a widener are such filters and leave nothing over. What
automation, compression, distortion, a gain that moves or the tail of a reverb add is the residual.

Source: Wiener filter with two inputs, normal equations in the time domain (block Toeplitz); Haykin,
"Adaptive Filter Theory", chapter 2.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg

from mixer.dsp.blocks import convolve, power_to_db, zero_padded
from mixer.dsp.fourier import irfft, rfft
from mixer.meters.segment import Segment

TAPS = 1_024
# By so much of its length the filter may look ahead: linear phase is not residual.
_AHEAD = 0.25
LEAST_RESIDUAL_DB = -60.0
# Noise this far below a stem that the solution is held against: keeps empty bands from deciding.
_RIDGE = 1e-6
# A side this small is rounding, and a second input that the fit could only misuse.
_LEAST_SIDE = 1e-8
_N_FFT = 1 << 16


def fit_best_filter(inputs: np.ndarray, wet: np.ndarray, taps: int = TAPS) -> np.ndarray:
    """Filter the input of a stem so that it comes as near to the wet stem as a filter can.

    Args:
        inputs, wet: float32 `(2, samples)`, sample-aligned.
        taps: length of the filters; of each wet channel from the mid and the side of the input.

    Returns:
        float32 `(2, samples)`: the prediction; zeros if the input is silent.
    """
    sources = _sources(inputs)
    if sources.size == 0:
        return np.zeros_like(wet, dtype=np.float32)
    auto, cross = _correlations(sources, wet, taps)
    filters = _solve(auto, cross, taps)
    predicted = np.zeros(wet.shape, dtype=np.float32)
    for source, kernels in zip(sources, filters, strict=True):
        both = np.broadcast_to(source, wet.shape)
        predicted += convolve(both, kernels, round(_AHEAD * taps))
    return predicted


def residual_db(predicted: np.ndarray, wet: np.ndarray) -> float:
    """Energy of what a prediction leaves over, relative to the wet stem's; NaN for silence.

    Returns:
        dB, -60 (a filter is all it was) to about 0 (a filter explains nothing).
    """
    energy = sum(float(np.dot(channel, channel)) for channel in wet)
    if energy <= 0.0:
        return float("nan")
    share = sum(float(np.dot(rest, rest)) for rest in wet - predicted) / energy
    return max(float(power_to_db(share, 1e-30)), LEAST_RESIDUAL_DB)


def mean_residual_db(segment: Segment) -> float:
    """Residual of each stem's best time-invariant filter, averaged over the audible stems.

    Returns:
        dB, -60 (nothing) to 0 (everything); NaN if no stem is heard.
    """
    residuals = [residual_db(stem.predicted, stem.wet) for stem in segment.stems]
    return float(np.mean(residuals)) if residuals else math.nan


def _sources(inputs: np.ndarray) -> np.ndarray:
    """Mid and side, float32 `(2, samples)`; the mid alone of a mono stem; empty for silence."""
    mid, side = 0.5 * (inputs[0] + inputs[1]), 0.5 * (inputs[0] - inputs[1])
    energies = [float(np.dot(part, part)) for part in (mid, side)]
    largest = max(energies)
    kept = [
        part
        for part, energy in zip((mid, side), energies, strict=True)
        if energy > _LEAST_SIDE * largest
    ]
    return np.array(kept, dtype=np.float32)


def _correlations(sources: np.ndarray, wet: np.ndarray, taps: int) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of the sources at lags -taps to taps, and of sources with wet channels.

    Returns:
        float64 `(sources, sources, 2 taps)`, entry [i, j, taps + m] the sum over n of
        source_i[n + m] source_j[n]; `(sources, channels, taps)`, entry [j, c, k] that of
        source_j[n - k + advance] wet_c[n].
    """
    n_sources, n_samples = sources.shape
    step = _N_FFT - 2 * taps
    auto = np.zeros((n_sources, n_sources, _N_FFT // 2 + 1), dtype=np.complex128)
    cross = np.zeros((n_sources, wet.shape[0], _N_FFT // 2 + 1), dtype=np.complex128)
    for start in range(0, n_samples, step):
        stop = min(start + step, n_samples)
        around = rfft(zero_padded(sources, start - taps, stop + taps), _N_FFT)
        own = rfft(sources[:, start:stop], _N_FFT).conj()
        out = rfft(wet[:, start:stop], _N_FFT).conj()
        auto += around[:, None] * own[None]
        cross += around[:, None] * out[None]
    lags = taps + round(_AHEAD * taps) - np.arange(taps)
    return (
        irfft(auto, _N_FFT)[..., : 2 * taps],
        irfft(cross, _N_FFT)[..., lags],
    )


def _solve(auto: np.ndarray, cross: np.ndarray, taps: int) -> np.ndarray:
    """Filters float32 `(sources, channels, taps)`."""
    n_sources = auto.shape[0]
    rows = [
        [
            # Entry [k, l] is the correlation at lag l - k.
            scipy.linalg.toeplitz(auto[i, j, taps:0:-1], auto[i, j, taps:])
            for j in range(n_sources)
        ]
        for i in range(n_sources)
    ]
    matrix = np.block(rows)
    loudest = max(float(auto[i, i, taps]) for i in range(n_sources))
    matrix[np.diag_indices_from(matrix)] += _RIDGE * loudest
    right = np.moveaxis(cross, 1, 2).reshape(n_sources * taps, -1)
    solution = scipy.linalg.solve(matrix, right, assume_a="pos", overwrite_a=True)
    return np.moveaxis(solution.reshape(n_sources, taps, -1), 2, 1).astype(np.float32)
