"""De-esser: a high shelf that goes down while the band above it stands out against the rest.

Butterworth filters of one frequency split x into low, high and what is left between them, middle;
the shelf is low + sqrt(g) middle + g high, of power gain (1 + g^2 w^4) / (1 + w^4): minimum phase,
no latency, x itself where g is 1, falling evenly from 1 to g and nowhere lower.
"""

from __future__ import annotations

import math

import numpy as np

from mixer.console.automation import Automation, mean_value
from mixer.console.filters import high_pass, low_pass
from mixer.console.levels import MovingBallistics, ReductionMeter, reduction_to_gain
from mixer.console.processing import EffectReport
from mixer.console.settings import DeEsser, Filter, Number
from mixer.dsp.blocks import FloatArray
from mixer.dsp.recursive import filter_samples

ATTACK_MS, RELEASE_MS = 1.0, 60.0
# Longer than a period of a low voice, shorter than a consonant.
LEVEL_MS = 10.0
# The rest is never taken to be quieter than this, so that hiss in a pause is not a sibilant.
_FLOOR_POWER = 10.0 ** (-60.0 / 10.0)
# Frequency of the shelf's filters over that of the setting: an octave above that, it then has all
# but 0.3 dB of a reduction by 8 dB.
_SHELF_SHARE = math.sqrt(0.5)


class DeEsserEffect:
    """Compares a high-pass and a low-pass at the same frequency, both 12 dB an octave."""

    context_samples = 0

    def __init__(self, setting: DeEsser, sample_rate: int) -> None:
        edge = Filter(frequency_hz=setting.frequency_hz)
        self._heard = high_pass(edge, sample_rate), low_pass(edge, sample_rate)
        edge = Filter(frequency_hz=_scaled(setting.frequency_hz, _SHELF_SHARE))
        self._high, self._low = high_pass(edge, sample_rate), low_pass(edge, sample_rate)
        self._threshold_db = Automation(setting.threshold_db, sample_rate)
        self._most_db = Automation(setting.max_reduction_db, sample_rate)
        self._ballistics = MovingBallistics(
            Automation(ATTACK_MS, sample_rate), Automation(RELEASE_MS, sample_rate), sample_rate
        )
        self._forget = float(np.exp(-1.0 / (1e-3 * LEVEL_MS * sample_rate)))
        self._powers = np.zeros((2, 1))
        self._meter = ReductionMeter()
        self._report = {"frequency_hz": mean_value(setting.frequency_hz)}

    def process(self, block: FloatArray, start: int) -> FloatArray:
        stop = start + block.shape[-1]
        high, low = (band.process(block, start) for band in self._heard)
        over_db = self._ratio_db(high, low)
        over_db -= self._threshold_db.over(start, stop)
        wanted_db = np.clip(over_db, 0.0, self._most_db.over(start, stop)).astype(np.float32)
        reduction_db = self._ballistics.smooth(wanted_db, start)
        self._meter.add(reduction_db)
        gain = reduction_to_gain(reduction_db)
        high, low = self._high.process(block, start), self._low.process(block, start)
        taken = block - low
        taken -= high
        taken *= np.float32(1.0) - np.sqrt(gain)
        high *= np.float32(1.0) - gain
        taken += high
        return block - taken

    def report(self) -> EffectReport:
        return {**self._meter.report(), **self._report}

    def _ratio_db(self, high: FloatArray, low: FloatArray) -> np.ndarray:
        """Level of the band over that of the rest, both channels together, `(samples,)`."""
        powers = np.stack([np.mean(np.square(band), axis=0) for band in (high, low)])
        smooth, self._powers = filter_samples(
            np.array([1.0 - self._forget]), np.array([1.0, -self._forget]), powers, self._powers
        )
        high_power, low_power = np.maximum(smooth, 0.0)
        return 10.0 * np.log10((high_power + 1e-12) / (low_power + _FLOOR_POWER))


def _scaled(number: Number, factor: float) -> Number:
    if isinstance(number, tuple):
        return tuple((time_s, value * factor) for time_s, value in number)
    return number * factor
