"""Draw examples from songs: sets of tracks as if recorded or mixed differently.

There are three kinds of task, each stating how meaningful the incoming levels are: raw tracks,
    whose gains are drawn over 20 dB and carry no meaning; rough mixes, whose faders are off by a
    few dB; and finished tracks, which should stay as they are. Tracks of a mix are also degraded
    (tilted, narrowed or made mono, levelled) so that restoring them can be learnt without dry
    tracks.
drawn over 20 dB and say nothing; rough mixes, whose faders are off by a few dB; finished tracks,
that should stay as they are. Tracks that are in a mix are also taken apart again: tilted, made
narrow or mono, evened out, so that restoring them can be learnt if nobody has the dry ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.erb_bands import k_weights
from mixer.network.track_mixer.human import GROUP_LUFS, USUAL
from mixer.network.track_mixer.inputs import MIX, RAW, ROUGH, describe_bands
from mixer.network.track_mixer.parameters import N_BANDS
from mixer.network.track_mixer.settings import HIGH_PASS_OFF_HZ, SEND_OFF_DB, curve_matrix
from mixer.roles import ROLE_NAMES, STEM_OF_ROLE, UNKNOWN
from training.data.track_songs import DECISIONS, SongKind, SongTracks, role_numbers, stem_numbers
from training.synthesis.engineer_levels import USUAL_LEVELS_LU
from training.synthesis.engineer_roles import ROLES as RULES
from training.track_mixer.human_mixes import HumanMix

# Largest number of tracks in an example; if a song has more, some are left out.
MOST_TRACKS = 40
_K_WEIGHTS = k_weights(N_BANDS)
_UNKNOWN = ROLE_NAMES.index(UNKNOWN)
_RULE_OF = {"hihat": "hat"}
# Roles that no composed song has, and the most similar ones.
_LIKE = {"cymbals": "overheads"}
_TREATED_AS = {
    "vocal_double": "backing_vocals",
    "choir": "backing_vocals",
    "room": "overheads",
    "organ": "keys",
    "drum_loop": "overheads",
}
_SILENT_LUFS = -70.0
# In levels, a person's decisions carry more weight than a rule's.
_PERSONS, _RULES = 2.0, 0.6
# Share of the wet songs with the target of needing no effects: more would outweigh the dry ones.
_TOLD_WET = 0.25
# A track further from the centre than this was panned on purpose.
_LEANS = 0.15
# Index of the median crest factor of windows in `dynamics`, and the smallest change that counts.
_CREST, _HELD_DB, _USUAL_RATIO = 10, 1.0, 3.0
# People mix tracks that rarely play at lower levels, by this much between never and always: about
# half of what 15 real songs show, all of them electronic music.
_SELDOM_DB = 5.0
# For electronic music, where drums and bass lead: about half of what the same songs show, in LU.
_ELECTRONIC = ("house", "synthwave")
_ELECTRONIC_LU = {"vocals": -1.5, "bass": 1.5, "drums": 1.2, "other": -1.5}
# EQ curves that engineers set, by role: mean and standard deviation in dB at `CURVE_HZ`.
Curves = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True)
class Strength:
    """How examples are disturbed; values in dB are standard deviations unless stated otherwise.

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


@dataclass(frozen=True)
class Sounds:
    """Typical sounds of each role, for mixes without audio.

    Attributes:
        powers: powers (tracks, 3, bands) by role.
        dynamics: typical dynamics by role; those of a single track would be mistaken for a clue to
            another's level.
    """

    powers: Mapping[str, NDArray[np.float32]]
    dynamics: Mapping[str, NDArray[np.float32]]


def sounds_of(songs: Sequence[SongTracks]) -> Sounds:
    """Collect the tracks of composed songs by role."""
    powers: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    dynamics: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for song in songs:
        for i in np.flatnonzero(loudness(song.dry_powers) > _SILENT_LUFS):
            powers[song.roles[i]].append(song.dry_powers[i])
            dynamics[song.roles[i]].append(song.dry_dynamics[i])
    for role, other in _LIKE.items():
        powers.setdefault(role, powers[other])
        dynamics.setdefault(role, dynamics[other])
    return Sounds(
        {role: np.stack(each) for role, each in powers.items() if each},
        {role: np.mean(each, axis=0) for role, each in dynamics.items() if each},
    )


