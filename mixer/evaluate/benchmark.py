"""The benchmark: everything by which a system that mixes stems is judged, in one call on arrays.

No single number tells whether a mix is good, and each can be fooled. The benchmark holds a mix
against the true one stem by stem (level, balance, spectrum, width, crest factor) and as a whole
(the paper's three families), and looks for damage that needs no truth to be seen.

    truth = measure_truth(true_wet, true_mix, sample_rate)      # once a song
    result = benchmark_mix(inputs, wet, mix, truth, sample_rate)  # once a song and system
    result.means()["level_error_db"]
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from mixer.dsp.threads import one_blas_thread
from mixer.errors import InputError
from mixer.evaluate.damage import DAMAGE_MEASURES, Damage, measure_damage, worst_damage
from mixer.evaluate.pair import finite_or_none
from mixer.evaluate.paper import compare_features
from mixer.evaluate.stem_errors import STEM_MEASURES, StemErrors, compare_stem
from mixer.evaluate.stem_figures import StemFigures, measure_stem
from mixer.meters.features import MixFeatures, measure_features
from mixer.meters.frames import SHORTEST_SAMPLES
from mixer.meters.loudness import integrated_loudness_lufs

SEGMENT_S = 10.0
# A rest shorter than this goes with the segment before it.
_LEAST_REST = 0.5
# Segments whose mix is quieter than this hold no music to judge.
_LEAST_LUFS = -60.0
FAMILIES = ("spectral", "panning", "dynamic")
FAMILY_ERRORS = (*(f"{family}_family" for family in FAMILIES), "families_mean")
# Errors against the truth, the smaller the better, and signs of damage.
ERROR_MEASURES = (*STEM_MEASURES, *FAMILY_ERRORS)


@dataclass(frozen=True)
class TrueSegment:
    """A segment of the true mix, measured.

    Attributes:
        first, end: its samples.
        lufs: loudness of the true mix.
        stems: figures of the true wet stems.
        features: what the paper's families compare.
    """

    first: int
    end: int
    lufs: float
    stems: Mapping[str, StemFigures]
    features: MixFeatures


@dataclass(frozen=True)
class Truth:
    """A true mix, measured once for all systems that are held against it."""

    n_samples: int
    segments: tuple[TrueSegment, ...]


@dataclass(frozen=True)
class SegmentResult:
    """One segment of one system's mix.

    Attributes:
        start_s, end_s: where it lies in the song.
        stems: errors of every stem that sounds in truth; empty without a truth.
        silent: stems that are silent in truth, and so were not compared.
        measures: the mean over stems of the size of each of `STEM_MEASURES`; the paper's families
            as fractions; `DAMAGE_MEASURES`. NaN where undefined.
    """

    start_s: float
    end_s: float
    stems: Mapping[str, StemErrors]
    silent: tuple[str, ...]
    measures: Mapping[str, float]


@dataclass(frozen=True)
class BenchmarkResult:
    """What the benchmark says of one system's mix of one song."""

    segments: tuple[SegmentResult, ...]

    def means(self) -> dict[str, float]:
        """Every measure's mean over the segments that define it."""
        return {name: _mean(self.values(name)) for name in self._names()}

    def worst(self) -> dict[str, float]:
        """Every damage measure's worst segment."""
        return {
            name: worst_damage(name, self.values(name))
            for name in self._names()
            if name in DAMAGE_MEASURES
        }

    def values(self, name: str) -> list[float]:
        """One measure, a value a segment; NaN where it is undefined."""
        return [segment.measures.get(name, math.nan) for segment in self.segments]

    def stem_means(self) -> dict[str, dict[str, float]]:
        """Stem to its mean errors over segments, signed where `StemErrors` is signed."""
        stems = dict.fromkeys(stem for segment in self.segments for stem in segment.stems)
        names = StemErrors.__dataclass_fields__
        return {
            stem: {
                name: _mean(
                    [getattr(s.stems[stem], name) for s in self.segments if stem in s.stems]
                )
                for name in names
            }
            for stem in stems
        }

    def as_json(self) -> dict[str, Any]:
        """Everything, ready for JSON: what is undefined is None."""
        value = {
            "means": self.means(),
            "worst": self.worst(),
            "stems": self.stem_means(),
            "segments": [
                {
                    "start_s": s.start_s,
                    "end_s": s.end_s,
                    "silent": list(s.silent),
                    "measures": dict(s.measures),
                }
                for s in self.segments
            ],
        }
        result: dict[str, Any] = finite_or_none(value)
        return result

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for s in self.segments for name in s.measures))


def measure_truth(
    true_wet: Mapping[str, np.ndarray],
    true_mix: np.ndarray,
    sample_rate: int,
    segment_s: float = SEGMENT_S,
) -> Truth:
    """Measure the mix that systems are held against.

    Args:
        true_wet: stem name to float32 `(2, samples)`, as it stands in the true mix.
        true_mix: float32 `(2, samples)`.
        sample_rate: Hz.
        segment_s: length of a segment in seconds, 1 or more.

    Raises:
        InputError: stems of another length than the mix, less than about a second, or silence.
    """
    _refuse_unlike(true_mix, true_wet)
    segments = []
    for first, end in _cuts(true_mix.shape[1], sample_rate, segment_s):
        mix = true_mix[:, first:end]
        lufs = integrated_loudness_lufs(mix, sample_rate)
        if lufs < _LEAST_LUFS:
            continue
        segments.append(
            TrueSegment(
                first=first,
                end=end,
                lufs=lufs,
                stems={n: measure_stem(a[:, first:end], sample_rate) for n, a in true_wet.items()},
                features=measure_features(mix, sample_rate),
            )
        )
    if not segments:
        raise InputError("the true mix is silent: there is nothing to hold a mix against")
    return Truth(true_mix.shape[1], tuple(segments))


