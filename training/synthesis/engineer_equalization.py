"""Equalisation: clean up each track, lead each stem towards a usual spectrum, make room.

- High-pass by role (De Man and Reiss 2013), never above where the track itself begins.
- Resonances that stand out of a track's own smooth spectrum are lowered (Pestana and Reiss 2014).
- Each stem is led a part of the way to the mean spectrum of that stem in released mixes: the
  MUSDB18 profile that the package carries. Ma, Reiss and Black, "Implementation of an intelligent
  equalization tool using Yule-Walker for music mixing and mastering" (2013), do the same with a
  target of Pestana et al. 2013, here with two shelves and six broad bells, whose gains are the
  least squares solution. Most of a deviation is taken away, up to 12 dB: the spectra of finished
  stems must lie around the profile, whatever the players' instruments sound like.
- Room: where a more important track has its essential band, a less important one that is about as
  loud there is cut (Hafezi and Reiss, "Autonomous multitrack equalization based on masking
  reduction", JAES 2015); by half as much if the two are panned apart.

The other depths are a few dB, chosen (Pestana and Reiss 2014: cuts narrow, boosts broad).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from mixer.console.settings import Band, Filter
from mixer.fxnorm.profile import Profile, read_profile
from training.synthesis.engineer_filters import Equaliser, response_db
from training.synthesis.engineer_hearing import BANDS_HZ, Heard, between, k_weights, together
from training.synthesis.engineer_roles import role_of

MOST_TONE_DB = 12.0
TONE_DEVIATION_DB = 1.0
MOST_RESONANCE_DB, RESONANCE_FROM_DB = 3.0, 5.0
# Bands further below a stem's loudest band than this are ignored.
HEARD_WITHIN_DB = 45.0
# The tone controls: kind, corner or centre, quality.
_CONTROLS = (
    ("low_shelf", 60.0, 0.7),
    ("peak", 125.0, 1.0),
    ("peak", 250.0, 1.0),
    ("peak", 500.0, 1.0),
    ("peak", 1_000.0, 1.0),
    ("peak", 2_000.0, 1.0),
    ("peak", 4_000.0, 1.0),
    ("high_shelf", 8_000.0, 0.7),
)
# Regularisation of the gains: keeps neighbouring controls from working against each other.
_RELUCTANCE = 1.0
# Microphones that hear the whole kit: where their recording begins says nothing about them.
_OPEN_MICROPHONES = ("hat", "overheads", "room", "percussion")
_LOW_ROLES = ("kick", "bass")
_LOW_REGION_HZ, _REGION_HZ = (40.0, 110.0), (300.0, 5_000.0)


def clean_up(sound: Heard, role: str, rng: np.random.Generator) -> Equaliser:
    """High-pass and cut of a resonance for one track.

    Args:
        sound: the track, not silent.
        role: the track's role, which sets the range of the corner frequency.
        rng: draws the corner frequency.
    """
    corner_hz = rng.uniform(*role_of(role).high_pass_hz)
    power = sound.mean_power()
    if role not in _OPEN_MICROPHONES:
        begins_hz = float(BANDS_HZ[np.searchsorted(np.cumsum(power) / power.sum(), 0.02)])
        corner_hz = float(np.clip(corner_hz, 20.0, max(0.85 * begins_hz, 20.0)))
    # High corners are there to keep other instruments out; overheads keep the kit's body.
    slope = 24 if corner_hz > 150.0 and role != "overheads" else 12
    equaliser = Equaliser(Filter(frequency_hz=corner_hz, slope_db_per_octave=slope))
    # A resonance is what stands above its own neighbours, not what is loud.
    density_db = 10.0 * np.log10(power / BANDS_HZ)
    resonance_db = density_db - _octave_mean(density_db)
    worst = int(np.argmax(np.where(between(180.0, 6_000.0), resonance_db, -np.inf)))
    over_db = float(resonance_db[worst]) - RESONANCE_FROM_DB
    if over_db <= 0.0:
        return equaliser
    cut_db = -min(0.5 + 0.5 * over_db, MOST_RESONANCE_DB)
    return equaliser.plus(Band("peak", float(BANDS_HZ[worst]), cut_db, 4.0))


def tone_bands(
    stem: str,
    sound: Heard,
    tilt_db_per_octave: float,
    share: float,
    rng: np.random.Generator,
) -> tuple[Band, ...]:
    """Shelves and bells that move a stem part of the way to its usual spectrum.

    Args:
        stem: name of the stem, which sets its usual spectrum.
        sound: the sum of its tracks after their clean-up.
        tilt_db_per_octave: by which the wanted spectrum differs from the profile's.
        share: share of the deviation that is removed, 0 to 1.
        rng: draws random deviations of the engineer.
    """
    deviation_db, heard = deviation_from_profile_db(stem, sound, tilt_db_per_octave)
    wanted_db = np.where(heard, -share * deviation_db, 0.0)
    effects = np.stack(
        [
            response_db(_alone(Band(kind, frequency_hz, 1.0, q)), sound.sample_rate)
            for kind, frequency_hz, q in _CONTROLS
        ],
        axis=-1,
    )
    judged = effects * heard[:, np.newaxis]
    # Neighbouring bells overlap; without the reluctance they would fight each other with large
    # gains of opposite signs.
    square = judged.T @ judged + _RELUCTANCE * np.eye(len(_CONTROLS))
    gains_db = np.linalg.solve(square, judged.T @ wanted_db)
    gains_db += np.clip(rng.normal(size=len(_CONTROLS)), -2.0, 2.0) * TONE_DEVIATION_DB
    gains_db = np.clip(gains_db, -MOST_TONE_DB, MOST_TONE_DB)
    return tuple(
        Band(kind, frequency_hz, float(gain_db), q)
        for (kind, frequency_hz, q), gain_db, used in zip(
            _CONTROLS, gains_db, np.abs(judged).max(axis=0) > 0.5, strict=True
        )
        if used
    )


def deviation_from_profile_db(
    stem: str, sound: Heard, tilt_db_per_octave: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Difference of a stem's spectrum from the profile's, and the bands with something to hear.

    Returns:
        dB `(bands,)`, its median 0 if it sounds; bool `(bands,)`.
    """
    measured_db = sound.mean_magnitude_db()
    wanted_db = 20.0 * np.log10(_profile().magnitude_at(stem, BANDS_HZ))
    wanted_db += tilt_db_per_octave * np.log2(BANDS_HZ / 1_000.0)
    power_db = 10.0 * np.log10(sound.mean_power() * k_weights())
    heard = power_db > power_db.max() - HEARD_WITHIN_DB
    deviation_db = measured_db - wanted_db
    deviation_db -= np.median(deviation_db[heard])
    return deviation_db, heard


