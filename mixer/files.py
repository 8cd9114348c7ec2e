"""Files that are there whole or not at all, and never in place of another unasked."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mixer.errors import OutputError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that becomes `path` if the block ends well, else vanishes."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".partial", dir=path.parent)
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        # mkstemp makes files private; a finished mix gets the rights that any new file gets.
        umask = os.umask(0)
        os.umask(umask)
        partial.chmod(0o666 & ~umask)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def refuse_existing(paths: list[Path]) -> None:
    """Raise OutputError naming the first path that exists already."""
    for path in paths:
        if path.exists():
            raise OutputError(f"{path} exists already; add --overwrite to replace it")


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object, indented, whole or not at all.

    Raises:
        OutputError: the disk is full or read-only.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
            # A file name that is no UTF-8 comes as lone surrogates: escaped, they are valid JSON.
            partial.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from None
