"""An example of the track mixer, and how strongly it is disturbed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Strength:
    """Strength of disturbances; values in dB are standard deviations unless stated otherwise.

    Attributes:
        raw_gain_db: largest gain of raw tracks, up or down, drawn uniformly.
        rough_gain_db: fader errors of a rough mix.
        finished_gain_db: fader errors of finished tracks.
        taste_db, group_taste_db: level changes of tracks and of groups that another engineer might
            prefer.
        tilt_db, curve_db: changes to the spectrum of tracks to be restored, at the ends of the
            scale.
        side_db: gain of their side signal.
        to_mono: share of them made mono, 0 to 1.
        shape: standard deviation of the relative change of their transients.
        no_role: share of songs whose roles are hidden, and share of hidden roles in the others, 0
            to 1.
        missing: largest share of tracks left out, 0 to 1.
    """

    raw_gain_db: float = 10.0
    rough_gain_db: float = 3.5
    finished_gain_db: float = 0.5
    taste_db: float = 1.5
    group_taste_db: float = 1.0
    tilt_db: float = 2.5
    curve_db: float = 1.5
    side_db: float = 3.0
    to_mono: float = 0.4
    shape: float = 0.15
    no_role: float = 0.12
    missing: float = 0.3


@dataclass
class Example:
    """Inputs and targets of the network, (tracks, ...) each.

    Attributes:
        bands_db, dynamics, is_mono, role, group, levels: inputs of the network's graph.
        target_lu: loudness of a track relative to the mix; NaN if unknown.
        within_groups: whether levels are only known relative to the track's group.
        wet_mid, wet_side: target powers (tracks, bands), at any level, for spectrum and width; NaN
            if unknown.
        decisions: (tracks, `DECISIONS`), the engineer's settings; NaN if unknown.
        shape: the transient shaping that undoes the disturbance.
        curve_db: (tracks, bands), target EQ curve if no wet track is known; else NaN.
        weight: weight of the example in the loss of levels.
    """

    bands_db: NDArray[np.float32]
    dynamics: NDArray[np.float32]
    is_mono: NDArray[np.float32]
    role: NDArray[np.int64]
    group: NDArray[np.int64]
    levels: float
    target_lu: NDArray[np.float32]
    within_groups: bool
    wet_mid: NDArray[np.float32]
    wet_side: NDArray[np.float32]
    decisions: NDArray[np.float32]
    shape: NDArray[np.float32]
    curve_db: NDArray[np.float32]
    weight: float = 1.0
