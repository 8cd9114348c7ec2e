"""Errors of a mix's tracks against a person's mix, and of their groups against each other.

A track is judged as a stem is (`mixer.meters.stem_errors`): level, pan, spectrum, width, crest
factor. Levels of groups are also held against how far engineers are from each other: a group whose
level is within the spread of MixologyDB's engineers on one song is as near as engineers are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from mixer.meters import stem_errors
from mixer.meters.stem_errors import SILENT_BELOW_MIX_LU, StemPair, level_in_mix_lu
from mixer.meters.stem_figures import StemFigures, measure_stem

# Figures by which a track is judged, each in dB.
TRACK_MEASURES: Mapping[str, Callable[[StemPair], float]] = {
    "level": stem_errors.level_difference_db,
    "pan": stem_errors.balance_difference_db,
    "spectrum": stem_errors.spectrum_distance_db,
    "width": stem_errors.width_distance_db,
    "crest": stem_errors.crest_difference_db,
}
# Standard deviation between engineers on one song, of a group's level against the whole, in dB.
HUMAN_SPREAD_DB = {"vocals": 1.9, "bass": 3.1, "drums": 3.1, "other": 2.2}


@dataclass(frozen=True)
class TrackTruth:
    """A person's mix.

    Attributes:
        tracks: name to figures of the wet track.
        stems: name to the group that it is summed into.
        groups: group to figures of its sum.
        mix: figures of the whole.
    """

    tracks: Mapping[str, StemFigures]
    stems: Mapping[str, str]
    groups: Mapping[str, StemFigures]
    mix: StemFigures


@dataclass(frozen=True)
class TrackErrors:
    """A mix against a person's; dB, absolute means.

    Attributes:
        tracks: measure to mean over the tracks that are heard in truth; empty if the system
            has no wet tracks.
        group_level_db: mean over groups.
        within_human_spread: share of the groups whose level is within `HUMAN_SPREAD_DB`.
        beyond_human_spread_db: mean over groups of how far a level is outside of that spread;
            0 for a group within it.
        mix_width_db: of the mix's side over mid above 250 Hz, more than in truth; signed.
        lean_db: of the mix, right over left, more than in truth; signed.
        groups_db: group to its level, more than in truth; signed.
    """

    tracks: Mapping[str, float]
    group_level_db: float
    within_human_spread: float
    beyond_human_spread_db: float
    mix_width_db: float
    lean_db: float
    groups_db: Mapping[str, float] = field(default_factory=dict)


def measure_truth_of_tracks(
    wet: Mapping[str, np.ndarray], stems: Mapping[str, str], sample_rate: int
) -> TrackTruth:
    """Measure a person's mix once.

    Args:
        wet: track to float32 `(2, samples)` as it is in the mix.
        stems: track to its group.
        sample_rate: Hz.
    """
    groups = {
        stem: np.add.reduce([audio for name, audio in wet.items() if stems[name] == stem])
        for stem in dict.fromkeys(stems[name] for name in wet)
    }
    return TrackTruth(
        {name: measure_stem(audio, sample_rate) for name, audio in wet.items()},
        dict(stems),
        {stem: measure_stem(audio, sample_rate) for stem, audio in groups.items()},
        measure_stem(np.add.reduce(list(groups.values())), sample_rate),
    )


def compare_tracks(
    truth: TrackTruth,
    mix: np.ndarray,
    groups: Mapping[str, np.ndarray],
    tracks: Mapping[str, np.ndarray],
    sample_rate: int,
) -> TrackErrors:
    """Measure how far a mix is from a person's.

    Args:
        truth: a person's mix of the same song and length.
        mix: float32 `(2, samples)`, at any loudness.
        groups: the mix's wet stems; a group that is missing is silent.
        tracks: its wet tracks; empty if the system mixes stems alone.
        sample_rate: Hz.
    """
    whole = measure_stem(mix, sample_rate)
    errors = []
    for name, wanted in truth.tracks.items():
        if name in tracks:
            found = measure_stem(tracks[name], sample_rate)
            pair = StemPair(found, whole.loudness_lufs, wanted, truth.mix.loudness_lufs)
            if not pair.is_silent_in_truth:
                errors.append({key: abs(of(pair)) for key, of in TRACK_MEASURES.items()})
    means = {
        name: float(np.mean([error[name] for error in errors])) for name in TRACK_MEASURES if errors
    }
    apart = _group_levels(truth, whole, groups, sample_rate)
    sizes = np.abs(list(apart.values()))
    beyond = np.maximum(sizes - [HUMAN_SPREAD_DB[stem] for stem in apart], 0.0)
    return TrackErrors(
        means,
        float(sizes.mean()),
        float(np.mean(beyond == 0.0)),
        float(beyond.mean()),
        _width_db(whole) - _width_db(truth.mix),
        whole.balance_db - truth.mix.balance_db,
        apart,
    )


def _group_levels(
    truth: TrackTruth, whole: StemFigures, groups: Mapping[str, np.ndarray], sample_rate: int
) -> dict[str, float]:
    apart = {}
    for stem, wanted in truth.groups.items():
        level = level_in_mix_lu(wanted.loudness_lufs, truth.mix.loudness_lufs)
        if level <= SILENT_BELOW_MIX_LU:
            continue
        lufs = measure_stem(groups[stem], sample_rate).loudness_lufs if stem in groups else -np.inf
        apart[stem] = level_in_mix_lu(lufs, whole.loudness_lufs) - level
    return apart


def _width_db(figures: StemFigures) -> float:
    """Side over mid above 250 Hz, of the two regions as loud as they are."""
    share = 10.0 ** (figures.share_db[1:] / 10.0)
    ratio = 10.0 ** (figures.side_db[1:] / 10.0)
    side, mid = share * ratio / (1.0 + ratio), share / (1.0 + ratio)
    return float(10.0 * np.log10(max(side.sum(), 1e-9) / max(mid.sum(), 1e-9)))
