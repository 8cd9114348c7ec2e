"""All mistakes of a table, found in one pass and in their order.

Nothing is changed or built here, and nothing that is wrong stops the search.

Layers of settings (presets) say more than plain tables: the word "none" takes an effect, a list or
an optional number away, and the entries of a list may be named by their numbers. Of some numbers
the word is a value of its own, in plain tables too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mixer.files.fields import LONGEST_LINE, LONGEST_PROSE, TextKind
from mixer.files.shape import Leaf, LeafKind, Names, Rows, Shape, Table
from mixer.files.toml_writing import BARE_KEY
from mixer.files.wording import listed, nearest, quote, suggest

NOTHING = "none"
MOST_POINTS = 10_000
LATEST_S = 360_000.0
PLACE = re.compile(r"[0-9]{1,4}")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST_KEY = 40
_TEXTS = {
    TextKind.LINE: "one line of text",
    TextKind.NAME: "one line of text",
    TextKind.PROSE: "Unicode text",
    TextKind.RAW: "text",
}

Keys = tuple[str | int, ...]


class Mistake(NamedTuple):
    """Place in the table, and the mistake there: a predicate, "must be ..."."""

    keys: Keys
    what: str


def dotted(path: Keys) -> str:
    """A key as a user writes it: drums.eq.0.gain_db."""
    return ".".join(
        str(part)
        if isinstance(part, int) or BARE_KEY.fullmatch(part)
        else quote(part, _LONGEST_KEY)
        for part in path
    )


def takes_none(shape: Shape) -> bool:
    """Whether the word none may stand for it in a layer of settings."""
    return isinstance(shape, Rows) or shape.optional


def has_none(shape: Shape) -> bool:
    """Whether the word none is a value of it, which stays in a whole table."""
    return isinstance(shape, Leaf) and shape.none is not None


def find_mistakes(
    shape: Shape, value: Any, path: Keys = (), *, is_layer: bool = False
) -> Iterator[Mistake]:
    """Whatever is wrong with a part of a table.

    Args:
        shape: the expected shape.
        value: as TOML or JSON gave it.
        path: its location.
        is_layer: whether the table is a layer of settings.
    """
    if value == NOTHING and (has_none(shape) or (is_layer and takes_none(shape))):
        return
    if isinstance(shape, Table):
        value = shape.whole(value)
    if value is None and shape.optional and not is_layer:
        return
    if isinstance(shape, Leaf):
        what = _wrong(shape, value, is_layer)
        if what is not None:
            yield Mistake(path, what)
    elif isinstance(shape, Rows):
        yield from _row_mistakes(shape, value, path, is_layer)
    elif not isinstance(value, Mapping):
        or_number = " or a number" if isinstance(shape, Table) and shape.lone else ""
        what = f"must be a table{or_number}{_or_none(shape, is_layer)}, not {quote(value)}"
        yield Mistake(path, what)
    elif isinstance(shape, Table):
        yield from _table_mistakes(shape, value, path, is_layer or shape.is_layer)
    else:
        yield from _name_mistakes(shape, value, path, is_layer)


def _table_mistakes(
    shape: Table, table: Mapping[Any, Any], path: Keys, is_layer: bool
) -> Iterator[Mistake]:
    for key, inner in table.items():
        if key in shape.fields:
            yield from find_mistakes(shape.fields[key], inner, (*path, key), is_layer=is_layer)
        elif not shape.is_open:
            hint = shape.advice or suggest(str(key), shape.fields)
            yield Mistake((*path, str(key)), f"is unknown; {hint}")
    for key, inner in shape.fields.items():
        if key in shape.required and key not in table:
            help = inner.help if isinstance(inner, Leaf) else ""
            yield Mistake((*path, key), f"is missing; give {help}" if help else "is missing")


def _row_mistakes(shape: Rows, value: Any, path: Keys, is_layer: bool) -> Iterator[Mistake]:
    if is_layer and isinstance(value, Mapping):
        rows = list(value.items())
        for key, _ in rows:
            if not PLACE.fullmatch(str(key)):
                what = "is unknown; a list has 0, 1, 2 ... or [[double brackets]]"
                yield Mistake((*path, str(key)), what)
                return
    elif isinstance(value, Sequence) and not isinstance(value, str):
        rows = list(enumerate(value))
    elif shape.takes_one and not isinstance(value, Mapping):
        yield from find_mistakes(shape.item, value, path, is_layer=is_layer)
        return
    else:
        tables = " of tables" if isinstance(shape.item, Table) else ""
        yield Mistake(path, f"must be a list{tables}, not {quote(value)}")
        return
    wrong = _wrong_count(shape, len(rows))
    if wrong is not None:
        yield Mistake(path, wrong)
        return
    for place, (key, row) in enumerate(rows):
        yield from find_mistakes(shape.at(place), row, (*path, key), is_layer=is_layer)


def _name_mistakes(
    shape: Names, table: Mapping[Any, Any], path: Keys, is_layer: bool
) -> Iterator[Mistake]:
    what = _wrong_count(shape, len(table))
    if what is not None:
        yield Mistake(path, what)
        return
    for key, inner in table.items():
        is_name = isinstance(key, str) and len(key) <= LONGEST_PROSE
        if not is_name or (shape.names != TextKind.RAW and _CONTROL_CHARACTER.search(key)):
            yield Mistake((*path, str(key)), "must have a name of one line")
        else:
            yield from find_mistakes(shape.item, inner, (*path, key), is_layer=is_layer)


def _wrong_count(shape: Rows | Names, count: int) -> str | None:
    if shape.least <= count <= shape.most:
        return None
    if shape.least == shape.most:
        return f"must have {shape.most} entries, not {count}"
    bounds = f"{shape.least} to {shape.most}" if shape.least else f"at most {shape.most}"
    return f"must have {bounds} entries, not {count}"


def _or_none(shape: Shape, is_layer: bool) -> str:
    is_taken = has_none(shape) or (is_layer and takes_none(shape))
    return f' or "{NOTHING}"' if is_taken else ""


def _wrong(leaf: Leaf, value: Any, is_layer: bool) -> str | None:
    """Why a value does not fit, or None."""
    if leaf.kind in (LeafKind.NUMBER, LeafKind.WHOLE):
        return _wrong_number(leaf, value, is_layer)
    if leaf.kind == LeafKind.CHOICE:
        return _wrong_choice(leaf, value)
    if leaf.kind == LeafKind.FLAG:
        return None if isinstance(value, bool) else f"must be true or false, not {quote(value)}"
    if leaf.kind == LeafKind.TEXT:
        return _wrong_text(leaf, value)
    return _wrong_value(value) if leaf.kind == LeafKind.VALUE else _wrong_tree(value)


def _wrong_choice(leaf: Leaf, value: Any) -> str | None:
    if not isinstance(value, bool) and any(option == value for option in leaf.choices):
        return None
    words = [option for option in leaf.choices if isinstance(option, str)]
    close = nearest(value, words) if isinstance(value, str) else None
    hint = f"; did you mean {quote(close)}?" if close else ""
    return f"must be one of {listed(leaf.choices)}, not {quote(value)}{hint}"


def _wrong_number(leaf: Leaf, value: Any, is_layer: bool) -> str | None:
    low, high = leaf.allowed
    if leaf.automatable and isinstance(value, list | tuple):
        return _wrong_points(leaf, value)
    is_kind = leaf.kind == LeafKind.NUMBER or isinstance(value, int)
    if is_kind and _fits(value, low, high):
        return None
    words = f"must be a {'whole ' if leaf.kind == LeafKind.WHOLE else ''}number {_range(low, high)}"
    words += " or [[seconds, value], ...]" if leaf.automatable else ""
    return f"{words}{_or_none(leaf, is_layer)}, not {quote(value)}"


def _wrong_points(leaf: Leaf, points: Sequence[Any]) -> str | None:
    """Why a list does not say how a number changes in time, or None."""
    low, high = leaf.allowed
    if not 0 < len(points) <= MOST_POINTS:
        return f"has {len(points)} points; 1 to {MOST_POINTS} are allowed"
    before_s = -1.0
    for place, point in enumerate(points):
        if not isinstance(point, list | tuple) or len(point) != 2:
            return f"point {place} must be [seconds, value], not {quote(point)}"
        time_s, value = point
        if not _fits(time_s, 0.0, LATEST_S):
            return f"point {place} must be at 0 to {LATEST_S:.0f} seconds, not {quote(time_s)}"
        if time_s <= before_s:
            return f"point {place} at {time_s:g} s must come after the one at {before_s:g} s"
        if not _fits(value, low, high):
            return f"point {place} must be {_range(low, high)}, not {quote(value)}"
        before_s = time_s
    return None


def _wrong_text(leaf: Leaf, value: Any) -> str | None:
    means = leaf.means or _TEXTS[leaf.text]
    if not isinstance(value, str) or not _is_text(value, leaf.text):
        return f"must be {means}, not {quote(value)}"
    if len(value) > leaf.longest:
        return f"must be at most {leaf.longest} characters long, not {len(value)}"
    if len(value) < leaf.shortest:
        return "must not be empty"
    if leaf.pattern is not None and not leaf.pattern.fullmatch(value):
        return f"must be {means}, not {quote(value)}"
    return None


def _is_text(value: str, kind: TextKind) -> bool:
    if kind in (TextKind.PROSE, TextKind.RAW):
        return "\0" not in value and (kind == TextKind.RAW or _is_unicode(value))
    return not _CONTROL_CHARACTER.search(value) if kind == TextKind.NAME else value.isprintable()


def _range(low: float, high: float) -> str:
    return f"from {_limit(low)} to {_limit(high)}"


def _limit(limit: float) -> str:
    """A whole one to the last digit: as a float, 2**63 - 1 would be one more."""
    if isinstance(limit, int):
        return str(limit)
    return f"{limit:.0f}" if abs(limit) >= 1e6 else f"{limit:g}"


def _fits(value: Any, low: float, high: float) -> bool:
    """Whether it is a number in the range; not-a-number is in none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and low <= value <= high