def loudness(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    """Loudness in LUFS of powers (tracks, 3, bands), as (tracks,)."""
    weighted = powers[:, :2].astype(np.float64).sum(axis=1) @ _K_WEIGHTS
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(weighted, 1e-12)))


def draw(song: SongTracks, strength: Strength, rng: np.random.Generator, curves: Curves) -> Example:
    """Draw one example of a song.

    Args:
        song: the song, which is not changed.
        strength: amounts of the disturbances.
        rng: source of all random choices.
        curves: usual EQ curves by role, from `usual_curves`.
    """
    song = _some_tracks(song, strength, rng)
    has_wet = bool(np.isfinite(song.wet_powers).all())
    restored = song.kind == SongKind.REAL or (has_wet and rng.random() < 0.25)
    levels = float(rng.choice([RAW, ROUGH, MIX], p=[0.55, 0.25, 0.2]))
    if levels == MIX and not has_wet:
        levels = RAW
    if levels == MIX:
        restored = True
    if restored:
        return _restored(song, levels, strength, rng)
    return _mixed(song, levels, strength, rng, curves)


def draw_human(
    mix: HumanMix, sounds: Sounds, strength: Strength, rng: np.random.Generator
) -> Example:
    """Draw an example of a mix without audio: its tracks sound like others of their roles.

    Args:
        mix: faders, pans and EQ of the mix.
        sounds: sounds that its tracks may be given.
        strength: amounts of the disturbances.
        rng: source of all random choices.
    """
    n = len(mix.roles)
    known = [sounds.powers[role] for role in mix.roles]
    powers = np.stack([each[int(rng.integers(len(each)))] for each in known])
    is_mono = np.isfinite(mix.spread)
    mean = powers[is_mono].mean(axis=1, keepdims=True)
    powers[is_mono] = np.repeat(mean, 3, axis=1)
    levels = float(rng.choice([RAW, ROUGH]))
    incoming = mix.raw_lufs + rng.uniform(-strength.raw_gain_db, strength.raw_gain_db, n)
    if levels == ROUGH:
        incoming = mix.level_lufs + strength.rough_gain_db * rng.standard_normal(n)
    powers = powers * _power(incoming - loudness(powers))[:, None, None]
    decisions = np.full((n, len(DECISIONS)), np.nan, np.float32)
    decisions[:, 0] = mix.spread
    # If no high-pass is noted, one may still have been set in another plug-in.
    decisions[:, 7] = np.where(mix.high_pass_hz > HIGH_PASS_OFF_HZ, mix.high_pass_hz, np.nan)
    roles = _told_roles(mix.roles, strength, rng)
    stems = tuple(STEM_OF_ROLE[role] for role in mix.roles)
    unknown = np.full((n, N_BANDS), np.nan, np.float32)
    return Example(
        describe_bands(powers),
        np.stack([sounds.dynamics[role] for role in mix.roles]),
        is_mono.astype(np.float32), roles, stem_numbers(stems), levels,
        (mix.level_lufs - 10.0 * np.log10(_power(mix.level_lufs).sum())).astype(np.float32),
        True, unknown, unknown, decisions, np.full(n, np.nan, np.float32), unknown,
    )  # fmt: skip


def _mixed(
    song: SongTracks, levels: float, strength: Strength, rng: np.random.Generator, curves: Curves
) -> Example:
    """Draw an example: dry tracks as input, their mix by a person or a rule as the target."""
    n = len(song.roles)
    target = _target_lu(song, strength, rng)
    powers = song.dry_powers.astype(np.float64)
    own = loudness(song.dry_powers)
    incoming = own + rng.uniform(-strength.raw_gain_db, strength.raw_gain_db, n)
    if levels == ROUGH:
        incoming = target + strength.rough_gain_db * rng.standard_normal(n) - 18.0
    powers = powers * _power(incoming - own)[:, None, None]
    curve = np.full((n, N_BANDS), np.nan, np.float32)
    wet_mid, wet_side = _wanted_sound(song)
    if np.isnan(wet_mid).any():
        for i, role in enumerate(song.roles):
            known = _TREATED_AS.get(role, role)
            if known in curves:
                curve[i] = curves[known][0] @ curve_matrix(N_BANDS)
    decisions = song.decisions.copy()
    # Pan positions are learnt from people only.
    decisions[:, 0] = np.nan
    if song.kind in (SongKind.ENGINEERED_STEMS, SongKind.DRY_AND_WET):
        # Dynamics processing is not recorded, but shows in the crest factors.
        held_db = 10.0 * (song.dry_dynamics[:, _CREST] - song.wet_dynamics[:, _CREST])
        decisions[:, 5] = np.maximum(held_db, 0.0)
        decisions[:, 6] = np.where(held_db > _HELD_DB, _USUAL_RATIO, 1.0)
    return Example(
        describe_bands(powers), song.dry_dynamics, song.is_mono.astype(np.float32),
        _told_roles(song.roles, strength, rng), stem_numbers(song.stems), levels,
        target.astype(np.float32), False, wet_mid.astype(np.float32), wet_side.astype(np.float32),
        decisions, np.zeros(n, np.float32), curve,
        weight=_PERSONS if song.kind == SongKind.DRY_AND_WET else _RULES,
    )  # fmt: skip


