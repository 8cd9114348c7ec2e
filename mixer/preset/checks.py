"""What a preset's table may say, and what is wrong with one.

The word "none" takes an effect, a list or an optional number away that an earlier preset set.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mixer.preset.shape import (
    CHOICE,
    FLAG,
    MOST_ROWS,
    NAMES,
    NUMBER,
    TEXT,
    VALUE,
    Leaf,
    Rows,
    Shape,
)

NONE = "none"
MOST_POINTS = 10_000
LATEST_S = 360_000.0
_LONGEST_TEXT = 1_000
_LONGEST_SHOWN = 60
PLACE = re.compile(r"[0-9]{1,4}")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

Keys = tuple[str | int, ...]
# where in the table, and what is wrong there
Mistake = tuple[Keys, str]


def dotted(path: Keys) -> str:
    """A key as one writes it: drums.eq.0.gain_db."""
    return ".".join(
        str(part) if isinstance(part, int) or _BARE_KEY.fullmatch(part) else repr(part)[:40]
        for part in path
    )


def shown(value: Any) -> str:
    """A value for a message; a stranger's may be of any length."""
    try:
        is_whole = isinstance(value, float) and value.is_integer()
        text = f"{value:g}" if is_whole else repr(value)
    except (ValueError, RecursionError):
        return "that"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def nearest(word: str, known: Iterable[str]) -> str:
    """What the user may have meant."""
    names = list(known)
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"


def takes_none(shape: Shape) -> bool:
    """Whether the word none may stand for it."""
    return isinstance(shape, Rows) or shape.optional


def find_mistakes(shape: Shape, value: Any, path: Keys = ()) -> Iterator[Mistake]:
    """Whatever is wrong with a part of a table, in its order.

    Args:
        shape: what it should be.
        value: as TOML or JSON gave it.
        path: where it lies.
    """
    if value == NONE and takes_none(shape):
        return
    if isinstance(shape, Leaf):
        what = _wrong(shape, value)
        if what is not None:
            yield path, what
    elif isinstance(shape, Rows):
        yield from _row_mistakes(shape, value, path)
    elif not isinstance(value, Mapping):
        none = ' or "none"' if shape.optional else ""
        yield path, f"must be a table{none}, not {shown(value)}"
    else:
        for key, inner in value.items():
            if key in shape.fields:
                yield from find_mistakes(shape.fields[key], inner, (*path, key))
            else:
                yield (*path, str(key)), f"is unknown; {nearest(str(key), shape.fields)}"


def _row_mistakes(shape: Rows, value: Any, path: Keys) -> Iterator[Mistake]:
    if isinstance(value, Mapping):
        rows = list(value.items())
        for key, _ in rows:
            if not PLACE.fullmatch(str(key)):
                yield (*path, str(key)), "is unknown; a list has 0, 1, 2 ... or [[double brackets]]"
                return
    elif isinstance(value, Sequence) and not isinstance(value, str):
        rows = list(enumerate(value))
    else:
        yield path, f"must be a list of tables, not {shown(value)}"
        return
    if len(rows) > MOST_ROWS:
        yield path, f"has {len(rows)} entries; at most {MOST_ROWS} are allowed"
        return
    for key, row in rows:
        yield from find_mistakes(shape.item, row, (*path, key))


def _wrong(leaf: Leaf, value: Any) -> str | None:
    """Why a value does not fit, or None."""
    if leaf.kind == NUMBER:
        return _wrong_number(leaf, value)
    if leaf.kind == CHOICE:
        known = [option for option in leaf.choices if option == value]
        if not known or isinstance(value, bool):
            return f"must be one of {', '.join(map(str, leaf.choices))}, not {shown(value)}"
        return None
    if leaf.kind == FLAG:
        return None if isinstance(value, bool) else f"must be true or false, not {shown(value)}"
    if leaf.kind == TEXT:
        return None if _is_line(value) else f"must be one line of text, not {shown(value)}"
    if leaf.kind == NAMES:
        names = [value] if isinstance(value, str) else value
        fits = isinstance(names, list) and all(map(_is_line, names))
        return None if fits else f"must be a name or a list of names, not {shown(value)}"
    return _wrong_value(value) if leaf.kind == VALUE else _wrong_values(value)


def _wrong_number(leaf: Leaf, value: Any) -> str | None:
    low, high = leaf.allowed
    words = f"must be a number from {low:g} to {high:g}"
    if leaf.automatable and isinstance(value, list | tuple):
        return _wrong_points(leaf, value)
    if _fits(value, low, high):
        return None
    words += " or [[seconds, value], ...]" if leaf.automatable else ""
    words += ' or "none"' if leaf.optional else ""
    return f"{words}, not {shown(value)}"


def _wrong_points(leaf: Leaf, points: Sequence[Any]) -> str | None:
    """Why a list is no course of a number in time, or None."""
    low, high = leaf.allowed
    if not 0 < len(points) <= MOST_POINTS:
        return f"has {len(points)} points; 1 to {MOST_POINTS} are allowed"
    before_s = -1.0
    for place, point in enumerate(points):
        if not isinstance(point, list | tuple) or len(point) != 2:
            return f"point {place} must be [seconds, value], not {shown(point)}"
        time_s, value = point
        if not _fits(time_s, 0.0, LATEST_S):
            return f"point {place} must be at 0 to {LATEST_S:.0f} seconds, not {shown(time_s)}"
        if time_s <= before_s:
            return f"point {place} at {time_s:g} s must come after the one at {before_s:g} s"
        if not _fits(value, low, high):
            return f"point {place} must have {low:g} to {high:g}, not {shown(value)}"
        before_s = time_s
    return None


def _fits(value: Any, low: float, high: float) -> bool:
    """Whether it is a number in the range; not-a-number is in none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and low <= value <= high


def _is_line(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()


def _wrong_values(value: Any) -> str | None:
    """The parameters of a plug-in: names that only it knows, and plain values."""
    if not isinstance(value, Mapping):
        return f"must be a table of names and values, not {shown(value)}"
    if len(value) > _LONGEST_TEXT:
        return f"has {len(value)} entries; at most {_LONGEST_TEXT} are allowed"
    for key, inner in value.items():
        what = _wrong_value(inner) if _is_line(key) else "must have a name of one line"
        if what is not None:
            return f"{shown(key)} {what}"
    return None


def _wrong_value(value: Any) -> str | None:
    if isinstance(value, bool) or _is_line(value) or _fits(value, -1e12, 1e12):
        return None
    return f"must be a finite number, true, false or a line of text, not {shown(value)}"
