"""Reports of `mixer evaluate` as tables for people."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mixer.evaluate.pair import PairReport
from mixer.evaluate.statistics import LEAST_PAIRS_TO_REACH_5_PERCENT, Interval
from mixer.evaluate.summary import TESTED_MEASURES, SongResult, Summary
from mixer.meters.engineering import Engineering

# heading, then the measures of the row
_PAPER_ROWS = (
    ("spectral", ("mape_mean", "centroid_mean", "bandwidth_mean", "rolloff_mean", "flatness_mean")),
    ("", ("contrast_l_mean", "contrast_m_mean", "contrast_h_mean")),
    ("panning", ("mape_mean", "P_t_mean", "P_l_mean", "P_m_mean", "P_h_mean")),
    ("dynamic", ("mape_mean", "rms_mean", "dyn_mean", "crest_mean", "l_ratio_mean_mape")),
    ("loudness", ("d_lufs", "d_peak")),
)
_LABELS = {
    "mape_mean": "all",
    "d_lufs": "LUFS",
    "l_ratio_mean_mape": "low ratio",
    "P_t_mean": "whole band",
    "P_l_mean": "< 250 Hz",
    "P_m_mean": "to 2.5 kHz",
    "P_h_mean": "above",
    "dyn_mean": "spread",
}
_READINGS = (
    ("loudness", "loudness_lufs", "LUFS"),
    ("loudness range", "loudness_range_lu", "LU"),
    ("true peak", "true_peak_dbtp", "dBTP"),
    ("peak to loudness", "peak_to_loudness_lu", "LU"),
    ("crest factor", "crest_factor_db", "dB"),
)
_PERCENT = 100.0


def print_result(result: SongResult) -> None:
    """One mix against its reference."""
    console = _console()
    report = result.report
    console.print(Text(f"{result.mix} against {result.reference}", style="bold"))
    console.print(Text(_preparation(report)))
    console.print(_paper_table(report.paper))
    console.print(_readings_table(report))
    console.print(_bands_table(report.mix, report.reference))
    console.print(Text(_balance(report)))
    if report.stem_masked_shares:
        shares = ", ".join(
            f"{stem} {_PERCENT * share:.0f} %" for stem, share in report.stem_masked_shares.items()
        )
        console.print(Text(f"masked by the other stems: {shares}"))


def print_summary(results: Sequence[SongResult], summary: Summary) -> None:
    """Many mixes: songs, then averages over songs, then tests between systems."""
    console = _console()
    console.print(_songs_table(results))
    console.print(_averages_table(summary))
    if summary.tests:
        console.print(_tests_table(summary))
        n_songs = len({result.song for result in results})
        if n_songs < LEAST_PAIRS_TO_REACH_5_PERCENT:
            console.print(
                Text(
                    f"{n_songs} songs: no signed-rank test can reach p < 0.05 with fewer than "
                    f"{LEAST_PAIRS_TO_REACH_5_PERCENT}"
                )
            )


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=200)


def _preparation(report: PairReport) -> str:
    """What was done before measuring, in a line."""
    lag = report.alignment
    if lag is None:
        aligned = "not aligned"
    elif not lag.found:
        aligned = "not aligned: too little in common to find a lag"
    elif lag.lag_samples == 0:
        aligned = "in time"
    else:
        side = "late" if lag.lag_samples > 0 else "early"
        aligned = f"mix {abs(lag.lag_ms):.2f} ms {side}, undone"
    if lag is not None and lag.inverted:
        aligned += ", polarity inverted"
    lengths = f"{report.mix_s:.2f} s against {report.reference_s:.2f} s"
    return (
        f"{lengths}, {report.compared_s:.2f} s compared; {aligned}; "
        f"read at {report.gain_db:+.2f} dB to match loudness"
    )


def _paper_table(paper: Mapping[str, float]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("family", style="bold")
    for _ in range(max(len(names) for _, names in _PAPER_ROWS)):
        table.add_column(justify="left", no_wrap=True)
    family = ""
    for heading, names in _PAPER_ROWS:
        family = heading or family
        cells = [
            f"{_LABELS.get(name, name.removesuffix('_mean').removeprefix('d_'))} "
            f"{_percent(paper[f'{family}.{name}'])}"
            for name in names
        ]
        table.add_row(heading, *cells)
    return table


def _readings_table(report: PairReport) -> Table:
    own, other = report.mix.figures(report.gain_db), report.reference.figures()
    table = _right_table("", "mix", "reference", "difference", "")
    for label, name, unit in _READINGS:
        difference = own[name] - other[name]
        table.add_row(label, _number(own[name]), _number(other[name]), _signed(difference), unit)
    masked = [100.0 * figures["self_masked_share"] for figures in (own, other)]
    table.add_row("masked by itself", *map(_number, masked), _signed(masked[0] - masked[1]), "%")
    return table


def _bands_table(mix: Engineering, reference: Engineering) -> Table:
    table = _right_table("band", "share dB", "ref.", "width", "ref.", "correlation", "ref.")
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


def _balance(report: PairReport) -> str:
    text = f"balance: {report.balance_error_db:.2f} dB from the reference by third octaves"
    if report.target is not None:
        errors = report.target_error_db
        text += (
            f"; from {report.target.name}: mix {errors['mix']:.2f} dB, "
            f"reference {errors['reference']:.2f} dB"
        )
    return text


def _songs_table(results: Sequence[SongResult]) -> Table:
    table = _right_table("song", "system", *(_short(name) for name in TESTED_MEASURES), "lag ms")
    for result in results:
        measures = result.report.measures()
        lag = result.report.alignment
        table.add_row(
            result.song,
            result.system,
            *(_measure(name, measures[name]) for name in TESTED_MEASURES),
            "-" if lag is None or not lag.found else f"{lag.lag_ms:.2f}",
        )
    return table


def _averages_table(summary: Summary) -> Table:
    table = _right_table("mean [95 %]", *(_short(name) for name in TESTED_MEASURES))
    for system, averages in summary.averages.items():
        table.add_row(system, *(_interval(name, averages[name]) for name in TESTED_MEASURES))
    return table


def _tests_table(summary: Summary) -> Table:
    table = _right_table("first - second", "measure", "n", "median", "effect", "p", "p (Holm)")
    for name, tests in summary.tests.items():
        for test in tests:
            scale = 1.0 if name.endswith("_db") else _PERCENT
            table.add_row(
                f"{test.first} - {test.second}",
                _short(name),
                str(test.n),
                f"{scale * test.median_difference:+.2f}",
                f"{test.effect:+.2f}",
                f"{test.p:.4f}",
                f"{test.p_holm:.4f}",
            )
    return table


def _right_table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _short(name: str) -> str:
    family, _, measure = name.partition(".")
    if measure == "mape_mean":
        return f"{family} %"
    return f"{family} dB" if measure.endswith("_db") else f"{measure.removeprefix('d_')} %"


def _measure(name: str, value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value if name.endswith('_db') else _PERCENT * value:.2f}"


def _interval(name: str, interval: Interval) -> str:
    bounds = f"{_measure(name, interval.low)}, {_measure(name, interval.high)}"
    return f"{_measure(name, interval.mean)} [{bounds}]"


def _percent(value: float) -> str:
    return f"{_PERCENT * value:.2f} %" if math.isfinite(value) else "-"


def _number(value: float) -> str:
    return f"{value:.1f}" if math.isfinite(value) else "-"


def _signed(value: float) -> str:
    return f"{value:+.1f}" if math.isfinite(value) else "-"
