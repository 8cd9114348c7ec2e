"""Decisions that are made from the sound of the tracks, before any processing.

Filters and faders are judged on the bands' powers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixer.console.settings import Filter
from mixer.stems import STEMS
from training.synthesis.engineer_equalization import (
    clean_up,
    equalised,
    make_room,
    sum_of,
    tone_bands,
)
from training.synthesis.engineer_filters import Equaliser
from training.synthesis.engineer_hearing import Heard
from training.synthesis.engineer_levels import hierarchy_db, stem_levels_lu
from training.synthesis.engineer_panning import place_tracks
from training.synthesis.engineer_style import Style
from training.synthesis.tracks import Multitrack


@dataclass(frozen=True)
class TrackPlan:
    """Planned treatment of one track.

    Attributes:
        heard: the track as recorded.
        equaliser: filters of the track.
        loudness_lufs: what it is to have while it plays, after its effects and before the stem's
            own gain; -inf for a silent one.
        pan: -1 to 1.
    """

    heard: Heard
    equaliser: Equaliser
    loudness_lufs: float
    pan: float


@dataclass(frozen=True)
class MixPlan:
    """Decisions made before any processing.

    Attributes:
        tracks: in the order of the multitrack; None for a silent one.
        levels_lu: level of each stem relative to the mix, in LU.
        unmasking_lu: the part of that level in LU that compensates masking.
        voice: the lead voice as recorded, or None.
    """

    tracks: tuple[TrackPlan | None, ...]
    levels_lu: dict[str, float]
    unmasking_lu: dict[str, float]
    voice: Heard | None


def _cleaned(
    heard: Sequence[Heard], roles: Mapping[int, str], rng: np.random.Generator
) -> tuple[dict[int, Equaliser], dict[int, Heard]]:
    """Filters of each track, and its spectrum after them."""
    equalisers = {i: clean_up(heard[i], role, rng) for i, role in roles.items()}
    clean = {i: equalised(heard[i], equalisers[i]) for i in roles}
    for i in roles:
        if clean[i].is_silent:
            # Nothing of it lies where its role should: it passes as it is.
            equalisers[i], clean[i] = Equaliser(Filter(frequency_hz=10.0)), heard[i]
    return equalisers, clean


def plan_mix(
    multitrack: Multitrack, heard: Sequence[Heard], style: Style, rng: np.random.Generator
) -> MixPlan:
    """Plan balance, pan positions and filters of a whole mix.

    Args:
        multitrack: the tracks.
        heard: each of them, listened to.
        style: the engineer's.
        rng: draws random deviations of the engineer.
    """
    tracks = multitrack.tracks
    sounding = [i for i, sound in enumerate(heard) if not sound.is_silent]
    roles = {i: tracks[i].role for i in sounding}
    equalisers, clean = _cleaned(heard, roles, rng)
    faders_db: dict[int, float] = {}
    stems: dict[str, Heard] = {}
    for stem in STEMS:
        chosen = [i for i in sounding if tracks[i].stem == stem]
        if not chosen:
            continue
        # Tone is judged on the stem as a whole: tracks of a kit need not be balanced one by one.
        gains = hierarchy_db([clean[i] for i in chosen], [roles[i] for i in chosen], rng)
        faders_db |= dict(zip(chosen, gains, strict=True))
        whole = sum_of([clean[i] for i in chosen], gains)
        bands = tone_bands(stem, whole, style.tilt_db_per_octave, style.eq_share, rng)
        for i in chosen:
            equalisers[i] = equalisers[i].plus(*bands)
            clean[i] = equalised(heard[i], equalisers[i])
        stems[stem] = sum_of([clean[i] for i in chosen], gains)
    levels_lu, unmasking_lu = stem_levels_lu(stems, style.level_lu)
    in_mix_db = {
        i: fader + levels_lu[tracks[i].stem] - stems[tracks[i].stem].loudness_lufs()
        for i, fader in faders_db.items()
    }
    pans = place_tracks(
        [clean[i] for i in sounding],
        [roles[i] for i in sounding],
        [tracks[i].is_stereo for i in sounding],
        [in_mix_db[i] for i in sounding],
        style.pan_scale,
        rng,
    )
    # Last, since what masks what depends on levels and places.
    cuts = make_room(
        [clean[i] for i in sounding],
        [roles[i] for i in sounding],
        [in_mix_db[i] for i in sounding],
        pans,
        style.unmask_db,
    )
    plans: list[TrackPlan | None] = [None] * len(tracks)
    for i, pan, cut in zip(sounding, pans, cuts, strict=True):
        loudness_lufs = clean[i].loudness_lufs(in_mix_db[i])
        plans[i] = TrackPlan(heard[i], equalisers[i].plus(*cut), loudness_lufs, pan)
    voices = [i for i in sounding if roles[i] == "lead_vocal"]
    voice = max((heard[i] for i in voices), key=lambda s: s.playing().mean(), default=None)
    return MixPlan(tuple(plans), levels_lu, unmasking_lu, voice)
