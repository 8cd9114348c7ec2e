"""One layer of settings: a preset's file, a song's own table, or the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mixer.errors import Gathered, PresetError
from mixer.files.document import Document, read_toml
from mixer.files.mistakes import NOTHING, Keys, Mistake
from mixer.files.shape import Table
from mixer.files.wording import quote
from mixer.preset.console_shape import EXTENDS, PRESET, SONG_TABLE, SUMMARY, strip_tables
from mixer.preset.find import Found, find_preset, is_name

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
        extends: names of the presets that it builds on.
    """

    document: Document
    table: Mapping[str, Any]
    name: str | None = None
    path: Path | None = None
    summary: str = ""
    extends: tuple[Found, ...] = ()

    def refusal(self, keys: Keys, what: str) -> PresetError:
        """One line about a key: file, line, key, what is wrong."""
        return PresetError(str(self.document.refusal(keys, what)))


def read_layer(found: Found) -> Layer:
    """Read and check a preset's file.

    Raises:
        PresetError: it cannot be read, is not TOML, or its mistakes with their lines.
    """
    document = read_toml(found.path, _WHAT, PresetError)
    return _layer(document, PRESET, found.path, found.name)


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
    return _layer(document, SONG_TABLE, where, where.name)


def song_table(path: Path) -> Mapping[str, Any]:
    """The table `console` of a song.toml, whatever mistakes the rest of it has.

    Raises:
        PresetError: it cannot be read, or is not TOML.
    """
    table = read_toml(path, "a song.toml", PresetError).table.get(SONG_KEY)
    return table if isinstance(table, Mapping) else {}


def _layer(document: Document, shape: Table, path: Path, name: str) -> Layer:
    gathered = Gathered(PresetError)
    with gathered.gathering():
        document.check(shape, is_layer=True)
    extends = []
    for keys, extended in _names_of_extended(document.table):
        with gathered.gathering():
            extends.append(_found(document, keys, extended, path, shape is SONG_TABLE))
    if shape is SONG_TABLE:
        with gathered.gathering():
            document.refuse(_find_plugins(document.table))
    gathered.refuse()
    table = {key: part for key, part in document.table.items() if key not in _ABOUT}
    return Layer(
        document,
        table=with_whole_paths(table, path.absolute().parent),
        name=name,
        path=path,
        summary=document.table.get(SUMMARY, ""),
        extends=tuple(extends),
    )


def _names_of_extended(table: Mapping[str, Any]) -> Iterator[tuple[Keys, str]]:
    """The names of what a table that may not be checked extends, with their keys."""
    names = table.get(EXTENDS, ())
    if isinstance(names, str):
        yield (EXTENDS,), names
    elif isinstance(names, list):
        for place, name in enumerate(names):
            if isinstance(name, str):
                yield (EXTENDS, place) if len(names) > 1 else (EXTENDS,), name


def _found(document: Document, keys: Keys, name: str, asking: Path, is_song: bool) -> Found:
    if is_song and not is_name(name):
        what = f"must be the name of a preset in a song's folder, not {quote(name)}"
        raise document.refusal(keys, what)
    try:
        return find_preset(name, asking=asking)
    except PresetError as error:
        raise document.refusal(keys, f"cannot be used: {error}") from None


def _find_plugins(table: Mapping[str, Any]) -> Iterator[Mistake]:
    """Plug-ins in a song's folder, which comes from anywhere: they are programs to be started."""
    for keys, strip in strip_tables(table):
        if isinstance(strip, Mapping) and strip.get("plugins", NOTHING) not in (NOTHING, []):
            what = "is not for a song's folder: plug-ins are programs; name them in a preset"
            yield Mistake((*keys, "plugins"), what)


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
