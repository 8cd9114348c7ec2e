"""Saturation: tanh after the drive, the drive taken back, oversampled.

Only what tanh adds to the signal, tanh(g x) / g - x, goes through the oversampling: what is quiet
passes without a filter and without a change of level, and nothing of it is late.
"""

from __future__ import annotations

import math

import numpy as np

from mixer.console.automation import Automation, mean_value
from mixer.console.processing import EffectReport
from mixer.console.settings import Saturation
from mixer.dsp.blocks import FloatArray, db_to_gain, peak
from mixer.dsp.fir import low_pass_taps, resample_by_taps

# The harder the drive, the squarer the wave and the higher its harmonics: highest drive in dB that
# each oversampling is used for.
_OVERSAMPLING = {18.0: 4, 27.0: 8, float("inf"): 16}
# Reach of the interpolation and of the decimation to either side, in samples of the song. Kaiser
# window of 80 dB: aliases are that far below what they are aliases of.
_REACH_SAMPLES = 24
_KAISER_BETA = 7.86
# Driven no further than this, tanh takes less than -120 dB from a signal: the pauses of a stem.
_LINEAR_BELOW = 1e-3
# The pass band ends at 0.91 of half the sample rate, 20 kHz at 44.1 kHz.
_CUT_OFF = 0.955


class SaturationEffect:
    """Soft clipping."""

    # Interpolation and decimation reach that far each.
    context_samples = 2 * _REACH_SAMPLES

    def __init__(self, setting: Saturation, sample_rate: int) -> None:
        self._drive_db = Automation(setting.drive_db, sample_rate)
        highest_db = self._drive_db.highest
        self._highest_gain = float(db_to_gain(highest_db))
        self._times = next(n for most_db, n in _OVERSAMPLING.items() if highest_db <= most_db)
        n_taps = 2 * _REACH_SAMPLES * self._times + 1
        taps = low_pass_taps(n_taps, _CUT_OFF / self._times, _KAISER_BETA)
        self._down = taps.astype(np.float32)
        self._up = (self._times * taps).astype(np.float32)
        self._power_before, self._power_after = 0.0, 0.0
        self._report = {"drive_db": mean_value(setting.drive_db)}

    def process(self, block: FloatArray, start: int) -> FloatArray:
        context = self.context_samples
        n_samples = block.shape[-1] - 2 * context
        dry = block[:, context : context + n_samples]
        if peak(block) * self._highest_gain < _LINEAR_BELOW:
            self._add_powers(dry, dry)
            return dry.copy()
        dense = resample_by_taps(self._up, block, up=self._times)
        # Only where the interpolation had all it reaches for.
        first = 2 * self._times * _REACH_SAMPLES
        n_dense = self._times * (n_samples + 2 * _REACH_SAMPLES)
        dense = dense[:, first : first + n_dense]
        gain = self._gains(start - _REACH_SAMPLES, n_dense)
        added = np.tanh(gain * dense)
        added /= gain
        added -= dense
        sparse = resample_by_taps(self._down, added, down=self._times)
        wet: FloatArray = dry + sparse[:, 2 * _REACH_SAMPLES : 2 * _REACH_SAMPLES + n_samples]
        self._add_powers(dry, wet)
        return wet

    def report(self) -> EffectReport:
        """The drive, and "level_change_db": change of the level by the lost peaks."""
        change_db = None
        if self._power_before > 0.0 and self._power_after > 0.0:
            change_db = 10.0 * math.log10(self._power_after / self._power_before)
        return {**self._report, "level_change_db": change_db}

    def _add_powers(self, dry: FloatArray, wet: FloatArray) -> None:
        self._power_before += float(np.einsum("cn,cn->", dry, dry, dtype=np.float64))
        self._power_after += float(np.einsum("cn,cn->", wet, wet, dtype=np.float64))

    def _gains(self, start: int, n_dense: int) -> np.ndarray:
        constant = self._drive_db.constant
        if constant is not None:
            return np.asarray(db_to_gain(constant), dtype=np.float32)
        drive_db = self._drive_db.at(start + np.arange(n_dense) / self._times)
        return db_to_gain(drive_db).astype(np.float32)
