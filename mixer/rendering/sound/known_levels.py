"""Levels of stems that do not change between mixes, measured once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from mixer.dsp.blocks import FloatArray, db_to_gain, sum_of
from mixer.meters.loudness import energies_with_part, gated_loudness_lufs, step_energies
from mixer.rendering.mix import Levels, WetMix, measure_levels, unmade_of, unmade_stems
from mixer.rendering.sound.known_spectra import KnownSpectra
from mixer.stems import VOCALS

Found = TypeVar("Found")
# Arrays by their `id`, and whether the stems that were not made are with them.
Key = tuple[tuple[int, ...], bool]


class KnownLevels:
    """Levels of stems and of their sums; those of the wet stems and their mix are cached."""

    def __init__(self, sample_rate: int, wet: WetMix | None = None) -> None:
        """Start with an empty cache.

        Args:
            sample_rate: in Hz.
            wet: mix whose wet stems will be measured repeatedly; it is kept in memory, and its
                arrays must not change. None for no such mix.
        """
        self._sample_rate, self._wet = sample_rate, wet
        self.spectra = KnownSpectra(wet)
        held = () if wet is None else (wet.audio, *wet.wet_stems.values())
        self._held = {id(audio) for audio in held}
        self._levels: dict[Key, Levels] = {}
        self._energies: dict[Key, FloatArray] = {}

    def listen(self) -> None:
        """Measure the mix, its vocals and the rest now, if one pass can; see `loudness_lufs`."""
        wet = self._wet
        if wet is None or not self.has_unmade or set(wet.wet_stems) != {VOCALS}:
            return
        vocals = wet.wet_stems[VOCALS]
        keys: list[Key] = [((id(wet.audio),), False), ((id(vocals),), False), ((), True)]
        found = energies_with_part(wet.audio, vocals, self._sample_rate)
        self._energies |= dict(zip(keys, found, strict=True))

    def energies(self, audio: FloatArray) -> FloatArray:
        """Energies of an array, from `mixer.meters.loudness.step_energies`."""
        key: Key = ((id(audio),), False)
        return self._once(self._energies, key, lambda: step_energies(audio, self._sample_rate))

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
            with_unmade: add the sum of the stems without a wet stem.
            gain_db: gain applied to the sum.
        """

        def measure() -> FloatArray:
            unmade = unmade_of(self._wet) if with_unmade and self._wet is not None else None
            parts = audios if unmade is None else (unmade, *audios)
            return step_energies(_sum_of(parts), self._sample_rate)

        key: Key = tuple(id(audio) for audio in audios), with_unmade
        energies = self._once(self._energies, key, measure)
        found = gated_loudness_lufs(energies * db_to_gain(gain_db) ** 2, self._sample_rate)
        return found if np.isfinite(found) else None

    def before_strip(self, stem: str) -> FloatArray | None:
        """A wet stem before its strip, float32 (2, samples); None if it is not known."""
        return None if self._wet is None else self._wet.wet_stems.get(stem)

    @property
    def has_unmade(self) -> bool:
        """Whether any stem has no wet stem of its own."""
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
