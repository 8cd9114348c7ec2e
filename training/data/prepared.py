"""A prepared data set on disk: what lies where, and reading its description.

DIR/dataset.json                           everything about the set, written last
DIR/profile.json                           what the stems were normalised to
DIR/songs/ID/song.json                     everything about a song, written when it is complete
DIR/songs/ID/mixture.flac                  the target
DIR/songs/ID/wet/STEM.flac                 the stems as they stand in the mix
DIR/songs/ID/normalised/STEM.VARIANT.flac  the network's input; variants differ in their rooms

Audio is 24-bit stereo FLAC at 44.1 kHz, all files of a song of one length. Paths are made from
checked names, never taken from a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mixer.errors import InputError
from mixer.files.document import read_json
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
# The level of silence in an envelope.
ENVELOPE_FLOOR_DBFS = -120.0
MIX = "mixture"
# What a data set holds: segments of audio to learn from, powers of stems in bands, or tracks.
AUDIO, BANDS, TRACKS = "audio", "bands", "tracks"

_MAX_JSON_BYTES = 64 << 20
_MAX_VARIANTS = 1_000
_SONG_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


@dataclass(frozen=True)
class PreparedSong:
    """A song of a prepared data set.

    Attributes:
        id: its folder under `songs`.
        name: for people.
        split: one of `SPLITS`.
        n_samples: length of each of its files.
        stems: those it has, in the order of `STEMS`; the others are silence.
        folder: where its files are.
        gains_db: stem to the gain that each of its differently reverberated versions was stored
            with to fit into full scale; 0 for almost all.
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
        return mixture_path(self.folder)

    def wet_path(self, stem: str) -> Path:
        return wet_path(self.folder, stem)

    def normalised_path(self, stem: str, variant: int) -> Path:
        return normalised_path(self.folder, stem, variant)


@dataclass(frozen=True)
class PreparedDataset:
    """A prepared data set.

    Attributes:
        folder: where it is.
        sample_rate: in Hz.
        effects: what its stems were normalised by, in order.
        profile: what they were normalised to.
        n_variants: differently reverberated versions of vocals and other.
        songs: of every split.
        sha256: of everything that decides its content.
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
        """How much there is, in words."""
        return f"{self.n_variants} variants"

    def of_split(self, split: str) -> tuple[PreparedSong, ...]:
        """The songs of one split.

        Raises:
            InputError: there is none.
        """
        songs = tuple(song for song in self.songs if song.split == split)
        if not songs:
            raise InputError(
                f"{self.folder}: no song for {split!r}; it has "
                + ", ".join(f"{sum(s.split == name for s in self.songs)} {name}" for name in SPLITS)
            )
        return songs


def song_folder(folder: Path, song_id: str) -> Path:
    return folder / "songs" / song_id


def mixture_path(folder: Path) -> Path:
    return folder / f"{MIX}.flac"


def wet_path(folder: Path, stem: str) -> Path:
    return folder / "wet" / f"{stem}.flac"


def normalised_path(folder: Path, stem: str, variant: int) -> Path:
    return folder / "normalised" / f"{stem}.{variant}.flac"


@dataclass(frozen=True)
class Description:
    """What the descriptions of all prepared data sets say, checked, and the rest as it is there."""

    path: Path
    content: dict[str, Any]
    sample_rate: int
    effects: tuple[str, ...]
    profile: Profile
    sha256: str


def read_description(folder: Path, examples: str) -> Description:
    """Read the description of a data set and check what all have in common.

    Args:
        folder: of the data set.
        examples: what it must hold, `AUDIO` or `BANDS`.

    Raises:
        InputError: no finished data set there, one of other examples, or a damaged description.
        ModelError: its profile is damaged.
    """
    path = folder / DATASET_FILE
    if not path.is_file():
        unfinished = (folder / PLAN_FILE).is_file()
        raise InputError(
            f"{folder}: the data set is not finished; run the same mixer dataset prepare again"
            if unfinished
            else f"{folder}: no prepared data set in it; make one with mixer dataset prepare"
        )
    content = read_object(path)
    version = content.get("schema_version")
    if version != SCHEMA_VERSION:
        raise InputError(f"{path}: schema version {version!r} where {SCHEMA_VERSION} is known")
    found = content.get("examples", AUDIO)
    if found != examples:
        raise InputError(
            f"{folder}: holds {found}, and {examples} are needed; prepare another folder with"
            f" mixer dataset prepare --examples {examples}"
        )
    if tuple(typed_value(content, "stems", list, path)) != STEMS:
        raise InputError(f"{path}: stems other than {', '.join(STEMS)}; prepare it again")
    profile = read_profile(folder / PROFILE_FILE)
    if profile.sha256 != typed_value(content, "profile", dict, path).get("sha256"):
        raise InputError(f"{folder / PROFILE_FILE}: not the profile that the data were made with")
    return Description(
        path=path,
        content=content,
        sample_rate=whole_value(content, "sample_rate", 384_000, path),
        effects=tuple(str(effect) for effect in typed_value(content, "effects", list, path)),
        profile=profile,
        sha256=str(typed_value(content, "sha256", str, path)),
    )


def read_dataset(folder: str | Path) -> PreparedDataset:
    """Read and check the description of a prepared data set of audio; no audio is read.

    Raises:
        InputError: no finished data set there, one of band powers, a damaged description, or files
            missing.
        ModelError: its profile is damaged.
    """
    folder = Path(folder)
    head = read_description(folder, AUDIO)
    songs = typed_value(head.content, "songs", list, head.path)
    return PreparedDataset(
        folder=folder,
        sample_rate=head.sample_rate,
        effects=head.effects,
        profile=head.profile,
        n_variants=whole_value(head.content, "n_variants", _MAX_VARIANTS, head.path),
        songs=tuple(_song(entry, folder, head.path) for entry in songs),
        sha256=head.sha256,
    )


def read_envelope_dbfs(song: PreparedSong, content: str) -> tuple[np.ndarray, int]:
    """RMS level of a song's target or of a wet stem over time.

    Args:
        song: from a data set.
        content: `MIX` or one of the song's stems.

    Returns:
        float64 (steps,) in dBFS, never below `ENVELOPE_FLOOR_DBFS`, and the step in samples.

    Raises:
        InputError: the song's record is damaged.
    """
    path = song.folder / SONG_FILE
    envelope = typed_value(read_object(path), "envelope", dict, path)
    hop_samples = whole_value(envelope, "hop_samples", 1 << 24, path)
    levels = typed_value(typed_value(envelope, "level_dbfs", dict, path), content, list, path)
    if len(levels) != -(-song.n_samples // hop_samples) or not all(
        isinstance(level, int | float) and not isinstance(level, bool) for level in levels
    ):
        raise InputError(f"{path}: the envelope of {content} does not fit the song")
    return np.maximum(np.array(levels, np.float64), ENVELOPE_FLOOR_DBFS), hop_samples


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file of bounded size.

    Raises:
        InputError: not there, too large, or not a JSON object.
    """
    what = "a record of a prepared data set"
    advice = "prepare the data set again"
    return dict(read_json(path, what, InputError, advice=advice, most_bytes=_MAX_JSON_BYTES).table)


