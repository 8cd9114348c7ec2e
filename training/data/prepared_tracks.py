"""A prepared data set of tracks on disk, for networks that mix them.

DIR/dataset.json             everything about the set, written last
DIR/profile.json             the profile that every data set states; not used by a track mixer
DIR/songs/ID/song.json       everything about a song, written when it is complete
DIR/songs/ID/N.npz           an excerpt: `training.data.track_songs.SongTracks`
DIR/composed/SPLIT/N.npz     songs that were composed and mixed in memory, if there are any
DIR/mixologydb.json          mixes without audio, if there are any

Paths are made from checked names, never taken from a file; nothing is unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixer.errors import InputError
from mixer.files.fields import MISSING, entries, number
from training.data.prepared import (
    MOST_SONGS,
    Description,
    Examples,
    Prepared,
    SongEntry,
    read_description,
    refuse_missing,
    song_folder,
)
from training.data.track_songs import SongTracks, read_song

COMPOSED_FOLDER = "composed"
_MOST_EXCERPTS = 100_000


@dataclass(frozen=True)
class _TrackEntry(SongEntry):
    excerpts: int = number(MISSING, 1, _MOST_EXCERPTS)


@dataclass(frozen=True)
class _TrackDescription(Description):
    songs: tuple[_TrackEntry, ...] = entries(most=MOST_SONGS)


@dataclass(frozen=True)
class PreparedTracks(Prepared):
    """A prepared data set of tracks.

    Attributes:
        files: split and file of every excerpt of a song by people.
        composed: the same for composed songs, which `sha256` does not cover.
    """

    files: tuple[tuple[str, Path], ...]
    composed: tuple[tuple[str, Path], ...]

    @property
    def amount(self) -> str:
        """Amount of data, in words."""
        return f"{len(self.files)} excerpts and {len(self.composed)} composed songs"

    def of_split(self, split: str) -> list[SongTracks]:
        """Read the songs of one split.

        Raises:
            InputError: the split has no songs, or a file is damaged.
        """
        paths = [path for name, path in (*self.files, *self.composed) if name == split]
        if not paths:
            raise self.lacks(split)
        songs = []
        for path in paths:
            try:
                songs.append(read_song(path))
            except ValueError:
                raise InputError(f"{path}: damaged; prepare the data set again") from None
        return songs


def read_tracks(folder: str | Path) -> PreparedTracks:
    """Read and check the description of a prepared data set of tracks; no array is read.

    Raises:
        InputError: the folder has no finished data set or one of other examples, its description is
            damaged, or files are missing.
        ModelError: its profile is damaged.
    """
    folder = Path(folder)
    said, profile = read_description(folder, Examples.TRACKS, _TrackDescription)
    composed = sorted((folder / COMPOSED_FOLDER).glob("*/*.npz"))
    return PreparedTracks(
        folder=folder,
        sample_rate=said.sample_rate,
        effects=said.effects,
        profile=profile,
        files=tuple(file for song in said.songs for file in _files(song, folder)),
        composed=tuple((path.parent.name, path) for path in composed),
        sha256=said.sha256,
    )


def tracks_path(folder: Path, song_id: str, number: int) -> Path:
    """Path of an excerpt's arrays in the data set `folder`; excerpts count from 0."""
    return song_folder(folder, song_id) / f"{number}.npz"


def _files(song: _TrackEntry, folder: Path) -> list[tuple[str, Path]]:
    files = []
    for excerpt in range(song.excerpts):
        file = tracks_path(folder, song.id, excerpt)
        refuse_missing(file)
        files.append((song.split, file))
    return files
