"""A prepared data set of band powers on disk, for networks that learn from them.

DIR/dataset.json             everything about the set, written last
DIR/profile.json             what the stems were normalised to
DIR/songs/ID/song.json       everything about a song, written when it is complete
DIR/songs/ID/N.npy           an excerpt: float16 (2, stems, views, bands, frames), dB before and
                             after the console

Paths are made from checked names, never taken from a file; arrays are mapped, so that a step reads
the frames that it uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixer.errors import InputError
from mixer.fxnorm.profile import Profile
from mixer.network.band_mixer.parameters import VIEWS
from mixer.stems import STEMS
from training.data.prepared import (
    BANDS,
    read_description,
    song_folder,
    song_head,
    typed_value,
    whole_value,
)

_MOST_EXCERPTS, _MOST_FRAMES, _MOST_BANDS, _LONGEST_FFT = 100_000, 1 << 24, 512, 1 << 16


@dataclass(frozen=True)
class BandExample:
    """An excerpt of a song.

    Attributes:
        path: its array.
        split: of its song.
        played: which stems are there to learn from.
        is_wet: the song has wet stems alone: what goes in is the same, normalised.
        shape: of the array.
    """

    path: Path
    split: str
    played: tuple[bool, ...]
    is_wet: bool
    shape: tuple[int, ...]

    @property
    def n_frames(self) -> int:
        return self.shape[-1]

    def read(self, start: int, n_frames: int) -> NDArray[np.float16]:
        """Frames of it, (2, stems, views, bands, n_frames).

        Raises:
            InputError: the file is damaged.
        """
        try:
            powers = np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            raise InputError(f"{self.path}: damaged; prepare the data set again") from None
        if powers.dtype != np.float16 or powers.shape != self.shape:
            raise InputError(f"{self.path}: not the excerpt that was prepared; prepare it again")
        cut = np.ascontiguousarray(powers[..., start : start + n_frames])
        if np.isnan(cut).any():
            raise InputError(f"{self.path}: holds NaN; prepare the data set again")
        return cut


@dataclass(frozen=True)
class PreparedBands:
    """A prepared data set of band powers.

    Attributes:
        folder: where it is.
        sample_rate: in Hz, of the audio behind it.
        effects: what its stems were normalised by, in order.
        profile: what they were normalised to.
        n_fft, n_bands: of the transform, as in `BandMixerParameters`.
        examples: of every split.
        sha256: of everything that decides its content.
    """

    folder: Path
    sample_rate: int
    effects: tuple[str, ...]
    profile: Profile
    n_fft: int
    n_bands: int
    examples: tuple[BandExample, ...]
    sha256: str

    @property
    def amount(self) -> str:
        """How much there is, in words."""
        return f"{len(self.examples)} excerpts in {self.n_bands} bands"

    def of_split(self, split: str) -> tuple[BandExample, ...]:
        """The examples of one split.

        Raises:
            InputError: there is none.
        """
        examples = tuple(example for example in self.examples if example.split == split)
        if not examples:
            raise InputError(f"{self.folder}: no song for {split!r}; prepare it with more songs")
        return examples


def read_bands(folder: str | Path) -> PreparedBands:
    """Read and check the description of a prepared data set of band powers; no array is read.

    Raises:
        InputError: no finished data set there, one of audio, a damaged description, or files
            missing.
        ModelError: its profile is damaged.
    """
    folder = Path(folder)
    head = read_description(folder, BANDS)
    content, path = head.content, head.path
    bands = typed_value(content, "bands", dict, path)
    n_fft = whole_value(bands, "n_fft", _LONGEST_FFT, path)
    n_bands = whole_value(bands, "n_bands", _MOST_BANDS, path)
    songs = typed_value(content, "songs", list, path)
    return PreparedBands(
        folder=folder,
        sample_rate=head.sample_rate,
        effects=head.effects,
        profile=head.profile,
        n_fft=n_fft,
        n_bands=n_bands,
        examples=tuple(each for song in songs for each in _examples(song, folder, path, n_bands)),
        sha256=head.sha256,
    )


def example_path(folder: Path, song_id: str, number: int) -> Path:
    return song_folder(folder, song_id) / f"{number}.npy"


def _examples(entry: Any, folder: Path, path: Path, n_bands: int) -> list[BandExample]:
    song_id, _, split, _ = song_head(entry, path)
    excerpts = typed_value(entry, "excerpts", list, path)
    if not 1 <= len(excerpts) <= _MOST_EXCERPTS:
        raise InputError(f"{path}: song {song_id}: no excerpts; prepare it again")
    is_wet = entry.get("is_wet")
    if not isinstance(is_wet, bool):
        raise InputError(f"{path}: song {song_id}: is_wet must be true or false")
    examples = []
    for number, excerpt in enumerate(excerpts):
        played = typed_value(excerpt, "played", list, path)
        if len(played) != len(STEMS) or not all(isinstance(plays, bool) for plays in played):
            raise InputError(f"{path}: song {song_id}: played must say it of each stem")
        n_frames = whole_value(excerpt, "n_frames", _MOST_FRAMES, path)
        file = example_path(folder, song_id, number)
        if not file.is_file():
            raise InputError(f"{file}: missing; run the same mixer dataset prepare again")
        shape = (2, len(STEMS), len(VIEWS), n_bands, n_frames)
        examples.append(BandExample(file, split, tuple(played), is_wet, shape))
    return examples
