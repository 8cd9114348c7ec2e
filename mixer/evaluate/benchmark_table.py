"""A summary of benchmarks as Markdown: a line a measure, a column a system, then what is tested."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mixer.evaluate.benchmark import ERROR_MEASURES
from mixer.evaluate.benchmark_summary import BenchmarkSummary, Comparison, shown_measures

# measure -> what it is called, and its decimals
LABELS = {
    "level_error_db": ("level of a stem, dB", 2),
    "balance_error_db": ("left/right balance of a stem, dB", 2),
    "spectrum_error_db": ("third-octave spectrum of a stem, dB", 2),
    "width_error_db": ("width of a stem, dB", 2),
    "crest_error_db": ("crest factor of a stem, dB", 2),
    "spectral_family": ("paper, spectral", 3),
    "panning_family": ("paper, panning", 3),
    "dynamic_family": ("paper, dynamic", 3),
    "families_mean": ("paper, mean of the three", 3),
    "low_correlation": ("correlation below 120 Hz (least)", 2),
    "fold_down_loss_lu": ("mono fold-down loss, LU (most)", 2),
    "gain_speed_db_s": ("fastest gain outside onsets, dB/s (most)", 0),
    "clicks_per_minute": ("clicks a minute (most)", 1),
    "filter_residual_db": ("residual of the best filter, dB (most)", 1),
    "limited_share": ("samples limited, % (most)", 2),
}
PERCENT_MEASURES = ("limited_share",)
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
        row = [LABELS[measure][0], *(_cell(summary, name, measure) for name in systems)]
        for rival in rivals:
            row += _difference(summary.comparison(rival, measure), measure)
        rows.append(row)
    return markdown_table(head, rows)


def stems_markdown(summary: BenchmarkSummary) -> str:
    """The subject's mean errors by stem; level, balance and crest factor with their sign."""
    stems = summary.systems[summary.subject].stems
    head = ["stem", "level, dB", "to the right, dB", "spectrum, dB", "width, dB", "crest, dB"]
    signed = ("level_db", "balance_db", "crest_db")
    rows = [
        [
            stem,
            *(
                f"{errors[name]:+.2f}" if name in signed else f"{errors[name]:.2f}"
                for name in ("level_db", "balance_db", "spectrum_db", "width_db", "crest_db")
            ),
        ]
        for stem, errors in stems.items()
    ]
    return markdown_table(head, rows)


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


def _cell(summary: BenchmarkSummary, system: str, measure: str) -> str:
    figures = summary.systems[system]
    mean = _number(figures.means.get(measure, math.nan), measure)
    if measure in ERROR_MEASURES or mean == "":
        return mean
    return f"{mean} ({_number(figures.worst.get(measure, math.nan), measure)})"


def _difference(comparison: Comparison | None, measure: str) -> list[str]:
    if comparison is None:
        return ["", ""]
    p = comparison.p_holm
    shown = f"<{_LEAST_P:g}" if p < _LEAST_P else f"{p:.3f}"
    return [f"{comparison.mean_difference:+.{LABELS[measure][1]}f}", shown]


def _number(value: float, measure: str) -> str:
    if math.isnan(value):
        return ""
    scale = 100.0 if measure in PERCENT_MEASURES else 1.0
    return f"{scale * value:.{LABELS[measure][1]}f}"
