"""Levels of stems that are the same from mix to mix, measured once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from mixer.dsp.blocks import FloatArray, sum_of
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.rendering.mix import Levels, measure_levels

Found = TypeVar("Found")
Key = tuple[int, ...]


class KnownLevels:
    """Levels of arrays and of their sums; those of arrays that will come again are remembered."""

    def __init__(self, sample_rate: int, coming_again: Iterable[FloatArray] = ()) -> None:
        """Nothing is known.

        Args:
            sample_rate: in Hz.
            coming_again: float32 (2, samples) each; they are held on to and must not change.
        """
        self._sample_rate = sample_rate
        self._held = {id(audio): audio for audio in coming_again}
        self._levels: dict[Key, Levels] = {}
        self._loudness: dict[Key, float] = {}

    def of(self, audio: FloatArray) -> Levels:
        """All levels of an array, as in `measure_levels`."""
        return self._once(self._levels, (audio,), lambda: measure_levels(audio, self._sample_rate))

    def loudness_lufs(self, *audios: FloatArray) -> float | None:
        """Integrated loudness of an array, or of the sum of several; None for silence."""

        def measure() -> float:
            total = audios[0] if len(audios) == 1 else sum_of(audios)
            return integrated_loudness_lufs(total, self._sample_rate)

        found = self._once(self._loudness, audios, measure)
        return found if np.isfinite(found) else None

    def _once(
        self, known: dict[Key, Found], audios: tuple[FloatArray, ...], measure: Callable[[], Found]
    ) -> Found:
        key = tuple(id(audio) for audio in audios)
        if key in known:
            return known[key]
        found = measure()
        if all(name in self._held for name in key):
            known[key] = found
        return found
