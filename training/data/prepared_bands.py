"""A prepared data set of band powers on disk, for networks that learn from them.

DIR/dataset.json             everything about the set, written last
DIR/profile.json             the profile to which the stems were normalised
DIR/songs/ID/song.json       everything about a song, written when it is complete
DIR/songs/ID/N.npy           an excerpt: float16 (2, stems, views, bands, frames), dB before and
                             after the console

Paths are made from checked names, never taken from a file; arrays are mapped, so that a step reads
the frames that it uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.errors import InputError
from mixer.files.array_file import read_array
from mixer.files.fields import MISSING, entries, flag, number, table
from mixer.network.band_mixer.parameters import VIEWS
from mixer.stems import STEMS
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

_MOST_EXCERPTS, _MOST_FRAMES, _MOST_BANDS, _LONGEST_FFT = 100_000, 1 << 24, 512, 1 << 16


@dataclass(frozen=True)
class _Excerpt:
    """An excerpt in a description; `played` names the stems that can be learnt from."""

    played: tuple[bool, ...] = entries(least=len(STEMS), most=len(STEMS))
    n_frames: int = number(MISSING, 1, _MOST_FRAMES)


@dataclass(frozen=True)
class _BandEntry(SongEntry):
    is_wet: bool = flag()
    excerpts: tuple[_Excerpt, ...] = entries(least=1, most=_MOST_EXCERPTS)


@dataclass(frozen=True)
class _Bands:
    n_fft: int = number(MISSING, 1, _LONGEST_FFT)
    n_bands: int = number(MISSING, 1, _MOST_BANDS)


@dataclass(frozen=True)
class _BandDescription(Description):
    bands: _Bands = table()
    songs: tuple[_BandEntry, ...] = entries(most=MOST_SONGS)


@dataclass(frozen=True)
class BandExample:
    """Band powers of an excerpt of a song.

    Attributes:
        path: file of its array.
        split: split of its song.
        played: whether each stem plays and can be learnt from.
        is_wet: whether the song has wet stems only, so that the input is the same stems,
            normalised.
        shape: shape of the array.
    """

    path: Path
    split: str
    played: tuple[bool, ...]
    is_wet: bool
    shape: tuple[int, ...]

    @property
    def n_frames(self) -> int:
        """Length in frames."""
        return self.shape[-1]

    def read(self, start: int, n_frames: int) -> NDArray[np.float16]:
        """Read frames of it, (2, stems, views, bands, n_frames), in dB.

        Raises:
            InputError: the file is damaged.
        """
        try:
            powers = read_array(self.path, mmap_mode="r")
        except (OSError, ValueError, EOFError):
            raise InputError(f"{self.path}: damaged; prepare the data set again") from None
        if powers.dtype != np.float16 or powers.shape != self.shape:
            raise InputError(
                f"{self.path}: changed since it was prepared; prepare the data set again"
            )
        cut = np.ascontiguousarray(powers[..., start : start + n_frames])
        if np.isnan(cut).any():
            raise InputError(f"{self.path}: holds NaN; prepare the data set again")
        return cut


@dataclass(frozen=True)
class PreparedBands(Prepared):
    """A prepared data set of band powers.

    Attributes:
        n_fft, n_bands: parameters of the transform, as in `BandMixerParameters`.
        examples: the examples of every split.
    """

    n_fft: int
    n_bands: int
    examples: tuple[BandExample, ...]

    @property
    def amount(self) -> str:
        """Amount of data, in words."""
        return f"{len(self.examples)} excerpts in {self.n_bands} bands"

    def of_split(self, split: str) -> tuple[BandExample, ...]:
        """The examples of one split.

        Raises:
            InputError: the split has no songs.
        """
        examples = tuple(example for example in self.examples if example.split == split)
        if not examples:
            raise self.lacks(split)
        return examples


def read_bands(folder: str | Path) -> PreparedBands:
    """Read and check the description of a prepared data set of band powers; no array is read.

    Raises:
        InputError: the folder has no finished data set or one of other examples, its description is
            damaged, or files are missing.
        ModelError: its profile is damaged.
    """
    folder = Path(folder)
    said, profile = read_description(folder, Examples.BANDS, _BandDescription)
    bands = said.bands
    return PreparedBands(
        folder=folder,
        sample_rate=said.sample_rate,
        effects=said.effects,
        profile=profile,
        n_fft=bands.n_fft,
        n_bands=bands.n_bands,
        examples=tuple(e for song in said.songs for e in _examples(song, folder, bands.n_bands)),
        sha256=said.sha256,
    )


def example_path(folder: Path, song_id: str, number: int) -> Path:
    """Path of an excerpt's array in the data set `folder`; excerpts count from 0."""
    return song_folder(folder, song_id) / f"{number}.npy"


def _examples(song: _BandEntry, folder: Path, n_bands: int) -> list[BandExample]:
    examples = []
    for number_of, excerpt in enumerate(song.excerpts):
        file = example_path(folder, song.id, number_of)
        refuse_missing(file)
        shape = (2, len(STEMS), len(VIEWS), n_bands, excerpt.n_frames)
        examples.append(BandExample(file, song.split, excerpt.played, song.is_wet, shape))
    return examples
