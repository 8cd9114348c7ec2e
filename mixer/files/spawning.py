"""Processes that are started where a stranger's files lie."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

_SAFE_PATH = "PYTHONSAFEPATH"


@contextlib.contextmanager
def without_current_folder() -> Iterator[None]:
    """A Python process started within imports nothing from the current folder.

    The current folder is often the one with the songs. A spawned process looks there first, so that
    a file called `multiprocessing.py` beside somebody's recordings would be run.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_SAFE_PATH, None)
        else:
            os.environ[_SAFE_PATH] = before
