"""`song.toml`: what the engineer says about a song folder.

title = "Free"
dry = true                      # a dry recording: vocals and other get a room before the rest
tempo_bpm = 128

[files."07_Noise*.wav"]         # a file name, or a pattern with * and ?
stem = "drums"
gain_db = -3
ignore = false

[console]                       # a preset's tables; they win over presets named for the render
extends = "rock"
[console.vocals]
gain_db = 1.5

[[markers]]                     # places for the DAW session
name = "chorus"
time_s = 43.2
"""

from __future__ import annotations

import dataclasses
import difflib
import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixer.errors import PresetError
from mixer.files.toml_text import parse_toml
from mixer.song.folder_names import SONG_FILE
from mixer.stems import STEMS

GAIN_RANGE_DB = (-60.0, 24.0)
TEMPO_RANGE_BPM = (10.0, 400.0)
MARKER_RANGE_S = (0.0, 360_000.0)
_MAX_BYTES = 1_000_000
_LONGEST_NAME = 200


@dataclass(frozen=True)
class FileSettings:
    """What `song.toml` says about a file; None where it says nothing.

    Attributes:
        stem: one of `STEMS`.
        gain_db: applied before the file is summed into its stem.
        ignore: leave the file out.
    """

    stem: str | None = None
    gain_db: float = 0.0
    ignore: bool = False


@dataclass(frozen=True)
class Marker:
    """A named place in the song, in seconds from its start."""

    name: str
    time_s: float


@dataclass(frozen=True)
class SongSettings:
    """The whole of `song.toml`; without the file, all defaults.

    Attributes:
        title: of the song.
        dry: the recording is dry.
        tempo_bpm: in beats a minute.
        files: what is said of files, by name or pattern.
        console: the table as it stands, for `mixer.preset` to check and merge; empty without one.
        markers: by time.
    """

    title: str | None = None
    dry: bool = False
    tempo_bpm: float | None = None
    files: Mapping[str, FileSettings] = field(default_factory=dict)
    console: Mapping[str, Any] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()

    def for_file(self, name: str) -> FileSettings | None:
        """What is said about a file: under its own name, else under the first pattern that fits."""
        if name in self.files:
            return self.files[name]
        for pattern, settings in self.files.items():
            if fnmatch.fnmatchcase(name, pattern):
                return settings
        return None


def read_song_file(folder: Path, file_names: Iterable[str]) -> SongSettings:
    """Read `song.toml` of a folder, if it has one.

    Args:
        folder: the song.
        file_names: the audio files in it; every entry under `files` must fit at least one.

    Raises:
        PresetError: not TOML, an unknown key (the nearest is named), a wrong type or range, or an
            entry that fits no file.
    """
    path = folder / SONG_FILE
    if not path.exists():
        return SongSettings()
    if not path.is_file():
        raise PresetError(f"{path}: is not a file")
    if path.stat().st_size > _MAX_BYTES:
        raise PresetError(f"{path}: larger than 1 MB; that is no song.toml")
    try:
        # Editors on Windows put a byte order mark in front.
        table = parse_toml(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise PresetError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path}: not valid TOML: {str(error)[:200]}") from None
    _check_keys(table, [f.name for f in dataclasses.fields(SongSettings)], str(path))
    files = _typed(table, "files", dict, str(path), default={})
    names = list(file_names)
    return SongSettings(
        title=_title(table, str(path)),
        dry=_typed(table, "dry", bool, str(path), default=False),
        tempo_bpm=_number(table, "tempo_bpm", TEMPO_RANGE_BPM, str(path)),
        files={
            pattern: _file_settings(pattern, entry, names, str(path))
            for pattern, entry in files.items()
        },
        console=_typed(table, "console", dict, str(path), default={}),
        markers=_markers(table, str(path)),
    )


def _title(table: Mapping[str, Any], path: str) -> str | None:
    title: str | None = _typed(table, "title", str, path)
    # It becomes a line of recipes, sessions and reports.
    if title is not None and (len(title) > _LONGEST_NAME or not title.isprintable()):
        raise PresetError(f"{path}: title must be one line of at most {_LONGEST_NAME} characters")
    return title


def _markers(table: Mapping[str, Any], path: str) -> tuple[Marker, ...]:
    entries = _typed(table, "markers", list, path, default=[])
    markers = [_marker(entry, f"{path}: markers[{i}]") for i, entry in enumerate(entries)]
    return tuple(sorted(markers, key=lambda marker: marker.time_s))


def _marker(entry: Any, where: str) -> Marker:
    if not isinstance(entry, dict):
        raise PresetError(
            f'{where}: write it as a table, e.g. {{ name = "chorus", time_s = 43.2 }}'
        )
    _check_keys(entry, ["name", "time_s"], where)
    name = _typed(entry, "name", str, where)
    # It becomes a line of a session file.
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise PresetError(f"{where}: name must be one line of 1 to {_LONGEST_NAME} characters")
    time_s = _number(entry, "time_s", MARKER_RANGE_S, where)
    if time_s is None:
        raise PresetError(f"{where}: time_s is missing; give the seconds from the song's start")
    return Marker(name, time_s)


def _file_settings(pattern: str, entry: Any, names: list[str], path: str) -> FileSettings:
    where = f'{path}: files."{pattern}"'
    if not isinstance(entry, dict):
        raise PresetError(f'{where}: write it as a table, e.g. {{ stem = "drums" }}')
    _check_keys(entry, ["stem", "gain_db", "ignore"], where)
    if pattern not in names and not fnmatch.filter(names, pattern):
        raise PresetError(f"{where}: no such file in the folder{_nearest(pattern, names)}")
    stem = _typed(entry, "stem", str, where)
    if stem is not None and stem not in STEMS:
        raise PresetError(f"{where}: stem {stem!r} is none of {', '.join(STEMS)}")
    return FileSettings(
        stem=stem,
        gain_db=_number(entry, "gain_db", GAIN_RANGE_DB, where) or 0.0,
        ignore=_typed(entry, "ignore", bool, where, default=False),
    )


def _check_keys(table: Mapping[str, Any], known: list[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise PresetError(f"{where}: unknown key {key!r}{_nearest(key, known)}")


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known[:12])}"


def _typed(
    table: Mapping[str, Any], key: str, kind: type, where: str, *, default: Any = None
) -> Any:
    value = table.get(key, default)
    if value is not None and not isinstance(value, kind):
        words = {str: "a text", bool: "true or false", dict: "a table", list: "a list"}
        raise PresetError(f"{where}: {key} must be {words[kind]}, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """A value for a message; a stranger's may be of any length."""
    try:
        return repr(value)[:80]
    except (ValueError, RecursionError):
        return "that"


def _number(
    table: Mapping[str, Any], key: str, allowed: tuple[float, float], where: str
) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    low, high = allowed
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise PresetError(
            f"{where}: {key} must be a number from {low:g} to {high:g}, not {_shown(value)}"
        )
    return float(value)
