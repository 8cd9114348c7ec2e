"""Running means, weighted means and maxima; the means by SciPy's loops (see `mixer.dsp.compiled`).

What `uniform_filter1d`, `maximum_filter1d` and `gaussian_filter1d` of `scipy.ndimage` give along
the last axis, bit for bit, without the package.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Literal

import numpy as np

from mixer.dsp.compiled import compiled

# How a signal goes on beyond its ends: by its last sample, or mirrored with or without it twice.
Ends = Literal["nearest", "reflect", "mirror"]
_CODES = {"nearest": 0, "reflect": 2, "mirror": 3}


def _loops() -> ModuleType | None:
    return compiled("ndimage", "_nd_image")


def running_mean(values: np.ndarray, size: int, ends: Ends = "reflect") -> np.ndarray:
    """The mean of `size` values around each value, in the values' type."""
    values, loops = np.asarray(values), _loops()
    if loops is None:
        from scipy.ndimage import uniform_filter1d

        return np.asarray(uniform_filter1d(values, size, mode=ends))
    out = np.zeros_like(values)
    loops.uniform_filter1d(values, size, values.ndim - 1, out, _CODES[ends], 0.0, 0)
    return out


class RunningMean:
    """`running_mean` of float32 (samples,), reflected at the ends, a part at a time, bit for bit.

    Args:
        size: number of values in the window.
        n_values: number of values in all parts together.
        read: returns the values at a slice, or at an array of indices.
    """

    def __init__(
        self, size: int, n_values: int, read: Callable[[slice | np.ndarray], np.ndarray]
    ) -> None:
        self._size, self._n_values, self._read = size, n_values, read
        self._start, self._sum = 0, 0.0

    def next(self, stop: int) -> np.ndarray:
        """The means from the end of the last part up to `stop`, float32 (stop - start,)."""
        start, before = self._start, self._size // 2
        # Samples that enter and leave the window at each place, except the first.
        coming = self._values(start - before + self._size - 1, stop - before + self._size - 1)
        going = self._values(start - before - 1, stop - before - 1)
        sums = coming - going
        if start == 0:
            sums[0] = np.add.accumulate(self._values(-before, self._size - before))[-1]
        else:
            sums[0] += self._sum
        # One after another, as the compiled loop adds them.
        np.add.accumulate(sums, out=sums)
        self._start, self._sum = stop, float(sums[-1])
        return (sums / self._size).astype(np.float32)

    def _values(self, start: int, stop: int) -> np.ndarray:
        """float64; beyond the ends as in a mirror that shows them twice."""
        if start >= 0 and stop <= self._n_values:
            return self._read(slice(start, stop)).astype(np.float64)
        places = np.arange(start, stop) % (2 * self._n_values)
        mirrored = np.minimum(places, 2 * self._n_values - 1 - places)
        return self._read(mirrored).astype(np.float64)


def running_maximum(values: np.ndarray, size: int, origin: int = 0) -> np.ndarray:
    """The largest of `size` values around each value, reflected at the ends.

    Args:
        values: array of any numeric type.
        size: number of values in the window.
        origin: number of values by which the window is moved earlier.
    """
    before = size // 2 + origin
    edges = [(0, 0)] * (np.ndim(values) - 1) + [(before, size - 1 - before)]
    # numpy calls symmetric what SciPy calls reflected.
    largest, width = np.pad(values, edges, mode="symmetric"), 1
    while width < size:
        # The window doubles each time: vectors compare faster than SciPy's loop over values.
        step = min(width, size - width)
        largest = np.maximum(largest[..., :-step], largest[..., step:])
        width += step
    return largest


def gaussian_mean(values: np.ndarray, deviation: float, truncate: float) -> np.ndarray:
    """The Gaussian-weighted mean around each value; the end values continue beyond the ends.

    Args:
        values: float64.
        deviation: standard deviation of the Gaussian, in values.
        truncate: number of deviations at which the Gaussian is cut off.
    """
    radius = int(truncate * deviation + 0.5)
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 / (deviation * deviation) * places**2)
    weights = np.ascontiguousarray((weights / weights.sum())[::-1])
    values, loops = np.asarray(values), _loops()
    if loops is None:
        from scipy.ndimage import correlate1d

        return np.asarray(correlate1d(values, weights, mode="nearest"))
    out = np.zeros_like(values)
    loops.correlate1d(values, weights, values.ndim - 1, out, _CODES["nearest"], 0.0, 0)
    return out