def _wrong_value(value: Any) -> str | None:
    is_line = isinstance(value, str) and len(value) <= LONGEST_LINE and value.isprintable()
    if isinstance(value, bool) or is_line or _fits(value, -1e12, 1e12):
        return None
    return f"must be a finite number, true, false or one line of text, not {quote(value)}"


def _wrong_tree(value: Any) -> str | None:
    """Why tables and lists cannot be written as JSON again, or None."""
    for _, leaf in leaves(value):
        if isinstance(leaf, str):
            if not _is_unicode(leaf):
                return f"holds text that is not Unicode, {quote(leaf)}"
        elif not (leaf is None or isinstance(leaf, bool) or is_finite(leaf)):
            return f"holds {quote(leaf)}, which is not a finite number"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_finite(value: object) -> bool:
    """Whether it is a finite number; true and false are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """All values in a tree of tables and lists, by dotted name.

    Args:
        value: not nested deeper than Python's stack: `mixer.files.document` has seen to that.
        name: prefix of every name.
    """
    if isinstance(value, Mapping):
        inner: Any = value.items()
    elif isinstance(value, list | tuple):
        inner = enumerate(value)
    else:
        yield name, value
        return
    for key, part in inner:
        yield from leaves(part, f"{name}.{key}" if name else str(key))
