"""Memory that this process and one that it starts both see, for audio that goes to and fro."""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from pathlib import Path

_LEAST_BYTES = 1 << 16


class SharedBlock:
    """A block that grows.

    Attributes:
        handle: text by which the other process opens the block with `attach`.
    """

    def __init__(self, handle: str, descriptor: int, *, is_own: bool) -> None:
        self.handle = handle
        self._descriptor = descriptor
        self._is_own = is_own
        self._map: mmap.mmap | None = None
        self._n_bytes = 0

    @classmethod
    def create(cls) -> SharedBlock:
        """An empty block; where the system has no memory without a name, a temporary file."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("mixer", os.MFD_CLOEXEC)
            return cls(f"fd:{descriptor}", descriptor, is_own=True)
        descriptor, path = tempfile.mkstemp(prefix="mixer-")
        return cls(path, descriptor, is_own=True)

    @classmethod
    def attach(cls, handle: str) -> SharedBlock:
        """The block of the process that started this one."""
        if handle.startswith("fd:"):
            return cls(handle, int(handle.removeprefix("fd:")), is_own=False)
        return cls(handle, os.open(handle, os.O_RDWR), is_own=False)

    @property
    def inherited(self) -> tuple[int, ...]:
        """Descriptors that the other process must inherit."""
        return (self._descriptor,) if self.handle.startswith("fd:") else ()

    def view(self, n_bytes: int) -> memoryview:
        """The first bytes, made longer where needed; let go of the view before the next call.

        Raises:
            OSError: there is not enough memory.
        """
        if self._map is None or n_bytes > self._n_bytes:
            self._grow(n_bytes)
        assert self._map is not None
        return memoryview(self._map)[:n_bytes]

    def close(self) -> None:
        """Release the memory."""
        if self._map is not None:
            # A view of it that is still in use keeps it until it is let go of.
            with contextlib.suppress(BufferError):
                self._map.close()
            self._map = None
        with contextlib.suppress(OSError):
            os.close(self._descriptor)
            if self._is_own and not self.handle.startswith("fd:"):
                Path(self.handle).unlink()

    def _grow(self, n_bytes: int) -> None:
        size = max(n_bytes, _LEAST_BYTES)
        if self._is_own:
            # A hole in a file would end the process where its disk is full.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(self._descriptor, 0, size)
            else:
                os.lseek(self._descriptor, 0, os.SEEK_SET)
                os.write(self._descriptor, bytes(size))
        if self._map is not None:
            self._map.close()
        self._map = mmap.mmap(self._descriptor, size)
        self._n_bytes = size