def song_head(entry: object, path: Path) -> tuple[str, str, str, tuple[str, ...]]:
    """Id, name, split and stems of a song in a description.

    Raises:
        InputError: one of them is missing or out of range.
    """
    if not isinstance(entry, dict):
        raise InputError(f"{path}: songs must be a list of objects")
    song_id = str(typed_value(entry, "id", str, path))
    if not _SONG_ID.fullmatch(song_id):
        raise InputError(f"{path}: {song_id!r} is not a song id; prepare the data set again")
    split = str(typed_value(entry, "split", str, path))
    if split not in SPLITS:
        raise InputError(f"{path}: song {song_id}: split {split!r} is none of {', '.join(SPLITS)}")
    stems = tuple(typed_value(entry, "stems", list, path))
    if not stems or stems != tuple(stem for stem in STEMS if stem in stems):
        raise InputError(f"{path}: song {song_id}: stems must be some of {', '.join(STEMS)}")
    return song_id, str(typed_value(entry, "name", str, path)), split, stems


def _song(entry: Any, folder: Path, path: Path) -> PreparedSong:
    song_id, name, split, stems = song_head(entry, path)
    gains_db = typed_value(entry, "normalised_gain_db", dict, path)
    song = PreparedSong(
        id=song_id,
        name=name,
        split=split,
        n_samples=whole_value(entry, "n_samples", 1 << 40, path),
        stems=stems,
        folder=song_folder(folder, song_id),
        gains_db={stem: _gains(gains_db, stem, path) for stem in stems},
    )
    last_files = [song.normalised_path(stem, len(song.gains_db[stem]) - 1) for stem in stems]
    for file in [song.mixture_path, *(song.wet_path(stem) for stem in stems), *last_files]:
        if not file.is_file():
            raise InputError(f"{file}: missing; run the same mixer dataset prepare again")
    return song


def _gains(content: dict[str, Any], stem: str, path: Path) -> tuple[float, ...]:
    gains_db = typed_value(content, stem, list, path)
    if not 1 <= len(gains_db) <= _MAX_VARIANTS or not all(
        isinstance(gain_db, float) and -200.0 <= gain_db <= 0.0 for gain_db in gains_db
    ):
        raise InputError(f"{path}: the gains of {stem} are out of range; prepare it again")
    return tuple(gains_db)


def typed_value(content: dict[str, Any], key: str, kind: Any, path: Path) -> Any:
    """A value of a JSON object.

    Raises:
        InputError: it is missing or of another type.
    """
    value = content.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise InputError(f"{path}: {key} is missing or of the wrong kind; prepare it again")
    return value


def whole_value(content: dict[str, Any], key: str, largest: int, path: Path) -> int:
    """A whole number from 1 to `largest` of a JSON object.

    Raises:
        InputError: it is missing, of another type or out of range.
    """
    value = typed_value(content, key, int, path)
    if not 1 <= value <= largest:
        raise InputError(f"{path}: {key} is {value}, not within 1 and {largest}")
    return int(value)
