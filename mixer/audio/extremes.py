"""Properties of a file's samples that decide how it is read: the peak, and the last sound."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixer.audio.decoding import read_blocks, read_segments
from mixer.audio.layout import layout_of, open_part, read_next
from mixer.audio.source import BLOCK_SAMPLES, AudioSource

_FLOAT_ENCODINGS = ("FLOAT", "DOUBLE", "pcm_f32", "pcm_f64", "wavpack")
_KEPT = 4_096
_N_LOOKS, _LOOK_SAMPLES = 8, 4_096


class Peak(NamedTuple):
    """The largest sample magnitude, linear, and whether every sample is a whole number."""

    value: float
    whole: bool


def is_float(source: AudioSource) -> bool:
    """Whether a file's samples can be beyond full scale without being clipped."""
    return source.encoding.startswith(_FLOAT_ENCODINGS)


def peak_of(source: AudioSource) -> Peak:
    """The peak of a file's samples as they are written, offset included; cached for the run.

    Raises:
        InputError: the file cannot be decoded, or holds NaN or infinite samples.
    """
    status = source.path.stat()
    as_written = replace(source, offset=(), full_scale=1.0)
    return _peak(as_written, status.st_size, status.st_mtime_ns)


@functools.lru_cache(_KEPT)
def _peak(source: AudioSource, size: int, mtime_ns: int) -> Peak:
    value, whole = 0.0, True
    for block in read_blocks(source):
        value = max(value, float(block.max(initial=0.0)), -float(block.min(initial=0.0)))
        whole = whole and np.array_equal(block, np.rint(block))
    return Peak(value, whole)


def soft_peak_of(source: AudioSource, below: float) -> float | None:
    """The peak as `peak_of` says it, if it is below a level; None otherwise.

    A louder file is not read as a whole: a few places tell.

    Raises:
        InputError: as `peak_of`.
    """
    last = max(0, source.n_samples - _LOOK_SAMPLES)
    places = np.unique(np.linspace(0, last, _N_LOOKS, dtype=int))
    for look in read_segments(source.path, [(int(first), _LOOK_SAMPLES) for first in places]):
        if np.abs(look).max(initial=0.0) >= below:
            return None
    peak = peak_of(source).value
    return peak if peak < below else None


def sounding_samples(source: AudioSource) -> int:
    """Number of samples up to and including the last one that is not zero.

    Raises:
        InputError: the file cannot be decoded.
    """
    status = source.path.stat()
    if source.reader == "plain":
        parts = layout_of(source.path).parts
        if len(parts) == 1 and not parts[0].dropped and source.fault is None:
            return _from_the_end(source.path, source.n_samples, status.st_mtime_ns)
    return _from_the_start(source, status.st_mtime_ns)


@functools.lru_cache(_KEPT)
def _from_the_end(path: Path, n_samples: int, mtime_ns: int) -> int:
    with open_part(path, layout_of(path).parts[0]) as file:
        end = n_samples
        while end > 0:
            start = max(0, end - BLOCK_SAMPLES)
            file.seek(start)
            block = np.zeros((end - start, file.channels), np.float32)
            read_next(file, block)
            block[~np.isfinite(block)] = 1.0  # NumPy warns of some; whoever reads refuses them all
            heard = np.flatnonzero(block.any(axis=1))
            if len(heard):
                return start + int(heard[-1]) + 1
            end = start
    return 0


@functools.lru_cache(_KEPT)
def _from_the_start(source: AudioSource, mtime_ns: int) -> int:
    position = last = 0
    for block in read_blocks(source):
        heard = np.flatnonzero(block.any(axis=0))
        if len(heard):
            last = position + int(heard[-1]) + 1
        position += block.shape[1]
    return last
