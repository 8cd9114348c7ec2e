"""Cells of CSV files that people open in spreadsheets."""

from __future__ import annotations

import math

# Spreadsheets run what begins so; names of songs, files and systems come from anywhere.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> object:
    """A value as a cell: what is undefined is empty, and no text is taken for a formula.

    A text that begins like one gets an apostrophe in front, which a spreadsheet takes away.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        is_number = value[:1] in "+-" and value[1:2].isdigit()
        return f"'{value}" if value.startswith(_FORMULA_STARTS) and not is_number else value
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return value
