"""The system that any network must beat: every track at the human median of its role.

First within groups, then between them: each track is brought to its role's usual loudness, each
group to its usual loudness among the groups that sound, and tracks stand where their roles do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.network.track_mixer.controls import to_place
from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.heard_tracks import HeardTracks
from mixer.network.track_mixer.human import GROUP_LUFS, USUAL
from mixer.network.track_mixer.leading_roles import below_whole_db
from mixer.network.track_mixer.placing import place
from mixer.network.track_mixer.together import louder_apart_db
from mixer.network.track_mixer.track_settings import BusSettings, ConsoleSettings, TrackSettings
from mixer.stems import STEMS

# Approximate loudness of the sum.
MIX_LUFS = -18.0


# Recordings far below the other tracks are meant so: bleed, noise, the end of an effect.
MOST_GAIN_DB = 25.0


def _typical_gain_db(tracks: Sequence[TrackLevels]) -> float:
    """Distance in dB of the median sounding track from the mix's loudness."""
    sounding = [track.loudness_lufs for track in tracks if np.isfinite(track.loudness_lufs)]
    return float(MIX_LUFS - np.median(sounding))


def level_settings(heard: HeardTracks) -> ConsoleSettings:
    """Faders and pans by medians alone."""
    tracks, roles, stems = heard.features, heard.roles, heard.stems
    wanted = [
        USUAL[role].level_lu if np.isfinite(track.loudness_lufs) else -np.inf
        for track, role in zip(tracks, roles, strict=True)
    ]
    power = 10.0 ** (np.array(wanted) / 10.0)
    group = np.array(stems)
    sounding = [stem for stem in STEMS if power[group == stem].sum() > 0.0]
    if not sounding:
        strips = tuple(TrackSettings() for _ in tracks)
        return ConsoleSettings(strips, {stem: BusSettings() for stem in STEMS})
    audible = np.flatnonzero(power > 0.0).tolist()
    below_db = below_whole_db([roles[i] for i in audible], [stems[i] for i in audible])
    group_lufs = {stem: GROUP_LUFS[stem] + below_db[stem] for stem in sounding}
    whole = sum(10.0 ** (group_lufs[stem] / 10.0) for stem in sounding)
    gains_db = np.zeros(len(tracks))
    for stem in sounding:
        group_lu = group_lufs[stem] - 10.0 * np.log10(whole * power[group == stem].sum())
        for i in np.flatnonzero((group == stem) & (power > 0.0)).tolist():
            gain_db = MIX_LUFS + group_lu + wanted[i] - tracks[i].loudness_lufs
            gains_db[i] = min(gain_db, MOST_GAIN_DB + max(0.0, _typical_gain_db(tracks)))
    gains_db += louder_apart_db(heard, gains_db.tolist())
    spreads = [USUAL[role].spread for role in roles]
    pans = place(to_place(heard, spreads, gains_db.tolist()))
    strips = tuple(
        TrackSettings(gain_db=gain_db, pan=pan)
        for gain_db, pan in zip(gains_db.tolist(), pans, strict=True)
    )
    return ConsoleSettings(strips, {stem: BusSettings() for stem in STEMS}).bounded()