def _restored(
    song: SongTracks, levels: float, strength: Strength, rng: np.random.Generator
) -> Example:
    """Draw an example: tracks of a mix, degraded by an amount that fits `levels`, as input."""
    n = len(song.roles)
    target = _target_lu(song, strength, rng)
    wet_mid, wet_side = _mid_and_side(song.wet_powers)
    share = min(1.0, 2.0 - 2.0 * levels)
    place = np.linspace(-1.0, 1.0, N_BANDS)
    tilt = strength.tilt_db * rng.standard_normal((n, 1)) * place
    points = strength.curve_db * rng.standard_normal((n, 8))
    bumps = np.stack([np.interp(place, np.linspace(-1, 1, 8), row) for row in points])
    gain = _power(share * (tilt + bumps))
    side_db = np.clip(strength.side_db * (rng.standard_normal(n) - 0.5), -15.0, 4.0) * share
    mid, side = wet_mid * gain, wet_side * gain * _power(side_db)[:, None]
    left_more = (song.wet_powers[:, 0] - song.wet_powers[:, 1]) / 4.0 * gain
    left_more = left_more * np.sqrt(_power(side_db))[:, None]
    lean = _spread_of(song.wet_powers)
    to_mono = (rng.random(n) < strength.to_mono) & (levels < MIX)
    side[to_mono], left_more[to_mono] = 0.0, 0.0
    ears = [np.maximum(mid + side + sign * 2.0 * left_more, 0.0) for sign in (1.0, -1.0)]
    powers = np.stack([*ears, mid - side], axis=1)
    is_mono = to_mono | (song.is_mono if song.kind != SongKind.ENGINEERED else np.zeros(n, bool))
    own = loudness(powers.astype(np.float32))
    away = {
        RAW: rng.uniform(-strength.raw_gain_db, strength.raw_gain_db, n),
        ROUGH: strength.rough_gain_db * rng.standard_normal(n),
        MIX: strength.finished_gain_db * rng.standard_normal(n),
    }[levels]
    powers = powers * _power(target - 18.0 + away - own)[:, None, None]
    shape = np.clip(strength.shape * rng.standard_normal(n), -0.4, 0.4) * share
    decisions = np.full((n, len(DECISIONS)), np.nan, np.float32)
    # A track may be in the centre of a mix because it is wide.
    leans = to_mono & (lean > _LEANS)
    decisions[leans, 0] = lean[leans]
    if rng.random() < _TOLD_WET:
        # Wet tracks need neither a room nor a second compressor.
        decisions[:, 2:5] = SEND_OFF_DB
        decisions[:, 5] = 0.0
        decisions[:, 6] = 1.0
        decisions[:, 7] = HIGH_PASS_OFF_HZ
    return Example(
        describe_bands(powers), _shaped(song.wet_dynamics, shape), is_mono.astype(np.float32),
        _told_roles(song.roles, strength, rng), stem_numbers(song.stems), levels,
        target.astype(np.float32), False, wet_mid.astype(np.float32), wet_side.astype(np.float32),
        decisions, (-shape / (1.0 + shape)).astype(np.float32),
        np.full((n, N_BANDS), np.nan, np.float32),
        weight=_PERSONS if song.kind in (SongKind.DRY_AND_WET, SongKind.REAL) else _RULES,
    )  # fmt: skip


