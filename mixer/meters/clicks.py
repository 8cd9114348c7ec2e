"""Clicks that a mix has and its recordings have not: gaps, jumps and edges of blocks.

A jump in a waveform is a spike in its second difference. A spike counts where it stands far above
what is around it, in the mix, and at no nearby time so in any recording: a drum hit is in both.

Source: the detection of Godsill and Rayner, "Digital Audio Restoration", 1998, chapter 5, with a
fixed predictor, the second difference, and a running median for the scale.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.ndimage

from mixer.meters.segment import Segment

# The second difference, smoothed: what lies above 16 kHz is steep, and heard by few.
_KERNEL = np.convolve([1.0, -2.0, 1.0], [0.25, 0.5, 0.25]).astype(np.float32)
_BLOCK_S = 0.001
_AROUND_S = 0.05
# A recording's own spike excuses one in the mix this near.
_EXCUSED_S = 0.005
# Spikes above what is around: of a click, and by how much it must beat the recordings' own.
_LEAST_SPIKE_DB = 12.0
_LEAST_EXCESS_DB = 6.0
# Below the mix's peak: what is around is never taken for quieter, since steps in digital silence
# are as small as rounding makes them.
_QUIETEST_DB = -70.0


def clicks_per_minute(segment: Segment) -> float:
    """Clicks that the recordings have not, a minute."""
    minutes = segment.mix.audio.shape[1] / segment.mix.sample_rate / 60.0
    return segment.n_clicks / minutes


def find_clicks(mix: np.ndarray, inputs: Iterable[np.ndarray], sample_rate: int) -> np.ndarray:
    """Find the clicks of a mix.

    Args:
        mix: float32 `(channels, samples)`.
        inputs: the recordings that it was made of, as they are and through filters alone, float32
            `(channels, samples)` of the same time: equalisation may make a voice's own pulses
            stand out.
        sample_rate: Hz.

    Returns:
        Their times in seconds, float64, rising, at most one in 5 ms.
    """
    block = max(8, round(_BLOCK_S * sample_rate))
    spikes_db = _spikes_db(mix, block)
    if spikes_db.size == 0:
        return np.zeros(0)
    reach = round(_EXCUSED_S / _BLOCK_S)
    own_db = np.zeros_like(spikes_db)
    for audio in inputs:
        np.maximum(own_db, _spikes_db(audio, block), out=own_db)
    own_db = scipy.ndimage.maximum_filter1d(own_db, 2 * reach + 1)
    is_click = (spikes_db >= _LEAST_SPIKE_DB) & (spikes_db >= own_db + _LEAST_EXCESS_DB)
    # the largest of its surroundings stands for all of them
    is_click &= spikes_db >= scipy.ndimage.maximum_filter1d(spikes_db, 2 * reach + 1)
    return np.flatnonzero(is_click) * block / sample_rate


def _spikes_db(audio: np.ndarray, block: int) -> np.ndarray:
    """How far each block's largest second difference is above those around, in dB, 0 or more."""
    largest = float(np.abs(audio).max(initial=0.0))
    n_blocks = audio.shape[1] // block
    if n_blocks == 0 or largest == 0.0:
        return np.zeros(n_blocks)
    bent = np.zeros(audio.shape[1], dtype=np.float32)
    edge = _KERNEL.size // 2
    inner = bent[edge:-edge]
    for channel in audio:
        np.maximum(inner, np.abs(np.convolve(channel, _KERNEL, mode="valid")), out=inner)
    peaks = bent[: n_blocks * block].reshape(n_blocks, block).max(axis=1)
    around = scipy.ndimage.median_filter(peaks, 2 * round(_AROUND_S / _BLOCK_S / 2) + 1)
    around = np.maximum(around, largest * 10.0 ** (_QUIETEST_DB / 20.0))
    return 20.0 * np.log10(np.maximum(peaks / around, 1.0))
