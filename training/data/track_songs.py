"""Songs for the track mixer: tracks as recorded, and as they sound in a mix.

A song is a few small arrays; no audio is stored.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from mixer.files.array_file import read_arrays
from mixer.files.whole_file import whole_file
from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.graph_inputs import describe_dynamics
from mixer.roles import HINT_OF_ROLE, HINTS, STEM_OF_ROLE
from mixer.stems import STEMS

# The recorded decisions of an engineer; NaN if unknown.
DECISIONS = ("spread", "widen_db", "short_room_db", "long_room_db", "echo_db", "reduction_db",
             "ratio", "high_pass_hz")  # fmt: skip


class SongKind(StrEnum):
    """Origin of a song's tracks."""

    COMPOSED = "composed"
    ENGINEERED = "engineered"
    ENGINEERED_STEMS = "engineered_stems"
    REAL = "real"
    DRY_AND_WET = "dry_and_wet"
    DRY_AND_MIXTURE = "dry_and_mixture"


@dataclass(frozen=True)
class SongTracks:
    """The tracks of one song, or of an excerpt.

    Attributes:
        kind: origin of the song, one of the constants of `SongKind`.
        genre: genre of a composed song; empty if unknown.
        roles: role of each track, one of `mixer.roles.ROLE_NAMES`.
        stems: stem of each track, one of `STEMS`.
        is_mono: bool (tracks,), whether the input is mono.
        dry_powers: (tracks, 3, bands): left, right and cross power; equal to `wet_powers` for a
            real mix without dry tracks.
        dry_dynamics: (tracks, `N_DYNAMICS`), dynamics of the dry tracks.
        wet_powers, wet_dynamics: the same of the tracks within the mix; NaN if they were not mixed.
            Of dry tracks with their mixture, the powers are estimated and the dynamics NaN.
        decisions: (tracks, `DECISIONS`), the engineer's settings; NaN if unknown.
    """

    kind: str
    genre: str
    roles: tuple[str, ...]
    stems: tuple[str, ...]
    is_mono: NDArray[np.bool_]
    dry_powers: NDArray[np.float32]
    dry_dynamics: NDArray[np.float32]
    wet_powers: NDArray[np.float32]
    wet_dynamics: NDArray[np.float32]
    decisions: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.roles)
        for name in ("stems", "is_mono", "dry_powers", "dry_dynamics", "wet_powers",
                     "wet_dynamics", "decisions"):  # fmt: skip
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} has {len(getattr(self, name))} tracks but roles has {n}")
        for role, stem in zip(self.roles, self.stems, strict=True):
            if role not in STEM_OF_ROLE or stem not in STEMS:
                raise ValueError(f"unknown role {role!r} or stem {stem!r}")


def make_song(
    kind: str,
    roles: tuple[str, ...],
    stems: tuple[str, ...],
    dry: list[TrackLevels],
    wet: list[TrackLevels] | None,
    decisions: NDArray[np.float32] | None = None,
    genre: str = "",
    estimated: NDArray[np.float32] | None = None,
) -> SongTracks:
    """Build a song from measured tracks.

    Without `wet`, it is one that nobody mixed, or whose tracks' powers within the mix are
    `estimated`, (tracks, 3, bands).
    """
    dry_powers, dry_dynamics = _arrays(dry)
    if wet is None:
        unknown = np.full_like(dry_powers, np.nan)
        wet_powers = unknown if estimated is None else estimated
        wet_dynamics = np.full_like(dry_dynamics, np.nan)
    else:
        wet_powers, wet_dynamics = _arrays(wet)
    if decisions is None:
        decisions = np.full((len(roles), len(DECISIONS)), np.nan, np.float32)
    is_mono = np.array([track.n_channels == 1 for track in dry])
    return SongTracks(
        kind,
        genre,
        roles,
        stems,
        is_mono,
        dry_powers,
        dry_dynamics,
        wet_powers,
        wet_dynamics,
        decisions,
    )


def write_song(song: SongTracks, path: Path) -> None:
    """Write a song as a file of plain arrays."""
    values = {field.name: np.asarray(getattr(song, field.name)) for field in fields(song)}
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **values)


def read_song(path: Path) -> SongTracks:
    """Read a song written by `write_song`.

    Raises:
        ValueError: the file is damaged, or does not contain a song.
    """
    try:
        return _read_song(path)
    except (OSError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise ValueError(f"{path}: not a valid song of tracks ({error})") from None


def _read_song(path: Path) -> SongTracks:
    arrays = read_arrays(path)
    values: dict[str, Any] = {field.name: arrays[field.name] for field in fields(SongTracks)}
    texts = {name: tuple(values[name].tolist()) for name in ("roles", "stems")}
    words = {name: str(values[name]) for name in ("kind", "genre")}
    return SongTracks(**{**values, **texts, **words})


def _arrays(tracks: list[TrackLevels]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    powers = np.stack([track.powers for track in tracks])
    dynamics = [describe_dynamics(track.frame_db, track.peak_db) for track in tracks]
    return powers.astype(np.float32), np.stack(dynamics).astype(np.float32)


def role_numbers(roles: tuple[str, ...]) -> NDArray[np.int64]:
    """Indices into `HINTS`, int64 (tracks,)."""
    return np.array([HINTS.index(HINT_OF_ROLE[role]) for role in roles])


def stem_numbers(stems: tuple[str, ...]) -> NDArray[np.int64]:
    """Indices into `STEMS`, int64 (tracks,)."""
    return np.array([STEMS.index(stem) for stem in stems])
