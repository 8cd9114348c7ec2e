"""Records to rows of the ledger and back; a row is a stranger's until it is checked.

An output folder may come from anybody, with a ledger in it that says which files to move and which
to remove. So every value has its kind and its bounds, and every path stays where results lie.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath
from typing import Any

from mixer.batch.batch_figures import Figures
from mixer.batch.requests.row_request import Asked
from mixer.batch.states import State
from mixer.song.folders.folder_names import BATCH_STATE_FOLDER

LONGEST_CELL_BYTES = 16 << 20
_LONGEST_TEXT = 1 << 20
# One more still fits into a cell.
_MOST_ATTEMPTS = 10**9
_JSON = ("settings", "files", "moves", "figures")
_STAGED = re.compile(r"work/[0-9a-f]{1,64}/")


@dataclass(frozen=True)
class Record:
    """One song in the ledger.

    Attributes:
        id: the song's.
        state: progress of the song.
        output: path of the mix, relative to the output folder.
        album: None for a single.
        attempts: renders begun, including retries after a worker died.
        renders: renders finished and published.
        settings: the whole request, as JSON values.
        settings_sha256, inputs_sha256, model_sha256, profile_sha256, code_version: what it was
            made from.
        inputs_stat: see `mixer.batch.inputs.stat_inputs`.
        files: of the finished mix: [path relative to the output folder, bytes, sha256].
        moves: while publishing: [staged path relative to the state folder, path relative to the
            output folder].
        figures: measurements and times.
        token: token of the last attempt.
        started, finished: ISO 8601, UTC.
        error: reason of a failure; None otherwise.
    """

    id: str
    state: State = State.PENDING
    output: str = ""
    album: str | None = None
    attempts: int = 0
    renders: int = 0
    settings: Asked = field(default_factory=Asked)
    settings_sha256: str = ""
    inputs_stat: str = ""
    inputs_sha256: str = ""
    model_sha256: str = ""
    profile_sha256: str = ""
    code_version: str = ""
    files: list[list[Any]] = field(default_factory=list)
    moves: list[list[str]] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)
    token: str = ""
    started: str = ""
    finished: str = ""
    error: str | None = None


NAMES = tuple(f.name for f in fields(Record))
INTEGERS = ("attempts", "renders")
_OPTIONAL = ("album", "error")


def as_row(record: Record) -> tuple[Any, ...]:
    """A record as a row of the SQLite table."""
    # ASCII alone: a file name that is not UTF-8 comes as lone surrogates, which SQLite refuses.
    return tuple(
        json.dumps(getattr(record, name), separators=(",", ":"), allow_nan=False)
        if name in _JSON
        else getattr(record, name)
        for name in NAMES
    )


def from_row(row: Sequence[Any]) -> Record:
    """Convert a row of the table to a checked record.

    Raises:
        ValueError: a value is invalid; the message says which.
    """
    values = dict(zip(NAMES, row, strict=True))
    for name, value in values.items():
        _check_cell(name, value)
        if name in _JSON:
            values[name] = _parse(name, value)
    if values["state"] not in {state.value for state in State}:
        raise ValueError("state is unknown")
    values["state"] = State(values["state"])
    for name in ("settings", "figures"):
        if not isinstance(values[name], dict):
            raise ValueError(f"{name} is not a table")
    _check_figures(values["figures"])
    if values["output"] and not is_inside(values["output"]):
        raise ValueError("output leads out of the output folder")
    _check_files(values["files"])
    _check_moves(values["moves"], values["output"])
    return Record(**values)


def is_inside(path: str) -> bool:
    """Whether a path may be a result's: inside the output folder, outside the ledger's folder."""
    pure = PurePosixPath(path)
    is_plain = not pure.is_absolute() and ".." not in pure.parts and "\0" not in path
    return is_plain and bool(pure.parts) and pure.parts[0].casefold() != BATCH_STATE_FOLDER


def _check_cell(name: str, value: object) -> None:
    if name in INTEGERS:
        if not isinstance(value, int) or not 0 <= value <= _MOST_ATTEMPTS:
            raise ValueError(f"{name} is not a whole number from 0 to {_MOST_ATTEMPTS}")
    elif not isinstance(value, str) and not (value is None and name in _OPTIONAL):
        raise ValueError(f"{name} is not text")
    elif isinstance(value, str) and name not in _JSON and len(value) > _LONGEST_TEXT:
        raise ValueError(f"{name} is longer than {_LONGEST_TEXT} characters")


def _parse(name: str, text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ValueError(f"{name} is not JSON") from None


def _refuse_constant(word: str) -> object:
    raise ValueError(word)


def _check_files(files: object) -> None:
    for entry in _entries("files", files, 3):
        path, n_bytes, sha256 = entry
        if not isinstance(path, str) or not is_inside(path):
            raise ValueError("files has a path that leads out of the output folder")
        if not _is_whole(n_bytes) or not isinstance(sha256, str):
            raise ValueError("files has an entry without its size and hash")


def _check_moves(moves: object, output: str) -> None:
    base = str(PurePosixPath(output).with_suffix("")) if output else ""
    for staged, path in _entries("moves", moves, 2):
        if not isinstance(staged, str) or not _STAGED.match(staged) or not is_inside(staged):
            raise ValueError("moves names a file that is not staged")
        if not isinstance(path, str) or not (is_inside(path) and path.startswith(f"{base}.")):
            raise ValueError("moves has a destination that does not belong to its mix")


def _entries(name: str, value: object, n_values: int) -> list[list[Any]]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is not a list")
    if not all(isinstance(entry, list) and len(entry) == n_values for entry in value):
        raise ValueError(f"{name} is not a list of entries with {n_values} values each")
    return value


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _is_number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) < 1e12  # not of NaN


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _or_none(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _list_of(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _is_times(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values()))


def _is_move(value: object) -> bool:
    return _is_times(value) and set(value) == {"off_db", "move_db"}  # type: ignore[call-overload]


# Figures that tables, outliers and albums use; others are left alone.
_FIGURES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        (
            "loudness_lufs",
            "true_peak_dbtp",
            "gain_db",
            "gain_reduction_db",
            "premaster_lufs",
        ),
        _or_none(_is_number),
    ),
    **dict.fromkeys(("album_offset_db", "duration_s", "sample_rate"), _is_number),
    **dict.fromkeys(("model", "device"), _or_none(_is_text)),
    **dict.fromkeys(("left_out", "not_recognised", "remarks"), _list_of(_is_text)),
    "seconds": _is_times,
    "album_sound": _is_times,
    "album_moves": lambda value: isinstance(value, dict) and all(map(_is_move, value.values())),
    "spectrum_db": _list_of(_or_none(_is_number)),
}


def _check_figures(figures: Mapping[str, object]) -> None:
    for name, value in figures.items():
        check = _FIGURES.get(name)
        if check is not None and not check(value):
            raise ValueError(f"figures has a {name} of the wrong type")
