"""The song folders in a tree of folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mixer.files.wording import quote
from mixer.song.folders.folder_contents import holds_songs, is_band, n_parts
from mixer.song.folders.folder_plan import is_collection, plan_folder
from mixer.song.folders.folder_tree import Folder, scan_folder
from mixer.song.folders.folder_words import PERHAPS_INSTRUMENT, FolderKind, kind_of
from mixer.song.folders.not_recordings import not_a_recording
from mixer.song.names.track_names import classify


@dataclass(frozen=True)
class SongTree:
    """The songs in a tree of folders.

    Attributes:
        songs: their folders, sorted; the tree's own where it is a song.
        left_out: other folders with audio, empty ones, and those that seem to be meant as songs,
            and why each is not a song.
    """

    songs: tuple[Path, ...]
    left_out: tuple[tuple[Path, str], ...]


def find_song_folders(folder: Path) -> SongTree:
    """The song folders in a tree.

    Folders of mixes, of what is set aside and of mixer's own results are passed over; hidden
    folders and links to folders too.

    Raises:
        InputError: it cannot be read.
    """
    songs: list[Path] = []
    left_out: list[tuple[Path, str]] = []
    _search(scan_folder(folder, bounded=False), songs, left_out)
    return SongTree(tuple(sorted(songs)), tuple(left_out))


def _search(folder: Folder, songs: list[Path], left_out: list[tuple[Path, str]]) -> None:
    plan = plan_folder(folder, is_song=True)
    inner_folders = {inner.name: inner for inner in folder.folders}
    named = any(
        words
        or (kind_of(name, folder.name) == FolderKind.PARTS and is_collection(inner_folders[name]))
        for name, words in plan.read.items()
    )
    if named or plan.own_reason is not None or (folder.audio and not plan.songs):
        if plan.is_mingled:
            left_out.append((folder.path, f"holds parts {plan.own_reason}"))
        elif not plan.read and all(classify(name).stem is None for name in folder.audio):
            left_out.append((folder.path, "every file in it is named as a mix, a click or a guide"))
        else:
            songs.append(folder.path)
        for name, inner in inner_folders.items():
            # A song that is in another's folder is not mixed by that other.
            titled = kind_of(name, folder.name) in (FolderKind.OTHER, PERHAPS_INSTRUMENT)
            if titled and name in plan.left_out and (is_band(inner) or holds_songs(inner)):
                _search(inner, songs, left_out)
        return
    left_out += [(folder.path / name, "beside songs, not in one of them") for name in folder.audio]
    for inner in folder.folders:
        name = inner.name
        doubted = name in plan.songs and not plan.is_album
        if doubted and _is_no_song(folder, inner, plan.songs):
            left_out.append((inner.path, "named after no song, and no file in it after a part"))
        elif name in plan.songs or name in plan.read:
            _search(inner, songs, left_out)
        elif name in plan.left_out:
            left_out.append((inner.path, plan.left_out[name]))
        elif not inner.holds_audio and not name.startswith(".") and not folder.was_written(inner):
            why = "empty" if inner.is_empty else _meant_as_song(inner)
            left_out += [(inner.path, why)] if why else []


def _is_no_song(folder: Folder, inner: Folder, songs: Sequence[str]) -> bool:
    """Whether a folder beside songs is one of samples, of exports, and the like.

    Its name is not a title, and no file in it is named after a part.
    """
    has_title = kind_of(inner.name, folder.name) in (FolderKind.OTHER, PERHAPS_INSTRUMENT)
    beside_parts = any(n_parts(other) for other in folder.folders if other.name in songs)
    return not has_title and beside_parts and not n_parts(inner)


def _meant_as_song(folder: Folder) -> str | None:
    """Why a folder without recordings is not a song, if a file in it says that it should be."""
    if folder.is_output_of_batch:
        return None
    siblings = frozenset(folder.files)
    for name in folder.files:
        told = not_a_recording(folder.place, name, siblings)
        if told is not None and (told.is_of_a_song or told.may_be_a_part):
            return f"no recordings in it, but {quote(name)}: {told.reason}"
    if folder.is_cut:
        return "cannot be read; change its permissions"
    inside = (inner for inner in folder.folders if not inner.name.startswith("."))
    return next(filter(None, map(_meant_as_song, inside)), None)
