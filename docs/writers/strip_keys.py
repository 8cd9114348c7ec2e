"""The page of every key of a strip, from the dataclasses that presets are read into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from mixer.console.settings import (
    TARGETS,
    Band,
    Compressor,
    DeEsser,
    Delay,
    Duck,
    Filter,
    Gate,
    Plugin,
    Reverb,
    Saturation,
    Strip,
)
from mixer.files.mistakes import NOTHING, has_none
from mixer.files.shape import LeafKind, Names, Rows, Shape, Table
from mixer.preset.console_shape import CONSOLE, STRIP
from mixer.setting_changes import BUS_KEYS, STRIP_KEYS, SpaceChanges, StripChanges
from writers.markdown import NOTE, table

# The part of a strip that each table is about, in the strip's order.
EFFECTS: dict[str, type] = {
    "duck": Duck,
    "high_pass": Filter,
    "low_pass": Filter,
    "eq": Band,
    "gate": Gate,
    "compressor": Compressor,
    "de_esser": DeEsser,
    "saturation": Saturation,
    "plugins": Plugin,
}


def strip_keys() -> str:
    """Every key of a preset with its unit, range and default, from the dataclasses."""
    keys = STRIP.fields
    own = {key: shape for key, shape in keys.items() if key not in {*EFFECTS, "network"}}
    parts = [
        NOTE,
        "# Every key of a strip",
        'Keys of `vocals`, `drums`, `bass`, `other`, `all_stems`, `roles.ROLE`, `tracks."NAME"` '
        "and `master`, as `--set`, presets, `song.toml` and columns of a manifest take them. "
        "[Presets and strips](presets.md) shows how they are used. "
        "*Moves* means that a list `[[seconds, value], ...]` may stand for the number.",
        "## The strip",
        "The effects act in the order of this page, then width, pan and fader, then the sends. "
        "Anything that is not set is off. " + _paragraph_of(Strip).split("\n\n")[-1],
        _keys_table(own),
        "The bus, `master`, has no `mute`, `solo`, `duck`, `reverb_db` and `delay_db`, and has the "
        "targets of the mix:",
        _keys_table({key: _inner(CONSOLE.fields["master"])[key] for key in TARGETS}),
    ]
    for key, settings in EFFECTS.items():
        shape = keys[key]
        title = f"`{key}`" + (" (a list)" if isinstance(shape, Rows) else "")
        parts += [f"## {title}", _paragraph_of(settings), _keys_table(_inner(shape))]
    parts += ["## `reverb`", _paragraph_of(Reverb), _keys_table(_inner(CONSOLE.fields["reverb"]))]
    parts += ["## `delay`", _paragraph_of(Delay), _keys_table(_inner(CONSOLE.fields["delay"]))]
    parts += [
        "## `network`: the model's settings",
        "Under `network` in a strip; a single number is an offset, a table holds `set`, `scale` "
        "and `offset`. See [the network's settings](takes.md#the-networks-settings).",
        table(
            ("key", "what", "unit", "on the bus too"),
            [
                (f"`{f.name}`", f.metadata["help"], f.metadata["unit"], _yes(f.name in BUS_KEYS))
                for f in fields(StripChanges)
                if f.name in STRIP_KEYS
            ],
        ),
        "## `space`: the rooms of a model of tracks",
        table(
            ("key", "what", "unit"),
            [(f"`{f.name}`", f.metadata["help"], f.metadata["unit"]) for f in fields(SpaceChanges)],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""


def _inner(shape: Shape) -> dict[str, Shape]:
    if isinstance(shape, Rows):
        return _inner(shape.item)
    assert isinstance(shape, Table)
    return dict(shape.fields)


def _paragraph_of(settings: type) -> str:
    """What a dataclass says of itself, without its list of attributes."""
    text = (settings.__doc__ or "").split("Attributes:")[0]
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def _keys_table(keys: Mapping[str, Shape]) -> str:
    return table(("key", "value", "default", "moves"), [_key_row(k, s) for k, s in keys.items()])


def _key_row(key: str, shape: Shape) -> tuple[str, str, str, str]:
    if isinstance(shape, Names | Table | Rows):
        return f"`{key}`", "table" if not isinstance(shape, Rows) else "list", "", ""
    value = {
        LeafKind.FLAG: "true or false",
        LeafKind.TEXT: "text",
        LeafKind.VALUE: "number, text, true or false",
        LeafKind.TREE: "table",
        LeafKind.CHOICE: ", ".join(f"`{word}`" for word in shape.choices),
    }.get(shape.kind)
    if value is None:
        low, high = shape.allowed
        value = f"{low:g} to {high:g}{_unit(key)}"
        if has_none(shape):
            value += f" or `{NOTHING}`"
    default = "off" if shape.default is None else _toml(shape.default)
    return f"`{key}`", value, default, _yes(shape.automatable)


def _unit(key: str) -> str:
    units = {
        "_db_per_octave": " dB per octave",
        "_lufs": " LUFS",
        "_dbtp": " dBTP",
        "_db": " dB",
        "_hz": " Hz",
        "_ms": " ms",
        "_s": " s",
        "beats": " beats",
    }
    return next((unit for ending, unit in units.items() if key.endswith(ending)), "")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "false" if not value else "true"
    if isinstance(value, float):
        return f"{value:g}"
    return f'"{value}"' if isinstance(value, str) else str(value)
