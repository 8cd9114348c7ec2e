"""Files that are there whole or not at all, and never in place of another unasked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from mixer.errors import AlreadyThereError, OutputError
from mixer.files.regular_file import open_regular

_LONGEST_SHOWN = 100
_NAME_MAX_BYTES = 255
_IS_WINDOWS = sys.platform == "win32"
_WAIT_FOR_OTHERS_S = (0.05, 0.1, 0.2, 0.4)


@contextlib.contextmanager
def whole_file(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """A temporary file beside `path` that becomes `path` if the block ends well, else vanishes.

    Args:
        path: the destination; the file appears once it is complete.
        mode: its permissions, before the user's umask.

    Raises:
        OutputError: there is a pipe, a device or a broken link: what would take its
            place was meant for something else.
    """
    refuse_irregular(path)
    # Not tempfile's: it makes files private. A finished mix gets the rights that any new file gets,
    # which the kernel alone can apply without a race between threads.
    partial = path.parent / f".{secrets.token_hex(8)}.partial"
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
    try:
        yield partial
        rename_over(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def output_file(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """`whole_file` in a folder that is made for it; what the system refuses names the file.

    Raises:
        OutputError: as `whole_file`, or the disk is full or read-only.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, mode) as partial:
            yield partial
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def write_output(path: Path, content: str | bytes, mode: int = 0o666) -> None:
    """Write bytes, or a text as UTF-8, whole or not at all, in place of a file that is there.

    Args:
        path: the destination; folders above it are made.
        content: of the file; line ends stay as they are.
        mode: its permissions, before the user's umask.

    Raises:
        OutputError: as `output_file`.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with output_file(path, mode) as partial:
        partial.write_bytes(data)


def rename_over(source: Path, target: Path) -> None:
    """Rename a file, in place of another if there is one.

    Windows refuses that while a program has the other one open: a virus scanner for a moment, a
    player for as long as it plays.

    Raises:
        OSError: the file cannot be renamed; the message says if another program may be the cause.
    """
    for wait_s in _WAIT_FOR_OTHERS_S if _IS_WINDOWS else ():
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(wait_s)
        else:
            return
    try:
        source.replace(target)
    except PermissionError as error:
        if not _IS_WINDOWS:
            raise
        reason = f"{error.strerror}; close it if another program has it open"
        raise PermissionError(error.errno, reason, str(target)) from None


def refuse_existing(paths: list[Path]) -> None:
    """Refuse what would be replaced, and what cannot be written.

    Raises:
        AlreadyThereError: the first path that already exists.
        OutputError: the first that cannot exist.
    """
    for path in paths:
        try:
            path.stat()
            there = True
        except FileNotFoundError:
            there = path.is_symlink()  # a broken link is somebody's, too
        except NotADirectoryError:
            there = False
        except OSError as error:
            raise _unusable(path, error) from None
        if there:
            raise AlreadyThereError(f"{path} already exists; add --overwrite to replace it")


def refuse_unwritable(paths: list[Path], asked: str = "--output") -> None:
    """Raise OutputError naming the first path that cannot be written; leaves nothing behind.

    The nearest folder that exists is tried with a nameless file: rights alone do not tell of a
    read-only disk, nor what the superuser may do.

    Args:
        paths: the files.
        asked: what names another place, for the message.
    """
    tried = set()
    for path in paths:
        try:
            refuse_irregular(path, asked)
            parent = next(p for p in path.absolute().parents if os.path.lexists(p))
            if not parent.exists():
                raise OutputError(f"{parent} is a broken link; choose another {asked}")
            if not parent.is_dir():
                raise OutputError(f"{parent} is a file, not a folder; choose another {asked}")
            if parent not in tried:
                with tempfile.TemporaryFile(dir=parent):
                    tried.add(parent)
            _refuse_long_name(path, parent, asked)
        except OSError as error:
            raise _unusable(path, error, asked) from None


def refuse_irregular(path: Path, asked: str = "--output") -> None:
    """Raise OutputError if the path exists and is not a regular file."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder; choose another {asked}")
    if path.exists():
        if not path.is_file():
            raise OutputError(f"{path} is not a regular file; choose another {asked}")
    elif path.is_symlink():
        raise OutputError(f"{path} is a broken link; choose another {asked}")


def _refuse_long_name(path: Path, parent: Path, asked: str) -> None:
    """A folder that is not there yet does not tell that a name in it will be too long."""
    longest = os.pathconf(parent, "PC_NAME_MAX") if hasattr(os, "pathconf") else _NAME_MAX_BYTES
    parts = path.absolute().relative_to(parent.absolute()).parts
    n_bytes = max((len(os.fsencode(part)) for part in parts), default=0)
    if n_bytes > longest:
        raise OutputError(
            f"{shortened(path)} has a name of {n_bytes} bytes, but its disk allows {longest}; "
            f"choose a shorter {asked}"
        )


def refuse_full_disk(path: Path, n_bytes: int) -> None:
    """Raise OutputError if a file of `n_bytes` cannot fit on its disk."""
    parent = next(p for p in path.absolute().parents if p.exists())
    free = shutil.disk_usage(parent).free
    if free < n_bytes:
        raise OutputError(
            f"{shortened(path)} needs {n_bytes / 1e6:.1f} MB, but its disk has {free / 1e6:.1f} MB "
            "left; free some space or choose another --output"
        )


def shortened(path: Path) -> str:
    """A path for a message, its name cut if it is very long."""
    return str(path if len(path.name) <= _LONGEST_SHOWN else f"{path.name[:_LONGEST_SHOWN]}...")


def refuse_same(outputs: list[Path], inputs: list[Path]) -> None:
    """Raise OutputError naming the first output that is, by any name or link, one of the inputs."""
    recordings = {(s.st_dev, s.st_ino) for s in map(_status, inputs) if s is not None}
    for path in outputs:
        status = _status(path)
        if status is not None and (status.st_dev, status.st_ino) in recordings:
            raise OutputError(
                f"{path} is one of the recordings of the song; choose another --output"
            )


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _unusable(path: Path, error: OSError, asked: str = "--output") -> OutputError:
    return OutputError(
        f"{shortened(path)}: cannot be written ({error.strerror}); choose another {asked}"
    )


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write a JSON object, indented, whole or not at all.

    Raises:
        OutputError: the disk is full or read-only.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    # A file name that is not UTF-8 comes as lone surrogates: escaped, they are valid JSON.
    write_output(path, f"{text}\n".encode("utf-8", "backslashreplace"))


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
