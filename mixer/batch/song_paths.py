"""The folder that a cell of the column `song` names, or why there is none."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from mixer.files.wording import nearest, quote

_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_MOST_NEIGHBOURS = 10_000


def find_song(cell: str, base: Path) -> Path | None:
    """The folder; a name that is not there as written is tried without the spaces around it.

    Then in the other normal forms of Unicode: macOS spells é with two signs where sheets have one.
    """
    for name in dict.fromkeys((cell, cell.strip())):
        try:
            folder = base / name
            if name and folder.is_dir():
                return folder.resolve()
        except (OSError, ValueError):  # too long a name, a NUL
            continue
    if not cell.isascii():
        return _find_composed(base, cell.strip())
    return None


def why_not_found(cell: str, base: Path) -> str:
    """What to say of a cell that names no folder, with the nearest one that there is."""
    if not cell.strip():
        return "is empty"
    what = f"'{cell}' no such folder" if "\\" in cell and cell.isprintable() else ""
    what = what or f"{quote(cell)} no such folder"
    if "\\" in cell and os.sep == "/":
        return f"{what}; {_about_backslashes(cell, base)}"
    if _is_file(base / cell.strip()):
        return f"{what}, it is a file; give the folder that it lies in"
    close = _nearest_folder(cell.strip(), base)
    return f"{what}; did you mean {quote(close)}?" if close else what


def why_not_from_here(cell: str, base: Path) -> str | None:
    """Why another cell's path is not one on this machine; None where it may be."""
    if "\\" not in cell or os.sep != "/" or os.path.lexists(base / cell):
        return None
    return f"'{cell}' is not a path on this machine; write / between folders"


def _about_backslashes(cell: str, base: Path) -> str:
    path = cell.strip().replace("\\", "/").removeprefix("./")
    if _DRIVE.match(cell.strip()):
        return "that is a path of Windows; write where the folder lies on this machine"
    if find_song(path, base) is not None:
        return f"here / stands between folders: write {quote(path)}"
    close = _nearest_folder(path, base)
    hint = f" (did you mean {quote(close)}?)" if close else ""
    return f"here / stands between folders, not \\{hint}"


def _find_composed(base: Path, name: str) -> Path | None:
    place = base
    for part in Path(name).parts:
        if not (place / part).is_dir():
            wanted = unicodedata.normalize("NFC", part)
            same = [n for n in _folders(place) if unicodedata.normalize("NFC", n) == wanted]
            if len(same) != 1:
                return None
            part = same[0]
        place = place / part
    return place.resolve()


def _nearest_folder(path: str, base: Path) -> str | None:
    """The path with its last part as the nearest folder there is called."""
    parent, _, name = path.rstrip("/").rpartition("/")
    close = nearest(name, _folders(base / parent if parent else base))
    if close is None:
        return None
    return f"{parent}/{close}" if parent else close


def _folders(place: Path) -> list[str]:
    try:
        with os.scandir(place) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
    except (OSError, ValueError):
        return []
    return names[:_MOST_NEIGHBOURS]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
