"""Short stretches of a file at a low rate: enough to compare recordings by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr

from mixer.audio.decoding import offset_over, read_blocks, read_segments
from mixer.audio.source import AudioSource

# Read on either side of an excerpt, and cut: what resampling does at the ends of what it is given.
MARGIN_S = 0.04
_SEEKING_ENCODINGS = ("PCM_", "FLOAT", "DOUBLE", "ALAC", "VORBIS", "ULAW", "ALAW")


def read_excerpts(
    source: AudioSource, starts_s: Sequence[float], length_s: float, sample_rate: int
) -> np.ndarray:
    """Read the same stretches of time of a recording, resampled.

    Args:
        source: from `probe`.
        starts_s: start times in seconds, ascending; before and after the file there is silence.
        length_s: length of each excerpt in seconds.
        sample_rate: target rate in Hz.

    Returns:
        float32 (excerpts, channels, samples), full scale ±1.

    Raises:
        InputError: the file is damaged within an excerpt.
    """
    n_own = round((length_s + 2 * MARGIN_S) * source.sample_rate)
    starts = [round((start - MARGIN_S) * source.sample_rate) for start in starts_s]
    read = _by_seeking if seeks(source) else _by_decoding
    first, n_samples = round(MARGIN_S * sample_rate), round(length_s * sample_rate)
    excerpts = np.zeros((len(starts), source.channels, n_samples), np.float32)
    for number, own in enumerate(read(source, starts, n_own)):
        if source.sample_rate != sample_rate and own.any():
            own = soxr.resample(own.T, source.sample_rate, sample_rate, "MQ").T
        inner = own[:, first : first + n_samples]
        excerpts[number, :, : inner.shape[1]] = inner
    return excerpts


def seeks(source: AudioSource) -> bool:
    """Whether any part of a file is read in no more time than it takes to read its samples."""
    return (
        source.reader == "plain"
        and source.stream == 0
        and source.remark is None
        and source.fault is None
        and source.encoding.startswith(_SEEKING_ENCODINGS)
    )


def _by_seeking(source: AudioSource, starts: Sequence[int], length: int) -> list[np.ndarray]:
    excerpts = [np.zeros((source.channels, length), np.float32) for _ in starts]
    # For each that holds any sample of the file: how many samples lie before its first one.
    before = [min(max(-start, 0), length) for start in starts]
    there = [
        (excerpt, start + n_before, n_before)
        for excerpt, start, n_before in zip(excerpts, starts, before, strict=True)
        if n_before < length and start + n_before < source.n_samples
    ]
    parts = read_segments(source.path, [(first, length - n) for _, first, n in there])
    for (excerpt, first, n_before), part in zip(there, parts, strict=True):
        if source.offset:
            # Beyond the file's end is silence without an offset.
            n_there = min(part.shape[1], source.n_samples - first)
            part[:, :n_there] -= offset_over(source, first, n_there)
        excerpt[:, n_before:] = part / np.float32(source.full_scale)
    return excerpts


def _by_decoding(source: AudioSource, starts: Sequence[int], length: int) -> list[np.ndarray]:
    excerpts = [np.zeros((source.channels, length), np.float32) for _ in starts]
    last = max((start + length for start in starts), default=0)
    position = 0
    for block in read_blocks(source):
        end = position + block.shape[1]
        for excerpt, start in zip(excerpts, starts, strict=True):
            first, stop = max(start, position), min(start + length, end)
            if first < stop:
                part = block[:, first - position : stop - position]
                excerpt[:, first - start : stop - start] = part
        position = end
        if position >= last:
            break
    return excerpts