def _wanted_sound(song: SongTracks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Target powers of mid and side, at any level; NaN where unknown."""
    if not np.isfinite(song.wet_powers).all():
        empty = np.full((len(song.roles), N_BANDS), np.nan)
        return empty, empty
    mid, side = _mid_and_side(song.wet_powers)
    if song.kind != SongKind.ENGINEERED:
        return mid, side
    # The rules correct spectra by more than people do, so only half of it is used.
    dry = sum(_mid_and_side(song.dry_powers))
    half = np.sqrt(dry / (mid + side))
    return mid * half, side * half


def _target_lu(
    song: SongTracks, strength: Strength, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Target loudness of each track relative to the mix, in LU, with a random taste."""
    n = len(song.roles)
    stems = np.array(song.stems)
    if song.kind in (SongKind.REAL, SongKind.DRY_AND_WET):
        levels = loudness(song.wet_powers)
        return np.asarray(levels - 10.0 * np.log10(_power(levels).sum()))
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
            whole = 10.0 * np.log10(_power(within[own]).sum())
            taste = strength.group_taste_db * rng.standard_normal()
            lean = _ELECTRONIC_LU[stem] if _is_electronic(song.genre) else 0.0
            levels[own] = within[own] - whole + GROUP_LUFS[stem] + lean + taste
    return np.asarray(levels - 10.0 * np.log10(_power(levels).sum()))


def _is_electronic(genre: str) -> bool:
    return genre in _ELECTRONIC


def _centred(values: NDArray[np.float64], stems: NDArray[np.str_]) -> NDArray[np.float64]:
    out = values.copy()
    for stem in set(stems.tolist()):
        out[stems == stem] -= np.median(out[stems == stem])
    return np.clip(out, -6.0, 6.0)


def _some_tracks(song: SongTracks, strength: Strength, rng: np.random.Generator) -> SongTracks:
    """Leave out silent tracks and some others; if fewer than two remain, keep all that sound."""
    n = len(song.roles)
    heard = loudness(song.dry_powers) > _SILENT_LUFS
    if np.isfinite(song.wet_powers).all():
        heard &= loudness(song.wet_powers) > _SILENT_LUFS
    share = strength.missing * rng.random()
    keep = np.flatnonzero(heard & (rng.random(n) >= share))
    if len(keep) < 2:
        keep = np.flatnonzero(heard)
    if len(keep) > MOST_TRACKS:
        keep = np.sort(rng.choice(keep, MOST_TRACKS, replace=False))
    return SongTracks(
        song.kind, song.genre,
        tuple(song.roles[i] for i in keep), tuple(song.stems[i] for i in keep),
        song.is_mono[keep], song.dry_powers[keep], song.dry_dynamics[keep],
        song.wet_powers[keep], song.wet_dynamics[keep], song.decisions[keep],
    )  # fmt: skip


def _told_roles(
    roles: Sequence[str], strength: Strength, rng: np.random.Generator
) -> NDArray[np.int64]:
    told = role_numbers(tuple(roles))
    hidden = rng.random(len(told)) < strength.no_role
    if rng.random() < strength.no_role:
        hidden[:] = True
    return np.where(hidden, _UNKNOWN, told)


def _spread_of(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distance from the centre of a track with left and right powers, 0 to 1."""
    left, right = powers[:, 0].sum(axis=1), powers[:, 1].sum(axis=1)
    angle = np.arctan2(np.sqrt(right), np.sqrt(np.maximum(left, 1e-15)))
    return np.asarray(np.abs(4.0 * angle / np.pi - 1.0))


def _shaped(dynamics: NDArray[np.float32], shape: NDArray[np.float64]) -> NDArray[np.float32]:
    """Dynamics after transients are scaled by `1 + shape`."""
    out = dynamics.copy()
    out[:, 1:10] *= (1.0 + shape)[:, None]
    # Crest factors of about 12 dB, a peak about 15 dB above the mean.
    out[:, 10:12] += (0.9 * shape)[:, None]
    out[:, 13] += 1.0 * shape
    return out.astype(np.float32)


def _mid_and_side(powers: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    left, right, cross = np.moveaxis(powers.astype(np.float64), 1, 0)
    both = (left + right) / 4.0
    return np.maximum(both + cross / 2.0, 1e-15), np.maximum(both - cross / 2.0, 0.0)


def _power(level_db: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return np.asarray(10.0 ** (np.asarray(level_db) / 10.0))
