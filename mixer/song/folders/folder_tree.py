"""A folder and its subfolders on disk: names of files, folders and links."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from mixer.audio.codecs.video import is_recording_file
from mixer.audio.formats import VIDEO_SUFFIXES, is_audio_name, suffix_of
from mixer.errors import InputError
from mixer.song.folders.folder_names import (
    BATCH_STATE_FOLDER,
    FOLDER_SUFFIXES,
    RECALL_NUMBERS_SUFFIX,
    RECIPE_SUFFIX,
)
from mixer.song.names.titles import titles_of_folder
from mixer.song.names.track_names import stem_of_part
from mixer.song.names.track_word_tables import SAME_FOLDERS

MAX_FILES = 20_000
_MAX_WALK = 24  # folders below the first that are listed at all
# Endings of the files beside which mixer writes its folders.
_MIXERS_FILES = (RECIPE_SUFFIX, RECALL_NUMBERS_SUFFIX)


@dataclass
class Folder:
    """A folder as it lies on disk.

    Attributes:
        path: of the folder.
        files, folders, links: its contents; links are those to folders, and folders too deep.
        odd_files: those of its files that are links, pipes or devices.
        is_cut: whether it cannot be read.
    """

    path: Path
    files: list[str] = field(default_factory=list)
    folders: list[Folder] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    odd_files: set[str] = field(default_factory=set)
    is_cut: bool = False

    @cached_property
    def name(self) -> str:
        return self.path.name

    @cached_property
    def place(self) -> str:
        """Path as text, from which tens of thousands of file paths are built."""
        return os.fspath(self.path)

    @cached_property
    def audio(self) -> list[str]:
        """Names of its files that may be recordings."""
        sure, videos = _named_as_audio(tuple(self.files))
        if not videos:
            return list(sure)
        return [
            name
            for name in self.files
            if name in sure or (name in videos and is_recording_file(f"{self.place}/{name}"))
        ]

    @property
    def is_empty(self) -> bool:
        """Whether it holds no file, at any depth."""
        there = bool(self.files or self.links or self.is_cut)
        return not there and all(inner.is_empty for inner in self.folders)

    @property
    def is_output_of_batch(self) -> bool:
        return any(folder.name == BATCH_STATE_FOLDER for folder in self.folders)

    @property
    def holds_audio(self) -> bool:
        if self.name.startswith(".") or self.is_output_of_batch:
            return False
        return bool(self.audio) or bool(self.folders_with_audio)

    @property
    def folders_with_audio(self) -> list[Folder]:
        """Folders that may contain recordings, except mixer's own results."""
        return [f for f in self.folders if f.holds_audio and not self.was_written(f)]

    def was_written(self, inner: Folder) -> bool:
        """Whether mixer wrote one of its folders, beside a mix or a session."""
        base, ending = os.path.splitext(inner.name)  # noqa: PTH122
        return ending in FOLDER_SUFFIXES and any(base + end in self.files for end in _MIXERS_FILES)

    @cached_property
    def parts(self) -> list[str]:
        """Stems that its own files' names identify with certainty."""
        titles = tuple(titles_of_folder(self.name))
        return [stem for name in self.audio if (stem := stem_of_part(name, titles)) is not None]


@lru_cache(SAME_FOLDERS)
def _named_as_audio(files: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of audio in a folder, but not those of mixes by mixer; and the names of videos."""
    there = frozenset(files)
    names = [
        name
        for name in files
        if not name.startswith(".") and f"{os.path.splitext(name)[0]}{RECIPE_SUFFIX}" not in there  # noqa: PTH122
    ]
    videos = frozenset(name for name in names if suffix_of(name) in VIDEO_SUFFIXES)
    return tuple(name for name in names if is_audio_name(name) and name not in videos), videos


def scan_folder(folder: Path, *, bounded: bool = True) -> Folder:
    """List a folder and all below it.

    Args:
        folder: root of the tree.
        bounded: refuse more than `MAX_FILES` files.

    Raises:
        InputError: it cannot be read, or holds too many files.
    """
    n_files = 0

    def scan(path: Path, depth: int) -> Folder:
        nonlocal n_files
        found = Folder(path)
        with os.scandir(path) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.is_dir(follow_symlinks=False):
                    if depth < _MAX_WALK:
                        found.folders.append(_readable(Path(entry.path), depth + 1))
                    else:
                        found.links.append(entry.name)
                    continue
                n_files += 1
                if not entry.is_file(follow_symlinks=False):
                    if entry.is_symlink() and os.path.isdir(entry.path):  # noqa: PTH112
                        found.links.append(entry.name)
                        continue
                    found.odd_files.add(entry.name)
                found.files.append(entry.name)
        if bounded and n_files > MAX_FILES:
            raise InputError(f"{folder}: more than {MAX_FILES} files; give the folder of one song")
        return found

    def _readable(path: Path, depth: int) -> Folder:
        try:
            return scan(path, depth)
        except OSError:
            return Folder(path, is_cut=True)

    try:
        return scan(folder, 0)
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror})") from None
