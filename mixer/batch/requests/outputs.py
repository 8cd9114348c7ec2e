"""Output paths: templates filled in, names valid on every file system, no way out of the folder.

Everything is a path relative to the output folder, with forward slashes.
"""

from __future__ import annotations

import os
import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from mixer.audio.formats import DEFAULT_FORMAT, FORMATS, refuse_coding, refuse_depth
from mixer.batch.requests.columns import NONE
from mixer.batch.requests.manifest import Row
from mixer.batch.requests.row_mistakes import mistake
from mixer.errors import SettingsError
from mixer.files.file_names import FORBIDDEN, clean, key, shorten
from mixer.files.real_paths import RealPaths
from mixer.files.wording import listed, nearest, quote
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.names import (
    LISTENING_COPIES,
    LISTENING_FORMAT,
    RECALL_SUFFIXES,
    REPORT_SUFFIX,
    session_files,
)
from mixer.output.output_settings import OutputSettings, changed
from mixer.rendering.choices.shipped import AUTO_MODEL
from mixer.song.folders.folder_names import (
    BATCH_STATE_FOLDER,
    LISTENING_SUFFIX,
    RECIPE_SUFFIX,
    SESSION_SUFFIX,
    STEMS_SUFFIX,
    TRACKS_SUFFIX,
    VERSIONS_SUFFIX,
)
from mixer.stems import RESIDUAL, STEMS

# Where the ledger, the lock and unfinished work live, inside the output folder.
STATE_FOLDER = BATCH_STATE_FOLDER
INDEX_PAGE = "index.html"
RESULT_NAMES = ("results.csv", "results.jsonl", INDEX_PAGE)
DEFAULT_TEMPLATE = "{id}.{format}"
_KEPT_TEMPLATES = 256
REPORT_ROLE = "report"
# Most file systems hold 255 bytes a name; the suffixes must still fit.
MAX_NAME_BYTES = 255 - len(RECIPE_SUFFIX)


@dataclass(frozen=True)
class Target:
    """Output paths of a song's mix.

    Attributes:
        mix: path of the mix, relative to the output folder.
        wanted: how it is written, and the files written with it, as in `Row`; has a format.
    """

    mix: str
    wanted: OutputSettings

    @property
    def format(self) -> str:
        return self.wanted.format

    @property
    def base(self) -> str:
        return self.mix[: -len(self.format) - 1]  # no path object: there are 10 000 of them

    @property
    def recipe(self) -> str:
        return self.base + RECIPE_SUFFIX

    @property
    def stems_folder(self) -> str:
        return self.base + STEMS_SUFFIX

    @property
    def tracks_folder(self) -> str:
        return self.base + TRACKS_SUFFIX

    @property
    def versions_folder(self) -> str:
        return self.base + VERSIONS_SUFFIX

    @property
    def beside(self) -> dict[str, str]:
        """Files delivered with the mix: role to path; for playback files, the possible ones."""
        paths = {daw: self.base + DAW_FORMATS[daw].suffix for daw in self.wanted.daw}
        if self.wanted.edits:
            paths |= {role: self.base + suffix for role, suffix in RECALL_SUFFIXES.items()}
            folder, files = self.base + SESSION_SUFFIX, session_files(self.wanted.daw)
            paths |= {role: f"{folder}/{name}" for role, name in files.items()}
        if self.wanted.has_report:
            paths[REPORT_ROLE] = self.base + REPORT_SUFFIX
        if self.wanted.has_copies:
            folder = self.base + LISTENING_SUFFIX
            paths |= {copy: f"{folder}/{copy}.{LISTENING_FORMAT}" for copy in LISTENING_COPIES}
        return paths

    @property
    def folders(self) -> list[str]:
        """Folders that are this mix's own."""
        folders = [self.stems_folder] if self.wanted.stems else []
        folders += [self.tracks_folder] if self.wanted.tracks else []
        folders += [self.base + SESSION_SUFFIX] if self.wanted.edits else []
        folders += [self.versions_folder] if self.wanted.has_versions else []
        return folders + ([self.base + LISTENING_SUFFIX] if self.wanted.has_copies else [])

    @property
    def files(self) -> list[str]:
        """Every file that may be written, except for tracks and versions: the song names them."""
        stems = (*STEMS, RESIDUAL) if self.wanted.stems else ()
        written = [f"{self.stems_folder}/{stem}.{self.format}" for stem in stems]
        return [self.mix, self.recipe, *written, *self.beside.values()]


# Name of a row that is not understood.
_NOWHERE = Target("", OutputSettings(format=DEFAULT_FORMAT))


def plan_outputs(rows: Sequence[Row], folder: Path) -> tuple[list[Target], list[str]]:
    """Plan a target for each row, and find the mistakes: paths that leave the folder, unknown
    fields, two rows with one file."""
    targets, mistakes = [], []
    inside = _Inside(folder)
    for row in rows:
        if row.has_mistakes and row.output is None:
            targets.append(_NOWHERE)
            continue
        try:
            target = plan_output(row)
            inside.check(target)
        except ValueError as error:
            mistakes.append(mistake(row.number, "output", str(error)))
            target = _NOWHERE
        targets.append(target)
    return targets, mistakes + _collisions(rows, targets)


