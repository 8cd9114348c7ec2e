"""Real locations of many paths in few folders: each folder is resolved once."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def real_path(path: str | Path) -> Path:
    """The path without links on the way, whether or not there is anything.

    Links in a circle are left as they are: `Path.resolve` raises a RuntimeError for them in Python
    before 3.13.
    """
    return Path(os.path.realpath(path))


class RealPaths:
    """`os.path.realpath` of many paths, with the results for folders cached.

    A plan of a batch asks it of songs and results by the tens of thousands, which lie side by side.
    """

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def of(self, path: str) -> str:
        """The path without links on the way, whether or not there is anything."""
        name = path[path.rfind("/") + 1 :]
        folder = path[: len(path) - len(name)]
        if name in ("", ".", "..") or os.sep != "/":
            return os.path.realpath(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder or ".")
        whole = f"{self._folders[folder].rstrip('/')}/{name}"
        try:
            is_link = stat.S_ISLNK(os.lstat(whole).st_mode)
        except OSError:
            return whole
        return os.path.realpath(whole) if is_link else whole
