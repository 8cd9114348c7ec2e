"""Disk space for a file that is mapped into memory, allocated before the file is used."""

from __future__ import annotations

import os

_BLOCK_BYTES = 1 << 20


def reserve(descriptor: int, n_bytes: int) -> None:
    """Give an empty file its size, with all of its blocks allocated.

    A file with a hole would end the process when a mapped page is written and the disk is full.
    macOS and Windows have no `posix_fallocate`; zeros are written there.

    Args:
        descriptor: file descriptor, open for writing.
        n_bytes: size of the file in bytes.

    Raises:
        OSError: the disk is full.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, n_bytes)
        return
    os.lseek(descriptor, 0, os.SEEK_SET)
    left = n_bytes
    while left:
        left -= os.write(descriptor, bytes(min(_BLOCK_BYTES, left)))
