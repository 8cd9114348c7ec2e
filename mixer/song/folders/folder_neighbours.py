"""Folders that only their neighbours explain.

Numbered songs of an album, pieces of one download, folders that hold songs by instrument, and what
workstations keep in a session's folder.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mixer.audio.formats import is_stem_container_name, without_audio_suffix
from mixer.song.folders.folder_tree import Folder
from mixer.song.folders.folder_words import INSTRUMENT, FolderKind, kind_of
from mixer.song.names.complements import find_complement
from mixer.song.names.separators import find_separated
from mixer.song.names.track_names import classify, stem_of_part
from mixer.song.names.track_vocabulary import WHOLE_BACKINGS
from mixer.song.names.track_word_splitting import is_unknown, split_words
from mixer.song.names.track_word_tables import fold

_FEWEST_RECORDINGS = 2
# "Stems 16" and "Stems 24" are one song in two formats, not two songs.
_FORMATS = frozenset(
    ("8", "16", "20", "24", "32", "64", "44", "48", "88", "96", "176", "192", "1", "2", "4",
     "44100", "48000", "88200", "96000", "192000", "320", "256", "128")
)  # fmt: skip
_UNITS = frozenset(("bit", "k", "khz", "hz", "kbps"))
# As Google Drive names them: Stems-20240131T101500Z-001, in older ones with a number more.
_PIECE = re.compile(r"(?P<download>.+-\d{8}T\d{6}Z(?:-\d+)?)-\d{3}")
_FEWEST_INSTRUMENTS = 3
_FEWEST_SONGS = 2
_FEWEST_STEMS = 3
# Weights of a separator's name and of a stem container against names that may mean anything.
_SEPARATED, _WHOLE = "separated", ("mixture", "stems", "container")
_STEM_BEHIND_TITLE = re.compile(
    r"(?P<title>.+?)[ _.-]+[(\[]?(?P<stem>(?:no[ _])?vocals|drums|bass|other|instrumental|"
    r"accompaniment|guitar|piano)[)\]]?"
)
# Files that a workstation keeps in a session's folder without playing them as they are.
_KEPT_BY_ARDOUR = {"dead": "Ardour's trash", "export": "exported by Ardour"}
_PROJECT_OF_AUDACITY, _DATA_OF_AUDACITY = ".aup", "_data"
_SAMPLES_OF_LIVE, _SESSION_OF_LIVE = "Samples", ".als"
_PACKAGE_OF_GARAGEBAND, _MIX_OF_GARAGEBAND = ".band", "Output"


def numbered_songs(inner: Mapping[str, Folder], kinds: Mapping[str, str]) -> list[str]:
    """Folders that are the songs of an album although they are named as parts are: Track 01.

    Their names differ in a number only, and each holds several recordings. One that is named after
    an instrument too (String Track 2) must also hold a mix beside its parts.

    Args:
        inner: folders in one folder, by name.
        kinds: of each, from `kind_of`.
    """
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, folder in inner.items():
        tokens = split_words(name)
        numbers = [token for token in tokens if token.isdigit()]
        words = tuple(token for token in tokens if not token.isdigit())
        is_format = _FORMATS.issuperset(numbers) and not _UNITS.isdisjoint(words)
        if not numbers or is_format:
            continue
        if kinds[name] == FolderKind.PARTS:
            is_song = _n_recordings(folder) >= _FEWEST_RECORDINGS
        else:
            is_song = kinds[name].startswith(INSTRUMENT) and _holds_a_mix_beside_parts(folder)
        if is_song:
            groups[words].append(name)
    return [
        name
        for group in groups.values()
        if len(group) > 1 and not all(_are_formats(name) for name in group)
        for name in group
    ]


def _are_formats(name: str) -> bool:
    """Whether the numbers of a name are rates and depths: WAV 24-48; a Track 01 has one more."""
    numbers = [token for token in split_words(name) if token.isdigit()]
    return len(numbers[0]) > 1 and not numbers[0].startswith("0") and _FORMATS.issuperset(numbers)


def _n_recordings(folder: Folder) -> int:
    return len(folder.audio) + sum(map(_n_recordings, folder.folders_with_audio))


def _holds_a_mix_beside_parts(folder: Folder) -> bool:
    mixes = any(classify(name).stem is None for name in folder.audio)
    return mixes and any(
        kind_of(one.name, folder.name) == FolderKind.PARTS
        and _n_recordings(one) >= _FEWEST_RECORDINGS
        for one in folder.folders_with_audio
    )


def pieces_of_downloads(names: Iterable[str]) -> dict[str, str]:
    """Folders in which a download in several archives was unpacked, and what to do with each."""
    downloads: dict[str, list[str]] = defaultdict(list)
    for name in names:
        match = _PIECE.fullmatch(name)
        if match is not None:
            downloads[match["download"]].append(name)
    return {
        name: f'in the folder "{name}", one of {len(pieces)} pieces of a download; '
        "put what is in them into one folder"
        for pieces in downloads.values()
        if len(pieces) > 1
        for name in pieces
    }


def songs_by_instrument(inner: Mapping[str, Folder], instruments: Sequence[str]) -> tuple[str, ...]:
    """Titles of songs that lie in folders of instruments: Vocals/Song A, Drums/Song A.

    Several files of the same names are in each of three folders, or in one of a part and one of
    the rest without it. None of these names says what it plays.

    Args:
        inner: folders in one folder, by name.
        instruments: those that are named after an instrument.
    """
    titles = {
        name: {without_audio_suffix(file) for file in inner[name].audio} for name in instruments
    }
    filled = {name: own for name, own in titles.items() if own}
    rest = any(_is_all_but_one(name) for name in filled)
    if len(filled) < (2 if rest else _FEWEST_INSTRUMENTS):
        return ()
    shared = set.intersection(*filled.values())
    is_whole = len(shared) >= max(_FEWEST_SONGS, *(len(own) / 2 for own in filled.values()))
    says_a_part = any(stem_of_part(title) is not None for title in shared)
    if not is_whole or says_a_part or not any(map(_is_a_title, shared)):
        return ()
    return tuple(sorted(shared))


def songs_in_one_folder(files: Sequence[str]) -> tuple[str, ...]:
    """Titles of songs whose parts lie in one folder: Song A_vocals, Song B_vocals, ...

    Separators put what they make of many songs into one folder. Each song has the same stems, three
    or more, or two in a separator's own writing, or is a container of stems.

    Args:
        files: names of the recordings in the folder.
    """
    parts: dict[str, set[str]] = defaultdict(set)
    for file in files:
        title = fold(without_audio_suffix(file))
        separated = find_separated(title)
        named = _STEM_BEHIND_TITLE.fullmatch(title.lower())
        if is_stem_container_name(file):
            parts[title].update(_WHOLE)
        elif separated is not None:
            parts[separated.song].update((separated.text.lower(), _SEPARATED))
        elif named is not None:
            parts[named["title"]].add(named["stem"])
    songs: dict[frozenset[str], list[str]] = defaultdict(list)
    for title, stems in parts.items():
        if len(stems) >= _FEWEST_STEMS and any(map(is_unknown, split_words(title))):
            songs[frozenset(stems)].append(title)
    titles = max(songs.values(), key=len, default=[])
    return tuple(sorted(titles)) if len(titles) >= _FEWEST_SONGS else ()


def _is_all_but_one(name: str) -> bool:
    tokens = split_words(name)
    return find_complement(tokens)[0] is not None or not WHOLE_BACKINGS.isdisjoint(tokens)


def _is_a_title(title: str) -> bool:
    return any(is_unknown(word) or word == "song" for word in split_words(title))


def kept_by_workstation(folder: Folder, inner: Folder) -> str | None:
    """Reason that a folder in a session's folder is left out: what its workstation keeps there."""
    name = inner.name
    if name in _KEPT_BY_ARDOUR and _holds_session(folder, ".ardour"):
        return f'in the folder "{name}", {_KEPT_BY_ARDOUR[name]}'
    project = name.removesuffix(_DATA_OF_AUDACITY) + _PROJECT_OF_AUDACITY
    if name.endswith(_DATA_OF_AUDACITY) and project in folder.files:
        return f'in the folder "{name}", a project of Audacity; export its tracks as audio'
    if name == _MIX_OF_GARAGEBAND and folder.name.endswith(_PACKAGE_OF_GARAGEBAND):
        return f'in the folder "{name}", a mix that GarageBand made'
    others = [one for one in folder.folders_with_audio if one is not inner]
    if name == _SAMPLES_OF_LIVE and _holds_session(folder, _SESSION_OF_LIVE):
        beside = [one.name for one in others if kind_of(one.name, folder.name) == FolderKind.PARTS]
        if folder.parts or beside:
            return f'in the folder "{name}", the samples of a session of Live'
    return None


def _holds_session(folder: Folder, ending: str) -> bool:
    return any(file.endswith(ending) for file in folder.files)
