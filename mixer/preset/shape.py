"""The shape of a preset's tables, read off the dataclasses of the console.

Nothing of the console is written down twice: a field that `mixer.console.settings` gains is a key
that presets may have. What is said here is only where the tables lie: a table for every stem and
`master`, which takes the bus and the targets of the whole mix.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from mixer.console.settings import MASTER, Console, Delay, Reverb, Strip
from mixer.stems import STEMS

ALL_STEMS = "all_stems"
SUMMARY, EXTENDS = "summary", "extends"
# The bus has nothing beside it that it could be soloed against, ducked by or sent next to.
MASTER_LACKS = ("mute", "solo", "duck", "reverb_db", "delay_db")
# As `mixer.rendering.settings` has them, which lies above.
TARGET_RANGES = {"loudness_lufs": (-70.0, -5.0), "true_peak_dbtp": (-30.0, 0.0)}
MOST_ROWS = 64

NUMBER, CHOICE, FLAG, TEXT = "number", "choice", "flag", "text"
VALUE, VALUES, NAMES = "value", "values", "names"


@dataclass(frozen=True)
class Leaf:
    """A key that holds a value.

    Attributes:
        kind: `NUMBER`, `CHOICE`, `FLAG`, `TEXT`, `VALUE` (any of these), `VALUES` (a table of
            them under any names) or `NAMES` (a text or a list of them).
        default: what the dataclass has where the key is not there.
        optional: the word none takes the key away.
        automatable: may be a list of [seconds, value].
        allowed: lowest and highest number.
        choices: what it may be.
    """

    kind: str
    default: Any = None
    optional: bool = False
    automatable: bool = False
    allowed: tuple[float, float] = (0.0, 0.0)
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Table:
    """A key that holds a table; `make` builds what it says from its fields.

    sparse: a value that is the default says nothing, so it is not written.
    """

    make: Callable[..., Any]
    fields: Mapping[str, Shape]
    optional: bool = False
    sparse: bool = False


@dataclass(frozen=True)
class Rows:
    """A key that holds a list of tables."""

    item: Table
    default: tuple[Any, ...] = field(default=())


Shape = Leaf | Table | Rows


def _table_of(kind: type, *, optional: bool = False, sparse: bool = False) -> Table:
    hints = get_type_hints(kind)
    fields = {f.name: _shape_of(hints[f.name], f) for f in dataclasses.fields(kind)}
    return Table(kind, fields, optional, sparse)


def _shape_of(hint: Any, described: dataclasses.Field[Any]) -> Shape:
    """The shape of one field, by its type and the metadata that `mixer.console.settings` sets."""
    union = get_origin(hint) in (Union, UnionType)
    kinds = get_args(hint) if union else (hint,)
    optional = NoneType in kinds
    metadata = described.metadata
    default = None if described.default is dataclasses.MISSING else described.default
    for kind in kinds:
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            return _table_of(kind, optional=optional)
        first, *_ = get_args(kind) or (None,)
        if get_origin(kind) is tuple and dataclasses.is_dataclass(first):
            assert isinstance(first, type)
            return Rows(_table_of(first))
    if "choices" in metadata:
        return Leaf(CHOICE, default, optional, choices=metadata["choices"])
    allowed = metadata.get("range", TARGET_RANGES.get(described.name))
    if allowed is not None:
        automatable = any(get_origin(kind) is tuple for kind in kinds)
        return Leaf(NUMBER, default, optional, automatable, allowed)
    for kind, word in ((bool, FLAG), (str, TEXT)):
        if kind in kinds:
            return Leaf(word, default, optional)
    if any(get_origin(kind) is tuple for kind in kinds):
        return Leaf(VALUES, default, optional)
    raise TypeError(f"{described.name}: presets cannot hold {hint}")


def _console_table() -> Table:
    strip = _table_of(Strip, sparse=True)
    targets = {
        f.name: _shape_of(get_type_hints(Console)[f.name], f)
        for f in dataclasses.fields(Console)
        if f.name in TARGET_RANGES
    }
    bus = {name: shape for name, shape in strip.fields.items() if name not in MASTER_LACKS}
    fields: dict[str, Shape] = dict.fromkeys(STEMS, strip)
    fields[MASTER] = Table(dict, {**targets, **bus}, sparse=True)
    fields |= {"reverb": _table_of(Reverb), "delay": _table_of(Delay)}
    return Table(_make_console, fields)


def _make_console(
    master: dict[str, Any] | None = None,
    reverb: Reverb | None = None,
    delay: Delay | None = None,
    **strips: Strip,
) -> Console:
    bus = dict(master or {})
    targets = {name: bus.pop(name) for name in TARGET_RANGES if name in bus}
    return Console(
        strips=tuple(
            (stem, strips[stem]) for stem in STEMS if strips.get(stem, Strip()) != Strip()
        ),
        master=Strip(**bus),
        reverb=reverb or Reverb(),
        delay=delay or Delay(),
        **targets,
    )


# a whole console; what may be said of one; what a song and what a preset's file may say
CONSOLE = _console_table()
LAYER = Table(_make_console, {**CONSOLE.fields, ALL_STEMS: CONSOLE.fields[STEMS[0]]})
SONG_TABLE = Table(_make_console, {**LAYER.fields, EXTENDS: Leaf(NAMES)})
PRESET = Table(_make_console, {**SONG_TABLE.fields, SUMMARY: Leaf(TEXT)})
