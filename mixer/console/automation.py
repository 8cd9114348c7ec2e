"""Numbers that move: a setting's value at every sample, or at the steps of a control rate."""

from __future__ import annotations

import numpy as np

from mixer.console.settings import Number

# How often what cannot move at every sample is set again: 1.5 ms at 44.1 kHz, far below what is
# heard as a step, and few enough to be cheap.
CONTROL_STEP_SAMPLES = 64


class Automation:
    """A setting's value over time: linear between its points, constant before and after them."""

    def __init__(self, number: Number, sample_rate: int) -> None:
        """Prepare an automation.

        Args:
            number: a constant, or points of (seconds, value), the times not falling.
            sample_rate: Hz.
        """
        if isinstance(number, tuple):
            points = np.asarray(number, dtype=np.float64)
            self._samples, self._values = points[:, 0] * sample_rate, points[:, 1]
        else:
            self._samples, self._values = np.zeros(1), np.array([float(number)])

    @property
    def constant(self) -> float | None:
        """The value if it is constant; else None."""
        first = float(self._values[0])
        return first if bool(np.all(self._values == first)) else None

    @property
    def highest(self) -> float:
        """The highest value over the whole song."""
        return float(np.max(self._values))

    def at(self, samples: np.ndarray) -> np.ndarray:
        """Values at sample positions (which may be fractional), float64 of the same shape."""
        return np.interp(samples, self._samples, self._values)

    def over(self, start: int, stop: int) -> float | np.ndarray:
        """Values at samples `start` to `stop`: one number if constant, else one per sample.

        Returns:
            A float, or float64 `(stop - start,)`.
        """
        constant = self.constant
        return constant if constant is not None else self.at(np.arange(start, stop))

    def steps(self, start: int, stop: int) -> np.ndarray:
        """Values in the middle of every control step of samples `start` to `stop`.

        Steps are counted from the song's beginning; `start` is a multiple of their length.

        Returns:
            float64 `(ceil((stop - start) / CONTROL_STEP_SAMPLES),)`.
        """
        begins = np.arange(start, stop, CONTROL_STEP_SAMPLES)
        return self.at(begins + 0.5 * CONTROL_STEP_SAMPLES)


def mean_value(number: Number) -> float:
    """A number for a report: the constant, or the plain mean of the points' values."""
    if isinstance(number, tuple):
        return float(np.mean([value for _, value in number]))
    return float(number)
