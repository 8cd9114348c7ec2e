"""Files at the rate that is wanted, within the memory that is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr

from mixer.audio.damage import damage_of
from mixer.audio.decoding import probe, read_blocks
from mixer.audio.source import BLOCK_SAMPLES, OR_LEAVE_OUT, AudioSource
from mixer.dsp.free_memory import available_memory_bytes
from mixer.dsp.long_audio import silence
from mixer.dsp.threads import stop_if_asked
from mixer.errors import InputError


def read_resampled_blocks(source: AudioSource, sample_rate: int) -> Iterator[np.ndarray]:
    """Decode a stream block by block at another rate (soxr HQ), or at its own."""
    blocks = read_blocks(source)
    if source.sample_rate == sample_rate:
        yield from blocks
        return
    resampler = soxr.ResampleStream(source.sample_rate, sample_rate, source.channels, "float32")
    for block in blocks:
        yield resampler.resample_chunk(np.ascontiguousarray(block.T)).T
    tail = np.zeros((0, source.channels), np.float32)
    yield resampler.resample_chunk(tail, last=True).T


def read_audio(path: Path, sample_rate: int | None = None) -> tuple[np.ndarray, int]:
    """Read a whole file's first stream as it is: float32 (channels, samples) and its rate.

    Args:
        path: the file.
        sample_rate: resample to this rate; None keeps the file's own.

    Raises:
        InputError: unreadable, damaged, or longer than the machine's free memory.
    """
    try:
        return read_source(probe(path)[0], sample_rate)
    except InputError as error:
        if OR_LEAVE_OUT not in str(error):
            raise
        raise InputError(str(error).replace(OR_LEAVE_OUT, "")) from None


def read_source(source: AudioSource, sample_rate: int | None = None) -> tuple[np.ndarray, int]:
    """Read a whole stream, as its description says, like `read_audio`.

    Raises:
        InputError: as there.
    """
    path = source.path
    rate = sample_rate or source.sample_rate
    room = available_memory_bytes() // 2
    blocks: list[np.ndarray] = []
    for block in read_resampled_blocks(source, rate):
        room -= block.nbytes
        if room < 0:
            raise InputError(f"{path.name}: does not fit into this machine's free memory; split it")
        blocks.append(block)
    damage = damage_of(source)
    if damage is not None:
        raise InputError(f"{path.name}: {damage}; copy or export it again")
    if not blocks:
        return np.zeros((source.channels, 0), np.float32), rate
    return np.concatenate(blocks, axis=1), rate


def resampled_length(n_samples: int, from_rate: int, to_rate: int) -> int:
    """Samples that `n_samples` at one rate become at another, rounded up so that nothing is cut."""
    return -(-n_samples * to_rate // from_rate)


def resample(audio: np.ndarray, from_rate: int, to_rate: int, n_samples: int) -> np.ndarray:
    """Resample (channels, samples) with soxr HQ to exactly `n_samples`; the same array if equal.

    In blocks, so that no second whole copy is made on the way.
    """
    if from_rate == to_rate and audio.shape[1] == n_samples:
        return audio
    resampled = silence(audio.shape[0], n_samples)
    resampler = soxr.ResampleStream(from_rate, to_rate, audio.shape[0], "float32")
    position = 0
    for start in range(0, max(audio.shape[1], 1), BLOCK_SAMPLES):
        stop_if_asked()
        block = np.ascontiguousarray(audio[:, start : start + BLOCK_SAMPLES].T)
        last = start + BLOCK_SAMPLES >= audio.shape[1]
        out = resampler.resample_chunk(block, last=last).T[:, : n_samples - position]
        resampled[:, position : position + out.shape[1]] = out
        position += out.shape[1]
    return resampled
