"""Levels of stems that are the same from mix to mix, measured once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mixer.rendering.mix import Levels, measure_levels


class KnownLevels:
    """Levels of arrays, and of their sums; those of arrays that will come again are remembered."""

    def __init__(self, sample_rate: int, coming_again: Iterable[np.ndarray] = ()) -> None:
        """Nothing is known.

        Args:
            sample_rate: in Hz.
            coming_again: float32 (2, samples) each; they are held on to and must not change.
        """
        self._sample_rate = sample_rate
        self._held = {id(audio): audio for audio in coming_again}
        self._found: dict[tuple[int, ...], Levels] = {}

    def of(self, *audios: np.ndarray) -> Levels:
        """Levels of an array, or of the sum of several, as of `measure_levels`."""
        key = tuple(id(audio) for audio in audios)
        found = self._found.get(key)
        if found is None:
            total = audios[0] if len(audios) == 1 else np.add.reduce(audios)
            found = measure_levels(total, self._sample_rate)
            if all(name in self._held for name in key):
                self._found[key] = found
        return found
