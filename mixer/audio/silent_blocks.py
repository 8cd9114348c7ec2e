"""Blocks of digital silence in a file, found when it is first read: they are not read again.

A mix reads its recordings twice, to measure and to mix them, and a track of a song is mostly
silence. Results hold while the file stays unchanged.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from pathlib import Path

# A file that was just written may be written again with the same time.
_SETTLED_NS = 2_000_000_000
_KEPT_FILES = 4_096

# Device, inode, size in bytes, times of the last changes of content and of the entry.
_Version = tuple[int, int, int, int, int]
_found: OrderedDict[_Version, tuple[frozenset[int], int]] = OrderedDict()
_lock = threading.Lock()


class SilentBlocks:
    """Silence found in one file while it is read once, from its first block to its last.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        status = path.stat()
        self._version = (
            *(status.st_dev, status.st_ino, status.st_size),
            *(status.st_mtime_ns, status.st_ctime_ns),
        )
        is_settled = time.time_ns() - max(self._version[3:]) > _SETTLED_NS
        with _lock:
            known = _found.get(self._version)
        self._silent, self._n_samples = known or (frozenset(), 0)
        self._noted: set[int] | None = set() if is_settled and known is None else None

    def length(self, number: int, block_samples: int) -> int:
        """Samples of a block that is known to be silent, or 0.

        Args:
            number: of the block, from 0.
            block_samples: of every block but the last.
        """
        if number not in self._silent:
            return 0
        return min(block_samples, self._n_samples - number * block_samples)

    def note(self, number: int) -> None:
        """A block is silent."""
        if self._noted is not None:
            self._noted.add(number)

    def end(self, n_samples: int) -> None:
        """The file was read to its end, which is so many samples from its beginning."""
        if self._noted is None:
            return
        with _lock:
            _found[self._version] = frozenset(self._noted), n_samples
            while len(_found) > _KEPT_FILES:
                _found.popitem(last=False)
