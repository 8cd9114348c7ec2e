"""Pictures of reports, as PNG. The one module that needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mixer.evaluate.summary import TESTED_MEASURES, SongResult, Summary
from mixer.files.whole_file import output_file
from mixer.meters.measure import PERCENT, Measure
from mixer.meters.measures import ERRORS
from mixer.meters.stereo_spectrum import BANDS, CURVE_BANDS_HZ
from mixer.meters.target import centred_db

_DPI = 150
# Names of files and songs are not formulas.
_PLAIN_TEXT = {"text.parse_math": False}
_SUMMARIES = tuple(measure for measure in TESTED_MEASURES if measure.is_drawn)
_PERCENTAGES = tuple(m for m in ERRORS if m.is_drawn and m.unit == PERCENT)


def plot_pair(result: SongResult, path: Path) -> None:
    """Draw one pair: spectral balance, width and correlation by band, and the paper's measures.

    Args:
        result: measurements of one mix.
        path: PNG to write, replaced if it exists.

    Raises:
        OutputError: the disk is full or read-only.
    """
    with rc_context(_PLAIN_TEXT):
        figure = Figure(figsize=(11.0, 8.0), layout="constrained")
        grid: dict[str, Axes] = figure.subplot_mosaic([["balance", "balance"], ["width", "paper"]])
        _draw_balance(grid["balance"], result)
        _draw_width(grid["width"], result)
        _draw_paper(grid["paper"], result)
        figure.suptitle(f"{result.song}: {Path(result.mix).name} against its reference")
        _write(figure, path)


def plot_summary(results: Sequence[SongResult], summary: Summary, path: Path) -> None:
    """Draw systems side by side: the error of each family, songs as dots, mean and interval.

    Args:
        results: measurements of several songs or systems.
        summary: their summary.
        path: PNG to write, replaced if it exists.

    Raises:
        OutputError: the disk is full or read-only.
    """
    systems = list(summary.averages)
    with rc_context(_PLAIN_TEXT):
        figure = Figure(figsize=(13.0, 1.6 + 0.45 * len(systems)), layout="constrained")
        axes = figure.subplots(1, len(_SUMMARIES), sharey=True)
        for axis, measure in zip(axes, _SUMMARIES, strict=True):
            _draw_measure(axis, measure, results, summary)
        axes[0].set_yticks(range(len(systems)), systems)
        axes[0].set_ylim(len(systems) - 0.5, -0.5)
        n_songs = len({result.song for result in results})
        figure.suptitle(f"{n_songs} songs; diamond and line: mean and 95 % bootstrap interval")
        _write(figure, path)


def _draw_measure(
    axis: Axes, measure: Measure[Any], results: Sequence[SongResult], summary: Summary
) -> None:
    for row, (system, averages) in enumerate(summary.averages.items()):
        values = [
            measure.scaled(r.report.errors[measure.name]) for r in results if r.system == system
        ]
        axis.plot(values, np.full(len(values), row), "o", alpha=0.35, color="C0", ms=4)
        interval = averages[measure.name]
        ends = [measure.scaled(interval.low), measure.scaled(interval.high)]
        axis.plot(ends, [row, row], "-", color="C1")
        axis.plot(measure.scaled(interval.mean), row, "D", color="C1", ms=6)
    axis.set_title(measure.family)
    axis.set_xlabel(f"error, {measure.unit}")
    axis.set_xlim(left=0.0)
    axis.grid(axis="x", alpha=0.3)


def _draw_balance(axis: Axes, result: SongResult) -> None:
    report = result.report
    target = report.target
    if target is not None:
        low, high = target.level_db - target.spread_db, target.level_db + target.spread_db
        axis.fill_between(CURVE_BANDS_HZ, low, high, color="0.85")
        axis.plot(CURVE_BANDS_HZ, target.level_db, "--", color="0.5", label=Path(target.name).name)
    axis.plot(CURVE_BANDS_HZ, centred_db(report.mix.curve_db), label="mix")
    axis.plot(CURVE_BANDS_HZ, centred_db(report.reference.curve_db), label="reference")
    axis.set_xscale("log")
    axis.set_xticks([31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000])
    axis.set_xticklabels(["31", "63", "125", "250", "500", "1k", "2k", "4k", "8k", "16k"])
    axis.minorticks_off()
    axis.set_xlabel("Hz")
    axis.set_ylabel("dB, level aside")
    axis.set_title(f"spectral balance: {report.errors['balance.error_db']:.1f} dB apart on average")
    axis.grid(alpha=0.3)
    axis.legend()


def _draw_width(axis: Axes, result: SongResult) -> None:
    places = np.arange(len(BANDS))
    for offset, engineering, label in (
        (-0.2, result.report.mix, "mix"),
        (0.2, result.report.reference, "reference"),
    ):
        widths = [band.width for band in engineering.bands]
        axis.bar(places[: len(widths)] + offset, widths, 0.38, label=f"width, {label}")
        correlations = [band.correlation for band in engineering.bands]
        axis.plot(places[: len(widths)] + offset, correlations, "k_", ms=14)
    axis.set_xticks(places, [name.replace("_", " ") for name, _, _ in BANDS])
    axis.set_ylim(min(0.0, axis.get_ylim()[0]), 1.05)
    axis.set_title("width (bars) and correlation (lines) by band")
    axis.legend()


def _draw_paper(axis: Axes, result: SongResult) -> None:
    errors = result.report.errors
    shown = [measure for measure in _PERCENTAGES if np.isfinite(errors[measure.name])]
    places = np.arange(len(shown))
    colours = ["C1" if measure.is_summary else "C0" for measure in shown]
    axis.barh(places, [m.scaled(errors[m.name]) for m in shown], color=colours)
    names = [measure.name.removesuffix("_mean") for measure in shown]
    axis.set_yticks(places, names, fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel("error, %")
    axis.set_title("the paper's measures")


def _write(figure: Figure, path: Path) -> None:
    with output_file(path) as partial:
        figure.savefig(partial, format="png", dpi=_DPI)
