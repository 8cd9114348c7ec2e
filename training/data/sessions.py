"""Songs with their stems in one folder and the raw recordings in another, as MedleyDB has them.

    Song/Song_MIX.wav
    Song/Song_STEMS/Song_STEM_02.wav            wet: as it is in the mix
    Song/Song_RAW/Song_RAW_02_01.wav            one of the recordings that stem 02 was mixed from
    Song/Song_METADATA.yaml                     instruments, and which recordings belong to a stem

Without metadata, the numbers in the names say what belongs together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mixer.song.load import load_song
from mixer.song.metadata import Metadata, find_metadata
from mixer.song.song import Song

_STEMS, _RAW = "_STEMS", "_RAW"
_NUMBERED_STEM = re.compile(r"_STEM_(\d+)\.\w+$", re.IGNORECASE)
_NUMBERED_RAW = re.compile(r"_RAW_(\d+)_\d+\.\w+$", re.IGNORECASE)


@dataclass(frozen=True)
class Session:
    """The stems and the recordings of a song.

    Attributes:
        wet: the stems, as they are in the mix.
        dry: the recordings.
        raw_of: names of the recordings that each stem was mixed from, by the stem's file name.
    """

    wet: Song
    dry: Song
    raw_of: Mapping[str, tuple[str, ...]]


def find_session(folder: Path) -> Session | None:
    """Load a song folder with folders of stems and of recordings; None for any other layout.

    Raises:
        InputError: its metadata or its audio cannot be read.
        PresetError: a mistake in `song.toml`.
    """
    if not folder.is_dir():
        return None
    entries = sorted(folder.iterdir())
    metadata = find_metadata(
        folder, [path.name for path in entries if path.is_file() and not path.is_symlink()]
    )
    stems = _inner(entries, _STEMS, "" if metadata is None else metadata.stem_dir)
    raw = _inner(entries, _RAW, "" if metadata is None else metadata.raw_dir)
    if stems is None or raw is None:
        return None
    wet, dry = (load_song(path, metadata=metadata) for path in (stems, raw))
    files = [Path(recording.file).name for recording in wet.recordings]
    raws = [Path(recording.file).name for recording in dry.recordings]
    return Session(replace(wet, name=folder.name), dry, _relation(files, raws, metadata))


def is_session(folder: Path) -> bool:
    """Whether a folder is named to have stems and recordings as in MedleyDB."""
    entries = list(folder.iterdir())
    return all(_inner(entries, suffix, "") is not None for suffix in (_STEMS, _RAW))


def _inner(entries: Iterable[Path], suffix: str, named: str) -> Path | None:
    """The only folder of a name, or else of an ending; links are not followed."""
    folders = [path for path in entries if path.is_dir() and not path.is_symlink()]
    found = [path for path in folders if path.name == named]
    found = found or [path for path in folders if path.name.upper().endswith(suffix)]
    return found[0] if len(found) == 1 else None


def _relation(
    files: Iterable[str], raws: Iterable[str], metadata: Metadata | None
) -> dict[str, tuple[str, ...]]:
    """The recordings of each stem, by metadata or else by number."""
    if metadata is not None:
        return {stem.file: tuple(stem.raw) for stem in metadata.stems}
    by_number: dict[int, list[str]] = {}
    for raw in raws:
        if number := _NUMBERED_RAW.search(raw):
            by_number.setdefault(int(number[1]), []).append(raw)
    return {
        file: tuple(by_number.get(int(number[1]), ()))
        for file in files
        if (number := _NUMBERED_STEM.search(file))
    }
