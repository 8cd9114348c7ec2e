"""Forecast of each stem's normalisation time, corrected as measurements come in.

The time that compression takes differs between stems by a factor of twenty, and is known only once
onsets are measured. The cost of each step is in `mixer.rendering.timing.unit_costs`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mixer.fxnorm.chain import Step
from mixer.rendering.timing import unit_costs as costs

_COMPRESSION = "compression"
_STEREO = 2


def reading_s(is_encoded: bool) -> float:
    """Time to read a recording, in seconds for each second of song."""
    return costs.DECODE_A_STEM if is_encoded else costs.READ_A_STEM


class StemForecast:
    """One stem's normalisation, in seconds for each second of song.

    Args:
        effects: the effects that apply to the stem, in their order.
        encoded: of each recording that it is the sum of, whether it must be decoded.
        keeps: the normalised stem is kept for later takes.

    Attributes:
        done_s: time of the finished steps.
    """

    def __init__(
        self, effects: Sequence[str], encoded: Sequence[bool] = (False,), *, keeps: bool = False
    ) -> None:
        self._effects, self._n_channels = tuple(effects), _STEREO
        self._end_s = costs.MEASURE_AFTER + costs.KEEP_NORMALISED * keeps
        self.done_s = 0.0
        self._current_s = sum(reading_s(each) for each in encoded) + costs.MEASURE_BEFORE
        self._current_s += sum(costs.LISTENED.get(each, 0.0) for each in effects)
        self._later_s = sum(map(self._usually_s, effects)) + self._end_s

    @property
    def left_s(self) -> float:
        """Remaining time in seconds, as far as is known."""
        return self._current_s + self._later_s

    def find(self) -> None:
        """Record that the normalised stem is only to be found."""
        self._current_s, self._later_s = costs.FIND_NORMALISED, 0.0

    def at(self, step: Step) -> None:
        """Record that a step begins, so all steps before it are done."""
        self.done_s += self._current_s
        if step.is_begun:
            self._current_s = step.n_channels * costs.A_COMPRESSED_CHANNEL
            place = self._effects.index(step.effect) + 1
        else:
            self._n_channels = step.n_channels
            self._current_s = self._effect_s(step.effect)
            place = self._effects.index(step.effect)
        later = self._effects[place:]
        self._later_s = sum(map(self._usually_s, later)) + self._end_s
        self._later_s -= 0.0 if step.is_begun else self._current_s

    def end(self) -> None:
        """Record that the whole normalisation is done."""
        self.done_s += self._current_s + min(self._later_s, self._end_s)
        self._current_s = self._later_s = 0.0

    def _effect_s(self, effect: str) -> float:
        # An effect that has not been measured yet costs as one that measures the stem once.
        cost = costs.EFFECTS.get(effect, costs.EFFECTS["loudness"])
        return cost.fixed + self._n_channels * cost.a_channel

    def _usually_s(self, effect: str) -> float:
        compressed = costs.USUALLY_COMPRESSED * self._n_channels if effect == _COMPRESSION else 0.0
        return self._effect_s(effect) + compressed * costs.A_COMPRESSED_CHANNEL
