"""The simulated engineer: from a multitrack to dry stems, wet stems, their sum, and all decisions.

Simulates an engineer's session, from listening to printing the mix. Decisions depend on what is
heard, so that a network can learn the wet stems from the dry ones; the rest is style, drawn once a
mix, and small random deviations. Each `engineer_*` module is one
skill and names the sources of its rules and figures.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from mixer.dsp.blocks import peak
from mixer.errors import InputError
from mixer.stems import STEMS
from training.synthesis.engineer_dynamics import (
    at_samples,
    choose_glue,
    envelope,
    loud_db,
    mean_reduction_db,
    reduction_gain,
)
from training.synthesis.engineer_hearing import hear
from training.synthesis.engineer_levels import hierarchy_db
from training.synthesis.engineer_plan import MixPlan, plan_mix
from training.synthesis.engineer_roles import role_of
from training.synthesis.engineer_space import build_space
from training.synthesis.engineer_stem import (
    StemDecisions,
    StemMix,
    TellTrack,
    TrackDecisions,
    mix_stem,
)
from training.synthesis.engineer_style import draw_style
from training.synthesis.tracks import Multitrack

# Levels of unmastered mixes: quieter and less dense than released ones, with peaks below full
# scale.
MIX_LOUDNESS_LUFS = (-19.5, -15.0)
MIX_PEAK = 0.98
BUS_LOUDNESS_LUFS = -18.0  # what the bus compressor sees
DRY_LOUDNESS_LUFS = (-28.0, -18.0)
DRY_PEAK = 0.9
DRY_DEVIATION_DB = 1.5


class DryDecisions(TypedDict):
    """The rough mix: fader gains in dB of the tracks of each stem."""

    faders_db: dict[str, dict[str, float]]


class BusDecisions(TypedDict):
    """The compressor on all stems, and the mix's levels."""

    compressor: dict[str, float]
    mean_reduction_db: float
    mix_loudness_lufs: float
    print_gain_db: float
    levels_lu: dict[str, float]
    unmasking_lu: dict[str, float]


class Decisions(TypedDict):
    """Every number that was decided or measured."""

    title: str
    genre: str
    tempo_bpm: float
    seed: int
    style: dict[str, object]
    space: dict[str, float]
    dry: DryDecisions
    tracks: list[TrackDecisions]
    stems: dict[str, StemDecisions]
    bus: BusDecisions


@dataclass(frozen=True)
class EngineeredMix:
    """Result of the simulated engineer.

    Attributes:
        dry_stems: stem name to float32 `(2, samples)`: its tracks at rough faders, as recorded.
        wet_stems: stem name to float32 `(2, samples)`, with all effects and returns.
        mixture: float32 `(2, samples)`, the sum of the wet stems in their order, below full scale.
        decisions: every number that was decided or measured, ready for JSON.
    """

    dry_stems: dict[str, np.ndarray]
    wet_stems: dict[str, np.ndarray]
    mixture: np.ndarray
    decisions: Decisions


def engineer(multitrack: Multitrack, seed: int, *, tell: TellTrack | None = None) -> EngineeredMix:
    """Mix a song.

    Args:
        multitrack: dry tracks of one length.
        seed: random seed of the engineer; another one mixes the same song differently.
        tell: called with each track as it leaves its channel, before sends and the stem's own gain.

    Raises:
        InputError: no tracks were given, they differ in length, a role or stem is unknown, or
            everything is silent.
    """
    _check(multitrack)
    # One random stream per task, so that a change in one does not change the draws of others.
    streams = np.random.default_rng([multitrack.seed, seed]).spawn(6)
    rate, tracks = multitrack.sample_rate, multitrack.tracks
    style = draw_style(multitrack.genre, multitrack.tempo_bpm, streams[0])
    heard = [hear(t.audio if t.is_stereo else t.audio[:1], rate) for t in tracks]
    if all(sound.is_silent for sound in heard):
        raise InputError(f"{multitrack.title}: every track is silent, so there is nothing to mix")
    dry_stems, dry_about = _rough_stems(multitrack, heard, streams[1])
    plan = plan_mix(multitrack, heard, style, streams[2])
    space = build_space(style, multitrack.tempo_bpm, rate, streams[3])
    mixes = {
        stem: mix_stem(stem, multitrack, plan, style, space, streams[4], tell) for stem in dry_stems
    }
    bus_about = _bus(mixes, plan, style.glue_db, multitrack, streams[5])
    wet_stems = {stem: mix.audio for stem, mix in mixes.items()}
    mixture = _sum(wet_stems)
    decisions: Decisions = {
        "title": multitrack.title,
        "genre": multitrack.genre,
        "tempo_bpm": multitrack.tempo_bpm,
        "seed": seed,
        "style": dataclasses.asdict(style),
        "space": space.about,
        "dry": dry_about,
        "tracks": [about for mix in mixes.values() for about in mix.tracks],
        "stems": {stem: mix.measured(plan.levels_lu.get(stem)) for stem, mix in mixes.items()},
        "bus": bus_about,
    }
    return EngineeredMix(dry_stems, wet_stems, mixture, decisions)


