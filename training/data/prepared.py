"""Common to prepared data sets of all kinds: their folders, and their description.

DIR/dataset.json             everything about the set, written last
DIR/profile.json             the profile to which the stems were normalised
DIR/songs/ID/song.json       everything about a song, written when it is complete

Paths are made from checked names, never taken from a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from mixer.errors import InputError
from mixer.files.document import Document, read_json
from mixer.files.fields import MISSING, TextKind, choice, entries, number, table, text
from mixer.files.wording import quote, visible
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


class Examples(StrEnum):
    """Kinds of examples in a data set: segments of audio, powers of stems in bands, or tracks."""

    AUDIO = "audio"
    BANDS = "bands"
    TRACKS = "tracks"


_MAX_JSON_BYTES = 64 << 20
MOST_SONGS = 1_000_000
_ADVICE = "prepare the data set again"
_SONG_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")

Stated = TypeVar("Stated", bound="Description")


@dataclass(frozen=True)
class Prepared:
    """Description of any prepared data set.

    Attributes:
        folder: its path.
        sample_rate: in Hz, of the audio from which it was made.
        effects: names of the effects with which its stems were normalised, in order.
        profile: the profile to which they were normalised.
        sha256: hash of everything that determines its content, composed songs apart.
    """

    folder: Path
    sample_rate: int
    effects: tuple[str, ...]
    profile: Profile
    sha256: str

    def lacks(self, split: str) -> InputError:
        """The error that says that a split has no songs."""
        return InputError(f"{self.folder}: no songs in split {split!r}; prepare it with more songs")


def refuse_missing(file: Path) -> None:
    """Raise InputError if a file of a data set is not there."""
    if not file.is_file():
        raise InputError(f"{file}: missing; run the same mixer dataset prepare again")


def song_folder(folder: Path, song_id: str) -> Path:
    """Folder of a song in the data set `folder`."""
    return folder / "songs" / song_id


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
    document = _read_description(folder)
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


def stated_in(folder: Path) -> dict[str, object]:
    """The description of a prepared data set as it is written, unchecked.

    Raises:
        InputError: the folder has no finished data set, or its description is not JSON.
    """
    return dict(_read_description(folder).table)


def _read_description(folder: Path) -> Document:
    path = folder / DATASET_FILE
    if not path.is_file():
        raise InputError(f"{folder}: {_why_there_is_none(folder)}")
    return read_record(path)


def _why_there_is_none(folder: Path) -> str:
    if not folder.is_dir():
        return "no such folder; prepare a data set there with mixer dataset prepare"
    if (folder / PLAN_FILE).is_file():
        return "the data set is not finished; run the same mixer dataset prepare again"
    return "contains no prepared data set; make one with mixer dataset prepare"


def read_object(path: Path) -> dict[str, object]:
    """Read a JSON object from a file of limited size.

    Raises:
        InputError: the file is missing, too large, or not a JSON object.
    """
    return dict(read_record(path).table)


def read_record(path: Path) -> Document:
    """Read a JSON document of a data set, of limited size.

    Raises:
        InputError: the file is missing, too large, or not a JSON object.
    """
    what = "a record of a prepared data set"
    return read_json(path, what, InputError, advice=_ADVICE, most_bytes=_MAX_JSON_BYTES)
