"""The shape of a table, read off the dataclass that it becomes.

Nothing is written down twice: a field that a dataclass gains is a key that its tables may have. The
type says what kind of value it is, the metadata that `mixer.files.fields` sets says which ones.

bool                          true or false
int, float, str               a whole number, a number, a text
float | tuple of points       a number, or [[seconds, value], ...]
float | str | bool            any plain value
X | None                      may be null; without a default too
tuple[X, ...]                 a list
tuple[X, X]                   a list of so many
Mapping[str, X]               a table under any names
Mapping[str, Any]             any tree of tables and lists
another dataclass             a table of its own; with LONE a lone number stands for that field
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mixer.files.fields import LONGEST_LINE, MOST_ENTRIES, NUMBER_RANGE, WHOLE_RANGE, TextKind


class LeafKind(StrEnum):
    """Kind of a key's value: VALUE is any of those before it, TREE any tables and lists of them."""

    NUMBER = "number"
    WHOLE = "whole"
    CHOICE = "choice"
    FLAG = "flag"
    TEXT = "text"
    VALUE = "value"
    TREE = "tree"


# of a list or a table itself, not of what is in it
_BOUNDS, _NAMES = ("least", "most"), "names"


@dataclass(frozen=True)
class Leaf:
    """A key that holds a value.

    Attributes:
        kind: kind of value.
        default: what the dataclass has if the key is not there.
        optional: it may be null.
        automatable: may be a list of [seconds, value].
        allowed: lowest and highest number.
        choices: the allowed words.
        text: `TextKind.LINE`, `TextKind.NAME`, `TextKind.PROSE` or `TextKind.RAW`.
        shortest, longest: of a text, in characters.
        pattern, means: what a text must match, and what that is in words.
        help: what to give, if it is missing.
        none: the number that the word none stands for in every table; without one, the word takes
            away in a layer what was said before.
    """

    kind: LeafKind
    default: Any = None
    optional: bool = False
    automatable: bool = False
    allowed: tuple[float, float] = NUMBER_RANGE
    choices: tuple[Any, ...] = ()
    text: TextKind = TextKind.LINE
    shortest: int = 0
    longest: int = LONGEST_LINE
    pattern: re.Pattern[str] | None = None
    means: str = ""
    help: str = ""
    none: float | None = None


