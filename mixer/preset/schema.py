"""Conversion between a merged table and the console that it describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mixer.console.settings import MASTER, Console, Delay, Duck, Reverb, Strip
from mixer.errors import PresetError
from mixer.files.document import Document, build
from mixer.files.mistakes import NOTHING, Keys, Mistake, has_none
from mixer.files.shape import Leaf, Names, Rows, Shape, Table
from mixer.files.wording import listed, quote
from mixer.preset.console_shape import CONSOLE, ROLES, STRIP, TARGETS, TRACKS, strip_tables
from mixer.stems import STEMS


def find_gaps(table: Mapping[str, Any]) -> Iterator[Mistake]:
    """Gaps and contradictions of a whole, merged table whose parts are each valid."""
    for keys, strip in strip_tables(table):
        name = keys[0]
        duck = strip.get("duck")
        if duck is not None:
            by = duck.get("by", Duck().by)
            if by not in STEMS:
                what = f"must be one of {listed(STEMS)}, not {quote(by)}"
                yield Mistake((name, "duck", "by"), what)
            elif by == name:
                what = "must be another stem: a stem cannot duck itself"
                yield Mistake((name, "duck", "by"), what)
        if name not in (ROLES, TRACKS):  # what these leave out, others may say
            yield from find_plugin_gaps(keys, strip)


def find_plugin_gaps(keys: Keys, strip: Mapping[str, Any]) -> Iterator[Mistake]:
    """Plug-ins of a whole strip without a file."""
    for place, plugin in enumerate(strip.get("plugins", ())):
        if not plugin.get("path"):
            what = "is missing; give the plug-in's file"
            yield Mistake((*keys, "plugins", place, "path"), what)


def build_console(table: Mapping[str, Any]) -> Console:
    """The console of a whole, checked table without all_stems, lists by number, or "none"."""
    console = build(CONSOLE, table)
    assert isinstance(console, Console)
    return console


def read_console(table: Any, where: str) -> Console:
    """The console that a plain table describes, e.g. the one in a recipe.

    Args:
        table: as `plain_table` gave it, perhaps by way of JSON.
        where: the file it comes from, for the message.

    Raises:
        PresetError: a key is unknown, or a value has the wrong type or is out of range; one line
            for each mistake.
    """
    document = Document(where, table, PresetError)
    document.check(CONSOLE)
    document.refuse(find_gaps(table))
    return build_console(table)


def plain_table(console: Console) -> dict[str, Any]:
    """A console as a plain table, in the schema's order; `read_console` gives the same console.

    Neutral effects are left out. The others are written with all their settings, so that
    the table means the same to a version with other defaults.
    """
    targets = {key: getattr(console, key) for key in TARGETS}
    parts: dict[str, Any] = {stem: console.strip(stem) for stem in STEMS}
    sends = [level for strip in parts.values() for level in (strip.reverb_db, strip.delay_db)]
    said = [table for _, table in (*console.roles, *console.tracks)]
    sends += [table.get(key) for table in said for key in ("reverb_db", "delay_db")]
    parts[MASTER] = {**vars(console.master), **targets}
    if console.reverb != Reverb() or any(level is not None for level in sends[::2]):
        parts["reverb"] = console.reverb
    if console.delay != Delay() or any(level is not None for level in sends[1::2]):
        parts["delay"] = console.delay
    if console.space is not None:
        parts["space"] = console.space
    tables = {key: _plain(CONSOLE.fields[key], part) for key, part in parts.items()}
    tables |= {ROLES: dict(console.roles), TRACKS: dict(console.tracks)}
    return {key: table for key, table in tables.items() if table}


def plain_strip(strip: Strip) -> dict[str, Any]:
    """A strip as a plain table."""
    table: dict[str, Any] = _plain(STRIP, strip)
    return table


def _plain(shape: Shape, value: Any) -> Any:
    if isinstance(shape, Rows):
        return [_plain(shape.item, row) for row in value]
    if isinstance(shape, Names):
        return dict(value)
    if isinstance(shape, Leaf):
        if has_none(shape) and value == shape.none:
            return NOTHING
        return [list(point) for point in value] if isinstance(value, tuple) else value
    have = value if isinstance(value, dict) else vars(value)
    return {
        key: _plain(inner, have[key])
        for key, inner in shape.fields.items()
        if not _says_nothing(inner, have[key], shape)
    }


def _says_nothing(shape: Shape, value: Any, parent: Table) -> bool:
    if value is None or value == ():
        return True
    return parent.sparse and isinstance(shape, Leaf) and bool(value == shape.default)


def neutral_value(key: str) -> Any:
    """Meaning of a missing key of a plain table; None if it means nothing.

    Args:
        key: dotted, e.g. vocals.gain_db.
    """
    shape: Shape = CONSOLE
    parents: list[Table] = []
    for part in key.split("."):
        if not isinstance(shape, Table) or part not in shape.fields:
            return None
        parents.append(shape)
        shape = shape.fields[part]
    # An effect that is not there has no numbers; a change of a model's setting that is not there
    # changes nothing.
    is_there = len(parents) == 2 or parents[-1].lone
    return shape.default if isinstance(shape, Leaf) and is_there else None
