"""A file in a ZIP container from anyone, read within bounds."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

# Others may hand out gigabytes for one read of a few bytes: `zipfile` does not bound them.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What `zipfile` raises of containers and members that are damaged or encrypted.
OF_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, KeyError),
    *(NotImplementedError, RuntimeError, ValueError),
)


class MemberError(Exception):
    """A container or its member is damaged, missing, encrypted or too large."""


def find_member(archive: zipfile.ZipFile, name: str, most_bytes: int) -> zipfile.ZipInfo:
    """The entry of a member that can be read within bounds.

    Raises:
        MemberError: its entry says that it is larger, or is compressed in a rare way.
        KeyError: it is not there.
    """
    info = archive.getinfo(name)
    if info.compress_type not in _METHODS:
        raise MemberError(f"{name} is compressed in a way that is not read")
    if info.file_size > most_bytes:
        raise MemberError(f"{name} is too large")
    return info


@contextlib.contextmanager
def open_member(container: IO[bytes], name: str, most_bytes: int) -> Iterator[IO[bytes]]:
    """A member of a container, unpacked while it is read; no longer than its entry says.

    Args:
        container: the open ZIP file.
        name: of the member.
        most_bytes: a member whose entry says more is refused.

    Raises:
        MemberError: also from the block, where what is read turns out to be damaged.
        OSError: the container cannot be read.
    """
    try:
        with (
            zipfile.ZipFile(container) as archive,
            archive.open(find_member(archive, name, most_bytes)) as member,
        ):
            yield member
    except OF_DAMAGE:
        raise MemberError(f"{name} is not in it, or damaged") from None


def read_member(container: IO[bytes], name: str, most_bytes: int) -> bytes:
    """The bytes of a member; as `open_member`."""
    with open_member(container, name, most_bytes) as member:
        return member.read()
