"""One layer of settings: a preset's file, a song's own table, or the command line."""

from __future__ import annotations

import functools
import hashlib
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixer.errors import PresetError
from mixer.files.toml_text import parse_toml
from mixer.preset.checks import NONE, Keys, Mistake, dotted, find_mistakes, shown
from mixer.preset.find import Found, is_name
from mixer.preset.lines import find_lines, line_of
from mixer.preset.shape import EXTENDS, PRESET, SONG_TABLE, SUMMARY

MAX_BYTES = 1_000_000
# Beyond this, more of them help nobody.
MOST_MISTAKES = 50
SONG_KEY = "console"
# what a file says of itself
_ABOUT = (SUMMARY, EXTENDS)


@dataclass(frozen=True)
class Layer:
    """Settings that are checked but not merged.

    Attributes:
        where: what to call it in a message.
        table: the settings, without what is about the file itself.
        name, path, sha256: of the file; None for the command line.
        summary: when to use it, one line.
        extends: what comes before it.
        text: of the file, for line numbers.
        inside: the key of the file under which the table lies.
    """

    where: str
    table: Mapping[str, Any]
    name: str | None = None
    path: Path | None = None
    sha256: str | None = None
    summary: str = ""
    extends: tuple[str, ...] = ()
    text: str = ""
    inside: Keys = ()

    def refusal(self, keys: Keys, what: str) -> PresetError:
        """One line about a key: file, line, key, what is wrong."""
        return PresetError(_message(self.where, self.text, (*self.inside, *keys), what))


def _message(where: str, text: str, keys: Keys, what: str) -> str:
    try:
        line = line_of(_lines(text), keys)
    except (ValueError, RecursionError):  # nested too deeply for the scanner
        line = None
    at = "" if line is None else f" line {line}:"
    return f"{where}:{at} {dotted(keys)} {what}"


@functools.lru_cache(maxsize=1)
def _lines(text: str) -> dict[Keys, int]:
    """Many mistakes of one file are found by one scan."""
    return find_lines(text)


def read_layer(found: Found) -> Layer:
    """Read and check a preset's file.

    Raises:
        PresetError: it cannot be read, is no TOML, or its first mistake with its line.
    """
    table, text, sha256 = _read(found.path)
    for message in _messages(found.path, text, find_mistakes(PRESET, table)):
        raise PresetError(message)
    return _layer(table, text, sha256, found.path, found.name)


def find_file_mistakes(found: Found) -> list[str]:
    """The mistakes of a preset's file, a line each, the first `MOST_MISTAKES`.

    Raises:
        PresetError: it cannot be read, or is no TOML.
    """
    table, text, _ = _read(found.path)
    mistakes = itertools.islice(find_mistakes(PRESET, table), MOST_MISTAKES)
    return list(_messages(found.path, text, mistakes))


def song_layer(table: Any, path: Path | None) -> Layer:
    """The layer of a song's own settings.

    Args:
        table: what its song.toml has under `console`.
        path: that file, for messages and for what it extends.

    Raises:
        PresetError: a mistake in it; or it names a plug-in, or a preset by its file, which might.
    """
    text, sha256 = "", None
    if path is not None:
        _, text, sha256 = _read(path)
    where = path or Path("song.toml")
    for keys, what in find_mistakes(SONG_TABLE, table):
        raise PresetError(_message(str(where), text, (SONG_KEY, *keys), what))
    # A song's folder comes from anywhere; plug-ins are programs, and it has none to start.
    layer = _layer(table, text, sha256, where, where.name, inside=(SONG_KEY,))
    for name, strip in layer.table.items():
        if isinstance(strip, Mapping) and strip.get("plugins", NONE) not in (NONE, []):
            what = "is not for a song's folder: plug-ins are programs; name them in a preset"
            raise layer.refusal((name, "plugins"), what)
    for place, name in enumerate(layer.extends):
        if not is_name(name):
            what = f"must be the name of a preset in a song's folder, not {shown(name)}"
            raise layer.refusal((EXTENDS, place), what)
    return layer


def _layer(
    table: Mapping[str, Any],
    text: str,
    sha256: str | None,
    path: Path,
    name: str,
    inside: Keys = (),
) -> Layer:
    extends = table.get(EXTENDS, ())
    return Layer(
        where=str(path),
        table={
            k: with_whole_paths(v, path.absolute().parent)
            for k, v in table.items()
            if k not in _ABOUT
        },
        name=name,
        path=path,
        sha256=sha256,
        summary=table.get(SUMMARY, ""),
        extends=(extends,) if isinstance(extends, str) else tuple(extends),
        text=text,
        inside=inside,
    )


def with_whole_paths(strip: Any, folder: Path) -> Any:
    """A strip's checked table, the relative paths of its plug-ins taken from a folder."""
    if not isinstance(strip, Mapping) or strip.get("plugins", NONE) == NONE:
        return strip
    rows = strip["plugins"]
    if isinstance(rows, Mapping):
        return {**strip, "plugins": {k: _whole_paths(row, folder) for k, row in rows.items()}}
    return {**strip, "plugins": [_whole_paths(row, folder) for row in rows]}


def _whole_paths(plugin: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    whole = dict(plugin)
    for key in ("path", "preset"):
        if whole.get(key, NONE) not in (NONE, ""):
            # unlike Path.expanduser, it leaves a home that there is not as it is
            whole[key] = str(folder / os.path.expanduser(whole[key]))  # noqa: PTH111
    return whole


def _messages(path: Path, text: str, mistakes: Iterator[Mistake]) -> Iterator[str]:
    for keys, what in mistakes:
        yield _message(str(path), text, keys, what)


def _read(path: Path) -> tuple[dict[str, Any], str, str]:
    """The table, the text and the hash of a TOML file."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PresetError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > MAX_BYTES:
        raise PresetError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; that is no preset")
    try:
        # Editors on Windows put a byte order mark in front.
        text = content.decode("utf-8-sig")
        return parse_toml(text), text, hashlib.sha256(content).hexdigest()
    except UnicodeDecodeError:
        raise PresetError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path}: not valid TOML: {str(error)[:200]}") from None
