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
from typing import Any, TypedDict

import numpy as np

from mixer.dsp.threads import one_blas_thread
from mixer.errors import InputError
from mixer.evaluate.mix_damage import measure_damage
from mixer.evaluate.pair import finite_or_none
from mixer.meters.frames import SHORTEST_SAMPLES
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.measure import Measure, figures
from mixer.meters.measures import DAMAGE, MIX_ERRORS, STEM_ERRORS
from mixer.meters.signal import Signal, SignalPair
from mixer.meters.stem_errors import StemPair
from mixer.meters.stem_figures import StemFigures, measure_stem

SEGMENT_S = 10.0
# A rest shorter than this goes with the segment before it.
_LEAST_REST = 0.5
# Segments whose mix is quieter than this hold no music to judge.
_LEAST_LUFS = -60.0
# Errors against the truth, the smaller the better, and signs of damage, in the order of tables.
_ERRORS: tuple[Measure[Any], ...] = (*STEM_ERRORS, *MIX_ERRORS)
BENCHMARK: tuple[Measure[Any], ...] = (*_ERRORS, *DAMAGE)
ERROR_NAMES = tuple(measure.name for measure in _ERRORS)


@dataclass(frozen=True)
class TrueSegment:
    """A segment of the true mix, measured.

    Attributes:
        first, end: first and end sample.
        mix: the true mix, measured once for all systems.
        stems: figures of the true wet stems.
    """

    first: int
    end: int
    mix: Signal
    stems: Mapping[str, StemFigures]


@dataclass(frozen=True)
class Truth:
    """A true mix, measured once for all systems that are compared with it."""

    n_samples: int
    segments: tuple[TrueSegment, ...]


@dataclass(frozen=True)
class SegmentResult:
    """One segment of one system's mix.

    Attributes:
        start_s, end_s: start and end in the song, in seconds.
        stems: errors of every stem that sounds in truth, by `stem_key` of each of `STEM_ERRORS`,
            signed if the measure is; empty without a truth.
        silent: stems that are silent in truth, and so were not compared.
        measures: the mean over stems of the size of each of `STEM_ERRORS`; `MIX_ERRORS`; `DAMAGE`.
            NaN where undefined.
    """

    start_s: float
    end_s: float
    stems: Mapping[str, Mapping[str, float]]
    silent: tuple[str, ...]
    measures: Mapping[str, float]


class SegmentTable(TypedDict):
    """A `SegmentResult` as JSON has it, without the errors of single stems."""

    start_s: float
    end_s: float
    silent: list[str]
    measures: dict[str, float | None]


class BenchmarkTable(TypedDict):
    """A `BenchmarkResult` as JSON has it: figures by the names of measures."""

    means: dict[str, float | None]
    worst: dict[str, float | None]
    stems: dict[str, dict[str, float | None]]
    segments: list[SegmentTable]


@dataclass(frozen=True)
class BenchmarkResult:
    """Result of the benchmark for one system's mix of one song."""

    segments: tuple[SegmentResult, ...]

    def means(self) -> dict[str, float]:
        """Every measure's mean over the segments that define it."""
        return {name: _mean(self.values(name)) for name in self._names()}

    def worst(self) -> dict[str, float]:
        """Every damage measure's worst segment."""
        names = self._names()
        return {m.name: m.worst(self.values(m.name)) for m in DAMAGE if m.name in names}

    def values(self, name: str) -> list[float]:
        """One measure, a value a segment; NaN where it is undefined."""
        return [segment.measures.get(name, math.nan) for segment in self.segments]

    def stem_means(self) -> dict[str, dict[str, float]]:
        """Stem to its mean errors over segments, signed if the measure is."""
        stems = dict.fromkeys(stem for segment in self.segments for stem in segment.stems)
        return {
            stem: {
                key: _mean([s.stems[stem][key] for s in self.segments if stem in s.stems])
                for key in map(stem_key, STEM_ERRORS)
            }
            for stem in stems
        }

    def as_json(self) -> BenchmarkTable:
        """Everything, ready for JSON: undefined values are None."""
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
        result: BenchmarkTable = finite_or_none(value)
        return result

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for s in self.segments for name in s.measures))


def stem_key(measure: Measure[StemPair]) -> str:
    """Name of a stem's own signed error, such as "level_db"."""
    return measure.name.replace("_error", "")


