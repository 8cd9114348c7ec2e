"""A manifest from a tree of song folders."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from mixer.errors import InputError
from mixer.files.spreadsheet import cell
from mixer.files.wording import CONTROL_CHARACTER, visible
from mixer.song.folders.song_folders import find_song_folders

HEADER = (
    "song", "id", "album", "preset", "loudness_lufs", "true_peak_dbtp", "format", "bit_depth",
    "daw", "report",
)  # fmt: skip


def manifest_text(folder: Path, base: Path) -> tuple[str, list[str]]:
    """Make a manifest of every song below a folder.

    Args:
        folder: root of the tree.
        base: folder of the manifest; songs are written relative to it.

    Returns:
        The CSV text, and a line with the reason for each song, and for each folder that has audio,
        has no file or seems to be meant as a song, that is left out.

    Raises:
        InputError: the folder does not exist, or holds no song.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the one that holds the song folders")
    tree = find_song_folders(folder)
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(HEADER)
    left_out = [
        f"{visible(path.relative_to(folder).as_posix())}: {why}" for path, why in tree.left_out
    ]
    if not tree.songs:
        nothing = f"{folder}: none of its folders holds a song's recordings"
        raise InputError(nothing, *(f"left out: {line}" for line in left_out))
    for song in tree.songs:
        path = Path(os.path.relpath(song, base)).as_posix()
        inside = song.relative_to(folder).as_posix()
        name = song.resolve().name if inside == "." else inside
        try:
            (path + name).encode()
        except UnicodeEncodeError:
            left_out.append(f"{os.fsencode(path)!r}: its name is not UTF-8; rename it")
            continue
        if CONTROL_CHARACTER.search(
            path + name
        ):  # the text goes to a terminal as often as to a file
            left_out.append(f"{visible(path)}: its name holds a control character; rename it")
            continue
        # A path that a spreadsheet would take for a formula gets ./ in front.
        path = path if cell(path) == path else f"./{path}"
        writer.writerow((path, name, *("" for _ in HEADER[2:])))
    return sheet.getvalue(), left_out
