"""Paths of a mix's files, and the format that a name asks for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from mixer.audio.formats import FORMATS, without_audio_suffix
from mixer.errors import SettingsError
from mixer.files.file_names import unique_names
from mixer.rendering.choices.baselines import INPUT_SUM, NORMALISED_SUM
from mixer.song.folders.folder_names import (
    RECALL_NUMBERS_SUFFIX,
    RECIPE_SUFFIX,
    SESSION_SUFFIX,
    STEMS_SUFFIX,
    TRACKS_SUFFIX,
    VERSIONS_SUFFIX,
)
from mixer.stems import RESIDUAL

REPORT_SUFFIX = ".report.html"
SESSION_AUDIO = ("residual", "short_room", "long_room", "echo", "reverb", "delay")
SESSION_ROOMS = ("short_room", "long_room", "reverb")
# The recall sheet of sessions, and the numbers that they were written with.
RECALL_SUFFIXES = {"recall": ".recall.md", "recall table": ".recall.csv",
                   "recall numbers": RECALL_NUMBERS_SUFFIX}  # fmt: skip
# Roles of files, beside which each wet stem's name is one.


class FileRole(StrEnum):
    """Roles of files; each name of a wet stem is one beside them."""

    MIX = "mix"
    RECIPE = "recipe"


# In front of a track's name, where roles of files are distinguished.
TRACK_ROLE = "tracks/"
# In front of a version's name, likewise.
VERSION_ROLE = "versions/"
LISTENING_COPIES = (INPUT_SUM, NORMALISED_SUM)
LISTENING_FORMAT = "flac"
# Longest name of a track's file: its ending and a number must still fit on any disk.
_LONGEST_TRACK_BYTES = 200
# A mix's name is cut, so that the endings of all that lies beside it still fit.
_LONGEST_MIX_BYTES = 200


def mix_name(song_folder: Path) -> str:
    """Name of a song's mix without its ending: the folder's name, cut to fit on a disk."""
    name = song_folder.name
    encoded = os.fsencode(name)
    if len(encoded) > _LONGEST_MIX_BYTES:
        name = encoded[:_LONGEST_MIX_BYTES].decode(errors="ignore").rstrip()
    return name or "song"


def beside_mix(mix_path: Path, suffix: str) -> Path:
    """The file or folder that carries a mix's name with another ending."""
    return mix_path.with_name(mix_path.with_suffix("").name + suffix)


def output_paths(mix_path: Path, stem_names: list[str], file_format: str) -> dict[str, Path]:
    """Paths of a mix's files, by `FileRole`, and of each wet stem, by name."""
    folder = beside_mix(mix_path, STEMS_SUFFIX)
    paths = {FileRole.MIX: mix_path, FileRole.RECIPE: beside_mix(mix_path, RECIPE_SUFFIX)}
    return paths | {name: folder / f"{name}.{file_format}" for name in stem_names}


def track_paths(mix_path: Path, track_names: Sequence[str], file_format: str) -> dict[str, Path]:
    """Paths of wet tracks: each track's name, and `RESIDUAL`, to a file in one folder.

    Args:
        mix_path: of the mix.
        track_names: as in `mixer.song.tracks.Track`, in the mix's order; none gives no residual.
        file_format: one of `FORMATS`.
    """
    if not track_names:
        return {}
    folder = tracks_folder(mix_path)
    titles = (without_audio_suffix(name).replace("/", " - ") for name in track_names)
    files = unique_names([RESIDUAL, *titles], _LONGEST_TRACK_BYTES)
    named = zip((RESIDUAL, *track_names), files, strict=True)
    paths = {name: folder / f"{file}.{file_format}" for name, file in named}
    return {name: paths[name] for name in (*track_names, RESIDUAL)}


def tracks_folder(mix_path: Path) -> Path:
    """The folder of a mix's wet tracks."""
    return beside_mix(mix_path, TRACKS_SUFFIX)


def session_audio(mix_path: Path, key: str, daw: str | None) -> Path:
    """A file that sessions play.

    Args:
        mix_path: of the mix.
        key: one of `SESSION_AUDIO`, or the name of a room's impulse response.
        daw: the format of session that it belongs to; None if it is any's.
    """
    name = f"{key}.wav" if daw is None else f"{key}.{daw}.wav"
    return beside_mix(mix_path, SESSION_SUFFIX) / name


def session_files(daws: Sequence[str]) -> dict[str, str]:
    """File names that the folder of session audio may hold, by role."""
    own = {f"{key} of {daw}": f"{key}.{daw}.wav" for daw in daws for key in SESSION_AUDIO}
    rooms = {f"{key} response": f"{key} impulse response.wav" for key in SESSION_ROOMS}
    return own | rooms if daws else {}


def versions_folder(mix_path: Path) -> Path:
    """The folder of the versions that are delivered with a mix."""
    return beside_mix(mix_path, VERSIONS_SUFFIX)


def format_of(path: Path, file_format: str | None = None) -> str:
    """The format that a mix's file name asks for, unless it is given.

    Raises:
        SettingsError: the ending is none of the formats', or another's than the one given.
    """
    ending = path.suffix.lower().lstrip(".")
    if file_format is None and ending not in FORMATS:
        formats = ", .".join(FORMATS)
        raise SettingsError(f"{path} does not end in a format that can be written: .{formats}")
    if file_format is not None and ending in FORMATS and file_format != ending:
        raise SettingsError(f"{path} ends in .{ending}, but --format says {file_format}")
    return file_format or ending