def measure_truth(
    true_wet: Mapping[str, np.ndarray],
    true_mix: np.ndarray,
    sample_rate: int,
    segment_s: float = SEGMENT_S,
) -> Truth:
    """Measure the mix with which systems are compared.

    Args:
        true_wet: stem name to float32 `(2, samples)`, as it is in the true mix.
        true_mix: float32 `(2, samples)`.
        sample_rate: Hz.
        segment_s: length of a segment in seconds, 1 or more.

    Raises:
        InputError: a stem's shape differs from the mix's, or the mix is silent or shorter than
            about a second.
    """
    _refuse_unlike(true_mix, true_wet)
    segments = []
    for first, end in _cuts(true_mix.shape[1], sample_rate, segment_s):
        mix = Signal(true_mix[:, first:end], sample_rate)
        if mix.loudness_lufs < _LEAST_LUFS:
            continue
        stems = {n: measure_stem(a[:, first:end], sample_rate) for n, a in true_wet.items()}
        segments.append(TrueSegment(first, end, mix, stems))
    if not segments:
        raise InputError("the true mix is silent, so no mix can be compared with it")
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
    """Measure the errors and the damage of a mix.

    Args:
        inputs: stem name to float32 `(2, samples)`, as they were given to the system.
        wet: the same stems as they are in the mix; one that is missing counts as silent.
        mix: float32 `(2, samples)`, before any limiter; all aligned to the sample.
        truth: from `measure_truth`, of the same length; without it (None), damage alone
            is looked for.
        sample_rate: Hz.
        limited_share: share of samples that a limiter lowers in the finished mix, 0 to 1.
        damage: whether to measure damage, which takes two thirds of the time.
        segment_s: length of a segment without a true mix; with one, the segments are the truth's.

    Raises:
        InputError: the lengths differ, or the mix is silent where the true one is not.
    """
    for stems in (inputs, wet):
        _refuse_unlike(mix, stems)
    if truth is not None and truth.n_samples != mix.shape[1]:
        raise InputError(
            f"the mix has {mix.shape[1]} samples and the true mix {truth.n_samples}; cut both to "
            "the same length"
        )
    if truth is not None:
        cuts = [(segment.first, segment.end) for segment in truth.segments]
    else:
        cuts = _sounding_cuts(mix, sample_rate, segment_s)
    found = (
        measure_damage(inputs, wet, mix, cuts, sample_rate, limited_share)
        if damage
        else [{} for _ in cuts]
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
                measures=errors.measures | found[index],
            )
        )
    return BenchmarkResult(tuple(results))


@dataclass(frozen=True)
class _Errors:
    stems: dict[str, dict[str, float]] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)


def _compare(
    wet: Mapping[str, np.ndarray], mix: np.ndarray, truth: TrueSegment, sample_rate: int
) -> _Errors:
    cut = slice(truth.first, truth.end)
    own = Signal(mix[:, cut], sample_rate)
    nothing = np.zeros_like(own.audio)
    if not math.isfinite(own.loudness_lufs):
        raise InputError(
            f"the mix is silent from {truth.first / sample_rate:.0f} to "
            f"{truth.end / sample_rate:.0f} s, where the true mix is not"
        )
    errors: dict[str, dict[str, float]] = {}
    silent = []
    for name, true_stem in truth.stems.items():
        stem = measure_stem(wet[name][:, cut] if name in wet else nothing, sample_rate)
        pair = StemPair(stem, own.loudness_lufs, true_stem, truth.mix.loudness_lufs)
        if pair.is_silent_in_truth:
            silent.append(name)
        else:
            errors[name] = {stem_key(measure): measure.function(pair) for measure in STEM_ERRORS}
    measures = {
        measure.name: _mean([abs(of_stem[stem_key(measure)]) for of_stem in errors.values()])
        for measure in STEM_ERRORS
    }
    measures |= figures(MIX_ERRORS, SignalPair(own, truth.mix))
    return _Errors(errors, tuple(silent), measures)


def _cuts(n_samples: int, sample_rate: int, segment_s: float) -> list[tuple[int, int]]:
    """First and end sample of each segment; a short rest goes with the one before."""
    length = round(segment_s * sample_rate)
    if length < SHORTEST_SAMPLES:
        raise InputError(
            f"segments must be at least {SHORTEST_SAMPLES / sample_rate:.2f} s long for the "
            f"measures, not {segment_s:g} s"
        )
    n_segments = max(1, int(n_samples / length + 1.0 - _LEAST_REST))
    edges = [k * length for k in range(n_segments)] + [n_samples]
    return list(pairwise(edges))


def _sounding_cuts(mix: np.ndarray, sample_rate: int, segment_s: float) -> list[tuple[int, int]]:
    """Those segments in which there is music to judge."""
    return [
        (first, end)
        for first, end in _cuts(mix.shape[1], sample_rate, segment_s)
        if integrated_loudness_lufs(mix[:, first:end], sample_rate) >= _LEAST_LUFS
    ]


def _refuse_unlike(mix: np.ndarray, stems: Mapping[str, np.ndarray]) -> None:
    if mix.ndim != 2 or mix.shape[0] != 2:
        raise InputError(f"the mix must have the shape (2, samples), not {mix.shape}")
    unlike = next((name for name, audio in stems.items() if audio.shape != mix.shape), None)
    if unlike is not None:
        raise InputError(
            f"stem {unlike} must have the shape of its mix, {mix.shape}, not {stems[unlike].shape}"
        )


def _mean(values: list[float]) -> float:
    defined = [value for value in values if math.isfinite(value)]
    return float(np.mean(defined)) if defined else math.nan
