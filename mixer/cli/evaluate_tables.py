"""Reports of `mixer evaluate` as tables for people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table
from rich.text import Text

from mixer.cli.figure_table import figure_table
from mixer.cli.terminal import table_console
from mixer.evaluate.pair import PairReport
from mixer.evaluate.statistics import LEAST_PAIRS_TO_REACH_5_PERCENT, Interval
from mixer.evaluate.summary import TESTED_MEASURES, SongResult, Summary
from mixer.files.wording import counted
from mixer.meters.engineering import Engineering
from mixer.meters.measure import Measure
from mixer.meters.measures import ERRORS, PAPER_TABLE, READINGS
from mixer.meters.signal import SignalPair
from mixer.meters.target import TargetCurve
from mixer.rendering.choices.baselines import NONE, SUM

_CELLS_A_ROW = 5
_COLUMNS = tuple(measure.column for measure in TESTED_MEASURES)
_PERCENT = 100.0
# The floors under the systems, by the names that they have everywhere.
_NOTES = {
    NONE: f"{NONE}: the normalised stems added up, the paper's baseline",
    SUM: f"{SUM}: the recordings, summed without processing",
}


def print_result(result: SongResult) -> None:
    """One mix against its reference."""
    console = table_console()
    report = result.report
    console.print(Text(f"{result.mix} against {result.reference}", style="bold"))
    console.print(Text(_preparation(report)))
    console.print(_errors_table(report.errors))
    console.print(_readings_table(report))
    console.print(_bands_table(report.mix, report.reference))
    if report.target is not None:
        console.print(Text(_target(report, report.target)))
    if report.stem_masked_shares:
        shares = ", ".join(
            f"{stem} {_PERCENT * share:.0f} %" for stem, share in report.stem_masked_shares.items()
        )
        console.print(Text(f"masked by the other stems: {shares}"))


def print_summary(results: Sequence[SongResult], summary: Summary) -> None:
    """Many mixes: songs, then the paper's table over songs, then tests between systems."""
    console = table_console()
    console.print(_songs_table(results))
    n_songs = len({result.song for result in results})
    console.print(Text(f"\nObjective measures, mean over {counted(n_songs, 'song')}", "bold"))
    console.print(Text(_how_to_read(list(summary.averages))))
    for table in _measure_tables(summary):
        console.print(table)
    if summary.tests:
        console.print(_tests_table(summary))
        if n_songs < LEAST_PAIRS_TO_REACH_5_PERCENT:
            console.print(
                Text(
                    f"{counted(n_songs, 'song')}: no signed-rank test reaches p < 0.05 with fewer"
                    f" than {LEAST_PAIRS_TO_REACH_5_PERCENT}"
                )
            )


def _preparation(report: PairReport) -> str:
    """Describe the preparation before measuring, in a line."""
    lag = report.alignment
    if lag is None:
        aligned = "not aligned"
    elif not lag.found:
        aligned = "not aligned: too little in common to find a lag"
    elif lag.lag_samples == 0:
        aligned = "in time"
    else:
        side = "late" if lag.lag_samples > 0 else "early"
        aligned = f"mix {abs(lag.lag_ms):.2f} ms {side}, compensated"
    if lag is not None and lag.inverted:
        aligned += ", polarity inverted"
    lengths = f"{report.mix_s:.2f} s against {report.reference_s:.2f} s"
    return (
        f"{lengths}, {report.compared_s:.2f} s compared; {aligned}; "
        f"read at {report.gain_db:+.2f} dB to match loudness"
    )


