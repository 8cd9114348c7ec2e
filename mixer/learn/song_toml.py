"""What was learnt, in a song's `song.toml`: the console's tables anew, all else as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mixer.errors import InputError, OutputError, PresetError
from mixer.files.regular_file import read_regular
from mixer.files.toml_lines import find_lines
from mixer.files.toml_text import parse_toml
from mixer.files.toml_writing import table_lines
from mixer.files.whole_file import whole_file
from mixer.learn.hand_edit import Edit
from mixer.preset.layer import SONG_KEY
from mixer.song.folder_names import SONG_FILE

_HEADER = re.compile(r"\s*\[")


def song_toml_with(folder: Path, edits: Sequence[Edit]) -> str:
    """The text of a song's file with edits in its console.

    Args:
        folder: the song's.
        edits: what was learnt; a key that is there already is replaced.

    Raises:
        InputError: the folder is not there.
        PresetError: the file is not TOML, or has its console in a form that is not written.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the song's with --song")
    path = folder / SONG_FILE
    try:
        text = read_regular(path).decode().replace("\r\n", "\n") if path.exists() else ""
        table = parse_toml(text)
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise PresetError(f"{path} cannot be read: {error.strerror}") from None
    console = table.get(SONG_KEY, {})
    if not isinstance(console, dict):
        raise PresetError(f"{path}: {SONG_KEY} must be a table")
    merged = console
    for edit in edits:
        merged = _merged(merged, edit.keys, edit.table)
    kept = _without_console(text, path).rstrip("\n")
    lines = list(table_lines(merged, SONG_KEY))
    return "\n".join([*([kept] if kept else []), *lines]).lstrip("\n") + "\n"


def write_song_toml(folder: Path, text: str) -> Path:
    """Write a song's file, whole or not at all.

    Raises:
        OutputError: the disk is full or read-only.
    """
    path = folder / SONG_FILE
    try:
        with whole_file(path) as partial:
            partial.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None
    return path


def _merged(
    table: Mapping[str, Any], keys: Sequence[str], more: Mapping[str, Any]
) -> dict[str, Any]:
    """A table with more at a place in it; tables are laid over each other, all else replaced."""
    if keys:
        inner = table.get(keys[0], {})
        inner = inner if isinstance(inner, Mapping) else {}
        return {**table, keys[0]: _merged(inner, keys[1:], more)}
    merged = dict(table)
    for key, value in more.items():
        there = merged.get(key)
        is_laid_over = isinstance(value, Mapping) and isinstance(there, Mapping)
        merged[key] = {**there, **value} if is_laid_over and there is not None else value
    return merged


def _without_console(text: str, path: Path) -> str:
    """The text without its console's tables; comments in them go with them."""
    lines = text.replace("\r\n", "\n").split("\n")
    headers: dict[int, bool] = {}
    for keys, number in find_lines(text).items():
        if _HEADER.match(lines[number - 1]):
            headers[number] = headers.get(number, False) or keys[0] == SONG_KEY
        elif keys[0] == SONG_KEY and len(keys) == 1:
            raise PresetError(
                f"{path}, line {number}: {SONG_KEY} is not a table of its own; write it as "
                f"[{SONG_KEY}.vocals] and so on, then learn again"
            )
    kept, is_console = list[str](), False
    for number, line in enumerate(lines, 1):
        is_console = headers.get(number, is_console)
        if not is_console:
            kept.append(line)
    return "\n".join(kept)
