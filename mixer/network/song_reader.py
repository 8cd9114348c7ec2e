"""A network's view of a song: concatenated stems with wrapped warm-up audio, never copied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.errors import InputError


class SongReader:
    """Read access to any section of the song, with zeros outside it.

    Args:
        stems: (2, samples) float32 arrays of one length, or None for silence.
        names: the stems' names, for messages.
        n_warm_up: samples of wrapped audio before the song: its end, repeated as often as needed.

    Attributes:
        n_samples: length of the song.
        n_warm_up: as given.
        n_total: length of both together.

    Raises:
        InputError: the wrong number of stems, or one of the wrong shape, type or length.
    """

    def __init__(
        self,
        stems: Sequence[NDArray[np.float32] | None],
        names: Sequence[str],
        n_warm_up: int,
    ) -> None:
        if len(stems) != len(names):
            raise InputError(f"{len(stems)} stems given, the model takes {len(names)}: {names}")
        lengths = {
            name: _checked_length(stem, name)
            for stem, name in zip(stems, names, strict=True)
            if stem is not None
        }
        if not lengths:
            raise InputError("every stem is missing; give at least one")
        if len(set(lengths.values())) > 1:
            raise InputError(f"stems of different lengths in samples: {lengths}: pad them first")
        self.n_samples = next(iter(lengths.values()))
        if not self.n_samples:
            raise InputError("the stems are empty; give at least one sample")
        self.n_warm_up = n_warm_up
        self.n_total = n_warm_up + self.n_samples
        self._stems = tuple(stems)

    def read(self, start: int, length: int) -> NDArray[np.float32]:
        """Read samples from `start` of warm-up and song, float32 (1, 2 * stems, length)."""
        chunk = np.zeros((1, 2 * len(self._stems), length), np.float32)
        position, stop = max(0, start), min(start + length, self.n_total)
        if position < stop and self.n_samples < length:
            # A song shorter than the stretch repeats in it: by index rather than piece by piece.
            where = np.arange(position - self.n_warm_up, stop - self.n_warm_up) % self.n_samples
            for index, stem in enumerate(self._stems):
                if stem is not None:
                    target = chunk[0, 2 * index : 2 * index + 2]
                    target[:, position - start : stop - start] = stem[:, where]
            return chunk
        while position < stop:
            source = (position - self.n_warm_up) % self.n_samples
            count = min(stop - position, self.n_samples - source)
            for index, stem in enumerate(self._stems):
                if stem is not None:
                    target = chunk[0, 2 * index : 2 * index + 2]
                    at = position - start
                    target[:, at : at + count] = stem[:, source : source + count]
            position += count
        return chunk


def _checked_length(stem: NDArray[np.float32], name: str) -> int:
    if stem.ndim != 2 or stem.shape[0] != 2 or stem.dtype != np.float32:
        raise InputError(
            f"stem {name} has shape {stem.shape} and type {stem.dtype}; it must be float32 "
            "(2, samples)"
        )
    return int(stem.shape[1])