def plan_output(row: Row) -> Target:
    """Fill in a row's template.

    Raises:
        ValueError: an unknown field, a path outside of the output folder, or a format that
            contradicts the name.
    """
    template = row.output or DEFAULT_TEMPLATE
    ending = _ending_of(template)
    asked = row.wanted.format
    if asked and ending in FORMATS and ending != asked:
        raise ValueError(f"{template!r} ends in .{ending}, but the format is {asked}")
    file_format = asked or (ending if ending in FORMATS else DEFAULT_FORMAT)
    try:
        refuse_depth(file_format, row.wanted.bit_depth)
        refuse_coding(file_format, row.wanted.coding)
    except SettingsError as error:
        raise ValueError(str(error)) from None
    filled = _fill(template, row, file_format)
    base = filled[: -len(file_format) - 1] if filled.lower().endswith("." + file_format) else filled
    # The ways up that a song's own name may spell have become plain names by now.
    suffixes = [RECIPE_SUFFIX, *(DAW_FORMATS[daw].suffix for daw in row.wanted.daw)]
    suffixes += [REPORT_SUFFIX] if row.wanted.has_report else []
    max_bytes = min(MAX_NAME_BYTES, 255 - max(map(len, suffixes)))
    names = [shorten(clean(name), max_bytes) for name in base.split("/") if name not in ("", ".")]
    if not names:
        raise ValueError(f"{template!r} gives an empty name")
    if names[0].casefold() == STATE_FOLDER:
        raise ValueError(f"{STATE_FOLDER} holds the ledger; choose another folder")
    mix = "/".join(names) + "." + file_format
    return Target(mix, changed(row.wanted, format=file_format))


@lru_cache(_KEPT_TEMPLATES)
def _ending_of(template: str) -> str:
    """The ending of a template that stays in the output folder, without its point.

    Raises:
        ValueError: it leads out, or holds what no name may.
    """
    literal = re.sub(r"\{[^{}]*\}", "", template)
    parts = PurePosixPath(template.replace("\\", "/")).parts
    if template.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", template) or ".." in parts:
        raise ValueError(f"{template!r} leads out of the output folder; write a path inside it")
    if FORBIDDEN.search(literal.replace("\\", "")) or "\\" in literal:
        raise ValueError(f'{template!r} holds one of < > : " \\ | ? * or a control character')
    return PurePosixPath(template).suffix.lower().lstrip(".")


# Meaning of each field of a template.
_VALUES: Mapping[str, Callable[[Row], str]] = {
    "id": lambda row: row.id,
    "song": lambda row: row.song.name,
    "album": lambda row: row.album or "singles",
    "preset": lambda row: (
        "+".join(Path(name.removesuffix(".toml")).name for name in row.presets) or NONE
    ),
    "model": lambda row: Path(str(row.settings.get("model", AUTO_MODEL))).name,
    "row": lambda row: f"{row.number:05d}",
}
FIELDS = (*list(_VALUES)[:-1], "format", "row")


@lru_cache(_KEPT_TEMPLATES)
def _parsed(template: str) -> tuple[tuple[str, str | None], ...]:
    """The texts of a template, each with the field after it.

    Raises:
        ValueError: it is not one, or has an unknown field.
    """
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{template!r} is not a template ({error})") from None
    for _, field, spec, conversion in parsed:
        if field is not None and (field not in FIELDS or spec or conversion):
            known = [f"{{{name}}}" for name in FIELDS]
            close = nearest(f"{{{field}}}", known)
            hint = f"did you mean {close}?" if close else f"choose from {listed(known)}"
            raise ValueError(f"{quote(template)} has the unknown field {{{field}}}; {hint}")
    return tuple((text, field) for text, field, _, _ in parsed)


def _fill(template: str, row: Row, file_format: str) -> str:
    pieces = []
    for text, field in _parsed(template):
        pieces.append(text)
        if field is not None:
            value = file_format if field == "format" else _VALUES[field](row)
            # Only an id may name folders; a song called AC/DC cannot.
            parts = value.split("/") if field == "id" else (value.replace("/", "_"),)
            pieces.append("/".join(clean(part) for part in parts if part))
    return "".join(pieces)


class _Inside:
    """Holds targets to the output folder, links on the way included; each folder looked at once."""

    def __init__(self, folder: Path) -> None:
        self._root = os.path.realpath(folder)
        self._real = RealPaths()
        self._checked: dict[str, bool] = {}

    def check(self, target: Target) -> None:
        parent = target.mix.rpartition("/")[0]
        for place in (parent, target.stems_folder, *target.folders):
            if place not in self._checked:
                real = self._real.of(f"{self._root}/{place}" if place else self._root)
                self._checked[place] = real == self._root or real.startswith(
                    self._root.rstrip(os.sep) + os.sep
                )
            if not self._checked[place]:
                raise ValueError(f"{target.mix!r} leads out of the output folder by a link")


def _collisions(rows: Sequence[Row], targets: Sequence[Target]) -> list[str]:
    """Two rows that would write the same file, on any file system."""
    taken = {key(name): 0 for name in RESULT_NAMES}
    mistakes = []
    for row, target in zip(rows, targets, strict=True):
        if not target.mix or row.has_mistakes:
            continue
        for path in (target.mix, target.recipe, *target.folders, *target.beside.values()):
            other = taken.setdefault(key(path), row.number)
            if other != row.number:
                what = f"would write {path!r}, as row {other} would; use {{id}} in the template"
                mistakes.append(mistake(row.number, "output", what))
                break
    folders = {
        key(folder): row.number
        for row, target in zip(rows, targets, strict=True)
        for folder in target.folders
        if target.mix and not row.has_mistakes
    }
    for row, target in zip(rows, targets, strict=True) if folders else ():
        if row.has_mistakes:
            continue
        for parent in map(str, PurePosixPath(key(target.mix)).parents):
            if folders.get(parent, row.number) != row.number:
                what = f"{target.mix!r} would lie in a folder that row {folders[parent]} writes"
                mistakes.append(mistake(row.number, "output", what))
    return mistakes
