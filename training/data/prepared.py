"""A prepared data set on disk: its files, and reading its description.

DIR/dataset.json                           everything about the set, written last
DIR/profile.json                           the profile to which the stems were normalised
DIR/songs/ID/song.json                     everything about a song, written when it is complete
DIR/songs/ID/mixture.flac                  the target
DIR/songs/ID/wet/STEM.flac                 the stems as they are in the mix
DIR/songs/ID/normalised/STEM.VARIANT.flac  the network's input; variants differ in their rooms

Audio is 24-bit stereo FLAC at 44.1 kHz; all files of a song have the same length. Paths are made
from checked names, never taken from a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mixer.errors import InputError
from mixer.files.document import Document, read_json
from mixer.files.fields import MISSING, TextKind, choice, entries, number, table, text
from mixer.files.wording import counted, quote, visible
from mixer.fxnorm.profile import Profile, read_profile
from mixer.stems import STEMS

SCHEMA_VERSION = 1
SPLITS = ("train", "valid", "test")
DATASET_FILE, PROFILE_FILE, SONG_FILE, PLAN_FILE = (
    "dataset.json",
    "profile.json",
    "song.json",
    "prepare.json",
)
# Level given to silence in an envelope.
ENVELOPE_FLOOR_DBFS = -120.0
MIX = "mixture"
# Kinds of examples in a data set: segments of audio, powers of stems in bands, or tracks.


class Examples(StrEnum):
    """Kinds of examples in prepared data sets."""

    AUDIO = "audio"
    BANDS = "bands"
    TRACKS = "tracks"


_MAX_JSON_BYTES = 64 << 20
_MAX_VARIANTS = 1_000
MOST_SONGS = 1_000_000
_ADVICE = "prepare the data set again"
_SONG_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")

Stated = TypeVar("Stated", bound="Description")


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
class PreparedDataset:
    """A prepared data set.

    Attributes:
        folder: its path.
        sample_rate: in Hz.
        effects: names of the effects with which its stems were normalised, in order.
        profile: the profile to which they were normalised.
        n_variants: number of reverb variants of vocals and other.
        songs: the songs of every split.
        sha256: hash of everything that determines its content.
    """

    folder: Path
    sample_rate: int
    effects: tuple[str, ...]
    profile: Profile
    n_variants: int
    songs: tuple[PreparedSong, ...]
    sha256: str

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


def song_folder(folder: Path, song_id: str) -> Path:
    """Folder of a song in the data set `folder`."""
    return folder / "songs" / song_id


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
class SongEntry:
    """A song in the description of any prepared data set."""

    id: str = text(pattern=_SONG_ID, means="a song id")
    name: str = text(kind=TextKind.RAW, shortest=0)
    split: str = choice(MISSING, SPLITS)
    stems: tuple[str, ...] = entries(choice(MISSING, STEMS), least=1)

    def __post_init__(self) -> None:
        if self.stems != tuple(stem for stem in STEMS if stem in self.stems):
            raise ValueError(f"stems must be in the order of {', '.join(STEMS)}")


@dataclass(frozen=True)
class ProfileEntry:
    """The profile to which a data set was normalised."""

    sha256: str = text()


@dataclass(frozen=True)
class Description:
    """Common part of the descriptions of prepared data sets; each kind adds its songs."""

    sample_rate: int = number(MISSING, 1, 384_000)
    stems: tuple[str, ...] = entries(text())
    effects: tuple[str, ...] = entries(text())
    profile: ProfileEntry = table()
    sha256: str = text()


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


def read_description(folder: Path, examples: str, kind: type[Stated]) -> tuple[Stated, Profile]:
    """Read the description of a data set and check the parts that all kinds share.

    Args:
        folder: folder of the data set.
        examples: required kind, `Examples.AUDIO`, `Examples.BANDS` or `Examples.TRACKS`.
        kind: the dataclass of that kind's description.

    Returns:
        The description, and the profile that it names.

    Raises:
        InputError: the folder has no finished data set or one of other examples, or its description
            is damaged.
        ModelError: its profile is damaged.
    """
    path = folder / DATASET_FILE
    if not path.is_file():
        raise InputError(f"{folder}: {_why_there_is_none(folder)}")
    document = _read(path)
    version = document.table.get("schema_version")
    if version != SCHEMA_VERSION:
        raise InputError(f"{path}: schema version must be {SCHEMA_VERSION}, not {quote(version)}")
    # An absent key says audio, as data sets from before there were others do.
    found = document.table.get("examples", Examples.AUDIO)
    if found != examples:
        raise InputError(
            f"{folder}: holds {visible(found)}, but {examples} are needed; prepare another folder"
            f" with mixer dataset prepare --examples {examples}"
        )
    description = document.read_as(kind, is_open=True)
    if description.stems != STEMS:
        raise InputError(f"{path}: stems other than {', '.join(STEMS)}; {_ADVICE}")
    profile = read_profile(folder / PROFILE_FILE)
    if profile.sha256 != description.profile.sha256:
        raise InputError(
            f"{folder / PROFILE_FILE}: not the profile that the data set was prepared with;"
            f" {_ADVICE}"
        )
    return description, profile


def _why_there_is_none(folder: Path) -> str:
    if not folder.is_dir():
        return "no such folder; prepare a data set there with mixer dataset prepare"
    if (folder / PLAN_FILE).is_file():
        return "the data set is not finished; run the same mixer dataset prepare again"
    return "contains no prepared data set; make one with mixer dataset prepare"


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
    document = _read(song.folder / SONG_FILE)
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


def read_object(path: Path) -> dict[str, object]:
    """Read a JSON object from a file of limited size.

    Raises:
        InputError: the file is missing, too large, or not a JSON object.
    """
    return dict(_read(path).table)


def _read(path: Path) -> Document:
    what = "a record of a prepared data set"
    return read_json(path, what, InputError, advice=_ADVICE, most_bytes=_MAX_JSON_BYTES)


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
        if not file.is_file():
            raise InputError(f"{file}: missing; run the same mixer dataset prepare again")
    return song
