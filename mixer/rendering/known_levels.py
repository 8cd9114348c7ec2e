"""Levels of stems that are the same from mix to mix, measured once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from mixer.dsp.blocks import FloatArray, db_to_gain, sum_of
from mixer.meters.loudness import gated_loudness_lufs, step_energies
from mixer.rendering.known_spectra import KnownSpectra
from mixer.rendering.mix import Levels, WetMix, measure_levels, unmade_of, unmade_stems

Found = TypeVar("Found")
# Arrays by their `id`, and whether the stems that were not made are with them.
Key = tuple[tuple[int, ...], bool]


class KnownLevels:
    """Levels of stems and of their sums; those of the wet stems themselves are remembered."""

    def __init__(self, sample_rate: int, wet: WetMix | None = None) -> None:
        """Nothing is known.

        Args:
            sample_rate: in Hz.
            wet: mix whose wet stems come again; it is held on to, and its arrays must not change.
        """
        self._sample_rate, self._wet = sample_rate, wet
        self.spectra = KnownSpectra(wet)
        self._held = set() if wet is None else {id(audio) for audio in wet.wet_stems.values()}
        self._levels: dict[Key, Levels] = {}
        self._energies: dict[Key, FloatArray] = {}

    def of(self, audio: FloatArray) -> Levels:
        """All levels of an array, as in `measure_levels`."""
        return self._once(
            self._levels, ((id(audio),), False), lambda: measure_levels(audio, self._sample_rate)
        )

    def loudness_lufs(
        self, *audios: FloatArray, with_unmade: bool = False, gain_db: float = 0.0
    ) -> float | None:
        """Integrated loudness of an array, or of the sum of several; None for silence.

        Args:
            audios: float32 (2, samples).
            with_unmade: with the sum of the stems that were not made wet.
            gain_db: at which they are heard.
        """

        def measure() -> FloatArray:
            unmade = unmade_of(self._wet) if with_unmade and self._wet is not None else None
            parts = audios if unmade is None else (unmade, *audios)
            return step_energies(_sum_of(parts), self._sample_rate)

        key = tuple(id(audio) for audio in audios), with_unmade
        energies = self._once(self._energies, key, measure)
        found = gated_loudness_lufs(energies * db_to_gain(gain_db) ** 2, self._sample_rate)
        return found if np.isfinite(found) else None

    def came_as(self, stem: str) -> FloatArray | None:
        """A wet stem in front of its strip; None if that is not known."""
        return None if self._wet is None else self._wet.wet_stems.get(stem)

    @property
    def has_unmade(self) -> bool:
        """Whether there are stems that were not made wet."""
        return self._wet is not None and bool(unmade_stems(self._wet))

    def _once(self, known: dict[Key, Found], key: Key, measure: Callable[[], Found]) -> Found:
        if key in known:
            return known[key]
        found = measure()
        if all(name in self._held for name in key[0]):
            known[key] = found
        return found


def _sum_of(parts: Sequence[FloatArray]) -> FloatArray:
    return parts[0] if len(parts) == 1 else sum_of(parts)
