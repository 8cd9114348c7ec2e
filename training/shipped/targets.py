"""Targets that a default model must meet to be shipped, and how far it is from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TypedDict, cast

from mixer.evaluate.benchmark import ERROR_NAMES
from mixer.evaluate.benchmark_summary import BenchmarkSummary
from mixer.rendering.choices.baselines import NONE, SUM
from training.shipped.benchmark_songs import SongGroup

# Groups of songs whose true mix is known.
JUDGED_GROUPS = (SongGroup.SYNTHETIC, SongGroup.REAL)
HIGHEST_BALANCE_ERROR_DB = 1.0
HIGHEST_LEVEL_ERROR_DB = 1.8
LEAST_FAMILIES_GAIN = 0.25
LEAST_LOW_CORRELATION = 0.9
HIGHEST_FOLD_DOWN_LOSS_LU = 1.0
HIGHEST_GAIN_SPEED_DB_S = 60.0
_FAMILIES_MEAN = "families_mean"


class TargetTable(TypedDict):
    """A `Target` in JSON form, rounded; None for a value that could not be measured."""

    group: str
    name: str
    value: float | None
    limit: float | None
    met: bool
    note: str


@dataclass(frozen=True)
class Target:
    """One target on one group of songs.

    Attributes:
        group: the group of songs.
        name: name of the target.
        value, limit: the measured value and its limit; NaN if it could not be measured.
        met: whether the target is met.
        note: details of a value: the worst segment, or the measures that are not better.
    """

    group: str
    name: str
    value: float
    limit: float
    met: bool
    note: str = ""

    def as_json(self) -> TargetTable:
        """Convert to plain values, rounded to four decimals."""
        value = asdict(self)
        for name in ("value", "limit"):
            value[name] = round(value[name], 4) if math.isfinite(value[name]) else None
        return cast(TargetTable, value)

    def line(self) -> str:
        """Describe the target in one line."""
        said = "met   " if self.met else "MISSED"
        reached = "not measured" if math.isnan(self.value) else f"{self.value:.2f}"
        note = f"; {self.note}" if self.note else ""
        return (
            f"{said} {self.group}: {self.name}: {reached} (target {self.limit:g}, "
            f"missed by {abs(self.value - self.limit):.2f}){note}"
            if not self.met
            else f"{said} {self.group}: {self.name}: {reached} (target {self.limit:g}){note}"
        )


def check_targets(summaries: Mapping[SongGroup, BenchmarkSummary]) -> list[Target]:
    """Compare the figures of every group with the targets.

    Args:
        summaries: summaries by group, whose subject is the evaluated model.
    """
    targets = []
    for group, summary in summaries.items():
        if group in JUDGED_GROUPS:
            targets += [
                _beats(group, summary, rival)
                for rival in (NONE, SUM)
                if rival in summary.systems and rival != summary.subject
            ]
            targets += _limits_on_errors(group, summary)
        targets += _limits_on_damage(group, summary)
    return targets


def _beats(group: str, summary: BenchmarkSummary, rival: str) -> Target:
    """Number of measures in which the subject's error is smaller, beyond chance."""
    measures = [name for name in ERROR_NAMES if name != _FAMILIES_MEAN]
    not_better = []
    for measure in measures:
        comparison = summary.comparison(rival, measure)
        if comparison is None or not comparison.is_better:
            not_better.append(measure)
    return Target(
        group,
        f"measures (of {len(measures)}) better than {rival}, p below 0.05",
        float(len(measures) - len(not_better)),
        float(len(measures)),
        not not_better,
        f"not better: {', '.join(not_better)}" if not_better else "",
    )


def _limits_on_errors(group: str, summary: BenchmarkSummary) -> list[Target]:
    means = summary.systems[summary.subject].means
    limits = (
        ("left/right balance error, dB", "balance_error_db", HIGHEST_BALANCE_ERROR_DB),
        ("level error, dB", "level_error_db", HIGHEST_LEVEL_ERROR_DB),
    )
    targets = [_at_most(group, name, means[measure], limit) for name, measure, limit in limits]
    if NONE in summary.systems and summary.subject != NONE:
        share = means[_FAMILIES_MEAN] / summary.systems[NONE].means[_FAMILIES_MEAN]
        name = f"mean of the paper's families relative to {NONE}"
        targets.append(_at_most(group, name, share, 1.0 - LEAST_FAMILIES_GAIN))
    return targets


def _limits_on_damage(group: str, summary: BenchmarkSummary) -> list[Target]:
    """Correlation and fold-down as means over segments; the speed of gains as their maximum."""
    figures = summary.systems[summary.subject]
    means, worst = figures.means, figures.worst
    correlation = means["low_correlation"]
    return [
        Target(
            group,
            "correlation below 120 Hz, above",
            correlation,
            LEAST_LOW_CORRELATION,
            correlation > LEAST_LOW_CORRELATION,
            f"lowest in a segment {worst['low_correlation']:.2f}",
        ),
        _at_most(
            group,
            "mono fold-down loss, LU",
            means["fold_down_loss_lu"],
            HIGHEST_FOLD_DOWN_LOSS_LU,
            f"highest in a segment {worst['fold_down_loss_lu']:.2f}",
        ),
        _at_most(
            group,
            "fastest gain outside onsets, dB/s",
            worst["gain_speed_db_s"],
            HIGHEST_GAIN_SPEED_DB_S,
            f"mean over segments {means['gain_speed_db_s']:.0f}",
        ),
    ]


def _at_most(group: str, name: str, value: float, limit: float, note: str = "") -> Target:
    return Target(group, f"{name}, at most", value, limit, value <= limit, note)
