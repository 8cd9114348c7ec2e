"""Usual minimum treatment of a role, applied if a network's answer falls short of it.

What training holds against a setting is a distance, and its answer a median: where half of the
people do a thing and half do not, it does next to nothing. The energy of a mix is made by those who
do. So the least of a few settings is set here, by role (`mixer.network.track_mixer.human`).
"""

from __future__ import annotations

import numpy as np

from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.human import USUAL
from mixer.network.track_mixer.movement import frame_gains_db, unevenness_db
from mixer.network.track_mixer.settings import SEND_OFF_DB
from mixer.network.track_mixer.together import gated_power
from mixer.roles import FINISHED_STEM, STEM_OF_ROLE

# Kits are recorded wider than they end up.
_KEEP_WIDTH = frozenset(("vocals", "other"))
# Drums and bass are played in a small room, voices and instruments in a larger one.
_SHORT_ROOM = frozenset(("drums", "bass"))
# Voices in finished mixes move by so much over phrases; a hand on the fader takes what is more,
# and no more than half of it.
_EVEN_DB, _MOST_RIDE = 1.5, 0.5


def at_least_usual(
    row: dict[str, float], track: TrackLevels, role: str, amount: float, *, dry: bool
) -> dict[str, float]:
    """A track's controls, none short of what people do to its role.

    Args:
        row: by name (`mixer.network.track_mixer.parameters.TRACK_CONTROLS`).
        track: what was heard.
        role: of the track.
        amount: 0 (a finished mix: nothing is changed) to 1.
        dry: the track is known to be a dry recording, which gets a room.
    """
    if role in FINISHED_STEM.values() or amount <= 0.0:
        return row
    row = _no_narrower(row, track, role, amount)
    if STEM_OF_ROLE[role] == "vocals":
        row = _ridden(row, track, amount)
    return _in_a_room(row, role, amount) if dry else row


def _no_narrower(
    row: dict[str, float], track: TrackLevels, role: str, amount: float
) -> dict[str, float]:
    """As far from the middle as engineers put the role; stereo recordings keep their width."""
    if track.n_channels == 1:
        return {**row, "spread": max(row["spread"], amount * USUAL[role].spread)}
    if STEM_OF_ROLE[role] in _KEEP_WIDTH:
        return {**row, "width": max(row["width"], amount)}
    return row


def _in_a_room(row: dict[str, float], role: str, amount: float) -> dict[str, float]:
    least_db = SEND_OFF_DB + amount * (USUAL[role].room_db - SEND_OFF_DB)
    if max(row["short_room_db"], row["long_room_db"]) >= least_db:
        return row
    room = "short_room_db" if STEM_OF_ROLE[role] in _SHORT_ROOM else "long_room_db"
    return {**row, room: least_db}


def _ridden(row: dict[str, float], track: TrackLevels, amount: float) -> dict[str, float]:
    """As even as voices are in finished mixes, and as loud as before."""
    uneven_db = unevenness_db(track.frame_db)
    share = min(_MOST_RIDE, max(0.0, 1.0 - _EVEN_DB / max(uneven_db, _EVEN_DB)))
    if amount * share <= row["ride"]:
        return row
    moved_db = [frame_gains_db(track.frame_db, 0.0, r) for r in (row["ride"], amount * share)]
    # Loud phrases, which make the loudness, are what a ride turns down.
    before, after = (
        gated_power(
            10.0 ** ((track.frame_db.astype(np.float64) + (0.0 if db is None else db)) / 10)
        )
        for db in moved_db
    )
    lost_db = 10.0 * float(np.log10(max(before, 1e-12) / max(after, 1e-12)))
    return {**row, "ride": amount * share, "gain_db": row["gain_db"] + lost_db}
