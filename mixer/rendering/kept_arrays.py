"""Arrays cached on disk between renders, so that unchanged material is not computed again.

A key is a hash of everything that an entry was made from, so an entry is bit for bit what would be
computed again. A damaged file counts as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import platformdirs

from mixer.files.array_file import read_arrays
from mixer.files.whole_file import whole_file

FOLDER_VARIABLE = "MIXER_CACHE"
# Stems of a few songs; what has not been used for longest goes first.
MOST_BYTES = 4 << 30
_ENDING, _DIGEST = ".npz", "digest"

Arrays = Mapping[str, np.ndarray]


def cache_folder() -> Path:
    """Folder of cached arrays: `MIXER_CACHE`, or the user's cache folder."""
    own = os.environ.get(FOLDER_VARIABLE)
    if own:
        return Path(own).expanduser()
    return platformdirs.user_cache_path("mixer", appauthor=False) / "takes"


class KeptArrays:
    """Arrays by key in one folder of bounded total size.

    If the disk is full or read-only, nothing is cached, which costs time only.
    """

    def __init__(self, folder: Path, made_of: object, most_bytes: int = MOST_BYTES) -> None:
        """Open a cache folder, which need not exist yet.

        Args:
            folder: of the cached files.
            made_of: everything that all entries depend on, ready for JSON; part of every key.
            most_bytes: limit on the total size of the files in the folder.
        """
        self._folder, self._most_bytes = folder, most_bytes
        self._base = json.dumps(made_of, sort_keys=True)
        self.n_found = 0

    def find(self, *key: object) -> Arrays | None:
        """The entry of a key, ready for JSON; None if it is missing or damaged."""
        path = self._path(key)
        try:
            arrays = read_arrays(path)
            digest = arrays.pop(_DIGEST).tobytes()
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        if digest != _digest(arrays):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        self.n_found += 1
        return arrays

    def holds(self, *key: object) -> bool:
        """Whether there is an entry of a key, which may still be damaged."""
        return self._path(key).is_file()

    def keep(self, arrays: Arrays, *key: object) -> None:
        """Store arrays under a key, replacing any earlier entry."""
        digest = np.frombuffer(_digest(arrays), np.uint8)
        path = self._path(key)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as partial, partial.open("wb") as file:
                np.savez(file, allow_pickle=False, **{_DIGEST: digest, **arrays})
            self._make_room(path)

    def _make_room(self, newest: Path) -> None:
        files = [(path.stat(), path) for path in self._folder.glob(f"*{_ENDING}")]
        total = sum(status.st_size for status, _ in files)
        for status, path in sorted(files, key=lambda file: file[0].st_mtime):
            if total <= self._most_bytes:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                total -= status.st_size

    def _path(self, key: tuple[object, ...]) -> Path:
        text = self._base + json.dumps(key, sort_keys=True)
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()}{_ENDING}"


def _digest(arrays: Arrays) -> bytes:
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype} {array.shape}".encode())
        found.update(array.data)
    return found.digest()
