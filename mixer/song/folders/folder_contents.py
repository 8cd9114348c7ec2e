"""Contents of a folder by its file names: number of parts, and of how many stems or songs."""

from __future__ import annotations

from mixer.song.folders.folder_tree import Folder
from mixer.song.names.track_names import classify, names_a_source, stem_of_part

_FEWEST_PARTS = 2


def holds_audios(folder: Folder) -> bool:
    """Whether the folder itself contains several recordings."""
    return len(folder.audio) >= _FEWEST_PARTS


def is_a_song(folder: Folder, name: str) -> bool:
    """Whether a folder with an instrument's name holds tracks of several other stems.

    Only instruments count: Lead, Sub and Top in a folder of synthesisers are all of them.
    """
    own = classify(name).stem
    told = {stem_of_part(file) for file in folder.audio if names_a_source(file)}
    return len(told - {own, None}) > 1


def is_band(folder: Folder) -> bool:
    """Whether its own files are tracks of several stems."""
    return len(set(folder.parts)) > 1


def holds_songs(folder: Folder) -> bool:
    """Whether several of its folders contain tracks of several stems each, as on an EP."""
    return _n_bands(folder) > 1


def _n_bands(folder: Folder) -> int:
    return sum(is_band(inner) + _n_bands(inner) for inner in folder.folders)


def holds_parts(folder: Folder) -> bool:
    """Whether several files in it or below it are named after parts of a song."""
    return n_parts(folder) >= _FEWEST_PARTS


def n_parts(folder: Folder) -> int:
    """Number of files in it and below it that are named after parts of a song."""
    return len(folder.parts) + sum(n_parts(inner) for inner in folder.folders)


def n_lossless(folder: Folder) -> int:
    """Number of recordings in it and below it in a lossless format."""
    lossy = (".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4")
    own = sum(not name.lower().endswith(lossy) for name in folder.audio)
    return own + sum(n_lossless(inner) for inner in folder.folders)
