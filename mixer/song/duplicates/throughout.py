"""Whether a recording is explained by others from its first sample to its last.

Excerpts miss what plays once: before a recording is left out as a copy or a sum, all of it is
compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mixer.dsp.blocks import power_to_db
from mixer.song.duplicates.found import QUIET_DB, SILENT_BELOW

_CHUNK_S = 0.5

Blocks = Iterator[np.ndarray]


def left_over_throughout_db(
    own: Blocks, others: Sequence[Blocks], sample_rate: int, n_samples: int
) -> float:
    """Residual of a recording in its worst chunk, fitted on others chunk by chunk, in dB.

    Args:
        own: float32 (2, any number of samples) blocks of the recording.
        others: the same for those that are said to hold it.
        sample_rate: of all, Hz.
        n_samples: so many of each are compared.

    Returns:
        In dB of its power in that chunk; chunks in which it is next to silent do not count.
    """
    size = round(_CHUNK_S * sample_rate)
    readers = [_chunks(own, size), *(_chunks(other, size) for other in others)]
    power, left = [], []
    for start in range(0, n_samples, size):
        # The others may go on where it ends.
        target, *its = (next(reader)[:, : n_samples - start] for reader in readers)
        power.append(float(np.sum(target.astype(np.float64) ** 2)))
        left.append(_left_over(target, its))
    shares = np.array(power)
    floor = max(shares.max() * 10.0 ** (QUIET_DB / 10.0), SILENT_BELOW * 2 * size)
    counts = shares > floor
    if not counts.any():
        return 0.0
    worst = float((np.array(left)[counts] / shares[counts]).max())
    return float(power_to_db(worst, 1e-12))


def plays_wherever(own: Blocks, other: Blocks, sample_rate: int, n_samples: int) -> bool:
    """Whether one recording sounds in every chunk in which another does.

    Args:
        own: float32 (2, any number of samples) blocks of a take.
        other: the same for its comp.
        sample_rate, n_samples: as for `left_over_throughout_db`.
    """
    size = round(_CHUNK_S * sample_rate)
    readers = (_chunks(own, size), _chunks(other, size))
    power = np.array(
        [
            [float(np.sum(next(reader).astype(np.float64) ** 2)) for reader in readers]
            for _ in range(0, n_samples, size)
        ]
    )
    floors = np.maximum(power.max(axis=0) * 10.0 ** (QUIET_DB / 10.0), SILENT_BELOW * 2 * size)
    sounds = power > floors
    return bool(sounds[sounds[:, 0], 1].all())


def _left_over(target: np.ndarray, its: Sequence[np.ndarray]) -> float:
    total = 0.0
    for channel in range(target.shape[0]):
        columns = np.stack([chunk[channel] for chunk in its], axis=1).astype(np.float64)
        own = target[channel].astype(np.float64)
        gains = np.linalg.lstsq(columns, own, rcond=1e-9)[0]
        total += float(np.sum((own - columns @ gains) ** 2))
    return total


def _chunks(blocks: Blocks, size: int) -> Iterator[np.ndarray]:
    """Blocks cut again: (2, size) each, silence without end after the last."""
    held = np.zeros((2, 0), np.float32)
    for block in blocks:
        held = np.concatenate([held, block], axis=1)
        while held.shape[1] >= size:
            yield held[:, :size]
            held = held[:, size:]
    yield np.pad(held, ((0, 0), (0, size - held.shape[1])))
    while True:
        yield np.zeros((2, size), np.float32)