def _check(multitrack: Multitrack) -> None:
    if not multitrack.tracks:
        raise InputError(f"{multitrack.title}: it has no tracks to mix")
    shape = multitrack.tracks[0].audio.shape
    for track in multitrack.tracks:
        if track.audio.shape != shape or len(shape) != 2 or shape[0] != 2:
            raise InputError(
                f"{multitrack.title}: track {track.name!r} has the shape {track.audio.shape}; "
                f"give every track as (2, samples) of one length"
            )
        if track.stem not in STEMS:
            raise InputError(
                f"track {track.name!r}: unknown stem {track.stem!r}; choose from {', '.join(STEMS)}"
            )
        if not np.isfinite(peak(track.audio)):
            raise InputError(f"track {track.name!r}: its audio holds NaN or Inf; render it again")
        role_of(track.role)


def _rough_stems(
    multitrack: Multitrack, heard: list, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], DryDecisions]:
    """Sum each stem's dry tracks at the faders of a rough mix, at the level of an export."""
    stems: dict[str, np.ndarray] = {}
    about: dict[str, dict[str, float]] = {}
    for stem in STEMS:
        tracks = [i for i, track in enumerate(multitrack.tracks) if track.stem == stem]
        if not tracks:
            continue
        chosen = [i for i in tracks if not heard[i].is_silent]
        faders_db = hierarchy_db(
            [heard[i] for i in chosen],
            [multitrack.tracks[i].role for i in chosen],
            rng,
            DRY_DEVIATION_DB,
        )
        audio = np.zeros_like(multitrack.tracks[0].audio)
        for i, fader_db in zip(chosen, faders_db, strict=True):
            audio += np.float32(10.0 ** (fader_db / 20.0)) * multitrack.tracks[i].audio
        target_lufs = rng.uniform(*DRY_LOUDNESS_LUFS)
        loudness_lufs = hear(audio, multitrack.sample_rate).loudness_lufs()
        if np.isfinite(loudness_lufs):
            gain = 10.0 ** ((target_lufs - loudness_lufs) / 20.0)
            audio *= np.float32(min(gain, DRY_PEAK / peak(audio)))
        stems[stem] = audio
        names = [multitrack.tracks[i].name for i in chosen]
        about[stem] = dict(zip(names, faders_db, strict=True))
    return stems, {"faders_db": about}


def _bus(
    mixes: dict[str, StemMix],
    plan: MixPlan,
    glue_db: float,
    multitrack: Multitrack,
    rng: np.random.Generator,
) -> BusDecisions:
    """Stems to their levels, one compressor's gain on all of them, one gain for the print.

    In place. A gain that is the same for all stems keeps the mix their sum.
    """
    for stem, mix in mixes.items():
        if stem in plan.levels_lu:
            gain_db = BUS_LOUDNESS_LUFS + plan.levels_lu[stem] - mix.loudness_lufs()
            mix.audio *= np.float32(10.0 ** (gain_db / 20.0))
    mixture = _sum({stem: mix.audio for stem, mix in mixes.items()})
    level = envelope(mixture)
    glue = choose_glue(loud_db(level), glue_db, multitrack.tempo_bpm, rng)
    reduction = reduction_gain(level, multitrack.sample_rate, glue)
    gain = at_samples(reduction, mixture.shape[-1])
    mixture *= gain
    loudness_lufs = hear(mixture, multitrack.sample_rate).loudness_lufs()
    wanted = 10.0 ** ((rng.uniform(*MIX_LOUDNESS_LUFS) - loudness_lufs) / 20.0)
    print_gain = min(wanted, MIX_PEAK / peak(mixture))
    gain *= np.float32(print_gain)
    for mix in mixes.values():
        mix.audio *= gain
    return {
        "compressor": dataclasses.asdict(glue),
        "mean_reduction_db": mean_reduction_db(reduction, level),
        "mix_loudness_lufs": float(loudness_lufs + 20.0 * np.log10(print_gain)),
        "print_gain_db": float(20.0 * np.log10(print_gain)),
        "levels_lu": plan.levels_lu,
        "unmasking_lu": plan.unmasking_lu,
    }


def _sum(stems: dict[str, np.ndarray]) -> np.ndarray:
    """Sum the stems in their order, float32."""
    first, *others = stems.values()
    mixture = first.copy()
    for audio in others:
        mixture += audio
    return mixture
