"""`drums.eq.0.gain_db=-2`: one setting in one word, for the command line and for columns.

vocals.gain_db=+1.5                 a number
vocals.mute=true                    true or false
bass.gain_db=[[0, 0], [10, 3]]      a change in time: seconds and values
drums.eq.0.gain_db=-2               the first band; one past the last adds a band
other.compressor={ratio = 3}        a whole effect
drums.room_db=-6            what the model set, 6 dB lower; short for drums.network.room_db
bass.ratio.scale=0.5        what the model set, halved; .set for a value in its place
vocals.reverb_db=none               takes a send, an effect or a list away
roles.kick.gain_db=+1               the tracks of a role
tracks."Lead Vox".gain_db=+2        a track by its name, with or without its ending, or a pattern
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mixer.errors import PresetError
from mixer.files.document import Document
from mixer.files.mistakes import NOTHING, PLACE, dotted, find_mistakes, takes_none
from mixer.files.shape import Leaf, LeafKind, Names, Rows, Shape, Table
from mixer.files.toml_text import parse_toml
from mixer.files.wording import quote, suggest
from mixer.preset.console_shape import LAYER, NETWORK
from mixer.preset.layer import Layer, with_whole_paths

OPTION = "--set"
_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
# Each sign is taken in one way only: two ways for every pair of quotes would take for ever.
_ASSIGNMENT = re.compile(r"""((?>"[^"]*"|'[^']*'|[^=])*?)=(.*)""", re.DOTALL)
# A name in quotes may hold points.
_PART = re.compile(r"""(?:"([^"]*)"|'([^']*)'|([^.]*))(\.|$)""")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


def parse_key(key: str) -> tuple[tuple[str, ...], Shape]:
    """Check a key alone, e.g. the name of a manifest's column.

    Args:
        key: for example `vocals.gain_db` or `drums.eq.0.q`.

    Returns:
        The parts of the key, optional ones included, and the shape of its value.

    Raises:
        PresetError: the key is unknown; the nearest one is named.
    """
    parts = split_key(key.strip())
    shape: Shape = LAYER
    whole: list[str] = []
    for place, part in enumerate(parts):
        until = ".".join(parts[:place])
        if isinstance(shape, Table):
            if _is_short(part, shape):
                whole.append(NETWORK)
                shape = shape.fields[NETWORK]
                assert isinstance(shape, Table)
            if part not in shape.fields:
                inside = f" of {until}" if until else ""
                hint = suggest(part, shape.fields)
                raise PresetError(f"{quote(key)}: unknown key {quote(part)}{inside}; {hint}")
            shape = shape.fields[part]
        elif isinstance(shape, Rows):
            if not PLACE.fullmatch(part):
                raise PresetError(f"{quote(key)}: {until} is a list; write {until}.0 for its first")
            shape = shape.item
        elif isinstance(shape, Names) and part:
            shape = shape.item
        elif isinstance(shape, Names):
            raise PresetError(f'{quote(key)}: {until} needs a name, as in {until}."Lead Vox"')
        else:
            raise PresetError(
                f"{quote(key)}: {until} holds a value, which has no key {quote(part)}"
            )
        whole.append(part)
    return tuple(whole), shape


def _is_short(part: str, strip: Table) -> bool:
    """Whether a key is a model's setting that the strip itself has none of."""
    inner = strip.fields.get(NETWORK)
    return isinstance(inner, Table) and part not in strip.fields and part in inner.fields


def split_key(key: str) -> tuple[str, ...]:
    """Split a dotted key into its parts without checking them; quoted parts may contain dots."""
    parts, position = [], 0
    while True:
        found = _PART.match(key, position)
        assert found is not None  # the last way to write a part takes anything
        parts.append(next(part for part in found.groups() if part is not None))
        position = found.end()
        if not found[4]:
            return tuple(parts)


def parse_value(key: str, text: str) -> Any:
    """Check a key with its value, e.g. a cell of a manifest.

    Args:
        key: as for `parse_key`.
        text: the value as one writes it; see the module.

    Returns:
        The value as TOML would give it; "none" if it takes something away.

    Raises:
        PresetError: no such key, a wrong type, or out of range; the allowed range is named.
    """
    parts, shape = parse_key(key)
    value = _value(shape, text.strip())
    mistakes = list(find_mistakes(shape, value, parts, is_layer=True))
    if mistakes:
        raise PresetError(*(f"{dotted(path)} {what}" for path, what in mistakes))
    return value


def split_assignment(assignment: str) -> tuple[str, str]:
    """Key and value, neither checked; a quoted name may contain `=`.

    Raises:
        PresetError: the `=` is missing.
    """
    found = _ASSIGNMENT.fullmatch(assignment)
    if found is None:
        raise PresetError(
            f"{OPTION} {quote(assignment)} has no =; write key=value, such as vocals.gain_db=+1.5"
        )
    return found[1], found[2]


def read_assignment(assignment: str, source: str = OPTION) -> Layer:
    """One `key=value` as a layer of settings.

    Args:
        assignment: the key and the value.
        source: where it was given, for the line of a mistake.

    Raises:
        PresetError: the `=` is missing, or as in `parse_value`.
    """
    key, text = split_assignment(assignment)
    try:
        parts, _ = parse_key(key)
        value = parse_value(key, text)
    except PresetError as error:
        raise PresetError(*(f"{source}: {line}" for line in error.lines)) from None
    for part in reversed(parts):
        value = {part: value}
    table = with_whole_paths(value, Path.cwd())
    return Layer(Document(source, table, PresetError), table)


def _value(shape: Shape, text: str) -> Any:
    if text.lower() == NOTHING and takes_none(shape):
        return NOTHING
    if isinstance(shape, Table) and shape.lone and not text.startswith("{"):
        return _number(text)
    if not isinstance(shape, Leaf) or shape.kind == LeafKind.VALUE:
        return _toml(text)
    if shape.kind == LeafKind.NUMBER:
        return _toml(text) if text.startswith("[") else _number(text)
    if shape.kind == LeafKind.FLAG:
        word = text.lower()
        return word in _YES if word in _YES + _NO else text
    if shape.kind == LeafKind.CHOICE:
        return next((option for option in shape.choices if str(option) == text.lower()), text)
    assert shape.kind == LeafKind.TEXT
    return _toml(text) if text[:1] in ('"', "'") else text


def _number(text: str) -> Any:
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return text


def _toml(text: str) -> Any:
    """What TOML makes of a value; a text that is not one stays a text, and is refused as such."""
    try:
        parsed = parse_toml(f"value = {text.strip()}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if list(parsed) == ["value"] else text
