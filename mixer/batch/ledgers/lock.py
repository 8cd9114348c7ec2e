"""One run at a time on an output folder, held by the system: it ends with the process that has it.

The file says who holds it, for the message to the second; a file without a living holder is a dead
run's, and is taken over.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, cast

from mixer.errors import OutputError

_MAX_BYTES = 4096


class Holder(TypedDict, total=False):
    """Holder of a lock; a file written by another program may lack any field."""

    pid: int
    host: str
    since: str


class LockedError(OutputError):
    """Another run is at work on the output folder."""


@contextlib.contextmanager
def hold_lock(path: Path, *, shared: bool = False) -> Iterator[Holder | None]:
    """Hold the lock during the block; yields the holder of an interrupted run, or None.

    Args:
        path: the lock file; created if it does not exist.
        shared: allow other shared holders (shards of one batch), but no exclusive one.

    Raises:
        LockedError: another run holds the lock.
        OutputError: the folder cannot be written, or its file system has no locks.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be written ({error.strerror})") from None
    try:
        try:
            _lock(handle, shared)
        except OSError as error:
            raise _refusal(path, _read(handle), error) from None
        before = _read(handle)
        if shared:
            yield before or None
            return
        _write(handle, json.dumps(_ourselves()))
        try:
            yield before or None
        finally:
            # Emptied, not removed: who opened it meanwhile would lock a file that is gone.
            _write(handle, "")
    finally:
        os.close(handle)


def _lock(handle: int, shared: bool) -> None:
    if os.name == "nt":
        import msvcrt

        if shared:  # Windows has none; each shard still has its own lock
            return
        # A byte far after the text, so that others can read who holds it.
        os.lseek(handle, 1 << 30, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(handle, kind | fcntl.LOCK_NB)


def _refusal(path: Path, holder: Holder, error: OSError) -> OutputError:
    if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
        return OutputError(
            f"{path}: its file system has no locks ({error.strerror}); "
            "choose an output folder on another one"
        )
    who = "another run"
    if holder:
        who += f" (process {holder.get('pid')} on {holder.get('host')}, {holder.get('since')})"
    return LockedError(f"{path.parent.parent}: {who} is using this folder; wait for it or stop it")


def _ourselves() -> Holder:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _read(handle: int) -> Holder:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        value = json.loads(os.read(handle, _MAX_BYTES) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return cast(Holder, value) if isinstance(value, dict) else {}


def _write(handle: int, text: str) -> None:
    # A full disk must not keep a run from ending, nor a holder's name from being forgotten.
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, text.encode())
