"""Frames of a whole song held as a list of chunks: read and written by frame, freed by chunk."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float32]


def empty_chunks(shape: Sequence[int], n_frames: int, chunk_frames: int) -> list[Audio]:
    """Chunks of a song, the last one shorter; their content is undefined.

    Args:
        shape: of a chunk, -1 where its frames go.
        n_frames: of the song.
        chunk_frames: of a chunk.

    Returns:
        Contiguous views of one block: it goes back to the system as soon as the list is dropped.
    """
    width = -math.prod(shape)
    block = np.empty(n_frames * width, np.float32)
    return [
        block[first * width : (first + chunk_frames) * width].reshape(shape)
        for first in range(0, n_frames, chunk_frames)
    ]


def write_frames(chunks: Sequence[Audio], first: int, values: Audio) -> None:
    """Write values (1, channels, frames) from frame `first` on; those beyond the end are dropped.

    Args:
        chunks: of one length, except for the last.
        first: 0 or more.
        values: the frames.
    """
    size, written = chunks[0].shape[-1], 0
    while written < values.shape[-1] and (first + written) // size < len(chunks):
        index, offset = divmod(first + written, size)
        room = chunks[index][..., offset : offset + values.shape[-1] - written]
        if not room.shape[-1]:
            return
        room[...] = values[..., written : written + room.shape[-1]]
        written += room.shape[-1]


def read_frames(chunks: Sequence[Audio], start: int, stop: int) -> Audio:
    """Read frames `start` to `stop`: (1, channels, stop - start), zeros outside the song."""
    size = chunks[0].shape[-1]
    frames = np.zeros((1, chunks[0].shape[1], stop - start), np.float32)
    position = max(0, start)
    while position < stop and position // size < len(chunks):
        index, offset = divmod(position, size)
        part = chunks[index][..., offset : offset + stop - position]
        if not part.shape[-1]:
            break
        frames[..., position - start : position - start + part.shape[-1]] = part
        position += part.shape[-1]
    return frames
