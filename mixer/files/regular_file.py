"""Files that a stranger named, opened without waiting: a pipe or a device is refused."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path

# A pipe without a writer would be waited for; Windows has no such flag and no such files.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file for reading bytes; its type is checked on the open file.

    Raises:
        OSError: the file cannot be opened, or is a folder, a pipe, a socket or a device.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_start(path: str, most_bytes: int) -> tuple[bytes, os.stat_result]:
    """The first bytes of a file, and the system's description of it.

    Raises:
        OSError: as `open_regular`.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        return os.read(descriptor, most_bytes), status
    finally:
        os.close(descriptor)


def read_regular(path: Path, most_bytes: int = -1) -> bytes:
    """Read a file, at most `most_bytes` of it.

    Raises:
        OSError: as `open_regular`.
    """
    with open_regular(path) as file:
        return file.read(most_bytes)
