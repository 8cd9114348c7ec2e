"""Pairs of a mix and its reference: two files, two folders, or a table of pairs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixer.audio.formats import is_audio_name
from mixer.errors import Gathered, InputError

COLUMNS = ("mix", "reference")
OPTIONAL_COLUMNS = ("song", "system")
DEFAULT_SYSTEM = "mix"
# A table of pairs is text of a few hundred bytes a line.
MAX_TABLE_BYTES = 16 << 20


@dataclass(frozen=True)
class FilePair:
    """A mix and its reference on disk.

    Attributes:
        song: name that pairs results of several systems.
        system: what mixed it.
        mix, reference: audio files.
    """

    song: str
    system: str
    mix: Path
    reference: Path


def find_pairs(mix: Path, reference: Path) -> list[FilePair]:
    """Pair a mix with a reference, or the files of two folders by their names without ending.

    Raises:
        InputError: one is a folder and the other a file, no name is in both folders, or a folder
            has a name twice.
    """
    for path in (mix, reference):
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
    if mix.is_file() and reference.is_file():
        return [FilePair(mix.stem, DEFAULT_SYSTEM, mix, reference)]
    if mix.is_file() or reference.is_file():
        raise InputError(
            f"{mix} and {reference} are a file and a folder; give two files or two folders"
        )
    mixes, references = audio_by_name(mix), audio_by_name(reference)
    shared = [name for name in mixes if name in references]
    if not shared:
        raise InputError(
            f"{mix} and {reference}: no file name is in both; give each mix the name of "
            "its reference, "
            "or list the pairs in a CSV with the columns mix,reference"
        )
    return [FilePair(name, DEFAULT_SYSTEM, mixes[name], references[name]) for name in shared]


def unpaired(mix: Path, reference: Path) -> list[Path]:
    """Audio files of two folders that have no partner in the other one."""
    if not (mix.is_dir() and reference.is_dir()):
        return []
    mixes, references = audio_by_name(mix), audio_by_name(reference)
    return [path for name, path in mixes.items() if name not in references] + [
        path for name, path in references.items() if name not in mixes
    ]


def read_pairs(table: Path) -> list[FilePair]:
    """Read pairs from a CSV with the columns mix and reference, and perhaps song and system.

    Relative file names are relative to the table's folder.

    Raises:
        InputError: a column or every line is missing, a file does not exist, or a song is listed
            twice for one system.
    """
    if not table.is_file():
        raise InputError(f"{table}: the table of pairs was not found")
    if table.stat().st_size > MAX_TABLE_BYTES:
        raise InputError(
            f"{table}: larger than {MAX_TABLE_BYTES >> 20} MiB, so not a table of pairs"
        )
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise InputError(
                    f"{table}: column {missing[0]!r} is missing; the first line must name "
                    f"{','.join(COLUMNS)} and may name {','.join(OPTIONAL_COLUMNS)}"
                )
            gathered = Gathered(InputError)
            pairs: list[FilePair] = []
            for row in rows:
                with gathered.gathering():
                    pairs.append(_pair(table, rows.line_num, row))
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError(f"{table}: cannot be read as a CSV ({error}); save it as UTF-8") from None
    gathered.add(*_told_twice(table, pairs))
    gathered.refuse()
    if not pairs:
        raise InputError(f"{table}: the table has only a header; add a line for each pair")
    return pairs


def _told_twice(table: Path, pairs: Sequence[FilePair]) -> Iterator[str]:
    """A line for each song that a system has twice."""
    seen: set[tuple[str, str]] = set()
    for pair in pairs:
        if (pair.system, pair.song) in seen:
            yield (
                f"{table}: song {pair.song!r} appears twice for system {pair.system!r}; "
                "give each its own name in the columns song and system"
            )
        seen.add((pair.system, pair.song))


def audio_by_name(folder: Path) -> dict[str, Path]:
    """Audio files of a folder by their name without ending, in order.

    Raises:
        InputError: the folder does not exist, has no audio files, or has two that differ only in
            their ending.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.is_dir() or not is_audio_name(path.name):
            continue
        if path.stem in found:
            raise InputError(f"{folder}: {found[path.stem].name} and {path.name} share a name")
        found[path.stem] = path
    if not found:
        raise InputError(f"{folder}: no audio files in it")
    return found


def _pair(table: Path, line: int, row: dict[str, str | None]) -> FilePair:
    paths = []
    for column in COLUMNS:
        name = (row.get(column) or "").strip()
        if not name:
            raise InputError(f"{table}: line {line}: {column} is empty")
        path = table.parent / name
        if not path.is_file():
            raise InputError(f"{table}: line {line}: {path} is not a file")
        paths.append(path)
    song = (row.get("song") or "").strip() or paths[1].stem
    system = (row.get("system") or "").strip() or DEFAULT_SYSTEM
    return FilePair(song, system, *paths)