@one_blas_thread
def benchmark_mix(
    inputs: Mapping[str, np.ndarray],
    wet: Mapping[str, np.ndarray],
    mix: np.ndarray,
    truth: Truth | None,
    sample_rate: int,
    *,
    limited_share: float = math.nan,
    damage: bool = True,
    segment_s: float = SEGMENT_S,
) -> BenchmarkResult:
    """Judge a mix.

    Args:
        inputs: stem name to float32 `(2, samples)`, as they were given to the system.
        wet: the same stems as they stand in the mix; one that is missing counts as silent.
        mix: float32 `(2, samples)`, before any limiter; all aligned to the sample.
        truth: from `measure_truth`, of the same length; None where there is none, and damage alone
            is looked for.
        sample_rate: Hz.
        limited_share: share of samples that a limiter lowers in the finished mix, 0 to 1.
        damage: False leaves out damage, which takes two thirds of the time.
        segment_s: length of a segment where there is no truth; else the truth's own holds.

    Raises:
        InputError: lengths that differ, or a mix that is silent where the true one is not.
    """
    for stems in (inputs, wet):
        _refuse_unlike(mix, stems)
    if truth is not None and truth.n_samples != mix.shape[1]:
        raise InputError(
            f"the mix has {mix.shape[1]} samples and the true mix {truth.n_samples}: cut both to "
            "what they share"
        )
    cuts = (
        [(segment.first, segment.end) for segment in truth.segments]
        if truth is not None
        else [
            (first, end)
            for first, end in _cuts(mix.shape[1], sample_rate, segment_s)
            if integrated_loudness_lufs(mix[:, first:end], sample_rate) >= _LEAST_LUFS
        ]
    )
    found = (
        measure_damage(inputs, wet, mix, cuts, sample_rate, limited_share)
        if damage
        else [Damage() for _ in cuts]
    )
    results = []
    for index, (first, end) in enumerate(cuts):
        errors = _Errors()
        if truth is not None:
            errors = _compare(wet, mix, truth.segments[index], sample_rate)
        results.append(
            SegmentResult(
                start_s=first / sample_rate,
                end_s=end / sample_rate,
                stems=errors.stems,
                silent=errors.silent,
                measures=errors.measures | (found[index].figures() if damage else {}),
            )
        )
    return BenchmarkResult(tuple(results))


@dataclass(frozen=True)
class _Errors:
    stems: dict[str, StemErrors] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)


def _compare(
    wet: Mapping[str, np.ndarray], mix: np.ndarray, truth: TrueSegment, sample_rate: int
) -> _Errors:
    cut = slice(truth.first, truth.end)
    mix = mix[:, cut]
    nothing = np.zeros_like(mix)
    lufs = integrated_loudness_lufs(mix, sample_rate)
    if not math.isfinite(lufs):
        raise InputError(
            f"the mix is silent from {truth.first / sample_rate:.0f} to "
            f"{truth.end / sample_rate:.0f} s, where the true mix is not"
        )
    stems: dict[str, StemErrors] = {}
    silent = []
    for name, true_stem in truth.stems.items():
        figures = measure_stem(wet[name][:, cut] if name in wet else nothing, sample_rate)
        errors = compare_stem(figures, lufs, true_stem, truth.lufs)
        if errors is None:
            silent.append(name)
        else:
            stems[name] = errors
    sizes = [errors.absolute() for errors in stems.values()]
    paper = compare_features(measure_features(mix, sample_rate), truth.features)
    families = [paper[f"{family}.mape_mean"] for family in FAMILIES]
    measures = {name: _mean([size[name] for size in sizes]) for name in STEM_MEASURES}
    measures |= dict(zip(FAMILY_ERRORS, (*families, _mean(families)), strict=True))
    return _Errors(stems, tuple(silent), measures)


def _cuts(n_samples: int, sample_rate: int, segment_s: float) -> list[tuple[int, int]]:
    """First and end sample of each segment; a short rest goes with the one before."""
    length = round(segment_s * sample_rate)
    if length < SHORTEST_SAMPLES:
        raise InputError(
            f"segments of {segment_s:g} s: the measures need {SHORTEST_SAMPLES / sample_rate:.2f} s"
        )
    n_segments = max(1, int(n_samples / length + 1.0 - _LEAST_REST))
    edges = [k * length for k in range(n_segments)] + [n_samples]
    return list(pairwise(edges))


def _refuse_unlike(mix: np.ndarray, stems: Mapping[str, np.ndarray]) -> None:
    if mix.ndim != 2 or mix.shape[0] != 2:
        raise InputError(f"a mix of shape {mix.shape}: give (2, samples)")
    unlike = next((name for name, audio in stems.items() if audio.shape != mix.shape), None)
    if unlike is not None:
        raise InputError(
            f"stem {unlike} has the shape {stems[unlike].shape}, its mix {mix.shape}: "
            "give all of one length, in stereo"
        )


def _mean(values: list[float]) -> float:
    defined = [value for value in values if math.isfinite(value)]
    return float(np.mean(defined)) if defined else math.nan
