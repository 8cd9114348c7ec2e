"""The columns of a manifest: what each is called, what its cells may say, and where it goes.

A column is one entry of `COLUMNS`, those of settings derived from the fields of `RenderSettings`
and `OutputSettings`; a row's cells become arguments of the one (SETTING), of the other (OUTPUT), or
name the song (ROW). Any other column with a dot in its name, like `vocals.gain_db`, is a setting
of the desk (STRIP), as `--set` takes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mixer.batch.states import ColumnUse
from mixer.errors import PresetError, SettingsError
from mixer.files.wording import joined, nearest, quote, suggest
from mixer.output.output_settings import OutputSettings
from mixer.rendering.options import Option, options_of
from mixer.rendering.settings import RenderSettings

# How a cell says what else is delivered with a mix.
ALL = "all"
NONE = "none"
MAX_TEXT_LENGTH = 4096

# 1.0 and 48000.0 are how pandas writes the flags and whole numbers of a column with empty cells.
_YES, _NO = ("yes", "true", "1", "on", "y", "1.0"), ("no", "false", "0", "off", "n", "0.0")
_WHOLE = re.compile(r"([+-]?\d{1,20})(?:[.,]0*)?")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: name in the header.
        use: what its cells set.
        parse: converts a cell's text; raises ValueError saying what the cell must be.
    """

    name: str
    use: ColumnUse
    parse: Callable[[str], Any]


def text(cell: str) -> str:
    """Parse text of at most `MAX_TEXT_LENGTH` characters without NUL."""
    if "\0" in cell:
        raise ValueError("holds a NUL character")
    if len(cell) > MAX_TEXT_LENGTH:
        raise ValueError(f"is longer than {MAX_TEXT_LENGTH} characters")
    return cell


def flag(cell: str) -> bool:
    """Parse yes or no, true or false, 1 or 0, on or off."""
    word = cell.lower()
    if word not in _YES + _NO:
        raise ValueError("must be yes or no")
    return word in _YES


def number(low: float, high: float) -> Callable[[str], float]:
    """Make a parser of numbers within a range, which also accepts a decimal comma."""

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
    """Make a parser like that of `number`, which also accepts the word none."""
    parse = number(low, high)

    def parse_or_none(cell: str) -> float | None:
        if cell.lower() == "none":
            return None
        try:
            return parse(cell)
        except ValueError as error:
            raise ValueError(f"{error}, or none") from None

    return parse_or_none


def whole_number(low: float, high: float) -> Callable[[str], int]:
    """Make a parser of whole numbers within a range; 3.0 is accepted as 3."""

    def parse(cell: str) -> int:
        match = _WHOLE.fullmatch(cell)
        value = int(match.group(1)) if match else math.floor(low) - 1
        if not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def one_of(choices: Collection[str]) -> Callable[[str], str]:
    """Make a parser of one of several words, whatever the case."""

    def parse(cell: str) -> str:
        if cell.lower() not in choices:
            close = nearest(cell, choices)
            hint = f"; did you mean {quote(close)}?" if close else ""
            raise ValueError(f"must be one of {', '.join(choices)}{hint}")
        return cell.lower()

    return parse


def presets(cell: str) -> tuple[str, ...]:
    """Names or .toml files of presets, the strongest last, with plus signs or semicolons; or none.

    A file is relative to the manifest's folder.
    """
    if cell.lower() == NONE:
        return ()
    names = [name.strip() for name in text(cell).replace(";", "+").split("+")]
    if not all(names):
        raise ValueError("has a plus sign or a semicolon with no preset beside it")
    return tuple(names)


def some_of(choices: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """Make a parser of several words, separated by plus signs or semicolons; or all, or none."""

    def parse(cell: str) -> tuple[str, ...]:
        if cell.strip().lower() in (ALL, NONE):
            return tuple(choices) if cell.strip().lower() == ALL else ()
        words = cell.replace(";", "+").split("+")
        known = one_of((*choices, ALL, NONE) if len(words) == 1 else tuple(choices))
        return tuple(dict.fromkeys(known(word.strip()) for word in words))

    return parse


def yes_or_more(option: Option) -> Callable[[str], Any]:
    """Make a parser of a choice made by flags: yes, no, or a word for more than yes."""
    words = list(option.words)

    def parse(cell: str) -> Any:
        if cell.lower() in words:
            return option.kind(cell.lower())
        try:
            return option.kind(_YES[0] if flag(cell) else _NO[0])
        except ValueError:
            raise ValueError(f"must be {joined(words, 'or')}") from None

    return parse


def _of_kind(kind: type[StrEnum], parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """A word as one of its kind."""
    return lambda cell: kind(parse(cell))


def _column(option: Option, use: ColumnUse) -> Column:
    """The column of an option of `mixer render`."""
    parse: Callable[[str], Any] = text
    if option.parse is not None:
        parse = _refusing(option.parse)
    elif option.flags:
        parse = yes_or_more(option)
    elif option.words:
        parse = (some_of if option.kind is tuple else one_of)(option.choices or option.words)
        if issubclass(option.kind, StrEnum):
            parse = _of_kind(option.kind, parse)
    elif option.kind is bool:
        parse = flag
    elif option.kind is int:
        parse = whole_number(*option.range)
    elif option.kind is float:
        parse = (number_or_none if option.takes_none else number)(*option.range)
    return Column(option.name, use, parse)


def _refusing(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """A parser whose refusals are of a cell."""

    def parse_cell(cell: str) -> Any:
        try:
            return parse(cell)
        except SettingsError as error:
            raise ValueError(f"is refused: {error}") from None

    return parse_cell


COLUMNS = {
    column.name: column
    for column in (
        Column("song", ColumnUse.ROW, text),
        Column("id", ColumnUse.ROW, text),
        Column("output", ColumnUse.ROW, text),
        Column("album", ColumnUse.ROW, text),
        Column("album_sound", ColumnUse.ROW, number(0.0, 1.0)),
        Column("preset", ColumnUse.ROW, presets),
        *(
            _column(one, use)
            for settings, use in (
                (RenderSettings, ColumnUse.SETTING),
                (OutputSettings, ColumnUse.OUTPUT),
            )
            for one in options_of(settings)
            if one.has_column
        ),
    )
}


def find_column(name: str) -> Column:
    """Find a column by the name in the header, whatever the case.

    Raises:
        SettingsError: the column is unknown; the message suggests the nearest one.
    """
    known = COLUMNS.get(name.lower())
    if known is not None:
        return known
    if "." in name:
        return _strip_column(name)
    hint = suggest(name, COLUMNS)
    strips = "" if nearest(name, COLUMNS) else ", or a strip's key such as vocals.gain_db"
    raise SettingsError(f"unknown column; {hint}{strips}")


def _strip_column(name: str) -> Column:
    from mixer.preset.assignments import parse_key, parse_value

    try:
        parse_key(name)
    except PresetError:
        # Names of a plug-in's parameters have capitals; nothing else has.
        name = name.lower()
        try:
            parse_key(name)
        except PresetError as error:
            raise SettingsError(str(error).removeprefix(f"{name!r}: ")) from None

    def parse(cell: str) -> Any:
        try:
            return parse_value(name, text(cell))
        except PresetError as error:
            raise ValueError(str(error).removeprefix(f"{name} ")) from None

    return Column(name, ColumnUse.STRIP, parse)
