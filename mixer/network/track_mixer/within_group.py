"""No track further from its role's place in its group than engineers put one.

Of 2 191 tracks in 90 human mixes (MixologyDB) one in a hundred is more than 12 dB louder than its
role's usual place among the tracks of its group, and one in a hundred more than 18 dB softer. A
network that was taught by few songs may answer anything; where incoming levels mean nothing, what
is beyond that is drawn back, and the group stays as loud as it was.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.network.track_mixer.heard_tracks import HeardTracks
from mixer.network.track_mixer.human import USUAL

MOST_ABOVE_DB, MOST_BELOW_DB = 12.0, 18.0
# Fewer tracks have no middle one to measure from.
_FEWEST_TRACKS = 3


def drawn_into_group(heard: HeardTracks, gains_db: Sequence[float]) -> list[float]:
    """Faders with no track out of its group's bounds; the same for a track in any order.

    Args:
        heard: the tracks.
        gains_db: of each track's fader.
    """
    drawn = np.array(gains_db, np.float64)
    lufs = np.array([track.loudness_lufs for track in heard.features])
    usual = np.array([USUAL[role].level_lu for role in heard.roles])
    for stem in dict.fromkeys(heard.stems):
        own = np.flatnonzero((np.array(heard.stems) == stem) & np.isfinite(lufs))
        if len(own) < _FEWEST_TRACKS:
            continue
        level_lu = lufs[own] + drawn[own]
        apart_db = level_lu - usual[own]
        middle_db = float(np.median(apart_db))
        bounded_db = np.clip(apart_db, middle_db - MOST_BELOW_DB, middle_db + MOST_ABOVE_DB)
        if np.array_equal(bounded_db, apart_db):
            continue
        before, after = (np.sort(10.0 ** (levels / 10.0)).sum() for levels in
                         (level_lu, bounded_db + usual[own]))  # fmt: skip
        drawn[own] += bounded_db - apart_db + 10.0 * np.log10(before / after)
    return drawn.tolist()