@dataclass(frozen=True)
class Table:
    """A key that holds a table; `make` builds what it says from its fields.

    Attributes:
        make: takes the fields by name; ValueError or a MixerError if they contradict each other.
        fields: by key.
        optional: it may be null.
        sparse: a value that is the default says nothing, so it is not written.
        required: keys that must be there.
        is_open: other keys are left alone: a newer version may have written them.
        advice: what to do about an unknown key, in place of the nearest known one.
        is_layer: it is a layer of settings, to be laid over others later: it may say "none" and
            name entries of lists by their numbers, and it is not built but stays as it is written.
        lone: a lone number stands for a table with this key; "" if none does.
    """

    make: Callable[..., Any]
    fields: Mapping[str, Shape]
    optional: bool = False
    sparse: bool = False
    required: frozenset[str] = frozenset()
    is_open: bool = False
    advice: str = ""
    is_layer: bool = False
    lone: str = ""

    def whole(self, value: Any) -> Any:
        """A value as the table that it stands for."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return {self.lone: value} if self.lone and is_number else value


@dataclass(frozen=True)
class Rows:
    """A key that holds a list of the same.

    Attributes:
        item: what each is.
        optional: it may be null.
        least, most: entries.
        takes_one: a lone value stands for a list of it.
        places: what each entry is, if they differ.
    """

    item: Shape
    optional: bool = False
    least: int = 0
    most: int = MOST_ENTRIES
    takes_one: bool = False
    places: tuple[Shape, ...] = ()

    def at(self, place: int) -> Shape:
        """The shape of the entry at a place."""
        return self.places[place] if self.places else self.item


@dataclass(frozen=True)
class Names:
    """A key that holds a table under any names, of the same.

    Attributes:
        item: what each is.
        optional: it may be null.
        least, most: entries.
        names: what the names may be, `TextKind.LINE` or `TextKind.RAW`.
        make: what it becomes.
    """

    item: Shape
    optional: bool = False
    least: int = 0
    most: int = MOST_ENTRIES
    names: TextKind = TextKind.LINE
    make: Callable[[dict[str, Any]], Any] = dict


Shape = Leaf | Table | Rows | Names


def table_of(kind: type, *, optional: bool = False, is_open: bool = False) -> Table:
    """The table of a dataclass.

    Args:
        kind: the dataclass.
        optional: it may be null.
        is_open: unknown keys are left alone, in the tables inside too.

    Raises:
        TypeError: a field's type is not one of those above.
    """
    return _table_of(kind, optional, is_open)


@functools.cache
def _table_of(kind: Any, optional: bool, is_open: bool) -> Table:
    hints = get_type_hints(kind)
    fields = dataclasses.fields(kind)
    return Table(
        kind,
        {f.name: shape_of(hints[f.name], f.metadata, _default(f), is_open) for f in fields},
        optional,
        required=frozenset(
            f.name for f in fields if f.default is MISSING and f.default_factory is MISSING
        ),
        is_open=is_open,
        lone=getattr(kind, "LONE", ""),
    )


def _default(field: dataclasses.Field[Any]) -> Any:
    return None if field.default is MISSING else field.default


def shape_of(hint: Any, metadata: Mapping[str, Any], default: Any, is_open: bool) -> Shape:
    """The shape of one field, by its type and its metadata."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    optional = NoneType in kinds
    kinds = tuple(kind for kind in kinds if kind is not NoneType)
    first = kinds[0]
    bounds = {key: metadata[key] for key in _BOUNDS if key in metadata}
    of_each = {k: value for k, value in metadata.items() if k not in (*_BOUNDS, _NAMES)}
    named = metadata.get(_NAMES, TextKind.LINE)
    if len(kinds) > 1:
        return _leaf_of_many(kinds, metadata, default, optional)
    if dataclasses.is_dataclass(first) and isinstance(first, type):
        return table_of(first, optional=optional, is_open=is_open)
    if get_origin(first) is tuple:
        inner, *others = get_args(first)
        if others == [...]:
            if get_origin(inner) is tuple:  # pairs of name and value
                item = shape_of(get_args(inner)[1], of_each, None, is_open)
                return Names(item, optional, **bounds, names=named, make=_pairs)
            return Rows(shape_of(inner, of_each, None, is_open), optional, **bounds)
        count = 1 + len(others)
        ranges = metadata.get("ranges", (metadata.get("range", NUMBER_RANGE),) * count)
        places = tuple(shape_of(inner, {"range": limits}, None, is_open) for limits in ranges)
        return Rows(places[0], optional, count, count, places=places)
    if get_origin(first) in (dict, Mapping):
        inner = get_args(first)[1]
        return Names(shape_of(inner, of_each, None, is_open), optional, **bounds, names=named)
    return _leaf(first, metadata, default, optional)


def _pairs(table: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple(table.items())


def _leaf_of_many(
    kinds: tuple[Any, ...], metadata: Mapping[str, Any], default: Any, optional: bool
) -> Leaf:
    if {get_origin(kind) for kind in kinds} == {None, tuple} and float in kinds:
        return Leaf(LeafKind.NUMBER, default, optional, True, metadata.get("range", NUMBER_RANGE))
    if {float, str, bool} <= set(kinds):
        return Leaf(LeafKind.VALUE, default, optional)
    raise TypeError(f"tables cannot hold {kinds}")


def _leaf(kind: Any, metadata: Mapping[str, Any], default: Any, optional: bool) -> Leaf:
    words = ("choices", "text", "shortest", "longest", "pattern", "means", "help", "none")
    limits = {key: metadata[key] for key in words if key in metadata}
    if "choices" in metadata:
        return Leaf(LeafKind.CHOICE, default, optional, **limits)
    if kind is bool:
        return Leaf(LeafKind.FLAG, default, optional)
    if kind is int:
        return Leaf(
            LeafKind.WHOLE, default, optional, False, metadata.get("range", WHOLE_RANGE), **limits
        )
    if kind is float:
        return Leaf(
            LeafKind.NUMBER, default, optional, False, metadata.get("range", NUMBER_RANGE), **limits
        )
    if kind is str:
        return Leaf(LeafKind.TEXT, default, optional, **limits)
    if kind is Any:
        return Leaf(LeafKind.TREE, default, optional)
    raise TypeError(f"tables cannot hold {kind}")
