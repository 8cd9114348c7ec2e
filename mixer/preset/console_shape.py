"""The shape of a preset's tables: where each dataclass of the console lies.

Nothing of the console is written down twice: a field that `mixer.console.settings` gains is a key
that presets may have. This module only says where the tables lie: a table for every stem and
`master`, which takes the bus and the targets of the whole mix; under `roles` one for every role of
tracks, and under `tracks` one for every name or pattern.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from mixer.console.settings import (
    MASTER,
    MASTER_LACKS,
    TARGETS,
    TRACK_LACKS,
    Band,
    Console,
    Delay,
    Reverb,
    Strip,
)
from mixer.files.shape import Leaf, LeafKind, Names, Rows, Shape, Table, table_of
from mixer.roles import ROLE_NAMES
from mixer.setting_changes import BusChanges, SpaceChanges, StripChanges
from mixer.stems import STEMS

ALL_STEMS = "all_stems"
ROLES, TRACKS = "roles", "tracks"
# A strip's changes of what a model set.
NETWORK = "network"
SUMMARY, EXTENDS = "summary", "extends"


STRIP, BAND = dataclasses.replace(table_of(Strip), sparse=True), table_of(Band)
# Keys of a track's strip.
TRACK_STRIP = Table(
    dict,
    {name: shape for name, shape in STRIP.fields.items() if name not in TRACK_LACKS},
    is_layer=True,
)


def range_of(table: Table, key: str) -> tuple[float, float]:
    """Lowest and highest number that a key of a table may hold."""
    leaf = table.fields[key]
    assert isinstance(leaf, Leaf)
    return leaf.allowed


def _console_table() -> Table:
    strip = STRIP
    whole = table_of(Console)
    targets = {name: whole.fields[name] for name in TARGETS}
    bus = {name: shape for name, shape in strip.fields.items() if name not in MASTER_LACKS}
    fields: dict[str, Shape] = dict.fromkeys(STEMS, strip)
    bus[NETWORK] = dataclasses.replace(table_of(BusChanges, optional=True), make=StripChanges)
    fields[MASTER] = Table(dict, {**targets, **bus}, sparse=True)
    fields |= {"reverb": table_of(Reverb), "delay": table_of(Delay)}
    fields["space"] = whole.fields["space"]
    fields |= {
        ROLES: Table(dict, dict.fromkeys(ROLE_NAMES, TRACK_STRIP)),
        TRACKS: Names(TRACK_STRIP),
    }
    return Table(_make_console, fields)


def _make_console(
    master: dict[str, Any] | None = None,
    reverb: Reverb | None = None,
    delay: Delay | None = None,
    space: SpaceChanges | None = None,
    roles: Mapping[str, Any] | None = None,
    tracks: Mapping[str, Any] | None = None,
    **strips: Strip,
) -> Console:
    bus = dict(master or {})
    targets = {name: bus.pop(name) for name in TARGETS if name in bus}
    return Console(
        strips=tuple(
            (stem, strips[stem]) for stem in STEMS if strips.get(stem, Strip()) != Strip()
        ),
        master=Strip(**bus),
        reverb=reverb or Reverb(),
        delay=delay or Delay(),
        space=space,
        roles=tuple((roles or {}).items()),
        tracks=tuple((tracks or {}).items()),
        **targets,
    )


# a whole console; what may be said of one; what a song and what a preset's file may say
CONSOLE = _console_table()
LAYER = Table(_make_console, {**CONSOLE.fields, ALL_STEMS: CONSOLE.fields[STEMS[0]]})
SONG_TABLE = Table(
    _make_console, {**LAYER.fields, EXTENDS: Rows(Leaf(LeafKind.TEXT), takes_one=True)}
)
PRESET = Table(_make_console, {**SONG_TABLE.fields, SUMMARY: Leaf(LeafKind.TEXT)})


def strip_tables(table: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every table of a strip in a layer or a whole table, checked or not, with its keys."""
    for name, part in table.items():
        if name in (ROLES, TRACKS):
            rows = part.items() if isinstance(part, Mapping) else ()
            yield from (((name, inner), strip) for inner, strip in rows)
        elif isinstance(part, Mapping):
            yield (name,), part
