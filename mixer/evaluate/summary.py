"""Many reports to a few figures: each system's averages over songs, and tests between systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypedDict

import numpy as np

from mixer.evaluate.pair import Figures, PairReport, PairTable, finite_or_none
from mixer.evaluate.statistics import Interval, PairedTest, bootstrap_interval, paired_tests
from mixer.meters.measures import ERRORS

# The figures that stand for their families.
TESTED_MEASURES = tuple(measure for measure in ERRORS if measure.is_summary)


class ResultTable(PairTable):
    """A `SongResult` as JSON has it: what was compared, then how it came out."""

    song: str
    system: str
    mix_file: str
    reference_file: str


class TestTable(TypedDict):
    """A `PairedTest` as JSON has it."""

    first: str
    second: str
    n: int
    median_difference: float | None
    effect: float | None
    p: float | None
    p_holm: float | None


class SummaryTable(TypedDict):
    """A `Summary` as JSON has it: system to measure to `Interval`; measure to tests."""

    averages: dict[str, dict[str, Figures]]
    tests: dict[str, list[TestTable]]


@dataclass(frozen=True)
class SongResult:
    """One system's mix of one song, measured.

    Attributes:
        song: its name.
        system: what mixed it.
        mix, reference: their origins, for the reader.
        report: the measurements.
    """

    song: str
    system: str
    mix: str
    reference: str
    report: PairReport

    def as_json(self) -> ResultTable:
        return {
            "song": self.song,
            "system": self.system,
            "mix_file": self.mix,
            "reference_file": self.reference,
            **self.report.as_json(),
        }


@dataclass(frozen=True)
class Summary:
    """Summary of a set of results.

    Attributes:
        averages: system to measure to mean, median and interval.
        tests: measure to comparisons of every two systems, Holm-corrected within the measure.
    """

    averages: dict[str, dict[str, Interval]]
    tests: dict[str, list[PairedTest]]

    def as_json(self) -> SummaryTable:
        table: SummaryTable = finite_or_none(
            {
                "averages": {
                    system: {name: asdict(interval) for name, interval in measures.items()}
                    for system, measures in self.averages.items()
                },
                "tests": {
                    name: [asdict(test) for test in tests] for name, tests in self.tests.items()
                },
            }
        )
        return table


def summarise(results: Sequence[SongResult], seed: int = 0) -> Summary:
    """Average every measure of each system over its songs, and test systems against each other.

    Args:
        results: at most one per song and system; systems are paired by song name.
        seed: random seed of the bootstrap.
    """
    systems = list(dict.fromkeys(result.system for result in results))
    songs = list(dict.fromkeys(result.song for result in results))
    found = {(r.system, r.song): r.report.errors for r in results}
    nothing: Mapping[str, float] = {}

    def values(system: str, name: str) -> list[float]:
        return [found.get((system, song), nothing).get(name, float("nan")) for song in songs]

    names = list(dict.fromkeys(name for measures in found.values() for name in measures))
    averages = {
        system: {
            # Each figure draws for itself, so that none depends on which others are requested.
            name: bootstrap_interval(values(system, name), np.random.default_rng(seed))
            for name in names
        }
        for system in systems
    }
    tests = {
        measure.name: paired_tests({system: values(system, measure.name) for system in systems})
        for measure in TESTED_MEASURES
        if len(systems) > 1
    }
    return Summary(averages, tests)
