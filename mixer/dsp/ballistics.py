"""Attack and release of a gain reduction in dB: y = a y + (1 - a) x, branching.

`a` is of the attack where x > y and of the release elsewhere (Giannoulis, Massberg, Reiss, JAES
2012, equation 16).

The compressor of pedalboard (JUCE's) holds this recursion on |input| in native code. With ratio 2
and a threshold far below, its output is input * (y / threshold)^-1/2, from which y is read back.
Its time constants are exp(-2 pi 1000 / (rate ms)), so the factor is 2 pi. The recursion must never
see zero, where its output says nothing: `OFFSET_DB` is added, and the threshold, 1e-5, lies below.
"""

from __future__ import annotations

import numpy as np
import pedalboard

from mixer.dsp.blocks import FloatArray, db_to_gain

OFFSET_DB = np.float32(1e-4)
_THRESHOLD_DB = -100.0
_SCALE = np.float32(db_to_gain(_THRESHOLD_DB))


class Ballistics:
    """The recursion, which keeps its state from block to block.

    Args:
        sample_rate: Hz.
        attack_ms, release_ms: time constants of the reduction in dB.
    """

    def __init__(self, sample_rate: int, attack_ms: float, release_ms: float) -> None:
        self._sample_rate = sample_rate
        self._native = pedalboard.Compressor(threshold_db=_THRESHOLD_DB, ratio=2.0)
        self.set(attack_ms, release_ms)

    def set(self, attack_ms: float, release_ms: float) -> None:
        """Change the time constants from here on, in ms; the state stays."""
        self._native.attack_ms = 2.0 * np.pi * attack_ms
        self._native.release_ms = 2.0 * np.pi * release_ms

    def smooth(self, offset_db: FloatArray) -> FloatArray:
        """Apply attack and release to a block.

        Args:
            offset_db: float32 `(samples,)`, reductions of 0 dB or more plus `OFFSET_DB`.

        Returns:
            A new array of the same shape and type, still including the offset.
        """
        answer: FloatArray = self._native.process(
            offset_db[np.newaxis], self._sample_rate, reset=False
        )[0]
        np.divide(offset_db, answer, out=answer)
        np.square(answer, out=answer)
        answer *= _SCALE
        return answer
