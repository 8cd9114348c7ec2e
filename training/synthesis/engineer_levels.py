"""Level balance: within a stem by importance, between stems by what masks what.

- Perez Gonzalez and Reiss, "Automatic gain and fader control for live mixing" (WASPAA 2009): every
  channel is first brought to one loudness, measured while it plays, then moved by its importance.
- Ward and Reiss, "Multitrack mixing using a model of loudness and partial loudness" (AES 2012): a
  source that the others mask goes up. Here by the share of its bands that stays audible.
- Ward et al., "Estimating the loudness balance of musical mixtures using audio source separation"
  (2017), measured how far vocals lie from their accompaniment in released songs. The usual levels
  below, vocals about 3.5 LU under their accompaniment, are those that this project goes by for
  released mixes; songs differ by about 2 LU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from training.synthesis.engineer_hearing import Heard, k_weights
from training.synthesis.engineer_roles import role_of

# Integrated loudness of a stem against that of the mix, LU.
USUAL_LEVELS_LU = {"vocals": -5.0, "bass": -7.5, "drums": -6.5, "other": -5.5}
WITHOUT_VOCALS_LU = {"other": 1.0}  # something else leads
# How much of a stem is audible at usual levels, in dB: measured, the mean over five real songs.
USUAL_AUDIBILITY_DB = {"vocals": -2.5, "bass": -2.9, "drums": -3.3, "other": -3.1}
AUDIBILITY_SHARE = 0.6
MOST_UNMASKING_LU = 2.0
TRACK_DEVIATION_DB = 1.0


def hierarchy_db(
    heard: Sequence[Heard],
    roles: Sequence[str],
    rng: np.random.Generator,
    deviation_db: float = TRACK_DEVIATION_DB,
) -> list[float]:
    """Fader gains of one stem's tracks: equal loudness for all, then by importance.

    Tracks of one role share its level. Loudness is what a track has while it plays.

    Args:
        heard: the tracks.
        roles: role of each track.
        rng: draws human deviations.
        deviation_db: its standard deviation; drawn within twice that.

    Returns:
        One gain in dB a track that puts a track of level 0 at -20 LUFS; -inf for a silent track.
    """
    faders = []
    for sound, name in zip(heard, roles, strict=True):
        deviation = float(np.clip(rng.normal(), -2.0, 2.0)) * deviation_db
        loudness_lufs = sound.loudness_lufs()
        if not np.isfinite(loudness_lufs):
            faders.append(-np.inf)
            continue
        # Two guitars together are as loud as one guitar would have been.
        shared_lu = 10.0 * np.log10(sum(role == name for role in roles))
        level_lu = role_of(name).level_lu - shared_lu + deviation
        faders.append(-20.0 + level_lu - loudness_lufs)
    return faders


def stem_levels_lu(
    stems: Mapping[str, Heard], leaning_lu: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Loudness of each stem against the mix.

    Args:
        stems: stems that are not silent, at any level.
        leaning_lu: the engineer's and the genre's deviation for each stem.

    Returns:
        Levels in LU whose powers add up to the mix's; and the part of each that is unmasking.
    """
    usual = {stem: USUAL_LEVELS_LU[stem] for stem in stems}
    if "vocals" not in stems:
        usual = {s: level + WITHOUT_VOCALS_LU.get(s, 0.0) for s, level in usual.items()}
    # Where stems are missing, what is left fills the whole mix.
    usual = _normalised(usual)
    power = {
        stem: sound.mean_power() * 10.0 ** ((usual[stem] - sound.loudness_lufs()) / 10.0)
        for stem, sound in stems.items()
    }
    unmasking = {}
    for stem in stems:
        missing_db = USUAL_AUDIBILITY_DB[stem] - audibility_db(stem, power)
        # A share only: all of it would have every masked stem shout the others down.
        lift = AUDIBILITY_SHARE * missing_db if len(stems) > 1 else 0.0
        unmasking[stem] = float(np.clip(lift, -MOST_UNMASKING_LU, MOST_UNMASKING_LU))
    levels = {stem: usual[stem] + leaning_lu[stem] + unmasking[stem] for stem in stems}
    return _normalised(levels), unmasking


def audibility_db(stem: str, power: Mapping[str, np.ndarray]) -> float:
    """Share of a stem's loudness that the others do not cover, in dB, 0 and less.

    Args:
        stem: name of the stem.
        power: power of every stem in bands `(bands,)`, at its level in the mix.
    """
    weights = k_weights() * power[stem]
    share = power[stem] / np.sum(list(power.values()), axis=0)
    return float(10.0 * np.log10(np.sum(weights * share) / np.sum(weights)))


def _normalised(levels: dict[str, float]) -> dict[str, float]:
    """Levels shifted so that their powers add up to one."""
    whole = 10.0 * np.log10(sum(10.0 ** (level / 10.0) for level in levels.values()))
    return {stem: float(level - whole) for stem, level in levels.items()}
