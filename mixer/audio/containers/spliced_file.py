"""A file as it should have been: pieces of another one, with our own bytes between them.

libsndfile reads it in place of the file on disk, so that a header is repaired without a copy of the
audio, and without a second decoder.
"""

from __future__ import annotations

import bisect
import io
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mixer.files.regular_file import open_regular

# Pages and frames are looked for in memory; 2 GiB of MP3 are 15 hours at its highest bit rate.
MOST_WALKED_BYTES = 2 << 30


class Span(NamedTuple):
    """A range of bytes of the file on disk."""

    start: int
    n_bytes: int


# Parts of one block of bytes, as of silence, need no copies.
Piece = bytes | memoryview | Span
Pieces = tuple[Piece, ...]


class SplicedFile(io.RawIOBase):
    """Read `pieces` of a file, one after another, as if they were a file of their own."""

    def __init__(self, path: Path, pieces: Sequence[Piece]) -> None:
        self._file = open_regular(path)
        self._pieces = pieces
        lengths = (piece.n_bytes if isinstance(piece, Span) else len(piece) for piece in pieces)
        self._starts = [0, *itertools.accumulate(lengths)]
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._starts[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill as much of the buffer as there is, across pieces: libsndfile asks only once."""
        n_read = 0
        while n_read < len(buffer) and self._position < self._starts[-1]:
            index = bisect.bisect_right(self._starts, self._position) - 1
            offset = self._position - self._starts[index]
            n_bytes = min(len(buffer) - n_read, self._starts[index + 1] - self._position)
            block = self._read_piece(self._pieces[index], offset, n_bytes)
            if not block:
                break
            buffer[n_read : n_read + len(block)] = block
            n_read += len(block)
            self._position += len(block)
        return n_read

    def close(self) -> None:
        self._file.close()
        super().close()

    def _read_piece(self, piece: Piece, offset: int, n_bytes: int) -> bytes | memoryview:
        if not isinstance(piece, Span):
            return piece[offset : offset + n_bytes]
        self._file.seek(piece.start + offset)
        return self._file.read(n_bytes)
