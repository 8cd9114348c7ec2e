"""Extrapolation of a signal before its first and after its last sample.

A filter that starts on a stem cut out of the middle of a song meets a step from silence to the
first sample. A boost of 50 dB makes a click of that step which is louder than the music. Mirroring
leaves a bend, which still clicks; carrying the signal on as an autoregressive process leaves none.

Source: J. P. Burg, Maximum Entropy Spectral Analysis, 1975; its predictor is always stable.
"""

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import silence
from mixer.dsp.recursive import filter_samples, state_behind

# About the lowest order that carries on tonal material; the context is what the predictor is
# learnt on, short enough to hold the tone of the moment.
ORDER = 128
CONTEXT_SAMPLES = 1_024
# Prediction errors below this share of the energy are rounding of float32, not signal.
_RESIDUAL_SHARE = 1e-14


def extend(signal: FloatArray, reach_samples: int) -> FloatArray:
    """Carry a signal on beyond both of its ends by linear prediction.

    Args:
        signal: float32 `(samples,)`, one sample or more.
        reach_samples: number of samples to add at each end, 0 or more.

    Returns:
        float32 `(samples + 2 * reach_samples,)`, the signal in the middle bit for bit.
    """
    end = reach_samples + signal.size
    extended = silence(end + reach_samples)
    extended[reach_samples:end] = signal
    before = _continuation(signal[:CONTEXT_SAMPLES][::-1], reach_samples)[::-1]
    extended[:reach_samples] = before
    extended[end:] = _continuation(signal[-CONTEXT_SAMPLES:], reach_samples)
    return extended


def _continuation(context: FloatArray, n_samples: int) -> FloatArray:
    """The next samples after a context."""
    past = context.astype(np.float64)
    predictor = _burg(past, min(ORDER, past.size // 2))
    if predictor.size == 1:  # of silence
        return np.zeros(n_samples, np.float32)
    state = state_behind(predictor, past[::-1][: predictor.size - 1])
    ahead, _ = filter_samples(np.ones(1), predictor, np.zeros(n_samples), state)
    return np.asarray(ahead, dtype=np.float32)


def _burg(signal: np.ndarray, order: int) -> np.ndarray:
    """Prediction error filter `(order + 1 or fewer,)`, 1 first, by Burg's recursion."""
    predictor = np.ones(1)
    forwards, backwards = signal[1:], signal[:-1]
    least = _RESIDUAL_SHARE * float(signal @ signal)
    for _ in range(order):
        energy = float(forwards @ forwards + backwards @ backwards)
        if energy <= least:
            break
        reflection = -2.0 * float(forwards @ backwards) / energy
        predictor = np.append(predictor, 0.0)
        predictor = predictor + reflection * predictor[::-1]
        forwards, backwards = (
            (forwards + reflection * backwards)[1:],
            (backwards + reflection * forwards)[:-1],
        )
    return predictor
