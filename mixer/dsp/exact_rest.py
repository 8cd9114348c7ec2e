"""Remainder of a mix once many parts are taken away: exact, however many parts there are.

In float32 every subtraction rounds, and files of 24 bits round every part: 128 parts add up to
more than a millionth of full scale. The rest is kept in two numbers a sample, of which the second
holds what the first rounds away, and parts can be taken as their files hold them: rest and parts
then sum to the mix's file exactly.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import parts_of, silence


class ExactRest:
    """A mix from which parts are taken, one after the other."""

    def __init__(self, mix: FloatArray, blocks: Iterable[np.ndarray] | None = None) -> None:
        """Start with the whole mix.

        Args:
            mix: float32 (channels, samples).
            blocks: the mix as its file will hold it, together as long as it is; None for as it is.
        """
        self._rest, self._rounded_away = silence(*mix.shape), silence(*mix.shape)
        self._add(mix, blocks, 1.0)

    def take(self, part: FloatArray, blocks: Iterable[np.ndarray] | None = None) -> None:
        """Take away a part, float32 (channels, samples); `blocks` as for the mix."""
        self._add(part, blocks, -1.0)

    @property
    def audio(self) -> FloatArray:
        """The remainder so far, float32 (channels, samples); it must not be changed."""
        return self._rest

    def _add(self, audio: FloatArray, blocks: Iterable[np.ndarray] | None, sign: float) -> None:
        start = 0
        for block in (audio[:, part] for part in parts_of(audio)) if blocks is None else blocks:
            here = np.s_[:, start : start + block.shape[1]]
            total = block.astype(np.float64)
            total *= sign
            total += self._rounded_away[here]
            total += self._rest[here]
            self._rest[here] = total
            total -= self._rest[here]
            self._rounded_away[here] = total
            start += block.shape[1]
