"""`SONG_METADATA.yaml`, which MedleyDB has in a song's folder: the instrument of each file.

    stem_dir: Song_STEMS
    raw_dir: Song_RAW
    stems:
      S01:
        component: melody
        filename: Song_STEM_01.wav
        instrument: male singer
        raw:
          R01:
            filename: Song_RAW_01_01.wav
            instrument: male singer

The files' own names say nothing. A stem is what its raw recordings are in the mix. The file is a
stranger's: its size and depth are bounded, and references within it, by which a short file can
stand for a huge one, are refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mixer.errors import InputError
from mixer.files.regular_file import read_regular
from mixer.files.wording import visible
from mixer.roles import FINISHED_STEM, UNKNOWN
from mixer.song.folders.folder_names import METADATA_SUFFIX, PARTS_SUFFIXES
from mixer.song.names.track_names import Classification, classify
from mixer.song.names.track_roles import role_of

# The largest of MedleyDB's has 20 kB and five levels.
MOST_BYTES, _MOST_LEVELS = 200_000, 16
_KIT, _GROUP_OF_VOICES, _MELODY = "drum set", "vocalists", "melody"


@dataclass(frozen=True)
class MetadataStem:
    """One stem of a song.

    Attributes:
        file: name of its file in the folder of stems.
        instrument: what plays; empty if unknown.
        is_melody: whether it leads.
        raw: instrument of each of its raw recordings, by file name.
    """

    file: str
    instrument: str
    is_melody: bool
    raw: Mapping[str, str]


@dataclass(frozen=True)
class Metadata:
    """Contents of a song's metadata.

    Attributes:
        file: its name, from the song's folder.
        stem_dir, raw_dir: names of the folders of stems and of raw recordings; empty if unknown.
        stems: all stems.
    """

    file: str
    stem_dir: str
    raw_dir: str
    stems: tuple[MetadataStem, ...]

    def told(self) -> dict[str, Classification]:
        """Stem and role of each file whose instrument is known, by the file's name."""
        leads = {stem.is_melody for stem in self.stems if _is_sung(stem.instrument)}
        told = {}
        for stem in self.stems:
            is_lead = stem.is_melody or True not in leads
            for file, instrument in ((stem.file, stem.instrument), *stem.raw.items()):
                found = classify(instrument)
                if found.stem is not None and found.certain:
                    is_whole = file == stem.file or len(stem.raw) == 1
                    told[file] = Classification(
                        found.stem, f"{self.file} says {visible(instrument)}", True, found.family,
                        _role(instrument, found.stem, is_lead=is_lead, is_whole=is_whole),
                    )  # fmt: skip
        return told


def find_metadata(folder: Path, names: Sequence[str]) -> Metadata | None:
    """Read the metadata of a song's folder; None if it has none.

    Args:
        folder: of the song, or its folder of stems or of raw recordings; see `metadata_above`.
        names: of its regular files, with those of folders in it; links are not among them.

    Raises:
        InputError: it cannot be read, or is not metadata as MedleyDB writes it.
    """
    found = [name for name in names if is_metadata(name)]
    if found:
        return read_metadata(folder / found[0]) if len(found) == 1 else None
    above = metadata_above(folder)
    if above is None:
        return None
    return replace(read_metadata(folder / above), file=above)


def metadata_above(folder: str | Path) -> str | None:
    """Path of the metadata of a folder of a song's parts, from that folder; None for any other.

    Only a regular file with the folder's own name counts: `Song_METADATA.yaml` beside
    `Song_STEMS` or `Song_RAW`. Nothing else above a song's folder is looked at.

    Args:
        folder: with links resolved.
    """
    above, name = os.path.split(folder)
    for suffix in PARTS_SUFFIXES:
        song = name.removesuffix(suffix)
        path = f"{above}/{song}{METADATA_SUFFIX}"
        if song not in ("", name) and os.path.isfile(path) and not os.path.islink(path):  # noqa: PTH113, PTH114 - of each song of a batch
            return f"../{song}{METADATA_SUFFIX}"
    return None


def is_metadata(name: str) -> bool:
    """Whether a file is named as a song's metadata."""
    return name.lower().endswith(METADATA_SUFFIX.lower())


def read_metadata(path: Path) -> Metadata:
    """Read a file of metadata.

    Raises:
        InputError: it cannot be read, or is not metadata as MedleyDB writes it.
    """
    table = read_yaml_table(path)
    stems = table.get("stems")
    if not isinstance(stems, dict):
        raise InputError(f"{path.name}: it lists no stems; correct or remove it")
    return Metadata(
        path.name,
        _text(table, "stem_dir"),
        _text(table, "raw_dir"),
        tuple(_stems(stems)),
    )


def _stems(table: Mapping[Any, Any]) -> Iterator[MetadataStem]:
    for stem in _tables(table):
        raw = stem.get("raw")
        yield MetadataStem(
            _text(stem, "filename"),
            _text(stem, "instrument"),
            _text(stem, "component") == _MELODY,
            {
                file: _text(one, "instrument")
                for one in _tables(raw if isinstance(raw, dict) else {})
                if (file := _text(one, "filename"))
            },
        )


def _tables(table: Mapping[Any, Any]) -> list[Mapping[Any, Any]]:
    return [value for value in table.values() if isinstance(value, dict)]


def _text(table: Mapping[Any, Any], key: str) -> str:
    """A text; of a list of instruments, the first."""
    value = table.get(key)
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else ""


def _is_sung(instrument: str) -> bool:
    return classify(instrument).stem == "vocals"


def _role(instrument: str, stem: str, *, is_lead: bool, is_whole: bool) -> str:
    """The role of an instrument; a kit's microphones have no role by it, the whole kit has."""
    if instrument == _KIT:
        return FINISHED_STEM[stem] if is_whole else UNKNOWN
    if stem == "vocals" and (instrument == _GROUP_OF_VOICES or not is_lead):
        return "backing_vocals"
    return role_of(instrument, stem)


def read_yaml_table(path: Path) -> Mapping[Any, Any]:
    """Read a description in YAML, within bounds.

    Raises:
        InputError: it cannot be read, is too large or too deep, or is not a table.
    """
    import yaml

    try:
        content = read_regular(path, MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(f"{path.name}: larger than {MOST_BYTES // 1000} kB; remove it")
        text = content.decode("utf-8-sig")
        level = 0
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if isinstance(event, yaml.AliasEvent):
                raise InputError(f"{path.name}: refers to itself; correct or remove it")
            level += isinstance(event, yaml.CollectionStartEvent)
            level -= isinstance(event, yaml.CollectionEndEvent)
            if level > _MOST_LEVELS:
                raise InputError(f"{path.name}: nested too deep; correct or remove it")
        # Every value as its text: what PyYAML makes of numbers and dates fails in many ways.
        table = yaml.load(text, Loader=yaml.BaseLoader)
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" line {line + 1}:"
        raise InputError(f"{path.name}:{where} not valid YAML; correct or remove it") from None
    if not isinstance(table, dict):
        raise InputError(f"{path.name}: it lists no stems; correct or remove it")
    return table
