"""The folders that an agent may read and write in: no path and no link leads out of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mixer.errors import InputError, OutputError, SettingsError
from mixer.files.real_paths import real_path
from mixer.files.wording import quote
from mixer.fxnorm.profile import packaged_profiles
from mixer.output.recorded_mix import RecordedMix
from mixer.reference.reference_text import parse_reference
from mixer.studio.edits import model_names
from mixer.takes.numbering import base_of

# A song's folder with more than this is not looked through.
_MOST_ENTRIES = 20_000


class Folders:
    """Folders given at the start."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """Take folders.

        Args:
            folders: existing folders; an agent's relative paths start in the first.

        Raises:
            InputError: one is not a folder, or there are none.
        """
        if not folders:
            raise InputError("no folder was given; name at least one")
        missing = [folder for folder in folders if not folder.is_dir()]
        if missing:
            raise InputError(f"{missing[0]}: no such folder")
        self._folders = tuple(folder.resolve() for folder in folders)

    def inside(self, path: str) -> Path:
        """Resolve a path that an agent names, links followed; it need not exist.

        Raises:
            InputError: it lies outside the folders.
        """
        if not path or "\0" in path or len(path) > 4_096:
            raise InputError(f"{quote(path)} is not a path")
        whole = self._folders[0] / path
        try:
            real = whole.resolve()
        except (OSError, RuntimeError):
            raise InputError(f"{quote(path)} cannot be followed") from None
        self._check(real, path)
        return real

    def song(self, path: str) -> Path:
        """The folder of a song, none of whose links leads out.

        Raises:
            InputError: it does not exist, or it or something in it lies outside the folders.
        """
        folder = self.inside(path)
        if not folder.is_dir():
            raise InputError(f"{quote(path)}: no such folder")
        self._refuse_links(folder, path)
        return folder

    def _refuse_links(self, folder: Path, path: str) -> None:
        """Raise InputError if a link in a folder, at any depth, leads out."""
        n_entries = 0
        for root, folders, files in os.walk(folder):
            n_entries += len(folders) + len(files)
            if n_entries > _MOST_ENTRIES:
                raise InputError(f"{quote(path)} holds more than {_MOST_ENTRIES} files")
            for name in (*folders, *files):
                entry = Path(root) / name
                if entry.is_symlink():
                    self._check(real_path(entry), f"{path}: {name}")

    def file(self, path: str) -> Path:
        """Resolve an existing file; InputError if it does not exist or lies outside the folders."""
        file = self.inside(path)
        if not file.is_file():
            raise InputError(f"{quote(path)}: no such file")
        return file

    def output(self, path: str) -> Path:
        """Resolve a path to write to; OutputError if it lies outside the folders."""
        try:
            return self.inside(path)
        except InputError as error:
            raise OutputError(str(error)) from None

    def mix(self, path: Path) -> Path:
        """A resolved path to write a mix to, if no link beside it that bears its name leads out.

        Stems, tracks and sessions go into folders of its name, its takes and variations beside it.

        Raises:
            InputError: such a link leads out of the folders.
        """
        begins = f"{base_of(path)}."
        for entry in path.parent.iterdir() if path.parent.is_dir() else ():
            if entry.name.startswith(begins):
                self._check(real_path(entry), entry.name)
                self._refuse_links(entry, entry.name)
        return path

    def recipe(self, recipe: RecordedMix) -> RecordedMix:
        """A recipe that names nothing outside: it may be untrusted.

        Raises:
            InputError: a path in it lies outside the folders.
            SettingsError: it loads plug-ins.
        """
        self.song(self._as_opened(str(recipe.song_folder)))
        settings = recipe.settings
        named = [parse_reference(text).path for text in settings.reference]
        named += [] if settings.rooms is None else [settings.rooms]
        if settings.profile is not None and settings.profile not in packaged_profiles():
            named.append(settings.profile)
        if settings.model not in model_names():
            named.append(settings.model)
        for path in named:
            self.inside(self._as_opened(path))
        if recipe.plugins():
            raise SettingsError(f"{recipe.path.name} loads plug-ins, which agents may not do")
        return recipe

    def _as_opened(self, path: str) -> str:
        """A path in a recipe as it would be opened: from the working directory.

        Raises:
            InputError: it could also be one in somebody's home folder.
        """
        if path.startswith("~"):
            raise InputError(f"{quote(path)} is not an absolute path")
        return str(Path.cwd() / path)

    def _check(self, real: Path, named: str) -> None:
        if not any(real == folder or folder in real.parents for folder in self._folders):
            allowed = ", ".join(str(folder) for folder in self._folders)
            raise InputError(f"{quote(named)} lies outside the allowed folders: {allowed}")
