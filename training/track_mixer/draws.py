"""Draw examples from songs: sets of tracks as if recorded or mixed differently.

There are three kinds of task, each stating how meaningful the incoming levels are: raw tracks,
whose gains are drawn over 20 dB and carry no meaning; rough mixes, whose faders are off by a few
dB; and finished tracks, which should stay as they are. Tracks of a mix are also degraded (tilted,
narrowed or made mono, levelled) so that restoring them can be learnt without dry tracks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.network.track_mixer.graph_inputs import describe_bands
from mixer.network.track_mixer.parameters import MIX, N_BANDS, RAW, ROUGH
from mixer.network.track_mixer.track_settings import HIGH_PASS_OFF_HZ, SEND_OFF_DB, curve_matrix
from mixer.roles import HINTS, STEM_OF_ROLE, UNKNOWN
from training.data.track_songs import DECISIONS, SongKind, SongTracks, role_numbers, stem_numbers
from training.track_mixer.examples import Example, Strength
from training.track_mixer.human_mixes import HumanMix
from training.track_mixer.level_targets import target_lu_of, wanted_sound
from training.track_mixer.track_powers import loudness, mid_and_side, power_of, shaped, spread_of

# Largest number of tracks in an example; if a song has more, some are left out.
MOST_TRACKS = 40
_UNKNOWN = HINTS.index(UNKNOWN)
# Roles that no composed song has, and the most similar ones.
_LIKE = {"cymbals": "overheads"}
_TREATED_AS = {
    "vocal_double": "backing_vocals",
    "choir": "backing_vocals",
    "rim": "percussion",
    "room": "overheads",
    "organ": "keys",
    "drum_loop": "overheads",
}
_SILENT_LUFS = -70.0
# In levels, a person's decisions carry more weight than a rule's.
_PERSONS, _RULES = 2.0, 0.6
_BY_PEOPLE = (SongKind.REAL, SongKind.DRY_AND_WET, SongKind.DRY_AND_MIXTURE)
# Share of the wet songs with the target of needing no effects: more would outweigh the dry ones.
_TOLD_WET = 0.25
# A track further from the centre than this was panned on purpose.
_LEANS = 0.15
# Index of the median crest factor of windows in `dynamics`, and the smallest change that counts.
_CREST, _HELD_DB, _USUAL_RATIO = 10, 1.0, 3.0
# EQ curves that engineers set, by role: mean and standard deviation in dB at `CURVE_HZ`.
Curves = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


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


def draw(song: SongTracks, strength: Strength, rng: np.random.Generator, curves: Curves) -> Example:
    """Draw one example of a song.

    Args:
        song: the song, which is not changed.
        strength: amounts of the disturbances.
        rng: source of all random choices.
        curves: usual EQ curves by role, from `usual_curves`.
    """
    song = _some_tracks(song, strength, rng)
    # Estimated powers are a target, but not tracks that could be restored.
    has_wet = bool(np.isfinite(song.wet_dynamics).all())
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
    powers = powers * power_of(incoming - loudness(powers))[:, None, None]
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
        (mix.level_lufs - 10.0 * np.log10(power_of(mix.level_lufs).sum())).astype(np.float32),
        True, unknown, unknown, decisions, np.full(n, np.nan, np.float32), unknown,
    )  # fmt: skip


def _mixed(
    song: SongTracks, levels: float, strength: Strength, rng: np.random.Generator, curves: Curves
) -> Example:
    """Draw an example: dry tracks as input, their mix by a person or a rule as the target."""
    n = len(song.roles)
    target = target_lu_of(song, strength, rng)
    powers = song.dry_powers.astype(np.float64)
    own = loudness(song.dry_powers)
    incoming = own + rng.uniform(-strength.raw_gain_db, strength.raw_gain_db, n)
    if levels == ROUGH:
        incoming = target + strength.rough_gain_db * rng.standard_normal(n) - 18.0
    powers = powers * power_of(incoming - own)[:, None, None]
    curve = np.full((n, N_BANDS), np.nan, np.float32)
    wet_mid, wet_side = wanted_sound(song)
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
        weight=_PERSONS if song.kind in _BY_PEOPLE else _RULES,
    )  # fmt: skip


def _restored(
    song: SongTracks, levels: float, strength: Strength, rng: np.random.Generator
) -> Example:
    """Draw an example: tracks of a mix, degraded by an amount that fits `levels`, as input."""
    n = len(song.roles)
    target = target_lu_of(song, strength, rng)
    wet_mid, wet_side = mid_and_side(song.wet_powers)
    share = min(1.0, 2.0 - 2.0 * levels)
    place = np.linspace(-1.0, 1.0, N_BANDS)
    tilt = strength.tilt_db * rng.standard_normal((n, 1)) * place
    points = strength.curve_db * rng.standard_normal((n, 8))
    bumps = np.stack([np.interp(place, np.linspace(-1, 1, 8), row) for row in points])
    gain = power_of(share * (tilt + bumps))
    side_db = np.clip(strength.side_db * (rng.standard_normal(n) - 0.5), -15.0, 4.0) * share
    mid, side = wet_mid * gain, wet_side * gain * power_of(side_db)[:, None]
    left_more = (song.wet_powers[:, 0] - song.wet_powers[:, 1]) / 4.0 * gain
    left_more = left_more * np.sqrt(power_of(side_db))[:, None]
    lean = spread_of(song.wet_powers)
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
    powers = powers * power_of(target - 18.0 + away - own)[:, None, None]
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
        describe_bands(powers), shaped(song.wet_dynamics, shape), is_mono.astype(np.float32),
        _told_roles(song.roles, strength, rng), stem_numbers(song.stems), levels,
        target.astype(np.float32), False, wet_mid.astype(np.float32), wet_side.astype(np.float32),
        decisions, (-shape / (1.0 + shape)).astype(np.float32),
        np.full((n, N_BANDS), np.nan, np.float32),
        weight=_PERSONS if song.kind in _BY_PEOPLE else _RULES,
    )  # fmt: skip


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
