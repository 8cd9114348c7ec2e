"""A manifest from a tree of song folders."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from mixer.batch.outputs import STATE_FOLDER
from mixer.errors import InputError

HEADER = (
    "song", "id", "album", "preset", "loudness_lufs", "true_peak_dbtp", "format", "bit_depth",
    "daw", "report",
)  # fmt: skip


def find_songs(folder: Path) -> list[Path]:
    """Folders below `folder` that hold audio, sorted; a song's own folders are not searched.

    Hidden folders and the results of a batch are passed over, links to folders are not followed.

    Raises:
        InputError: there is no such folder, or no song in it.
    """
    from mixer.audio.formats import is_audio_name

    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the one that holds the song folders")
    songs = []
    for place, folders, files in os.walk(folder):
        if STATE_FOLDER in folders:  # an output folder: its mixes are no songs
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if any(is_audio_name(name) and not name.startswith(".") for name in files):
            songs.append(Path(place))
            folders.clear()
    if not songs:
        raise InputError(f"{folder}: no folder in it holds audio files")
    return songs


def manifest_text(folder: Path, base: Path) -> tuple[str, list[str]]:
    """A manifest of every song below a folder.

    Args:
        folder: the tree.
        base: where the manifest will lie; songs are written relative to it.

    Returns:
        The CSV text, and the songs that were left out, with the reason.

    Raises:
        InputError: no song there.
    """
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(HEADER)
    left_out = []
    for song in find_songs(folder):
        path = Path(os.path.relpath(song, base)).as_posix()
        inside = song.relative_to(folder).as_posix()
        name = song.resolve().name if inside == "." else inside
        try:
            (path + name).encode()
        except UnicodeEncodeError:
            left_out.append(f"{os.fsencode(path)!r}: its name is no UTF-8; rename it")
            continue
        writer.writerow((path, name, *("" for _ in HEADER[2:])))
    return sheet.getvalue(), left_out