def make_room(
    heard: Sequence[Heard],
    roles: Sequence[str],
    level_db: Sequence[float],
    positions: Sequence[float],
    most_db: float,
) -> list[tuple[Band, ...]]:
    """Cuts in less important tracks at the essential bands of more important ones.

    Args:
        heard: the tracks as they come from clean-up and tone.
        roles: role of each track.
        level_db: gain of each in the mix; -inf for a silent one.
        positions: pan of each track, -1 to 1.
        most_db: depth of the deepest cut in dB.

    Returns:
        For each track its cuts, at most two.
    """
    importance = [role_of(role).importance for role in roles]
    playing = [sound.playing() for sound in heard]
    cuts: list[list[Band]] = [[] for _ in heard]
    for i in sorted(range(len(heard)), key=lambda i: -importance[i]):
        if importance[i] < 0.5 or not np.isfinite(level_db[i]):
            continue
        band = essential_band(heard[i], roles[i])
        for j in range(len(heard)):
            if importance[i] - importance[j] < 0.015 or not np.isfinite(level_db[j]):
                continue
            # Only what sounds at the same time masks.
            both = playing[i] & playing[j]
            if len(cuts[j]) == 2 or both.mean() < 0.05:
                continue
            own, other = (
                10.0 * np.log10(heard[k].power[band, both].mean() + 1e-14) + level_db[k]
                for k in (i, j)
            )
            cut_db = min(1.0 + 0.4 * (other - own + 4.0), most_db)
            # Heard from different places, two tracks mask each other less.
            if abs(positions[i] - positions[j]) > 0.4:
                cut_db *= 0.5
            near = any(abs(np.log2(_hz(b) / BANDS_HZ[band])) < 0.5 for b in cuts[j])
            if cut_db >= 1.0 and not near:
                cuts[j].append(Band("peak", float(BANDS_HZ[band]), -float(cut_db), 1.4))
    return [tuple(found) for found in cuts]


def essential_band(sound: Heard, role: str) -> int:
    """The band in which a track is recognised: the lows of kick and bass, else in the middle.

    Hafezi and Reiss 2015 rank bands by level; here after weighting, so that it is not always the
    lowest partial, and above 300 Hz for whoever is neither kick nor bass.
    """
    inside = between(*(_LOW_REGION_HZ if role in _LOW_ROLES else _REGION_HZ))
    weighted = sound.mean_power() * k_weights() * (1.0 if role in _LOW_ROLES else BANDS_HZ**0.5)
    return int(np.argmax(np.where(inside, weighted, -np.inf)))


def equalised(sound: Heard, equaliser: Equaliser) -> Heard:
    """Spectrum of a track after an equaliser."""
    gain_db = response_db(equaliser, sound.sample_rate)
    power = sound.power * (10.0 ** (gain_db / 10.0))[:, np.newaxis]
    return Heard(power, sound.peak, sound.sample_rate)


def sum_of(heard: Sequence[Heard], level_db: Sequence[float]) -> Heard:
    """The sum of those tracks that are not silent."""
    sounding = [i for i in range(len(heard)) if np.isfinite(level_db[i])]
    return together([heard[i] for i in sounding], [level_db[i] for i in sounding])


def _alone(band: Band) -> Equaliser:
    """A band after a high-pass that does nothing to it."""
    return Equaliser(Filter(frequency_hz=10.0), (band,))


def _octave_mean(curve_db: np.ndarray) -> np.ndarray:
    """Mean over seven bands, the middle one left out."""
    kernel = np.array([1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]) / 6.0
    return np.convolve(np.pad(curve_db, 3, mode="edge"), kernel, mode="valid")


def _hz(band: Band) -> float:
    return float(np.asarray(band.frequency_hz))


@functools.cache
def _profile() -> Profile:
    return read_profile("musdb18")
