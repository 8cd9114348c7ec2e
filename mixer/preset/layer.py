"""One layer of settings: a preset's file, a song's own table, or the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mixer.errors import PresetError
from mixer.files.document import Document, read_toml
from mixer.files.mistakes import NOTHING, Keys
from mixer.files.wording import quote
from mixer.preset.find import Found, is_name
from mixer.preset.shape import EXTENDS, PRESET, SONG_TABLE, SUMMARY, strip_tables

SONG_KEY = "console"
_WHAT = "a preset"
# what a file says of itself
_ABOUT = (SUMMARY, EXTENDS)


@dataclass(frozen=True)
class Layer:
    """Settings that are checked but not merged.

    Attributes:
        document: what to call it in a message, and for a file its lines and its hash.
        table: the settings, without what is about the file itself.
        name, path: of the file; None for the command line.
        summary: when to use it, one line.
        extends: what comes before it.
    """

    document: Document
    table: Mapping[str, Any]
    name: str | None = None
    path: Path | None = None
    summary: str = ""
    extends: tuple[str, ...] = ()

    def refusal(self, keys: Keys, what: str) -> PresetError:
        """One line about a key: file, line, key, what is wrong."""
        return PresetError(str(self.document.refusal(keys, what)))


def read_layer(found: Found) -> Layer:
    """Read and check a preset's file.

    Raises:
        PresetError: it cannot be read, is not TOML, or its first mistake with its line.
    """
    document = read_toml(found.path, _WHAT, PresetError)
    document.check(PRESET, is_layer=True)
    return _layer(document, found.path, found.name)


def find_file_mistakes(found: Found) -> list[str]:
    """The mistakes of a preset's file, a line each.

    Raises:
        PresetError: it cannot be read, or is not TOML.
    """
    document = read_toml(found.path, _WHAT, PresetError)
    return [str(refusal) for refusal in document.refusals(PRESET, is_layer=True)]


def song_layer(table: Any, path: Path | None) -> Layer:
    """The layer of a song's own settings.

    Args:
        table: what its song.toml has under `console`.
        path: that file, for messages and for what it extends.

    Raises:
        PresetError: a mistake in it; or it names a plug-in, or a preset by its file, which might.
    """
    where = path or Path("song.toml")
    if path is None:
        document = Document(str(where), table, PresetError)
    else:
        document = read_toml(path, "a song.toml", PresetError)
    document = replace(document, table=table, inside=(SONG_KEY,))
    document.check(SONG_TABLE, is_layer=True)
    # A song's folder comes from anywhere; plug-ins are programs, and it has none to start.
    layer = _layer(document, where, where.name)
    for keys, strip in strip_tables(layer.table):
        if strip.get("plugins", NOTHING) not in (NOTHING, []):
            what = "is not for a song's folder: plug-ins are programs; name them in a preset"
            raise layer.refusal((*keys, "plugins"), what)
    for place, name in enumerate(layer.extends):
        if not is_name(name):
            what = f"must be the name of a preset in a song's folder, not {quote(name)}"
            raise layer.refusal((EXTENDS, place), what)
    return layer


def _layer(document: Document, path: Path, name: str) -> Layer:
    table = document.table
    extends = table.get(EXTENDS, ())
    return Layer(
        document,
        table=with_whole_paths(
            {key: part for key, part in table.items() if key not in _ABOUT}, path.absolute().parent
        ),
        name=name,
        path=path,
        summary=table.get(SUMMARY, ""),
        extends=(extends,) if isinstance(extends, str) else tuple(extends),
    )


def with_whole_paths(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A layer's checked table, the relative paths of plug-ins taken from a folder."""
    whole = dict(table)
    for keys, strip in strip_tables(table):
        if len(keys) == 1:
            whole[keys[0]] = _strip_with_whole_paths(strip, folder)
        else:
            changed = {keys[1]: _strip_with_whole_paths(strip, folder)}
            whole[keys[0]] = {**whole[keys[0]], **changed}
    return whole


def _strip_with_whole_paths(strip: Any, folder: Path) -> Any:
    if not isinstance(strip, Mapping) or strip.get("plugins", NOTHING) == NOTHING:
        return strip
    rows = strip["plugins"]
    if isinstance(rows, Mapping):
        return {**strip, "plugins": {k: _whole_paths(row, folder) for k, row in rows.items()}}
    return {**strip, "plugins": [_whole_paths(row, folder) for row in rows]}


def _whole_paths(plugin: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    whole = dict(plugin)
    for key in ("path", "preset"):
        if whole.get(key, NOTHING) not in (NOTHING, ""):
            # unlike Path.expanduser, it leaves a home that there is not as it is
            whole[key] = str(folder / os.path.expanduser(whole[key]))  # noqa: PTH111
    return whole
