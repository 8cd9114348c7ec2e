"""The folder that a cell of the column `song` names, or why there is none."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from mixer.batch.requests.row_mistakes import MAX_ERRORS_SHOWN
from mixer.files.real_paths import RealPaths
from mixer.files.wording import nearest, quote, visible

_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_MOST_NEIGHBOURS = 100_000


class SongFolders:
    """Looks up song folders relative to a manifest; each folder is listed once.

    Args:
        base: the folder of the manifest.
    """

    def __init__(self, base: Path) -> None:
        self.base = base
        self._real = RealPaths()
        self._found: dict[str, Path | None] = {}
        self._names: dict[Path, list[str]] = {}
        self._composed: dict[Path, dict[str, list[str]]] = {}
        self._hints_left = MAX_ERRORS_SHOWN

    def find(self, cell: str) -> Path | None:
        """Find the folder that a cell names, or None.

        A name is tried as written, without the spaces around it, and in the other normal forms of
        Unicode: macOS writes é as two characters, spreadsheets as one.
        """
        if cell not in self._found:
            self._found[cell] = self._find(cell)
        return self._found[cell]

    def _find(self, cell: str) -> Path | None:
        for name in dict.fromkeys((cell, cell.strip())):
            # No path object, and no link looked up twice: there are 10 000 of them.
            folder = os.path.join(self.base, name)  # noqa: PTH118
            if name and os.path.isdir(folder):  # noqa: PTH112
                return Path(self._real.of(folder))
        return None if cell.isascii() else self._find_composed(cell.strip())

    def why_not_found(self, cell: str) -> str:
        """Message about a cell whose folder was not found, suggesting the nearest existing one."""
        if not cell.strip():
            return "is empty"
        what = f"folder '{cell}' was not found" if "\\" in cell and cell.isprintable() else ""
        what = what or f"folder {quote(cell)} was not found"
        if "\\" in cell and os.sep == "/":
            return f"{what}; {self._about_backslashes(cell)}"
        if _is_file(self.base / cell.strip()):
            return f"{what}: it is a file; give the folder that holds it"
        close = self._nearest(cell.strip())
        if close:
            return f"{what}; did you mean {quote(close)}?"
        return f"{what} in {visible(self.base)}, which holds the manifest"

    def _about_backslashes(self, cell: str) -> str:
        path = cell.strip().replace("\\", "/").removeprefix("./")
        if _DRIVE.match(cell.strip()):
            return "that is a Windows path; write the folder's path on this machine"
        if self.find(path) is not None:
            return f"folders are separated by / here; write {quote(path)}"
        close = self._nearest(path)
        hint = f" (did you mean {quote(close)}?)" if close else ""
        return f"folders are separated by / here, not \\{hint}"

    def _find_composed(self, name: str) -> Path | None:
        place = self.base
        for part in Path(name).parts:
            same = [part]
            if not _is_folder(place / part):
                if place not in self._composed:
                    forms: dict[str, list[str]] = {}
                    for there in self._folders(place):
                        forms.setdefault(unicodedata.normalize("NFC", there), []).append(there)
                    self._composed[place] = forms
                same = self._composed[place].get(unicodedata.normalize("NFC", part), [])
            if len(same) != 1:
                return None
            place = place / same[0]
        return place.resolve()

    def _nearest(self, path: str) -> str | None:
        """The path with its last part as the nearest folder there is called."""
        if self._hints_left == 0:  # to compare with thousands of names takes time
            return None
        self._hints_left -= 1
        parent, _, name = path.rstrip("/").rpartition("/")
        close = nearest(name, self._folders(self.base / parent if parent else self.base))
        if close is None:
            return None
        return f"{parent}/{close}" if parent else close

    def _folders(self, place: Path) -> list[str]:
        if place not in self._names:
            try:
                with os.scandir(place) as entries:
                    names = [entry.name for entry in entries if entry.is_dir()]
            except (OSError, ValueError):
                names = []
            self._names[place] = names[:_MOST_NEIGHBOURS]
        return self._names[place]


def why_not_from_here(cell: str, base: Path) -> str | None:
    """Reason that a cell's path cannot be one on this machine; None if it can."""
    if "\\" not in cell or os.sep != "/" or os.path.lexists(base / cell):
        return None
    return f"'{cell}' is not a path on this machine; separate folders by /"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
