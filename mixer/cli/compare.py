"""`mixer compare`: settings and results of two mixes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from mixer.cli.console import answer, printable, talk
from mixer.cli.paths import FilePath
from mixer.cli.terminal import table_console
from mixer.files.wording import visible
from mixer.output.compare import Comparison, Row, compare_mixes
from mixer.output.recipe_reader import read_recipe
from mixer.output.recorded_mix import RecordedMix

# Smaller differences are in the JSON alone.
_SMALLEST_SHOWN = 0.005
_LONGEST_CELL = 60
_AS_ASKED, _MEASURED = ".6g", ".2f"


@click.command(name="compare")
@click.argument(
    "a_path", metavar="A.mix.json", type=FilePath(exists=True, dir_okay=False, path_type=Path)
)
@click.argument(
    "b_path", metavar="B.mix.json", type=FilePath(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--no-audio", is_flag=True, help="Compare only the recipes; read no audio.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with all values.")
def command(a_path: Path, b_path: Path, no_audio: bool, as_json: bool) -> None:
    """Compare two mixes: settings that differ, recordings, levels, spectrum, width.

    Give the recipes, or the mixes beside them. Differences are B minus A.
    """
    a, b = read_recipe(a_path), read_recipe(b_path)
    comparison = compare_mixes(a, b, measure=not no_audio)
    if as_json:
        answer(comparison.as_json())
    else:
        _show(comparison, a, b)


def _show(comparison: Comparison, a: RecordedMix, b: RecordedMix) -> None:
    for note in comparison.notes:
        talk(f"note: {note}")
    console = table_console()
    for side, recipe in (("A", a), ("B", b)):
        console.print(
            Text(printable(f"{side}: {visible(recipe.path)} ({visible(recipe.song_name)})"))
        )
    if "mix" in comparison.same_files:
        console.print(Text("the mixes are bit for bit the same"))
    lone = _lone_groups(comparison.measured)
    measured = [row for row in comparison.measured if _group(row) not in lone]
    parts = (
        ("settings that differ", comparison.settings, _AS_ASKED),
        ("recordings that differ", comparison.inputs, _AS_ASKED),
        ("levels that differ, from the recipes", _noticeable(measured), _MEASURED),
        ("audio that differs", _noticeable(comparison.audio), _MEASURED),
    )
    for title, rows, digits in parts:
        if rows:
            console.print()
            console.print(_table(title, rows, digits))
    for group, side in lone.items():
        console.print(Text(printable(f"only {side} has levels of {group}")))
    if comparison.balance_error_db is not None:
        console.print()
        distance = f"{comparison.balance_error_db:.2f} dB apart by third octaves, level aside"
        console.print(Text(f"spectral balance: {distance}"))


def _lone_groups(rows: Sequence[Row]) -> dict[str, str]:
    """Groups of levels that one of the recipes does not have at all, and which one has them."""
    sides: dict[str, set[str]] = {}
    for row in rows:
        there = {side for side, value in (("A", row.a), ("B", row.b)) if value is not None}
        sides.setdefault(_group(row), set()).update(there)
    return {group: next(iter(side)) for group, side in sides.items() if len(side) == 1}


def _group(row: Row) -> str:
    return row.name.partition(".")[0]


def _noticeable(rows: Sequence[Row]) -> list[Row]:
    """Figures for readers; the curve by third octaves is for the JSON."""
    return [
        row
        for row in rows
        if not row.name.startswith("balance_")
        and (
            abs(row.difference) >= _SMALLEST_SHOWN if row.difference is not None else row.a != row.b
        )
    ]


def _table(title: str, rows: Sequence[Row], digits: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(title, overflow="fold")
    for heading in ("A", "B", "B - A"):
        table.add_column(heading, justify="right", overflow="fold")
    for row in rows:
        difference = "" if row.difference is None else f"{row.difference:+{digits}}"
        cells = (row.name, _cell(row.a, digits), _cell(row.b, digits), difference)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _cell(value: str | float | None, digits: str) -> str:
    if value is None:
        return "-"
    return value[:_LONGEST_CELL] if isinstance(value, str) else f"{value:{digits}}"
