"""Arrays cached on disk between renders, so that unchanged material is not computed again.

A key is a hash of everything that an entry was made from, so an entry is bit for bit what would be
computed again. A damaged file counts as missing.

A file is one line of JSON (name, type and shape of each array), the arrays one after another, and
the SHA-256 of all before it. NumPy's own `.npz` costs more to write and to read, works one thread
at a time, and reads into memory that is not bounded as `mixer.dsp.long_audio` bounds it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from mixer.dsp.long_audio import unfilled
from mixer.dsp.threads import stop_if_asked
from mixer.files.regular_file import open_regular
from mixer.files.whole_file import whole_file

FOLDER_VARIABLE = "MIXER_CACHE"
# Stems of a few songs; what has not been used for longest goes first.
MOST_BYTES = 4 << 30
_ENDING = ".arrays"
_BLOCK_BYTES, _MOST_HEAD_BYTES = 1 << 20, 1 << 20
_DIGEST_BYTES = hashlib.sha256().digest_size
# The types of numbers that entries are made of.
_KINDS = frozenset(np.dtype(kind).str for kind in (np.uint8, np.int64, np.float32, np.float64))

Array = np.ndarray[Any, Any]
Arrays = Mapping[str, Array]


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
        """The entry of a key, ready for JSON; None if it is missing or damaged.

        Raises:
            OutputError: neither the memory nor the disk has room for its arrays.
        """
        path = self._path(key)
        try:
            arrays = _read(path)
        except (OSError, ValueError, RecursionError):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        self.n_found += 1
        return arrays

    def holds(self, *key: object) -> bool:
        """Whether there is an entry of a key, which may still be damaged."""
        return self._path(key).is_file()

    def keep(self, arrays: Arrays, *key: object) -> None:
        """Store arrays under a key, replacing any earlier entry, unless all are too large."""
        if sum(array.nbytes for array in arrays.values()) > self._most_bytes:
            return
        path = self._path(key)
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with whole_file(path) as partial, partial.open("wb") as file:
                for block in _hashed(_blocks_of(arrays)):
                    file.write(block)
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


def _hashed(blocks: Iterator[Any]) -> Iterator[Any]:
    """Blocks of bytes, and their hash after them."""
    found = hashlib.sha256()
    for block in blocks:
        found.update(block)
        yield block
    yield found.digest()


def _blocks_of(arrays: Arrays) -> Iterator[Any]:
    head = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
    yield json.dumps(head).encode() + b"\n"
    for array in arrays.values():
        yield from _parts_of_bytes(np.ascontiguousarray(array))


def _parts_of_bytes(array: Array) -> Iterator[memoryview]:
    """The memory of a contiguous array, so much at a time."""
    whole = array.reshape(-1).view(np.uint8).data
    for start in range(0, len(whole), _BLOCK_BYTES):
        stop_if_asked()
        yield whole[start : start + _BLOCK_BYTES]


def _read(path: Path) -> Arrays:
    """The arrays of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged.
    """
    with open_regular(path) as file:
        head, found = file.readline(_MOST_HEAD_BYTES), hashlib.sha256()
        found.update(head)
        n_bytes = os.fstat(file.fileno()).st_size - len(head) - _DIGEST_BYTES
        arrays = _unfilled(head, n_bytes)
        for array in arrays.values():
            for part in _parts_of_bytes(array):
                file.readinto(part)
                found.update(part)
        if file.read() != found.digest():
            raise ValueError("not what was written")
    return arrays


def _unfilled(head: bytes, n_bytes: int) -> dict[str, Array]:
    """Arrays as a file's head tells, which together take so many bytes.

    Raises:
        ValueError: the head is damaged.
    """
    told, shapes = json.loads(head), dict[str, tuple[np.dtype[Any], list[int]]]()
    if not isinstance(told, dict):
        raise ValueError("its head is not a table")
    for name, of in told.items():
        match of:
            case [str() as kind, [*sizes]] if kind in _KINDS and all(
                isinstance(size, int) and size >= 0 for size in sizes
            ):
                shapes[name] = np.dtype(kind), sizes
            case _:
                raise ValueError("its head names something other than an array")
    if sum(kind.itemsize * math.prod(sizes) for kind, sizes in shapes.values()) != n_bytes:
        raise ValueError("its arrays do not fill it")
    return {
        name: unfilled(*sizes) if kind == np.float32 else np.empty(sizes, kind)
        for name, (kind, sizes) in shapes.items()
    }
