"""The user's changes of a band mixer's settings, and the settings in a record."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.erb_bands import band_centres_hz, erb_number
from mixer.network.band_mixer.controls import StemControls
from mixer.network.band_mixer.parameters import CHANGES, CURVE_KEYS
from mixer.network.band_mixer.space import LEAST_DB
from mixer.network.output import StemTable
from mixer.setting_changes import (
    POINTS_HZ,
    Change,
    StripChanges,
    asked_for,
    changed,
    changed_curve,
)

# At most twice the movement that the network asks for.
_MOST_MOTION = 2.0


def change_controls(controls: StemControls, changes: StripChanges | None) -> StemControls:
    """A stem's settings with the requested changes; the same object if there are none.

    Args:
        controls: bounded.
        changes: of the stem; keys that a band mixer does not have change nothing.

    Returns:
        Bounded settings. Those that were not requested are the same arrays and numbers.
    """
    asked = {key: change for key, change in asked_for(changes) if key in CHANGES}
    if not asked or changes is None:
        return controls
    new = controls
    if any(key in asked for key in CURVE_KEYS):
        new = replace(new, gain_db=_changed_gains(controls.gain_db, changes))
    if "balance_db" in asked:
        new = replace(new, balance_db=_of_array(asked["balance_db"], new.balance_db))
    if "side_db" in asked:
        new = replace(new, side_db=_of_array(asked["side_db"], new.side_db))
    if "shape" in asked:
        new = replace(new, shape=asked["shape"].of(new.shape))
    if "widen_db" in asked:
        new = replace(new, width_db=asked["widen_db"].of_level(new.width_db, LEAST_DB))
    if "room_db" in asked:
        new = replace(new, room_db=asked["room_db"].of_level(new.room_db, LEAST_DB))
    return new.bounded()


def _changed_gains(gain_db: NDArray[np.float32], changes: StripChanges) -> NDArray[np.float32]:
    """(bands, blocks): the fader is the mean, the curve is around it, motion is what is left."""
    by_band_db = gain_db.mean(axis=1, keepdims=True)
    fader_db = float(by_band_db.mean())
    curve_db = by_band_db - np.float32(fader_db)
    motion = min(max(changed(changes, "motion", 1.0), 0.0), _MOST_MOTION)
    moved_db = (gain_db - by_band_db) * np.float32(motion)
    if changes.curve_db is not None:
        curve_db = _of_array(changes.curve_db, curve_db)
    points_db = _at_points(curve_db[:, 0])
    # Between the points a change is straight on the scale of hearing, as an equaliser's is.
    further_db = np.subtract(changed_curve(replace(changes, curve_db=None), points_db), points_db)
    bands = erb_number(band_centres_hz(len(gain_db)))
    curve_db = curve_db + np.interp(bands, erb_number(np.array(POINTS_HZ)), further_db)[:, None]
    return np.asarray(changed(changes, "gain_db", fader_db) + curve_db + moved_db, np.float32)


def _of_array(change: Change, found: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply a change to each number of an array."""
    start = found if change.set is None else np.full_like(found, change.set)
    return np.asarray(start * change.scale + change.offset, np.float32)


def _at_points(curve_db: NDArray[np.floating]) -> tuple[float, ...]:
    bands = erb_number(band_centres_hz(len(curve_db)))
    points_db = np.interp(erb_number(np.array(POINTS_HZ)), bands, curve_db)
    return tuple(float(level_db) for level_db in points_db)


def as_table(controls: StemControls) -> StemTable:
    """A stem's settings for the record."""
    by_band_db = controls.gain_db.mean(axis=1, dtype=np.float64)
    return {
        "gain_db": float(by_band_db.mean()),
        "curve_db": list(_at_points(by_band_db - by_band_db.mean())),
        "balance_db": float(controls.balance_db.mean(dtype=np.float64)),
        "side_db": float(controls.side_db.mean(dtype=np.float64)),
        "shape": controls.shape,
        "widen_db": max(controls.width_db, LEAST_DB),
        "room_db": max(controls.room_db, LEAST_DB),
    }
