"""Dynamics of single frames: RMS level, dynamic spread, crest factor.

Source: Ma et al., "Intelligent multitrack dynamic range compression", JAES 2015; the crest factor
is the quotient of the two levels in dB, as the paper's evaluation has it.
"""

from __future__ import annotations

import numpy as np

from mixer.meters.frames import HOP_LENGTH, N_FFT

# -600 dB: what the published evaluation takes silence for.
_SILENCE = 1e-30
_HOPS = N_FFT // HOP_LENGTH


def dynamic_frames(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Level features of every whole frame, averaged over channels.

    Args:
        audio: float64 `(channels, samples)`, no sample at full scale or above.

    Returns:
        Three float64 `(frames,)`: RMS in dBFS; dynamic spread in dB, the mean of the samples'
        levels less the RMS level; crest factor, peak level in dBFS by RMS level in dBFS.
    """
    hops = _per_hop(audio)
    power = _runs(hops[0]).sum(axis=-1) / N_FFT
    rms_dbfs = 20.0 * np.log10(np.sqrt(power) + _SILENCE)
    spread_db = _runs(hops[1]).sum(axis=-1) / N_FFT - rms_dbfs
    peak_dbfs = 20.0 * np.log10(_runs(hops[2]).max(axis=-1) + _SILENCE)
    crest = peak_dbfs / rms_dbfs
    return rms_dbfs.mean(axis=0), spread_db.mean(axis=0), crest.mean(axis=0)


def _per_hop(audio: np.ndarray) -> np.ndarray:
    """Sum of squares, sum of levels in dB and peak of every hop: `(3, channels, hops)`."""
    channels, n_samples = audio.shape
    size = np.abs(audio[:, : n_samples // HOP_LENGTH * HOP_LENGTH])
    size = size.reshape(channels, -1, HOP_LENGTH)
    energy = np.einsum("chn,chn->ch", size, size)
    largest = size.max(axis=-1)
    size += _SILENCE
    levels_db = 20.0 * np.log10(size, out=size).sum(axis=-1)
    return np.stack([energy, levels_db, largest])


def _runs(per_hop: np.ndarray) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(per_hop, _HOPS, axis=-1)
