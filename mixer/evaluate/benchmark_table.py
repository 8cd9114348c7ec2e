"""A summary of benchmarks as Markdown: a line a measure, a column a system, then what is tested."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mixer.evaluate.benchmark import stem_key
from mixer.evaluate.benchmark_summary import BenchmarkSummary, Comparison, shown_measures
from mixer.meters.measure import Better, Measure
from mixer.meters.measures import DAMAGE, STEM_ERRORS

_LEAST_P = 0.001


def benchmark_markdown(summary: BenchmarkSummary) -> str:
    """The table of a group of songs: errors against the true mix, then damage with its worst."""
    systems = list(summary.systems)
    rivals = list(dict.fromkeys(c.rival for c in summary.comparisons))
    head = ["measure", *systems]
    for rival in rivals:
        head += [f"{summary.subject} - {rival}", "p"]
    rows = []
    for measure in shown_measures(list(summary.systems.values())):
        row = [heading(measure), *(_cell(summary, name, measure) for name in systems)]
        for rival in rivals:
            row += _difference(summary.comparison(rival, measure.name), measure)
        rows.append(row)
    return markdown_table(head, rows)


def stems_markdown(summary: BenchmarkSummary) -> str:
    """The subject's mean errors by stem; level, balance and crest factor with their sign."""
    stems = summary.systems[summary.subject].stems
    rows = [
        [
            stem,
            *(m.shown(errors[stem_key(m)], sign="+" if m.is_signed else "") for m in STEM_ERRORS),
        ]
        for stem, errors in stems.items()
    ]
    return markdown_table(["stem", *(measure.column for measure in STEM_ERRORS)], rows)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that reads well as plain text too: columns padded, numbers to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [("-" if i == 0 else ":").rjust(width, "-") for i, width in enumerate(widths)]
    rule = [r[::-1] if i and not r.endswith(":") else r for i, r in enumerate(rule)]
    return "\n".join([line(head), line(rule), *(line(row) for row in rows)])


def heading(measure: Measure[Any]) -> str:
    """Heading of a measure's line; for damage it also names the worst segment."""
    if measure not in DAMAGE:
        return measure.heading
    return f"{measure.heading} ({'least' if measure.better is Better.HIGHER else 'most'})"


def _cell(summary: BenchmarkSummary, system: str, measure: Measure[Any]) -> str:
    figures = summary.systems[system]
    mean = measure.shown(figures.means.get(measure.name, math.nan), "")
    if measure not in DAMAGE or mean == "":
        return mean
    return f"{mean} ({measure.shown(figures.worst.get(measure.name, math.nan), '')})"


def _difference(comparison: Comparison | None, measure: Measure[Any]) -> list[str]:
    if comparison is None:
        return ["", ""]
    p = comparison.p_holm
    shown = f"<{_LEAST_P:g}" if p < _LEAST_P else f"{p:.3f}"
    return [measure.shown(comparison.mean_difference, sign="+"), shown]
