"""The columns of a manifest: what each is called, what its cells may say, and where it goes.

A column is one entry of `COLUMNS`; a row's cells become arguments of `RenderSettings` (SETTING), of
writing the mix (OUTPUT), or name the song (ROW). Ranges are those of the renderer, which is not
imported here: a dry run must not load it.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ROW, SETTING, OUTPUT = "row", "setting", "output"
FORMATS = ("wav", "flac", "mp3", "ogg")
BIT_DEPTHS = ("16", "24", "32f")
EFFECTS = ("pre_reverb", "reverb", "eq", "compression", "panning", "balance", "loudness")
STEMS = ("vocals", "bass", "drums", "other")
AMOUNT_RANGE = (0.0, 1.0)
LOUDNESS_RANGE_LUFS = (-70.0, -5.0)
CEILING_RANGE_DBTP = (-30.0, 0.0)
SAMPLE_RATES_HZ = (8_000, 384_000)
SEED_RANGE = (0, 2**63 - 1)
MAX_TEXT_LENGTH = 4096

_YES, _NO = ("yes", "true", "1", "on", "y"), ("no", "false", "0", "off", "n")
# What is asked for often enough to be told apart from a slip of the pen.
_NOT_HERE = {
    "preset": "presets",
    "daw": "export to a DAW",
    "report": "reports on single songs",
}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: in the header.
        use: `ROW`, `SETTING` or `OUTPUT`.
        parse: cell text to value; ValueError with what it must be.
    """

    name: str
    use: str
    parse: Callable[[str], Any]


def text(cell: str) -> str:
    """Any text of a bounded length, without NUL."""
    if "\0" in cell:
        raise ValueError("holds a NUL character")
    if len(cell) > MAX_TEXT_LENGTH:
        raise ValueError(f"is longer than {MAX_TEXT_LENGTH} characters")
    return cell


def flag(cell: str) -> bool:
    """yes or no, true or false, 1 or 0, on or off."""
    word = cell.lower()
    if word not in _YES + _NO:
        raise ValueError("must be yes or no")
    return word in _YES


def number(low: float, high: float) -> Callable[[str], float]:
    """A number within a range; a decimal comma is taken for a point."""

    def parse(cell: str) -> float:
        try:
            value = float(cell.replace(",", "."))
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return value

    return parse


def number_or_none(low: float, high: float) -> Callable[[str], float | None]:
    """As `number`, or the word none."""
    parse = number(low, high)

    def parse_or_none(cell: str) -> float | None:
        if cell.lower() == "none":
            return None
        try:
            return parse(cell)
        except ValueError as error:
            raise ValueError(f"{error}, or none") from None

    return parse_or_none


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A whole number within a range."""

    def parse(cell: str) -> int:
        try:
            value = int(cell)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    """One of some words, in any case."""

    def parse(cell: str) -> str:
        if cell.lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return cell.lower()

    return parse


def effects(cell: str) -> tuple[str, ...]:
    """Names of effects in any order, with commas, semicolons, plus signs or spaces; or none."""
    if cell.lower() == "none":
        return ()
    for separator in ",;+":
        cell = cell.replace(separator, " ")
    names = [name.lower() for name in cell.split()]
    for name in names:
        if name not in EFFECTS:
            raise ValueError(f"effect {name!r} is none of {', '.join(EFFECTS)}")
    if len(set(names)) < len(names):
        raise ValueError("names an effect twice")
    if {"panning", "balance"} <= set(names):
        raise ValueError("has panning and balance, which exclude each other")
    return tuple(name for name in EFFECTS if name in names)


COLUMNS = {
    column.name: column
    for column in (
        Column("song", ROW, text),
        Column("id", ROW, text),
        Column("output", ROW, text),
        Column("album", ROW, text),
        Column("model", SETTING, text),
        Column("profile", SETTING, text),
        Column("dry", SETTING, flag),
        Column("effects", SETTING, effects),
        Column("amount", SETTING, number(*AMOUNT_RANGE)),
        Column("loudness_lufs", SETTING, number_or_none(*LOUDNESS_RANGE_LUFS)),
        Column("true_peak_dbtp", SETTING, number_or_none(*CEILING_RANGE_DBTP)),
        Column("sample_rate", SETTING, whole_number(*SAMPLE_RATES_HZ)),
        Column("seed", SETTING, whole_number(*SEED_RANGE)),
        Column("format", OUTPUT, one_of(FORMATS)),
        Column("bit_depth", OUTPUT, one_of(BIT_DEPTHS)),
        Column("stems", OUTPUT, flag),
    )
}


def unknown_column(name: str) -> str:
    """Why a header name is none of `COLUMNS`, and what to do about it."""
    what = _NOT_HERE.get(name)
    if what is None and name.partition(".")[0] in STEMS and "." in name:
        what = "settings of single stems"
    if what is not None:
        return f"this version has no {what}; leave the column out"
    close = difflib.get_close_matches(name, COLUMNS, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(COLUMNS)}"
    return f"no such column; {hint}"
