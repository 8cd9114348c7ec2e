"""A segment of a rendered mix, with what looking for damage needs to know of its stems."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixer.meters.signal import Signal


@dataclass(frozen=True)
class StemPart:
    """A stem within a segment.

    Attributes:
        wet: as it is in the mix, float32 `(2, samples)`.
        predicted: its input through its best filter, see `fit_best_filter`.
        gain_speed_db_s: see `measure_gain_speed`; NaN within reach of an onset.
    """

    wet: np.ndarray
    predicted: np.ndarray
    gain_speed_db_s: np.ndarray


@dataclass(frozen=True)
class Segment:
    """A segment of a mix.

    Attributes:
        mix: float32 `(2, samples)`, before any limiter.
        stems: those that are loud enough to be heard in it.
        n_clicks: clicks that the recordings have not.
        limited_share: share of samples that the limiter lowers in the whole mix, 0 to 1.
    """

    mix: Signal
    stems: tuple[StemPart, ...]
    n_clicks: int
    limited_share: float