def _errors_table(errors: Mapping[str, float]) -> Table:
    """One or two rows for each family, its main figure first."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("family", style="bold")
    for _ in range(_CELLS_A_ROW):
        table.add_column(justify="left", no_wrap=True)
    families: dict[str, list[Measure[SignalPair]]] = {}
    for measure in ERRORS:
        families.setdefault(measure.family, []).append(measure)
    for family, measures in families.items():
        cells = [
            _labelled(measure, errors[measure.name])
            for measure in sorted(measures, key=lambda measure: not measure.is_summary)
        ]
        for first in range(0, len(cells), _CELLS_A_ROW):
            table.add_row("" if first else family, *cells[first : first + _CELLS_A_ROW])
    return table


def _labelled(measure: Measure[SignalPair], value: float) -> str:
    label = "all" if measure.label == measure.family else measure.label
    shown = measure.shown(value)
    return f"{label} {shown} {measure.unit}".rstrip() if shown != "-" else f"{label} -"


def _readings_table(report: PairReport) -> Table:
    own, other = report.mix.figures(report.gain_db), report.reference.figures()
    table = figure_table("", "mix", "reference", "difference", "")
    for measure in READINGS:
        mix, reference = own[measure.name], other[measure.name]
        difference = measure.shown(mix - reference, sign="+")
        table.add_row(
            measure.label, measure.shown(mix), measure.shown(reference), difference, measure.unit
        )
    return table


def _bands_table(mix: Engineering, reference: Engineering) -> Table:
    table = figure_table("band", "share dB", "ref.", "width", "ref.", "correlation", "ref.")
    for own, other in zip(mix.bands, reference.bands, strict=True):
        table.add_row(
            own.name.replace("_", " "),
            _number(own.share_db),
            _number(other.share_db),
            f"{own.width:.2f}",
            f"{other.width:.2f}",
            f"{own.correlation:.2f}",
            f"{other.correlation:.2f}",
        )
    return table


def _target(report: PairReport, target: TargetCurve) -> str:
    errors = report.target_error_db
    return (
        f"balance by third octaves, from {target.name}: mix {errors['mix']:.2f} dB, "
        f"reference {errors['reference']:.2f} dB"
    )


def _songs_table(results: Sequence[SongResult]) -> Table:
    table = figure_table("song", "system", *_COLUMNS, "lag ms")
    for result in results:
        errors = result.report.errors
        lag = result.report.alignment
        table.add_row(
            result.song,
            result.system,
            *(measure.shown(errors[measure.name]) for measure in TESTED_MEASURES),
            "-" if lag is None or not lag.found else f"{lag.lag_ms:.2f}",
        )
    return table


def _how_to_read(systems: Sequence[str]) -> str:
    """Explanations of the figures, and of the systems without a network."""
    notes = [note for name, note in _NOTES.items() if name in systems]
    what = "absolute percentage errors against the reference, [95 % interval]; lower is better"
    return "; ".join([what, *notes])


def _measure_tables(summary: Summary) -> Iterator[Table]:
    """The paper's table, a family at a time so that it fits a screen; systems are rows."""
    by_name = {measure.name: measure for measure in ERRORS}
    for family, names in PAPER_TABLE.items():
        yield _family_table(summary, family, [by_name[f"{family}.{name}"] for name in names])
    others = [m for m in TESTED_MEASURES if m.family not in PAPER_TABLE]
    yield _family_table(summary, "spectral balance, dB (not the paper's)", others)


def _family_table(summary: Summary, title: str, measures: Sequence[Measure[SignalPair]]) -> Table:
    names = ["mean" if measure.label == title else measure.label for measure in measures]
    table = figure_table(title, *names)
    for system, averages in summary.averages.items():
        cells = [_interval(m, averages[m.name]) for m in measures]
        table.add_row(system, *(mean for mean, _ in cells))
        table.add_row("", *(bounds for _, bounds in cells), style="dim")
    return table


def _tests_table(summary: Summary) -> Table:
    table = figure_table("first - second", "measure", "n", "median", "effect", "p", "p (Holm)")
    for measure in TESTED_MEASURES:
        for test in summary.tests[measure.name]:
            table.add_row(
                f"{test.first} - {test.second}",
                measure.column,
                str(test.n),
                measure.shown(test.median_difference, sign="+"),
                f"{test.effect:+.2f}",
                f"{test.p:.4f}",
                f"{test.p_holm:.4f}",
            )
    return table


def _interval(measure: Measure[SignalPair], interval: Interval) -> tuple[str, str]:
    """A mean, and the bounds of its interval; none of a single song."""
    bounds = f"[{measure.shown(interval.low)}, {measure.shown(interval.high)}]"
    return measure.shown(interval.mean), bounds if math.isfinite(interval.low) else ""


def _number(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "-"
