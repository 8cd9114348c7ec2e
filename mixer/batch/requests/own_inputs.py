"""Outputs that are a recording of some row's song: refused before anything is rendered.

Also where files are to be replaced: a recording is gone for good.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from mixer.audio.codecs.video import is_recording_file
from mixer.batch.requests.manifest import Row
from mixer.batch.requests.outputs import Target
from mixer.batch.requests.row_mistakes import mistake
from mixer.errors import InputError
from mixer.song.folders.folder import list_song_folder


def find_own_inputs(rows: Sequence[Row], targets: Sequence[Target], out: Path) -> list[str]:
    """Rows whose outputs are recordings, by any name or link, or would lie among recordings.

    An existing output can be a recording only if it is in a song's folder or has several links;
    without such an output, no song's folder is read.
    """
    songs = {str(row.song): row.number for row in rows}
    real_folders: dict[str, str] = {}
    # In a folder that is not there nothing is: of a first run, not a name is looked up.
    root, is_folder = os.fspath(out), cache(os.path.isdir)
    mistakes, suspects = [], []
    for row, target in zip(rows, targets, strict=True):
        if not target.mix or row.has_mistakes:
            continue
        taken = [f for f in target.folders if os.path.realpath(out / f) in songs]
        if taken:
            other = songs[os.path.realpath(out / taken[0])]
            what = f"{taken[0]!r} is the song of row {other}; choose another output"
            mistakes.append(mistake(row.number, "output", what))
            continue
        for path in target.files:
            whole = f"{root}/{path}"
            parent = os.path.dirname(whole)  # noqa: PTH120 - many of them
            if not is_folder(parent):
                continue
            try:
                status = os.stat(whole)  # noqa: PTH116
            except OSError:
                continue
            if parent not in real_folders:
                real_folders[parent] = os.path.realpath(parent)
            if (
                _is_inside(real_folders[parent], songs)
                or status.st_nlink > 1
                or os.path.islink(whole)  # noqa: PTH114
            ):
                suspects.append((row, path, (status.st_dev, status.st_ino)))
    inputs = _recordings(rows) if suspects else {}
    for row, path, identity in suspects:
        number = inputs.get(identity)
        if number is not None:
            what = f"{path!r} is a recording of the song of row {number}; choose another output"
            mistakes.append(mistake(row.number, "output", what))
    return mistakes


def _is_inside(folder: str, songs: Mapping[str, int]) -> bool:
    """Whether a folder is a song's or is in one."""
    return any(str(place) in songs for place in (Path(folder), *Path(folder).parents))


def _recordings(rows: Sequence[Row]) -> dict[tuple[int, int], int]:
    """Device and number of every audio file of every song, but mixes that mixer made; its row."""
    found: dict[tuple[int, int], int] = {}
    for row in rows:
        try:
            files = list_song_folder(row.song)
        except InputError:
            continue
        for file in files:
            if not is_recording_file(file.place) or not (file.reason is None or file.may_be_a_part):
                continue
            try:
                status = os.stat(file.place)  # noqa: PTH116 - many of them
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                found.setdefault((status.st_dev, status.st_ino), row.number)
    return found
