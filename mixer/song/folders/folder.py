"""Every file under a song's folder: a candidate to be mixed, or left out with its reason.

A song is a folder of recordings, of folders of instruments (`Drums/Kick In.wav`), or of a folder of
stems or multitracks beside a mix of them. A folder of several songs is not one song. Every
file that is left out has a reason.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mixer.errors import InputError
from mixer.song.folders.folder_plan import OF_MIXES, FolderPlan, plan_folder
from mixer.song.folders.folder_tree import Folder, scan_folder
from mixer.song.folders.not_recordings import not_a_recording
from mixer.song.folders.song_folders import find_song_folders

_MAX_DEPTH = 4  # folders below the song's in which recordings are looked for
_SHOWN_SONGS = 3
_WRITTEN = "written by mixer"
_MADE = "a mix that mixer made"
_HIDDEN = "in a hidden folder"


class FolderFile(NamedTuple):
    """One file under a song's folder.

    Attributes:
        place: its path.
        name: relative to the song's folder, with forward slashes.
        instruments: words of the names of the instrument folders that it is in, innermost first.
        reason: why it is left out; None for a candidate.
        may_be_a_part: whether it is left out although it may be a part of the song.
        is_plain: whether it is a regular file, not a link, a pipe or a device.
    """

    place: str
    name: str
    instruments: tuple[str, ...] = ()
    reason: str | None = None
    may_be_a_part: bool = False
    is_plain: bool = False

    @property
    def path(self) -> Path:
        return Path(self.place)


def list_song_folder(folder: Path) -> list[FolderFile]:
    """Every file under a song's folder, links to folders included, in no particular order.

    Raises:
        InputError: it cannot be read, contains several songs, or more than `MAX_FILES` files.
    """
    root = scan_folder(folder)
    plan = plan_folder(root, is_song=True)
    if plan.songs:
        _refuse_songs(folder, plan.songs)
    files = list(_listed(root, "", (), plan, 0))
    if all(file.reason is not None for file in files):
        songs = find_song_folders(folder).songs
        if len(songs) > 1:
            _refuse_songs(folder, [path.relative_to(folder).as_posix() for path in songs])
    return files


def _refuse_songs(folder: Path, songs: Sequence[str]) -> None:
    more = len(songs) - _SHOWN_SONGS
    raise InputError(
        f"{folder}: holds songs, not the parts of one ({', '.join(songs[:_SHOWN_SONGS])}"
        + (f" and {more} more" if more > 0 else "")
        + f"); render one of them, or all: mixer batch init {shlex.quote(str(folder))}"
        " > manifest.csv, then mixer batch manifest.csv"
    )


def _listed(
    folder: Folder, prefix: str, words: tuple[str, ...], plan: FolderPlan, depth: int
) -> Iterator[FolderFile]:
    """The files of a folder that is searched."""
    siblings, audio = frozenset(folder.files), frozenset(folder.audio)
    for name in folder.files:
        told = None if name in audio else not_a_recording(folder.place, name, siblings)
        reason: str | None
        if told is not None:
            reason, warn = told.reason, told.may_be_a_part
        elif name not in audio:
            reason, warn = _MADE, False
        else:
            reason, warn = plan.own_sums.get(name) or plan.own_reason, True
        yield FolderFile(
            f"{folder.place}/{name}",
            prefix + name,
            words,
            reason,
            warn and reason is not None,
            name not in folder.odd_files,
        )
    yield from _links(folder, prefix)
    for inner in folder.folders:
        name = inner.name
        inside = f"{prefix}{name}/"
        if name in plan.read and depth < _MAX_DEPTH:
            own = (*plan.read[name], *words)
            further = plan_folder(inner, is_song=not own)
            if further.songs:
                reason = f'in the folder "{prefix}{name}", which holds other songs'
                yield from _passed_over(inner, inside, reason)
            else:
                yield from _listed(inner, inside, own, further, depth + 1)
        else:
            written = f'in the folder "{name}", {_WRITTEN}' if folder.was_written(inner) else None
            yield from _passed_over(inner, inside, written or plan.left_out.get(name))


def _passed_over(folder: Folder, prefix: str, reason: str | None) -> Iterator[FolderFile]:
    """The files of a folder that is not searched."""
    if reason is None and folder.name.startswith("."):
        reason = _HIDDEN
    if folder.is_output_of_batch:
        reason = f'in the folder "{folder.name}", {_WRITTEN}'
    is_sure = reason is not None and reason.endswith((_WRITTEN, OF_MIXES, _HIDDEN))
    audio = frozenset(folder.audio)
    siblings = frozenset(folder.files)
    for name in folder.files:
        told = None if name in audio else not_a_recording(folder.place, name, siblings)
        why = reason or f"more than {_MAX_DEPTH} folders below the song's"
        may_be_a_part = told is None and name in audio and not is_sure
        if told is not None:
            why = told.reason
        elif name not in audio:
            why = _MADE
        is_plain = name not in folder.odd_files
        yield FolderFile(f"{folder.place}/{name}", prefix + name, (), why, may_be_a_part, is_plain)
    yield from _links(folder, prefix)
    if folder.is_cut:
        unread = "a folder that cannot be read; change its permissions"
        yield FolderFile(folder.place, prefix, (), unread, True)
    for inner in folder.folders:
        yield from _passed_over(inner, f"{prefix}{inner.name}/", reason)


def _links(folder: Folder, prefix: str) -> Iterator[FolderFile]:
    for name in folder.links:
        reason = "a link to a folder, or one too deep to be searched"
        yield FolderFile(f"{folder.place}/{name}", prefix + name, (), reason, True)
