"""Loudness of a group's tracks together, against the sum of their own loudnesses.

Loudness is gated: a track that plays for half of the song is measured while it plays, and adds to
its group for half of the song alone. A kit whose drums take turns is softer together than its
drums' loudnesses say, by 1 to 2 dB, and would stand that much too low among the groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.meters.loudness import ABSOLUTE_GATE_LUFS, RELATIVE_GATE_LU
from mixer.network.track_mixer.features import POWER_FLOOR, STEP_FRAMES, STEPS_A_BLOCK, TrackLevels
from mixer.network.track_mixer.heard_tracks import HeardTracks

_MOST_GAIN_DB = 72.0
# Most by which a group is moved without pauses that explain it.
_MOST_APART_DB = 6.0


def louder_apart_db(heard: HeardTracks, gains_db: Sequence[float]) -> list[float]:
    """By how much a group's tracks, taken one by one, add up to more than they are together.

    Args:
        heard: independent of each other, as their powers are added up.
        gains_db: of each track's fader.

    Returns:
        In dB for each track, the same for all of a group; 0 for a group of one and for silence.
    """
    apart_db = [0.0] * len(heard)
    sounding = heard.sounding()
    for stem in dict.fromkeys(heard.stems):
        own = [i for i in sounding if heard.stems[i] == stem]
        if len(own) > 1:
            of_group_db = _of_group([heard.features[i] for i in own], [gains_db[i] for i in own])
            for i in own:
                apart_db[i] = of_group_db
    return apart_db


def _of_group(tracks: Sequence[TrackLevels], gains_db: Sequence[float]) -> float:
    n_frames = max(len(track.frame_db) for track in tracks)
    together, alone = np.zeros(n_frames), 0.0
    for track, gain_db in zip(tracks, gains_db, strict=True):
        # Whatever a model answers, a fader is bounded.
        gain_db = float(np.clip(gain_db, -_MOST_GAIN_DB, _MOST_GAIN_DB))
        # As BS.1770's constant has it, -0.691 dB below the weighted power; it cancels out here.
        power = 10.0 ** ((track.frame_db.astype(np.float64) + gain_db) / 10.0)
        together[: len(power)] += power
        alone += gated_power(power)
    apart_db = 10.0 * np.log10(max(alone, POWER_FLOOR) / max(gated_power(together), POWER_FLOOR))
    return float(np.clip(apart_db, -_MOST_APART_DB, _MOST_APART_DB))


def gated_power(power: NDArray[np.float64]) -> float:
    """Mean power of the blocks of about 400 ms that count for loudness; 0 for silence."""
    n_steps = len(power) // STEP_FRAMES
    steps = power[: n_steps * STEP_FRAMES].reshape(n_steps, STEP_FRAMES).mean(axis=1)
    if n_steps < STEPS_A_BLOCK:
        return float(power.mean()) if power.size else 0.0
    total = np.concatenate([[0.0], np.cumsum(steps)])
    blocks = (total[STEPS_A_BLOCK:] - total[:-STEPS_A_BLOCK]) / STEPS_A_BLOCK
    heard = blocks[blocks > 10.0 ** (ABSOLUTE_GATE_LUFS / 10.0)]
    if not heard.size:
        return 0.0
    gated: float = heard[heard > heard.mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)].mean()
    return gated
