"""True peak after ITU-R BS.1770-4, annex 2: the peak of the waveform between the samples.

Oversampling a whole song costs more than all other meters together, and almost none of it comes
near the peak. How far a waveform can rise between its samples is bounded by how sharply they bend:
only where that bound lies above the highest sample is anything oversampled.
"""

from __future__ import annotations

import numpy as np
import soxr

from mixer.dsp.blocks import FloatArray, peak, zero_padded
from mixer.dsp.threads import stop_if_asked

_OVERSAMPLING = 4
_BLOCK_SAMPLES = 1 << 16
# Samples that are oversampled or left out together, and what the filter sees before and after them.
_PART_SAMPLES, _REACH_SAMPLES = 1 << 10, 1 << 8
# The filter less straight lines from sample to sample is a sum of second differences whose absolute
# weights, by phase, sum to 0.33, 0.49, 0.57 and 0.48: no waveform rises further over its samples
# than this times the largest of those nearby. Rounded up, for what lies beyond the reach.
_MOST_RISE = 0.6
# Where more than this share may hold the peak, one pass over all of it is cheaper.
_MOST_PARTS = 0.25


def true_peak_dbtp(audio: FloatArray, sample_rate: int, *, whole: bool = False) -> float:
    """Peak of the waveform between the samples, by four times oversampling.

    Args:
        audio: float32 `(channels, samples)`.
        sample_rate: Hz.
        whole: oversample all of it, as audio from a limiter needs, which is at its peak everywhere.

    Returns:
        dB relative to full scale, never below the sample peak; -inf for silence.
    """
    if whole:
        largest = peak(audio)
        return _decibels(_whole_peak(audio, sample_rate, largest)) if largest else -np.inf
    return peaks_db(audio, sample_rate)[1]


def peaks_db(audio: FloatArray, sample_rate: int) -> tuple[float, float]:
    """The largest sample in dBFS, and `true_peak_dbtp`, which looks for it anyway.

    Args:
        audio: float32 `(channels, samples)`.
        sample_rate: Hz.
    """
    sample_peak, bounds = _bounds(audio)
    if sample_peak == 0.0:
        return -np.inf, -np.inf
    largest, parts = sample_peak, np.flatnonzero(bounds > sample_peak)
    if parts.size > _MOST_PARTS * bounds.size:
        return _decibels(sample_peak), _decibels(_whole_peak(audio, sample_rate, sample_peak))
    for part in parts[np.argsort(-bounds[parts], kind="stable")]:
        if bounds[part] <= largest:  # of one that was oversampled since
            break
        largest = max(largest, _part_peak(audio, int(part)))
    return _decibels(sample_peak), _decibels(largest)


def _bounds(audio: FloatArray) -> tuple[float, np.ndarray]:
    """The largest sample, and what the waveform cannot exceed in each part, float64 `(parts,)`."""
    n_parts = -(-audio.shape[-1] // _PART_SAMPLES)
    highest, sharpest = np.zeros(n_parts), np.zeros(n_parts)
    per_block = _BLOCK_SAMPLES // _PART_SAMPLES
    for first in range(0, n_parts, per_block):
        stop_if_asked()
        n_block = min(per_block, n_parts - first)
        begin = first * _PART_SAMPLES
        # One sample more on each side: where the audio starts or ends, it bends from silence.
        block = zero_padded(audio, begin - 1, begin + n_block * _PART_SAMPLES + 1)
        bend = np.diff(block, 2, axis=-1)
        parts = slice(first, first + n_block)
        highest[parts] = _peaks(block[:, 1:-1], n_block)
        sharpest[parts] = _peaks(bend, n_block)
    largest = float(np.max(highest, initial=0.0))
    # The waveform after a part's last sample leads to the next part's first.
    highest[:-1] = np.maximum(highest[:-1], highest[1:])
    around = np.pad(sharpest, 1)
    sharpest = np.maximum(sharpest, np.maximum(around[:-2], around[2:]))
    return largest, highest + _MOST_RISE * sharpest


def _peaks(block: FloatArray, n_parts: int) -> np.ndarray:
    """The largest absolute value of each part of a block."""
    parts = block.reshape(block.shape[0], n_parts, _PART_SAMPLES)
    return np.maximum(parts.max(axis=(0, 2)), -parts.min(axis=(0, 2)))


def _part_peak(audio: FloatArray, part: int) -> float:
    start = part * _PART_SAMPLES
    seen = zero_padded(audio, start - _REACH_SAMPLES, start + _PART_SAMPLES + _REACH_SAMPLES)
    dense = soxr.resample(np.ascontiguousarray(seen.T), 1, _OVERSAMPLING, quality="HQ")
    # Beyond the part, where the cut rings, nothing counts.
    margin = _OVERSAMPLING * _REACH_SAMPLES
    return peak(dense[margin : margin + _OVERSAMPLING * _PART_SAMPLES])


def _whole_peak(audio: FloatArray, sample_rate: int, largest: float) -> float:
    n_samples = audio.shape[-1]
    stream = soxr.ResampleStream(
        sample_rate, _OVERSAMPLING * sample_rate, audio.shape[0], dtype="float32", quality="HQ"
    )
    for start in range(0, n_samples, _BLOCK_SAMPLES):
        stop_if_asked()
        stop = min(start + _BLOCK_SAMPLES, n_samples)
        block = np.ascontiguousarray(audio[:, start:stop].T, dtype=np.float32)
        largest = max(largest, peak(stream.resample_chunk(block, last=stop == n_samples)))
    return largest


def _decibels(largest: float) -> float:
    return 20.0 * float(np.log10(largest))
