"""Filters of the strip: Butterworth high- and low-pass, and the bands of the parametric EQ.

The sections of `mixer.dsp.biquad`, whose numbers may move: causal, minimum-phase, no latency, so
that a blend with the dry signal does not comb.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mixer.console.automation import CONTROL_STEP_SAMPLES, Automation, mean_value
from mixer.console.processing import EffectReport
from mixer.console.settings import Band, Filter, Number
from mixer.dsp.biquad import butterworth, eq_band
from mixer.dsp.blocks import FloatArray
from mixer.dsp.recursive import filter_samples, filter_sections

# Values of the moving numbers, `(steps,)` each -> sections `(steps, sections, 6)`.
Design = Callable[..., np.ndarray]


class FilterEffect:
    """A filter whose settings may be automated.

    An automated filter gets new coefficients at every control step. Its state is its last inputs
    and outputs (direct form I), so a change of coefficients makes no jump.
    """

    context_samples = 0

    def __init__(
        self, design: Design, numbers: tuple[Number, ...], sample_rate: int, report: EffectReport
    ) -> None:
        """A filter at rest.

        Args:
            design: makes sections of the numbers' values.
            numbers: what `design` takes.
            sample_rate: Hz.
            report: what `report` returns.
        """
        self._design = design
        self._automations = [Automation(number, sample_rate) for number in numbers]
        self._report = report
        constants = [automation.constant for automation in self._automations]
        self._sections = None
        if None not in constants:
            self._sections = design(*(np.array([value]) for value in constants))[0]
        self._state: np.ndarray | None = None

    def process(self, block: FloatArray, start: int) -> FloatArray:
        if self._sections is not None:
            return self._filter_constant(block, self._sections)
        return self._filter_moving(block, start)

    def report(self) -> EffectReport:
        return self._report

    def _filter_constant(self, block: FloatArray, sections: np.ndarray) -> FloatArray:
        if self._state is None:
            self._state = np.zeros((sections.shape[0], block.shape[0], 2))
        out, self._state = filter_sections(sections, block, self._state)
        return out.astype(np.float32)

    def _filter_moving(self, block: FloatArray, start: int) -> FloatArray:
        n_samples = block.shape[-1]
        values = [automation.steps(start, start + n_samples) for automation in self._automations]
        moves = np.any([np.diff(value) != 0.0 for value in values], axis=0)
        firsts = np.concatenate([[0], np.flatnonzero(moves) + 1])
        designs = self._design(*(value[firsts] for value in values))
        edges = np.append(firsts * CONTROL_STEP_SAMPLES, n_samples)
        if self._state is None:
            # of each section: x[n-1], x[n-2], y[n-1], y[n-2] of every channel
            self._state = np.zeros((designs.shape[1], 4, block.shape[0]))
        signal = block.astype(np.float64)
        for index, memory in enumerate(self._state):
            out = np.empty_like(signal)
            for section, first, stop in zip(designs[:, index], edges[:-1], edges[1:], strict=True):
                _, b1, b2, _, a1, a2 = section
                x1, x2, y1, y2 = memory
                delays = np.stack([b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2, b2 * x1 - a2 * y1], -1)
                x = signal[:, first:stop]
                y, _ = filter_samples(section[:3], section[3:], x, delays)
                out[:, first:stop] = y
                for now, before, new in ((0, 1, x), (2, 3, y)):
                    memory[before] = new[:, -2] if new.shape[-1] > 1 else memory[now]
                    memory[now] = new[:, -1]
            signal = out
        return signal.astype(np.float32)


def high_pass(setting: Filter, sample_rate: int) -> FilterEffect:
    """A Butterworth high-pass of 12 or 24 dB an octave."""
    return _pass_filter(setting, "high_pass", sample_rate)


def low_pass(setting: Filter, sample_rate: int) -> FilterEffect:
    """A Butterworth low-pass of 12 or 24 dB an octave."""
    return _pass_filter(setting, "low_pass", sample_rate)


def _pass_filter(setting: Filter, kind: str, sample_rate: int) -> FilterEffect:
    def design(frequency_hz: np.ndarray) -> np.ndarray:
        return butterworth(kind, frequency_hz, setting.slope_db_per_octave, sample_rate)

    report = {
        "frequency_hz": mean_value(setting.frequency_hz),
        "slope_db_per_octave": setting.slope_db_per_octave,
    }
    return FilterEffect(design, (setting.frequency_hz,), sample_rate, report)


def band_filter(setting: Band, sample_rate: int) -> FilterEffect:
    """One band of the parametric EQ."""

    def design(frequency_hz: np.ndarray, gain_db: np.ndarray, q: np.ndarray) -> np.ndarray:
        return eq_band(setting.type, frequency_hz, gain_db, q, sample_rate)

    report: EffectReport = {
        "type": setting.type,
        "frequency_hz": mean_value(setting.frequency_hz),
        "gain_db": None if setting.type == "notch" else mean_value(setting.gain_db),
        "q": mean_value(setting.q),
    }
    numbers = (setting.frequency_hz, setting.gain_db, setting.q)
    return FilterEffect(design, numbers, sample_rate, report)
