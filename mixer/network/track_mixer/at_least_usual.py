"""Usual minimum treatment of a role, applied if a network's answer falls short of it.

Training minimises a distance, so a network answers with a median: where half of the engineers do a
thing and half do not, it does next to nothing. The energy of mixes, however, comes from those who
do. A few settings therefore have a minimum here, by role (`mixer.network.track_mixer.human`).
"""

from __future__ import annotations

import numpy as np

from mixer.dsp.erb_bands import band_centres_hz
from mixer.network.track_mixer.features import POWER_FLOOR, TrackLevels
from mixer.network.track_mixer.holding import held
from mixer.network.track_mixer.human import GROUP_WIDTH_DB, USUAL
from mixer.network.track_mixer.movement import frame_gains_db, unevenness_db
from mixer.network.track_mixer.parameters import N_BANDS
from mixer.network.track_mixer.together import gated_power
from mixer.network.track_mixer.track_settings import HIGH_PASS_OFF_HZ, SEND_OFF_DB
from mixer.roles import FINISHED_STEM, STEM_OF_ROLE

# Kits are recorded wider than they end up.
_KEEP_WIDTH = frozenset(("vocals", "other"))
# Drums and bass are played in a small room, voices and instruments in a larger one.
_SHORT_ROOM = frozenset(("drums", "bass"))
# Voices in finished mixes move by so much over phrases; a hand on the fader takes what is more,
# and no more than half of it.
_EVEN_DB, _MOST_RIDE = 1.5, 0.5
# A stem's width is that above 250 Hz.
_WIDE_BANDS = band_centres_hz(N_BANDS) > 250.0
# Less side than this is none that was meant (-25 dB); a side is raised by at most 4 dB.
_RECORDED_WIDTH, _MOST_WIDTH = 10.0**-2.5, 1.6
_MOST_WIDENED = 10.0**-0.6
# Below this a raw voice is rumble and handling noise: what the network sets among bands, and among
# loops and synthesisers does not. Singers' chains have 67 to 236 Hz (DiffVox, quartiles).
_VOICE_FROM_HZ = {"lead_vocal": 80.0, "vocal_double": 100.0, "backing_vocals": 100.0}
# Rooms of whole stems, at most: what the simulated engineer gave single dry voices is too much for
# a stem that holds several.
_STEM_ROOM_DB = {"vocals": -14.0, "drums": -16.0, "other": -16.0}


def at_least_usual(
    row: dict[str, float], track: TrackLevels, role: str, amount: float, *, dry: bool
) -> dict[str, float]:
    """Raise a track's controls to the usual minimum of its role.

    Args:
        row: by name (`mixer.network.track_mixer.parameters.TRACK_CONTROLS`).
        track: features.
        role: of the track.
        amount: 0 (a finished mix: nothing is changed) to 1.
        dry: the track is known to be a dry recording, which gets a room.
    """
    if amount <= 0.0:
        return row
    if role in FINISHED_STEM.values():
        if not dry:
            return row
        # A mono stem of voices is one voice, as it was recorded.
        return _wide_stem(held(row, track, role, amount), track, STEM_OF_ROLE[role], amount)
    row = _no_narrower(row, track, role, amount)
    if STEM_OF_ROLE[role] == "vocals":
        row = _ridden(row, track, amount)
    if not dry:
        return row
    row = _without_rumble(held(row, track, role, amount), track, role, amount)
    return _in_a_room(row, role, amount)


def _no_narrower(
    row: dict[str, float], track: TrackLevels, role: str, amount: float
) -> dict[str, float]:
    """Place a track as far out as engineers place its role; stereo recordings keep their width."""
    if track.n_channels == 1:
        return {**row, "spread": max(row["spread"], amount * USUAL[role].spread)}
    if STEM_OF_ROLE[role] in _KEEP_WIDTH:
        return {**row, "width": max(row["width"], amount)}
    return row


def _wide_stem(
    row: dict[str, float], track: TrackLevels, stem: str, amount: float
) -> dict[str, float]:
    """A dry stem as wide as it is in finished mixes: nobody can pan what is in it any more.

    Its recorded width is raised first, and the rest is made of the middle.
    """
    if stem not in GROUP_WIDTH_DB:
        return row
    row = {**row, "long_room_db": min(row["long_room_db"], _STEM_ROOM_DB[stem])}
    left, right, cross = (
        float(track.powers[part, _WIDE_BANDS].astype(np.float64).sum()) for part in range(3)
    )
    mid, side = max(left + right + 2.0 * cross, POWER_FLOOR), max(left + right - 2.0 * cross, 0.0)
    rooms = 10.0 ** (row["short_room_db"] / 10.0) + 10.0 ** (row["long_room_db"] / 10.0)
    # Half of what a room answers is side. Its middle counts too, and hardly does.
    added = 0.5 * rooms + 10.0 ** (row["widen_db"] / 10.0)
    lacking = amount * 10.0 ** (GROUP_WIDTH_DB[stem] / 10.0) - added
    width = row["width"]
    if side > _RECORDED_WIDTH * mid:
        wanted = float(np.sqrt(max(lacking, 0.0) * mid / side))
        width = max(width, min(wanted, _MOST_WIDTH))
    made = 10.0 ** (row["widen_db"] / 10.0)
    lacking = max(0.0, lacking - width**2 * side / mid)
    made_now = max(made, min(lacking + made, _MOST_WIDENED))
    # As loud as before: a side adds to the energy.
    before = 1.0 + made + row["width"] ** 2 * side / mid
    louder_db = 10.0 * float(np.log10((1.0 + made_now + width**2 * side / mid) / before))
    return {
        **row,
        "width": width,
        "widen_db": 10.0 * float(np.log10(made_now)),
        "gain_db": row["gain_db"] - louder_db,
    }


def _without_rumble(
    row: dict[str, float], track: TrackLevels, role: str, amount: float
) -> dict[str, float]:
    if role not in _VOICE_FROM_HZ or track.n_channels != 1:
        return row
    from_hz = HIGH_PASS_OFF_HZ * (_VOICE_FROM_HZ[role] / HIGH_PASS_OFF_HZ) ** amount
    return {**row, "high_pass_hz": max(row["high_pass_hz"], from_hz)}


def _in_a_room(row: dict[str, float], role: str, amount: float) -> dict[str, float]:
    least_db = SEND_OFF_DB + amount * (USUAL[role].room_db - SEND_OFF_DB)
    if max(row["short_room_db"], row["long_room_db"]) >= least_db:
        return row
    room = "short_room_db" if STEM_OF_ROLE[role] in _SHORT_ROOM else "long_room_db"
    return {**row, room: least_db}


def _ridden(row: dict[str, float], track: TrackLevels, amount: float) -> dict[str, float]:
    """Ride a voice to be as even as in finished mixes, and as loud as before."""
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
