"""Width, pan and gain: the end of the strip. All of them move at every sample."""

from __future__ import annotations

import numpy as np

from mixer.console.automation import Automation, mean_value
from mixer.console.processing import EffectReport
from mixer.console.settings import Number
from mixer.dsp.blocks import FloatArray, db_to_gain


class WidthEffect:
    """The side signal (L - R) / 2 times the width, with the mid signal (L + R) / 2 unchanged.

    Whatever the width, left plus right stays the same.
    """

    context_samples = 0

    def __init__(self, width: Number, sample_rate: int) -> None:
        self._width = Automation(width, sample_rate)
        self._report = {"width": mean_value(width)}

    def process(self, block: FloatArray, start: int) -> FloatArray:
        width = np.asarray(self._width.over(start, start + block.shape[-1]), dtype=np.float32)
        middle = np.float32(0.5) * (block[0] + block[1])
        side = np.float32(0.5) * (block[0] - block[1]) * width
        out = np.empty_like(block)
        np.add(middle, side, out=out[0])
        np.subtract(middle, side, out=out[1])
        return np.where(width == 1.0, block, out) if np.any(width == 1.0) else out

    def report(self) -> EffectReport:
        return self._report


class PanEffect:
    """A balance: each channel gets a gain, nothing of one goes to the other.

    Gains are sqrt(2) cos and sqrt(2) sin of an angle from 0 (left) to 90 degrees: 1 and 1 in the
    centre, 0 and +3 dB at the side. Their squares always sum to 2, so a stem with as much energy
    left as right keeps its energy wherever it goes.
    """

    context_samples = 0

    def __init__(self, pan: Number, sample_rate: int) -> None:
        self._pan = Automation(pan, sample_rate)
        self._report = {"pan": mean_value(pan)}

    def process(self, block: FloatArray, start: int) -> FloatArray:
        left, right = pan_gains(self._pan.over(start, start + block.shape[-1]))
        return np.stack([block[0] * left, block[1] * right])

    def report(self) -> EffectReport:
        return self._report


def pan_gains(pan: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Linear gains, float32, of left and right for a pan from -1 to 1; both exactly 1 at 0."""
    angle = (np.asarray(pan, dtype=np.float64) + 1.0) * (np.pi / 4.0)
    gains = np.sqrt(2.0) * np.stack([np.cos(angle), np.sin(angle)])
    left, right = gains.astype(np.float32)
    return left, right


class GainEffect:
    """The fader."""

    context_samples = 0

    def __init__(self, gain_db: Number, sample_rate: int) -> None:
        self._gain_db = Automation(gain_db, sample_rate)
        self._report = {"gain_db": mean_value(gain_db)}

    def process(self, block: FloatArray, start: int) -> FloatArray:
        gain = db_to_gain(self._gain_db.over(start, start + block.shape[-1]))
        return block * gain.astype(np.float32)

    def report(self) -> EffectReport:
        return self._report
