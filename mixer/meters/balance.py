"""The overall balance of left and right."""

import numpy as np

from mixer.dsp.blocks import FloatArray

_BLOCK_SAMPLES = 1 << 18


def measure_balance_db(audio: FloatArray) -> float | None:
    """Energy of the right channel over that of the left in dB; None if both are silent.

    Infinite (of either sign) where only one is. Audio is float32 `(2, samples)`.
    """
    left, right = channel_energies(audio)
    if left == 0.0 and right == 0.0:
        return None
    with np.errstate(divide="ignore"):
        return float(10.0 * (np.log10(right) - np.log10(left)))


def channel_energies(audio: FloatArray) -> np.ndarray:
    """Sum of squares of each channel: float64 `(channels,)`."""
    energies = np.zeros(audio.shape[0])
    for start in range(0, audio.shape[-1], _BLOCK_SAMPLES):
        block = audio[:, start : start + _BLOCK_SAMPLES].astype(np.float64)
        energies += np.einsum("cn,cn->c", block, block)
    return energies
