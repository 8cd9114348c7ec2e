"""A prepared data set of audio on disk, for networks that learn from segments of it.

DIR/songs/ID/mixture.flac                  the target
DIR/songs/ID/wet/STEM.flac                 the stems as they are in the mix
DIR/songs/ID/normalised/STEM.VARIANT.flac  the network's input; variants differ in their rooms

The other files are those of every kind: see `training.data.prepared`. Audio is 24-bit stereo FLAC
at 44.1 kHz; all files of a song have the same length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixer.errors import InputError
from mixer.files.fields import MISSING, entries, number, table
from mixer.files.wording import counted
from training.data.prepared import (
    MOST_SONGS,
    SONG_FILE,
    SPLITS,
    Description,
    Examples,
    Prepared,
    SongEntry,
    read_description,
    read_record,
    refuse_missing,
    song_folder,
)

# Level given to silence in an envelope.
ENVELOPE_FLOOR_DBFS = -120.0
MIX = "mixture"
_MAX_VARIANTS = 1_000


@dataclass(frozen=True)
class PreparedSong:
    """A song of a prepared data set.

    Attributes:
        id: name of its folder under `songs`.
        name: name of the song, for messages.
        split: one of `SPLITS`.
        n_samples: length in samples of each of its files.
        stems: names of its stems, in the order of `STEMS`; the others are silent.
        folder: folder of its files.
        gains_db: for each stem, the gain in dB with which each reverb variant was stored to fit
            into full scale; almost always 0.
    """

    id: str
    name: str
    split: str
    n_samples: int
    stems: tuple[str, ...]
    folder: Path
    gains_db: dict[str, tuple[float, ...]]

    @property
    def mixture_path(self) -> Path:
        """Path of the target."""
        return mixture_path(self.folder)

    def wet_path(self, stem: str) -> Path:
        """Path of a wet stem."""
        return wet_path(self.folder, stem)

    def normalised_path(self, stem: str, variant: int) -> Path:
        """Path of a normalised stem; variants count from 0."""
        return normalised_path(self.folder, stem, variant)


@dataclass(frozen=True)
class PreparedDataset(Prepared):
    """A prepared data set of audio.

    Attributes:
        n_variants: number of reverb variants of vocals and other.
        songs: the songs of every split.
    """

    n_variants: int
    songs: tuple[PreparedSong, ...]

    @property
    def amount(self) -> str:
        """Amount of data, in words."""
        return counted(self.n_variants, "variant")

    def of_split(self, split: str) -> tuple[PreparedSong, ...]:
        """The songs of one split.

        Raises:
            InputError: the split has no songs.
        """
        songs = tuple(song for song in self.songs if song.split == split)
        if not songs:
            raise InputError(
                f"{self.folder}: no songs in split {split!r}; it has "
                + ", ".join(f"{sum(s.split == name for s in self.songs)} {name}" for name in SPLITS)
            )
        return songs


def mixture_path(folder: Path) -> Path:
    """Path of the target in a song's folder."""
    return folder / f"{MIX}.flac"


def wet_path(folder: Path, stem: str) -> Path:
    """Path of a wet stem in a song's folder."""
    return folder / "wet" / f"{stem}.flac"


def normalised_path(folder: Path, stem: str, variant: int) -> Path:
    """Path of a normalised stem in a song's folder; variants count from 0."""
    return folder / "normalised" / f"{stem}.{variant}.flac"


@dataclass(frozen=True)
class _AudioEntry(SongEntry):
    n_samples: int = number(MISSING, 1, 1 << 40)
    normalised_gain_db: Mapping[str, tuple[float, ...]] = entries(number(MISSING, -200.0, 0.0))

    def __post_init__(self) -> None:
        super().__post_init__()
        for stem in self.stems:
            if not 1 <= len(self.normalised_gain_db.get(stem, ())) <= _MAX_VARIANTS:
                raise ValueError(f"normalised_gain_db must have a gain for each variant of {stem}")


@dataclass(frozen=True)
class _AudioDescription(Description):
    n_variants: int = number(MISSING, 1, _MAX_VARIANTS)
    songs: tuple[_AudioEntry, ...] = entries(most=MOST_SONGS)


@dataclass(frozen=True)
class _Envelope:
    hop_samples: int = number(MISSING, 1, 1 << 24)
    level_dbfs: Mapping[str, Any] = table()


def read_dataset(folder: str | Path) -> PreparedDataset:
    """Read and check the description of a prepared data set of audio; no audio is read.

    Raises:
        InputError: the folder has no finished data set or one of band powers, its description is
            damaged, or files are missing.
        ModelError: its profile is damaged.
    """
    folder = Path(folder)
    said, profile = read_description(folder, Examples.AUDIO, _AudioDescription)
    return PreparedDataset(
        folder=folder,
        sample_rate=said.sample_rate,
        effects=said.effects,
        profile=profile,
        n_variants=said.n_variants,
        songs=tuple(_song(entry, folder) for entry in said.songs),
        sha256=said.sha256,
    )


def read_envelope_dbfs(song: PreparedSong, content: str) -> tuple[np.ndarray, int]:
    """Read the RMS level over time of a song's target or of a wet stem.

    Args:
        song: a song of a data set.
        content: `MIX` or one of the song's stems.

    Returns:
        Levels, float64 (steps,), in dBFS, at least `ENVELOPE_FLOOR_DBFS`; and the step in samples.

    Raises:
        InputError: the song's record is damaged.
    """
    document = read_record(song.folder / SONG_FILE)
    if not isinstance(document.table.get("envelope"), dict):
        raise document.refusal(("envelope",), "must be a table")
    envelope = document.part("envelope").read_as(_Envelope, is_open=True)
    levels = envelope.level_dbfs.get(content)
    if (
        not isinstance(levels, list)
        or len(levels) != -(-song.n_samples // envelope.hop_samples)
        or not all(
            isinstance(level, int | float) and not isinstance(level, bool) for level in levels
        )
    ):
        raise document.refusal(("envelope", "level_dbfs", content), "does not fit the song")
    return np.maximum(np.array(levels, np.float64), ENVELOPE_FLOOR_DBFS), envelope.hop_samples


def _song(entry: _AudioEntry, folder: Path) -> PreparedSong:
    song = PreparedSong(
        id=entry.id,
        name=entry.name,
        split=entry.split,
        n_samples=entry.n_samples,
        stems=entry.stems,
        folder=song_folder(folder, entry.id),
        gains_db={stem: entry.normalised_gain_db[stem] for stem in entry.stems},
    )
    last_files = [song.normalised_path(s, len(song.gains_db[s]) - 1) for s in song.stems]
    for file in [song.mixture_path, *(song.wet_path(stem) for stem in song.stems), *last_files]:
        refuse_missing(file)
    return song
