"""Movements of a track's level by its strip: transients sharpened or evened out, slow riding.

Both are gains in dB by frames of `mixer.network.track_mixer.features`, from the track's own level.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.running import gaussian_mean
from mixer.network.track_mixer.graph_inputs import AROUND_FRAMES, level_around_db

# Seconds from one frame to the next, whatever the sample rate.
FRAME_S = 1024 / 44_100
# A moment that stands out by more is treated as if by so much.
SHAPE_RANGE_DB = 12.0
# Gains let go no faster than this, so that a decay is not heard to be pushed.
FALL_DB_PER_S = 45.0
# So far below its mean power a track is not playing: it is neither shaped nor ridden.
QUIET_BELOW_MEAN_DB, QUIET_RANGE_DB = 40.0, 10.0
# A hand on a fader follows phrases, not notes.
RIDE_WINDOW_S, RIDE_RANGE_DB = 3.0, 6.0


def excess_db(frame_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level of each frame above (or below) the level around it, in dB.

    It rises at once, as an onset does, and falls by at most `FALL_DB_PER_S`; nothing while the
    track does not play.

    Args:
        frame_db: (frames,), from `TrackLevels`.
    """
    if not frame_db.size:
        return np.zeros(0, np.float32)
    power = 10.0 ** (frame_db.astype(np.float64) / 10.0)
    excess = frame_db - level_around_db(power, AROUND_FRAMES)
    excess = np.clip(excess, -SHAPE_RANGE_DB, SHAPE_RANGE_DB) * _playing(frame_db, power)
    # Along a line that falls, the largest so far is what a fall of limited speed leaves.
    line_db = np.arange(len(excess)) * FALL_DB_PER_S * FRAME_S
    return np.asarray(np.maximum.accumulate(excess + line_db) - line_db, np.float32)


def slow_level_db(frame_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level of each second above (or below) the track's mean while it plays, in dB.

    Pauses are left out: a phrase after a rest is as loud as it is.

    Args:
        frame_db: (frames,), from `TrackLevels`.
    """
    if not frame_db.size:
        return np.zeros(0, np.float32)
    power = 10.0 ** (frame_db.astype(np.float64) / 10.0)
    weight = _playing(frame_db, power)
    if weight.sum() == 0.0:
        return np.zeros(len(frame_db), np.float32)
    sigma = 0.5 * RIDE_WINDOW_S / FRAME_S
    around = gaussian_mean(power * weight, sigma, truncate=2.0)
    counted = gaussian_mean(weight, sigma, truncate=2.0)
    mean = (power * weight).sum() / weight.sum()
    level_db = 10.0 * np.log10(np.maximum(around, 1e-12) / np.maximum(counted * mean, 1e-12))
    # Where nothing plays nearby there is nothing to follow.
    level_db *= np.minimum(counted / 0.05, 1.0)
    return np.clip(level_db, -RIDE_RANGE_DB, RIDE_RANGE_DB).astype(np.float32)


def unevenness_db(frame_db: NDArray[np.float32]) -> float:
    """Standard deviation of the level of seconds while a track plays, in dB.

    Args:
        frame_db: (frames,), from `TrackLevels`.
    """
    power = 10.0 ** (frame_db.astype(np.float64) / 10.0)
    weight = _playing(frame_db, power) if frame_db.size else power
    if weight.sum() == 0.0:
        return 0.0
    slow_db = slow_level_db(frame_db)
    mean_db = np.average(slow_db, weights=weight)
    return float(np.sqrt(np.average((slow_db - mean_db) ** 2, weights=weight)))


def frame_gains_db(
    frame_db: NDArray[np.float32], shape: float, ride: float
) -> NDArray[np.float32] | None:
    """Both gains together, (frames,) in dB; None if neither acts.

    Args:
        frame_db: (frames,), from `TrackLevels`.
        shape, ride: as in `mixer.network.track_mixer.track_settings.TrackSettings`.
    """
    if shape == 0.0 and ride == 0.0:
        return None
    gains = np.zeros(len(frame_db), np.float32)
    if shape != 0.0:
        gains += np.float32(shape) * excess_db(frame_db)
    if ride != 0.0:
        gains -= np.float32(ride) * slow_level_db(frame_db)
    return gains


def _playing(frame_db: NDArray[np.float32], power: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 while a track plays, 0 while it does not, in between on the way."""
    quiet_db = 10.0 * np.log10(max(power.mean(), 1e-12)) - QUIET_BELOW_MEAN_DB
    return np.asarray(np.clip((frame_db - quiet_db) / QUIET_RANGE_DB, 0.0, 1.0))
