"""Compressors of tracks that move more than finished ones do.

A network learns compression by company: among bands it sets a compressor on every track, among
loops and synthesisers on none, so that the raw voice of an electronic song is not held at all. What
a track needs shows in itself: its strong moments (notes, syllables, strokes) differ in level, and
in finished mixes by no more than its role's usual range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.running import running_maximum, running_mean
from mixer.network.track_mixer.features import POWER_FLOOR, TrackLevels
from mixer.network.track_mixer.human import USUAL
from mixer.network.track_mixer.movement import frame_gains_db
from mixer.network.track_mixer.together import gated_power
from mixer.network.track_mixer.track_settings import Compression


@dataclass(frozen=True)
class Held:
    """Limits on a role.

    Attributes:
        range_db: by which its strong moments differ in finished mixes, at most.
        ratio: a median of engineers' (MixologyDB).
    """

    range_db: float
    ratio: float


# Roles that most engineers compress (MixologyDB: lead voices 73 %, basses 77, kicks 66, snares 61,
# backing voices 56, toms 55). Nine in ten finished tracks are within these ranges: 81 of 15 real
# songs, of LMMS's authors and an album's.
HELD = {
    "lead_vocal": Held(3.0, 3.0),
    "vocal_stem": Held(3.0, 3.0),
    "vocal_double": Held(5.0, 2.1),
    "backing_vocals": Held(5.0, 2.1),
    "bass": Held(5.5, 3.0),
    "bass_stem": Held(5.5, 3.0),
    "kick": Held(3.0, 3.8),
    "snare": Held(4.0, 3.2),
    "toms": Held(4.0, 3.2),
}
# Softer moments are ghost notes, breath and bleed. The very loudest are accidents.
_STRONG_WITHIN_DB, _PLAYS_WITHIN_DB, _HIGHEST_PERCENTILE = 12.0, 40.0, 98.0
# One in twenty is louder than the loud moments that are compared with the median one.
_LOUD_PERCENTILE = 95.0
# A moment is the highest frame within this many on either side, about 0.1 s.
_AROUND_FRAMES = 4
_FEWEST_MOMENTS = 8
# Loud moments lose at most so much.
MOST_HELD_DB = 6.0
# Attack and release together follow about 0.1 s of frames of 23 ms, as measured on struck sounds.
_FOLLOWS_FRAMES = 5
_BISECTIONS = 12


def held(row: dict[str, float], track: TrackLevels, role: str, amount: float) -> dict[str, float]:
    """Compress a raw track until its strong moments differ as in finished mixes, as loud as before.

    Args:
        row: controls of the strip; a compressor that a network set is kept where it is enough.
        track: features. A track of two channels has been through a desk already and stays as it is.
        role: of the track.
        amount: 0 to 1, of the way.
    """
    if role not in HELD or track.n_channels != 1 or amount <= 0.0:
        return row
    n = min(len(track.frame_db), len(track.peak_db))
    moves_db = frame_gains_db(track.frame_db[:n], row["shape"], row["ride"])
    peak_db = track.peak_db[:n].astype(np.float64) + (0.0 if moves_db is None else moves_db)
    frame_db = track.frame_db[:n].astype(np.float64) + (0.0 if moves_db is None else moves_db)
    usual = HELD[role]
    set_by_network = _compression(row["threshold_db"], row["ratio"], role)
    before_db = reduction_db(peak_db, set_by_network)
    range_db = range_of_moments_db(frame_db - before_db)
    if range_db <= usual.range_db:
        return row
    wanted_db = range_db - amount * (range_db - usual.range_db)
    ratio = max(usual.ratio, row["ratio"])
    threshold_db = _threshold_db(frame_db, peak_db, ratio, wanted_db)
    if not set_by_network.is_off:
        threshold_db = min(threshold_db, row["threshold_db"])
    after_db = reduction_db(peak_db, _compression(threshold_db, ratio, role))
    lost_db = _loudness_db(frame_db - before_db) - _loudness_db(frame_db - after_db)
    return {
        **row,
        "ratio": ratio,
        "threshold_db": threshold_db,
        "gain_db": row["gain_db"] + lost_db,
    }


def range_of_moments_db(frame_db: NDArray[np.float64]) -> float:
    """Level of a track's loudest strong moments above its median one, in dB.

    Args:
        frame_db: (frames,) level. 0 for a track of fewer than eight such moments.
    """
    moments = frame_db[_strong_moments(frame_db)]
    if len(moments) < _FEWEST_MOMENTS:
        return 0.0
    return float(np.percentile(moments, _LOUD_PERCENTILE) - np.median(moments))


def reduction_db(peak_db: NDArray[np.float64], compression: Compression) -> NDArray[np.float64]:
    """Approximate gain reduction of a signal with these peaks, (frames,) in dB."""
    if compression.is_off:
        return np.zeros_like(peak_db)
    over_db = np.maximum(peak_db - compression.threshold_db, 0.0)
    wanted_db = (1.0 - 1.0 / compression.ratio) * over_db
    return running_mean(wanted_db, _FOLLOWS_FRAMES, "nearest")


def _compression(threshold_db: float, ratio: float, role: str) -> Compression:
    usual = USUAL[role]
    return Compression(threshold_db, ratio, usual.attack_ms, usual.release_ms).bounded()


def _strong_moments(frame_db: NDArray[np.float64]) -> NDArray[np.bool_]:
    if not frame_db.size:
        return np.zeros(0, bool)
    is_moment = frame_db == running_maximum(frame_db, 2 * _AROUND_FRAMES + 1)
    is_moment &= frame_db > frame_db.max() - _PLAYS_WITHIN_DB
    highest_db = np.percentile(frame_db[is_moment], _HIGHEST_PERCENTILE)
    return np.asarray(is_moment & (frame_db > highest_db - _STRONG_WITHIN_DB))


def _threshold_db(
    frame_db: NDArray[np.float64], peak_db: NDArray[np.float64], ratio: float, wanted_db: float
) -> float:
    """The highest threshold that brings the range of strong moments to what is wanted.

    It is not so low that loud moments lose more than `MOST_HELD_DB`.
    """
    loud_db = float(np.percentile(peak_db[_strong_moments(frame_db)], _LOUD_PERCENTILE))
    high_db = min(float(peak_db.max()), 0.0)
    low_db = min(high_db, loud_db - MOST_HELD_DB / (1.0 - 1.0 / ratio))
    for _ in range(_BISECTIONS):
        middle_db = 0.5 * (low_db + high_db)
        left_db = frame_db - reduction_db(peak_db, Compression(middle_db, ratio))
        if range_of_moments_db(left_db) > wanted_db:
            high_db = middle_db
        else:
            low_db = middle_db
    return low_db


def _loudness_db(frame_db: NDArray[np.float64]) -> float:
    return 10.0 * float(np.log10(max(gated_power(10.0 ** (frame_db / 10.0)), POWER_FLOOR)))
