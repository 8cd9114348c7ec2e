"""Cells of CSV files that people open in spreadsheets."""

from __future__ import annotations

import math
import re

# Spreadsheets run what begins so; names of songs, files and systems come from anywhere.
# Full-width signs count as well in East Asian settings.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# With a sign and perhaps a unit, as "-3 dB".
_NUMBER = re.compile(r"[+-]\d+(?:[.,]\d+)?(?: ?[A-Za-z%]{1,6})?")


def cell(value: object) -> object:
    """Convert a value to a cell: undefined values become empty, formulas become plain text.

    A text that begins like one gets an apostrophe in front, which a spreadsheet takes away.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        is_formula = value.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(value)
        return f"'{value}" if is_formula else value
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return value
