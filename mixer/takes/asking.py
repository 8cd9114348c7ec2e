"""The request of a take, on top of the console that it starts from.

A signed value (+1, -6) is added to the setting, a bare one replaces it, and `key==-3` sets a
negative one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mixer.console.settings import Console
from mixer.errors import Gathered, SettingsError
from mixer.files.mistakes import NOTHING, dotted, leaves
from mixer.files.shape import Leaf, LeafKind, Table
from mixer.files.wording import quote
from mixer.output.recipe import ChangedSetting
from mixer.preset.assignments import parse_key, split_assignment
from mixer.preset.console_shape import ALL_STEMS, ROLES
from mixer.preset.merge import with_assignment
from mixer.preset.schema import neutral_value, plain_table
from mixer.stems import STEMS
from mixer.takes.request import requests_of
from mixer.takes.words import Context, assignments_of, strips_in_song

_SIGNS = ("+", "-")


@dataclass(frozen=True)
class Asked:
    """A take's request, resolved.

    Attributes:
        console: the console after the changes.
        changes: differences from the console before.
    """

    console: Console
    changes: tuple[ChangedSetting, ...]


def ask(
    texts: Sequence[str],
    console: Console,
    *,
    known: frozenset[str] = frozenset(),
    stems: tuple[str, ...] = (),
    roles: frozenset[str] = frozenset(),
) -> Asked:
    """Apply requests to a console, one after another.

    Args:
        texts: `key=value`, or requests in plain words (`mixer.takes.request.requests_of`).
        console: console of the take that is revised.
        known: keys of `mixer.setting_changes.STRIP_KEYS` that the model sets.
        stems: of the song.
        roles: of its tracks.

    Raises:
        SettingsError: with a line for each request that is not understood or out of range; or
            nothing would change.
    """
    before = plain_table(console)
    now, gathered = console, Gathered(SettingsError)
    for text in texts:
        with gathered.gathering():
            now = _with(now, text, Context(before, known, stems, roles))
    gathered.refuse()
    changes = changed_settings(before, plain_table(now))
    if not changes:
        raise SettingsError("nothing to change: the mix already has these settings")
    return Asked(now, tuple(changes))


def changed_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ChangedSetting]:
    """Every setting in which two plain tables differ."""
    was, now = dict(leaves(before)), dict(leaves(after))
    rows: list[ChangedSetting] = []
    for key in dict.fromkeys((*was, *now)):
        first, second = was.get(key, neutral_value(key)), now.get(key, neutral_value(key))
        if first != second:
            rows.append({"key": key, "was": first, "now": second})
    return rows


def _with(console: Console, text: str, context: Context) -> Console:
    if "=" in text:
        return _laid_over(console, text, text, context)
    gathered = Gathered(SettingsError)
    for request in requests_of(text):
        with gathered.gathering():
            now = replace(context, table=plain_table(console))
            for assignment in assignments_of(request, now):
                console = _laid_over(console, assignment, request.text, context)
    gathered.refuse()
    return console


def _laid_over(console: Console, assignment: str, text: str, context: Context) -> Console:
    key, value = split_assignment(assignment)
    first, point, rest = key.strip().partition(".")
    # A change to all stems adds to each stem's own setting.
    keys = [f"{stem}{point}{rest}" for stem in context.stems] if first == ALL_STEMS else [key]
    for each in keys:
        _refuse_what_is_not_there(each, text, context)
        table = plain_table(console)
        console = with_assignment(table, _absolute(f"{each}={value}", table), quote(text))
    return console


def _refuse_what_is_not_there(key: str, text: str, context: Context) -> None:
    """Raise if the song has no such stem or role; of tracks the plan does."""
    (first, *rest), _ = parse_key(key)
    if first in STEMS:
        strips_in_song((first,), first, text, context)
    elif first == ROLES and rest:
        strips_in_song((f"{first}.{rest[0]}",), rest[0].replace("_", " "), text, context)


def _absolute(assignment: str, table: Mapping[str, Any]) -> str:
    """The same setting with a value that adds to nothing."""
    key, value = (part.strip() for part in split_assignment(assignment))
    if value.startswith("="):
        return f"{key}={value.removeprefix('=')}"
    parts, shape = parse_key(key)
    if isinstance(shape, Table) and shape.lone:
        parts, shape = (*parts, shape.lone), shape.fields[shape.lone]
    is_number = isinstance(shape, Leaf) and shape.kind == LeafKind.NUMBER
    if not (is_number and value.startswith(_SIGNS)):
        return f"{key}={value}"
    current = _current(parts, table)
    if current is None or current == NOTHING:
        assert isinstance(shape, Leaf)
        current = shape.default or 0.0
    try:
        step = float(value.replace(",", "."))
    except ValueError:
        return f"{key}={value}"
    if isinstance(current, list):  # an automation moves as a whole
        moved = [[time_s, level + step] for time_s, level in current]
        return f"{dotted(parts)}={moved}"
    return f"{dotted(parts)}={current + step!r}"


def _current(parts: Sequence[str], table: Mapping[str, Any]) -> Any:
    value: Any = table
    for part in parts:
        if isinstance(value, list):
            place = int(part)
            value = value[place] if place < len(value) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value
