"""Leanings of one engineer on one day: what differs between mixes of the same material.

Drawn once a mix. Mixes of one song by several engineers differ (the Mix Evaluation Dataset of De
Man and Reiss is made of such); by about 2 LU in a stem's level is what this project goes by. The
hand's and the genre's part of it are put in here, the rest comes from the recordings themselves.
Figures without a source are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixer.stems import STEMS

LEVEL_DEVIATION_LU = 0.8
# Words within a genre's name; (vocals, bass, drums, other) in LU, and wetness in dB. Chosen.
_GENRE_LEANINGS = {
    "rock": ((-0.5, 0.0, 0.4, 0.6), -1.0),
    "punk": ((-1.0, 0.0, 0.4, 1.0), -3.0),
    "metal": ((-1.2, -0.3, 0.6, 1.2), -3.0),
    "pop": ((0.6, 0.0, 0.0, -0.6), 1.0),
    "hip": ((0.4, 0.8, 0.6, -1.6), -2.0),
    "electronic": ((-0.4, 0.6, 0.6, 0.0), 1.5),
    "house": ((-0.6, 0.6, 0.8, 0.0), 1.0),
    "funk": ((0.0, 0.7, 0.4, -0.6), -1.5),
    "soul": ((0.0, 0.5, 0.0, -0.4), 0.0),
    "folk": ((0.6, -0.6, -1.2, 0.6), 0.5),
    "acoustic": ((0.6, -0.6, -1.2, 0.6), 0.5),
    "ballad": ((0.6, -0.5, -0.8, 0.2), 3.0),
    "jazz": ((0.6, 0.2, -0.6, 0.2), 1.5),
}


@dataclass(frozen=True)
class Style:
    """Preferences of the engineer in one mix.

    Attributes:
        level_lu: a stem's deviation from the usual level.
        wetness_db: gain in dB added to every reverb send.
        decay_s: reverberation time in seconds of the long room; the short one has a quarter of it.
        pan_scale: factor on every distance from the centre.
        stereo_scale: factor on the side signal of stereo recordings.
        width_db: gain in dB added to the side signal of widened recordings.
        tilt_db_per_octave: tilt of the wanted spectrum relative to the profile's.
        eq_share: share of a deviation from the wanted spectrum that is removed, 0 to 1.
        unmask_db: depth in dB of the deepest cut that makes room for a more important track.
        compression: factor on all gain reductions.
        glue_db: gain reduction in dB on the loud parts of the bus.
        riding: share of a voice's slow level changes that is compensated, 0 to 1.
        duck_db: attenuation in dB of the accompaniment under the voice.
        chorus_db: gain in dB of a chorus.
    """

    level_lu: dict[str, float]
    wetness_db: float
    decay_s: float
    pan_scale: float
    stereo_scale: float
    width_db: float
    tilt_db_per_octave: float
    eq_share: float
    unmask_db: float
    compression: float
    glue_db: float
    riding: float
    duck_db: float
    chorus_db: float


def draw_style(genre: str, tempo_bpm: float, rng: np.random.Generator) -> Style:
    """Draw the preferences of one mix by genre and tempo.

    The room is longer for slow songs: engineers set decay times so that the tail has gone within
    one or two beats (Pestana and Reiss 2014); two beats at 1 kHz, with a spread, 0.8 to 2.8 s.
    """
    levels, wetness_db = _leaning(genre)
    deviations = np.clip(rng.normal(0.0, LEVEL_DEVIATION_LU, len(STEMS)), -1.8, 1.8)
    beat_s = 60.0 / np.clip(tempo_bpm, 40.0, 240.0)
    return Style(
        level_lu={s: float(a + b) for s, a, b in zip(STEMS, levels, deviations, strict=True)},
        wetness_db=float(wetness_db + np.clip(rng.normal(0.0, 2.0), -4.0, 4.0)),
        decay_s=float(np.clip(2.6 * beat_s * rng.lognormal(0.0, 0.2), 0.8, 2.8)),
        pan_scale=float(rng.uniform(0.7, 1.05)),
        stereo_scale=float(rng.uniform(0.7, 1.1)),
        width_db=float(np.clip(rng.normal(0.0, 1.5), -3.0, 3.0)),
        tilt_db_per_octave=float(np.clip(rng.normal(0.0, 0.25), -0.5, 0.5)),
        eq_share=float(rng.uniform(0.65, 0.95)),
        unmask_db=float(rng.uniform(1.0, 4.0)),
        compression=float(np.clip(rng.lognormal(0.0, 0.3), 0.5, 1.8)),
        glue_db=float(rng.uniform(0.5, 3.0)),
        riding=float(rng.uniform(0.2, 0.6)),
        duck_db=float(rng.uniform(0.3, 1.5)) if rng.random() < 0.5 else 0.0,
        chorus_db=float(rng.uniform(0.2, 1.5)),
    )


def _leaning(genre: str) -> tuple[tuple[float, ...], float]:
    """Mean of the leanings whose word is in the genre's name; none for a genre not known."""
    found = [leaning for word, leaning in _GENRE_LEANINGS.items() if word in genre.lower()]
    if not found:
        return (0.0,) * len(STEMS), 0.0
    levels = np.mean([levels for levels, _ in found], axis=0)
    return tuple(levels.tolist()), float(np.mean([wetness for _, wetness in found]))
