"""Loudness of stems that are the same from mix to mix, measured once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mixer.dsp.blocks import FloatArray, sum_of
from mixer.meters.loudness import integrated_loudness_lufs


class KnownLoudness:
    """Loudness of arrays and of their sums; of arrays that will come again it is remembered."""

    def __init__(self, sample_rate: int, coming_again: Iterable[FloatArray] = ()) -> None:
        """Nothing is known.

        Args:
            sample_rate: in Hz.
            coming_again: float32 (2, samples) each; they are held on to and must not change.
        """
        self._sample_rate = sample_rate
        self._held = {id(audio): audio for audio in coming_again}
        self._found: dict[tuple[int, ...], float] = {}

    def of(self, *audios: FloatArray) -> float | None:
        """Integrated loudness in LUFS of an array, or of the sum of several; None for silence."""
        key = tuple(id(audio) for audio in audios)
        found = self._found.get(key)
        if found is None:
            total = audios[0] if len(audios) == 1 else sum_of(audios)
            found = integrated_loudness_lufs(total, self._sample_rate)
            if all(name in self._held for name in key):
                self._found[key] = found
        return found if np.isfinite(found) else None
