"""Descriptions of songs in data sets, about files whose names say nothing.

Slakh has `metadata.yaml` beside its folder `stems`, about `S00.flac`, `S01.flac` ...:

    stems:
      S00:
        inst_class: Guitar
        is_drum: false
        midi_program_name: Distortion Guitar

MoisesDB has `data.json` beside folders named as stems, about `guitar/ID.wav` ...:

    {"stems": [{"stemName": "guitar",
                "tracks": [{"id": ID, "trackType": "acoustic guitar", "extension": "wav"}]}]}

Both names are common, so a file that does not read like this is about something else and says
nothing. MedleyDB's is in `mixer.song.metadata`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mixer.errors import InputError
from mixer.files.document import read_json
from mixer.files.wording import visible
from mixer.roles import FINISHED_STEM, STEM_OF_ROLE
from mixer.song.folders.folder_names import MOISESDB_FILE, SLAKH_FILE, SLAKH_STEMS
from mixer.song.metadata import MOST_BYTES, is_metadata, metadata_above, read_yaml_table
from mixer.song.names.track_names import Classification, classify
from mixer.song.names.track_roles import role_of
from mixer.stems import STEMS, Stem

# A file's name, what plays in it, and what that is.
_Played = tuple[str, str, Classification]
_Reader = Callable[[Path], Iterator[_Played]]
_STEM_OF_ROLE: dict[str, Stem] = {
    role: stem for stem in STEMS for role, own in STEM_OF_ROLE.items() if own == stem
}

_ABOVE = f"../{SLAKH_FILE}"
# Slakh was converted between these.
_SLAKH_SUFFIXES = (".flac", ".wav")
# Classes of General MIDI whose programs have names that say something else: Lead 6 (voice), English
# Horn, Pad 4 (choir), Guitar Fret Noise.
_ROLE_OF_CLASS = {
    "synth lead": "lead_synth",
    "synth pad": "pad",
    "reed": "woodwind",
    "pipe": "woodwind",
    "sound effects": "fx",
}
# Kinds of MoisesDB that say something else, or nothing, by their words.
_ROLE_OF_KIND = {
    "full acoustic drumkit": FINISHED_STEM["drums"],
    "other sounds": "keys",
    "other wind": "woodwind",
}


def told_by_data_set(folder: Path, names: Sequence[str]) -> dict[str, Classification]:
    """Stem and role of each file that a data set's description knows, by the file's name.

    Args:
        folder: of the song, or Slakh's folder of its stems, with links resolved.
        names: of its regular files, with those of folders in it; links are not among them.
    """
    for file, read in _READERS.items():
        found = [name for name in names if os.path.basename(name) == file]  # noqa: PTH119 - of each song of a batch
        if len(found) == 1 and (told := _told(folder / found[0], file, read)):
            return told
    if description_above(folder) == _ABOVE:
        return _told(folder / _ABOVE, _ABOVE, _slakh)
    return {}


def is_description(name: str) -> bool:
    """Whether a file may say what a song's others play, by its name."""
    return is_metadata(name) or os.path.basename(name) in _READERS  # noqa: PTH119 - as above


def description_above(folder: str | Path) -> str | None:
    """Path of the description of a folder of a song's parts, from that folder; None for any other.

    Args:
        folder: with links resolved.
    """
    above, name = os.path.split(folder)
    path = f"{above}/{SLAKH_FILE}"
    if name == SLAKH_STEMS and os.path.isfile(path) and not os.path.islink(path):  # noqa: PTH113, PTH114 - as above
        return _ABOVE
    return metadata_above(folder)


def _told(path: Path, file: str, read: _Reader) -> dict[str, Classification]:
    try:
        played = list(read(path))
    except InputError:
        return {}
    return {
        name: replace(found, reason=f"{file} says {visible(instrument)}", certain=True)
        for name, instrument, found in played
        if found.certain
    }


def _slakh(path: Path) -> Iterator[_Played]:
    stems = read_yaml_table(path).get("stems")
    for name, stem in (stems if isinstance(stems, dict) else {}).items():
        if not (isinstance(name, str) and isinstance(stem, dict) and "inst_class" in stem):
            continue
        family, program = _text(stem, "inst_class"), _text(stem, "midi_program_name")
        role = _ROLE_OF_CLASS.get(family.lower())
        if stem.get("is_drum") is True:
            role = FINISHED_STEM["drums"]
        for suffix in _SLAKH_SUFFIXES:
            yield f"{name}{suffix}", program or family, _classified(program, role)


def _moisesdb(path: Path) -> Iterator[_Played]:
    stems = read_json(path, "a description", InputError, most_bytes=MOST_BYTES).table.get("stems")
    for stem in _tables(stems):
        group = _text(stem, "stemName")
        for track in _tables(stem.get("tracks")):
            kind = _text(track, "trackType").replace("_", " ")
            found = _classified(kind, _ROLE_OF_KIND.get(kind.partition(" (")[0].lower()))
            # A tuba may be the bass; a click is left out wherever it is.
            if group != "other" and group in STEMS and found.stem not in (group, None):
                found = Classification(group, "", True)
            yield f"{_text(track, 'id')}.{_text(track, 'extension')}", kind, found


def _classified(instrument: str, role: str | None) -> Classification:
    """Classification of an instrument, by its role if that is known."""
    if role is not None:
        return Classification(_STEM_OF_ROLE[role], "", True, role=role)
    found = classify(instrument)
    told = None if found.stem is None else role_of(instrument, found.stem)
    return replace(found, role=told)


def _tables(value: object) -> list[Mapping[Any, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(table: Mapping[Any, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


_READERS: dict[str, _Reader] = {SLAKH_FILE: _slakh, MOISESDB_FILE: _moisesdb}
