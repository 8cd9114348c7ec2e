"""Benchmarks of many songs: what each system comes to, and one system tested against its rivals.

Systems are compared segment by segment by Wilcoxon's signed-rank test, corrected after Holm for all
measures and rivals of the summary. Segments of one song resemble each other, so p values are lower
than those of as many songs would be; how many songs they are of stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

import numpy as np

from mixer.evaluate.benchmark import BENCHMARK, ERROR_NAMES, BenchmarkResult
from mixer.evaluate.pair import finite_or_none
from mixer.evaluate.statistics import holm, rank_biserial, signed_rank_p
from mixer.meters.measure import Measure
from mixer.meters.measures import DAMAGE


@dataclass(frozen=True)
class SystemFigures:
    """Figures of one system.

    Attributes:
        means: measure to its mean over all segments of all songs; NaN where it is undefined.
        worst: damage measure to its worst segment.
        stems: stem to its mean errors, signed if the measure is.
        songs: song to its own means.
        n_segments: number of segments.
    """

    means: Mapping[str, float]
    worst: Mapping[str, float]
    stems: Mapping[str, Mapping[str, float]]
    songs: Mapping[str, Mapping[str, float]]
    n_segments: int


@dataclass(frozen=True)
class Comparison:
    """The subject against one rival in one measure, on the segments that both have.

    Attributes:
        rival, measure: of the comparison.
        n: number of segments.
        mean_difference: subject minus rival: below 0 the subject has the smaller error.
        effect: matched-pairs rank-biserial correlation, -1 (subject always smaller) to 1.
        p: two-sided p value of this test alone.
        p_holm: p value corrected for all comparisons of the summary.
    """

    rival: str
    measure: str
    n: int
    mean_difference: float
    effect: float
    p: float
    p_holm: float

    @property
    def is_better(self) -> bool:
        """The subject has the smaller error, and chance is not a likely reason."""
        return self.effect < 0.0 and self.mean_difference < 0.0 and self.p_holm < 0.05


class SystemTable(TypedDict):
    """`SystemFigures` as JSON has them; songs are only counted."""

    means: dict[str, float | None]
    worst: dict[str, float | None]
    stems: dict[str, dict[str, float | None]]
    n_segments: int
    n_songs: int


class ComparisonTable(TypedDict):
    """A `Comparison` as JSON has it."""

    rival: str
    measure: str
    n: int
    mean_difference: float | None
    effect: float | None
    p: float | None
    p_holm: float | None


class SummaryTable(TypedDict):
    """A `BenchmarkSummary` as JSON has it."""

    subject: str
    systems: dict[str, SystemTable]
    comparisons: list[ComparisonTable]


@dataclass(frozen=True)
class BenchmarkSummary:
    """A group of songs.

    Attributes:
        subject: name of the system that is tested.
        systems: name to figures, in the order given.
        comparisons: of the subject with every rival in every error; empty without a truth.
    """

    subject: str
    systems: Mapping[str, SystemFigures]
    comparisons: tuple[Comparison, ...]

    def comparison(self, rival: str, measure: str) -> Comparison | None:
        """The subject against a rival in a measure; None if they cannot be compared."""
        return next((c for c in self.comparisons if (c.rival, c.measure) == (rival, measure)), None)

    def as_json(self) -> SummaryTable:
        """Ready for JSON and short enough for a manifest: songs are counted, numbers rounded."""
        value = asdict(self)
        for figures in value["systems"].values():
            figures["n_songs"] = len(figures.pop("songs"))
        rounded: SummaryTable = finite_or_none(_rounded(value))
        return rounded


def summarise_benchmark(
    results: Mapping[str, Mapping[str, BenchmarkResult]],
    subject: str,
    reference: str | None = None,
) -> BenchmarkSummary:
    """Average benchmarks over songs and test the subject against all others.

    Args:
        results: system to song to benchmark; segments are paired by song and start.
        subject: one of the systems.
        reference: a system that is not a rival: the true mix, shown for its damage alone.
    """
    rivals = [name for name in results if name not in (subject, reference)]
    tests = [
        (rival, measure, _differences(results[subject], results[rival], measure))
        for rival in rivals
        for measure in ERROR_NAMES
    ]
    tests = [test for test in tests if test[2].size]
    uncorrected = [signed_rank_p(differences) for _, _, differences in tests]
    comparisons = tuple(
        Comparison(
            rival=rival,
            measure=measure,
            n=differences.size,
            mean_difference=float(differences.mean()),
            effect=rank_biserial(differences),
            p=p,
            p_holm=p_holm,
        )
        for (rival, measure, differences), p, p_holm in zip(
            tests, uncorrected, holm(uncorrected), strict=True
        )
    )
    figures = {name: _figures(songs) for name, songs in results.items()}
    return BenchmarkSummary(subject, figures, comparisons)


def _figures(songs: Mapping[str, BenchmarkResult]) -> SystemFigures:
    # One long benchmark: a mean over segments then weighs every segment alike.
    joined = BenchmarkResult(tuple(s for result in songs.values() for s in result.segments))
    return SystemFigures(
        means=joined.means(),
        worst=joined.worst() or {measure.name: math.nan for measure in DAMAGE},
        stems=joined.stem_means(),
        songs={song: result.means() for song, result in songs.items()},
        n_segments=len(joined.segments),
    )


def _rounded(value: Any) -> Any:
    """A tree of numbers to four decimals; smaller ones, as p values are, to three digits."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 4) if abs(value) >= 0.01 else float(f"{value:.3g}")
    return value


def _differences(
    subject: Mapping[str, BenchmarkResult], rival: Mapping[str, BenchmarkResult], measure: str
) -> np.ndarray:
    """Subject less rival, for every segment in which both define the measure."""
    own, other = (_by_segment(songs, measure) for songs in (subject, rival))
    return np.array([own[key] - other[key] for key in own if key in other])


def _by_segment(
    songs: Mapping[str, BenchmarkResult], measure: str
) -> dict[tuple[str, float], float]:
    return {
        (song, segment.start_s): value
        for song, result in songs.items()
        for segment, value in zip(result.segments, result.values(measure), strict=True)
        if math.isfinite(value)
    }


def shown_measures(systems: Sequence[SystemFigures]) -> list[Measure[Any]]:
    """Measures that at least one system defines, errors first."""
    return [
        measure
        for measure in BENCHMARK
        if any(math.isfinite(system.means.get(measure.name, math.nan)) for system in systems)
    ]
