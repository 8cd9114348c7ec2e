"""Intended loudness and sound of each track of an example."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mixer.network.track_mixer.human import GROUP_LUFS, USUAL
from mixer.network.track_mixer.parameters import N_BANDS
from training.data.track_songs import SongKind, SongTracks
from training.synthesis.engineer_levels import USUAL_LEVELS_LU
from training.synthesis.engineer_roles import ROLES as RULES
from training.track_mixer.examples import Strength
from training.track_mixer.track_powers import loudness, mid_and_side, power_of

_RULE_OF = {"hihat": "hat"}
# People mix tracks that rarely play at lower levels, by this much between never and always: about
# half of what 15 real songs show, all of them electronic music.
_SELDOM_DB = 5.0
# For electronic music, where drums and bass lead: about half of what the same songs show, in LU.
_ELECTRONIC = ("house", "synthwave")
_ELECTRONIC_LU = {"vocals": -1.5, "bass": 1.5, "drums": 1.2, "other": -1.5}


def wanted_sound(song: SongTracks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Target powers of mid and side, at any level; NaN where unknown."""
    if not np.isfinite(song.wet_powers).all():
        empty = np.full((len(song.roles), N_BANDS), np.nan)
        return empty, empty
    mid, side = mid_and_side(song.wet_powers)
    if song.kind != SongKind.ENGINEERED:
        return mid, side
    # The rules correct spectra by more than people do, so only half of it is used.
    dry = sum(mid_and_side(song.dry_powers))
    half = np.sqrt(dry / (mid + side))
    return mid * half, side * half


def target_lu_of(
    song: SongTracks, strength: Strength, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Target loudness of each track relative to the mix, in LU, with a random taste."""
    n = len(song.roles)
    stems = np.array(song.stems)
    if song.kind in (SongKind.REAL, SongKind.DRY_AND_WET, SongKind.DRY_AND_MIXTURE):
        levels = loudness(song.wet_powers)
        return np.asarray(levels - 10.0 * np.log10(power_of(levels).sum()))
    if song.kind == SongKind.ENGINEERED_STEMS:
        shift = [GROUP_LUFS[s] - USUAL_LEVELS_LU[s] for s in song.stems]
        levels = loudness(song.wet_powers) + np.array(shift)
        if _is_electronic(song.genre):
            levels = levels + np.array([_ELECTRONIC_LU[s] for s in song.stems])
    else:
        within = np.array([USUAL[role].level_lu for role in song.roles])
        if song.kind == SongKind.ENGINEERED:
            rule = np.array([RULES[_RULE_OF.get(role, role)].level_lu for role in song.roles])
            # The track's deviation from the rule, added to the usual level among people.
            within = within + _centred(loudness(song.wet_powers) - rule, stems)
        within = within + _SELDOM_DB * song.dry_dynamics[:, 0]
        within = within + strength.taste_db * rng.standard_normal(n)
        levels = np.zeros(n)
        for stem in dict.fromkeys(song.stems):
            own = stems == stem
            whole = 10.0 * np.log10(power_of(within[own]).sum())
            taste = strength.group_taste_db * rng.standard_normal()
            lean = _ELECTRONIC_LU[stem] if _is_electronic(song.genre) else 0.0
            levels[own] = within[own] - whole + GROUP_LUFS[stem] + lean + taste
    return np.asarray(levels - 10.0 * np.log10(power_of(levels).sum()))


def _is_electronic(genre: str) -> bool:
    return genre in _ELECTRONIC


def _centred(values: NDArray[np.float64], stems: NDArray[np.str_]) -> NDArray[np.float64]:
    out = values.copy()
    for stem in set(stems.tolist()):
        out[stems == stem] -= np.median(out[stems == stem])
    return np.clip(out, -6.0, 6.0)
