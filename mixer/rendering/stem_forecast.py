"""Forecast of each stem's normalisation time, corrected as measurements come in.

The time that compression takes differs between stems by a factor of twenty, and is known only once
onsets are measured. Constants as in `mixer.rendering.forecast`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mixer.fxnorm.chain import Step

# To read a recording, as samples or encoded; to measure a stem before and after.
_READ, _DECODE, _MEASURE_BEFORE, _MEASURE_AFTER = 0.0004, 0.0011, 0.0006, 0.0001
# To find a stem that an earlier take has kept; to keep one.
FIND_NORMALISED, KEEP_NORMALISED = 0.001, 0.0006
# A channel that is compressed, and the share of all that is.
_COMPRESSED, _USUALLY_COMPRESSED = 0.0025, 0.45


class _Cost(NamedTuple):
    """Cost of an effect: per stem, measurements included, and per channel."""

    fixed: float
    a_channel: float = 0.0


_EFFECTS = {
    "pre_reverb": _Cost(0.0031),
    "reverb": _Cost(0.0031),
    "eq": _Cost(0.0006, 0.0012),
    "compression": _Cost(0.0006, 0.0002),
    "panning": _Cost(0.0012),
    "balance": _Cost(0.00007),
    "loudness": _Cost(0.0006),
}
_COMPRESSION = "compression"
# What is heard of a stem before its first effect, by the effect that will need it.
_LISTENED = {"panning": 0.0007}
_STEREO = 2


def reading_s(is_encoded: bool) -> float:
    """Time to read a recording, in seconds for each second of song."""
    return _DECODE if is_encoded else _READ


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
        self._end_s = _MEASURE_AFTER + KEEP_NORMALISED * keeps
        self.done_s = 0.0
        self._current_s = sum(reading_s(each) for each in encoded) + _MEASURE_BEFORE
        self._current_s += sum(_LISTENED.get(each, 0.0) for each in effects)
        self._later_s = sum(map(self._usually_s, effects)) + self._end_s

    @property
    def left_s(self) -> float:
        """Remaining time in seconds, as far as is known."""
        return self._current_s + self._later_s

    def find(self) -> None:
        """Record that the normalised stem is only to be found."""
        self._current_s, self._later_s = FIND_NORMALISED, 0.0

    def at(self, step: Step) -> None:
        """Record that a step begins, so all steps before it are done."""
        self.done_s += self._current_s
        if step.is_begun:
            self._current_s = step.n_channels * _COMPRESSED
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
        self.done_s += self._current_s
        self._current_s = self._later_s = 0.0

    def _effect_s(self, effect: str) -> float:
        cost = _EFFECTS[effect]
        return cost.fixed + self._n_channels * cost.a_channel

    def _usually_s(self, effect: str) -> float:
        compressed = _USUALLY_COMPRESSED * self._n_channels if effect == _COMPRESSION else 0.0
        return self._effect_s(effect) + compressed * _COMPRESSED
