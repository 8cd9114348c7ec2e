"""Learnt changes in a song's `song.toml`: the console's tables replaced, all else unchanged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mixer.errors import InputError, PresetError
from mixer.files.regular_file import read_regular
from mixer.files.toml_lines import find_lines
from mixer.files.toml_text import parse_toml
from mixer.files.toml_writing import table_lines
from mixer.files.whole_file import write_output
from mixer.files.wording import visible
from mixer.learn.user_edit import Edit
from mixer.preset.layer import SONG_KEY, song_layer
from mixer.song.folders.folder_names import SONG_FILE

_HEADER = re.compile(r"\s*\[")
_SHOWN = 3  # recordings


def song_toml_with(folder: Path, edits: Sequence[Edit]) -> str:
    """The text of a song's file with edits in its console.

    Args:
        folder: the song's.
        edits: learnt changes; a key that is there already is replaced.

    Raises:
        InputError: the folder does not exist.
        PresetError: the file is not TOML, has its console in a form that is not written, or would
            no longer be valid: the session or its recall sheet says what no strip can have.
    """
    _, table = _read(folder)
    console = table.get(SONG_KEY, {})
    if not isinstance(console, dict):
        raise PresetError(f"{folder / SONG_FILE}: {SONG_KEY} must be a table")
    merged = console
    for edit in edits:
        merged = _merged(merged, edit.keys, edit.table)
    song_layer(merged, None)
    return song_toml_with_tables(folder, {SONG_KEY: merged})


def refuse_other_song(folder: Path, recordings: Sequence[str]) -> None:
    """Refuse to write into a folder that holds none of a session's recordings.

    The recorded folder of a song that has moved, or of somebody else's, may hold anything.

    Args:
        folder: the song's.
        recordings: names of the session's, relative to the song's folder.

    Raises:
        InputError: the folder does not exist, or is not the song's.
    """
    _refuse_missing(folder)
    if recordings and not any(_holds(folder, name) for name in recordings):
        shown = ", ".join(visible(name) for name in recordings[:_SHOWN])
        more = f" and {len(recordings) - _SHOWN} more" if len(recordings) > _SHOWN else ""
        raise InputError(
            f"{visible(folder)}: holds none of the session's recordings ({shown}{more}); "
            "give the song's folder with --song"
        )


def _holds(folder: Path, name: str) -> bool:
    """Whether a recording, or the container whose stream it is, is in a folder."""
    return any(
        bool(file) and ".." not in Path(file).parts and (folder / file).is_file()
        for file in (name, name.rpartition("#")[0])
    )


def _refuse_missing(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(f"{visible(folder)}: no such folder; give the song's folder with --song")


def song_toml_with_tables(
    folder: Path,
    tables: Mapping[str, Mapping[str, Any]],
    additions: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """The text of a song's file with whole tables replaced; all else stays unchanged.

    Args:
        folder: the song's.
        tables: by key of the file, in place of what is there.
        additions: likewise, laid over what is there, two tables deep.

    Raises:
        InputError: the folder does not exist.
        PresetError: the file is not TOML, or has one of them in a form that is not written.
    """
    text, there = _read(folder)
    whole = dict(tables)
    for key, more in (additions or {}).items():
        inner = there.get(key, {})
        if not isinstance(inner, dict):
            raise PresetError(f"{folder / SONG_FILE}: {key} must be a table")
        whole[key] = _merged(inner, (), more)
    kept = _without_tables(text, folder / SONG_FILE, frozenset(whole)).rstrip("\n")
    lines = [line for key, table in whole.items() if table for line in table_lines(table, key)]
    return "\n".join([*([kept] if kept else []), *lines]).lstrip("\n") + "\n"


def _read(folder: Path) -> tuple[str, dict[str, Any]]:
    _refuse_missing(folder)
    path = folder / SONG_FILE
    try:
        text = read_regular(path).decode().replace("\r\n", "\n") if path.exists() else ""
        return text, parse_toml(text)
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path} is not TOML: {error}") from None
    except OSError as error:
        raise PresetError(f"{path}: cannot be read ({error.strerror})") from None


def write_song_toml(folder: Path, text: str) -> Path:
    """Write a song's file, whole or not at all.

    Raises:
        OutputError: the disk is full or read-only.
    """
    path = folder / SONG_FILE
    write_output(path, text)
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


def _without_tables(text: str, path: Path, taken: frozenset[str]) -> str:
    """The text without some of its tables; comments in them go with them."""
    lines = text.replace("\r\n", "\n").split("\n")
    headers: dict[int, bool] = {}
    for keys, number in find_lines(text).items():
        if _HEADER.match(lines[number - 1]):
            headers[number] = headers.get(number, False) or keys[0] in taken
        elif keys[0] in taken and len(keys) == 1:
            raise PresetError(
                f"{path}, line {number}: {keys[0]} is not a separate table; write it as "
                f"[{keys[0]}.NAME] and so on, then try again"
            )
    kept, is_taken = list[str](), False
    for number, line in enumerate(lines, 1):
        is_taken = headers.get(number, is_taken)
        if not is_taken:
            kept.append(line)
    return "\n".join(kept)
