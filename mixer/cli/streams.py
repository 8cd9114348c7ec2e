"""Standard streams that do not fail when nobody reads them."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import Any

# The reader went away, or the terminal did: nobody is left to miss anything.
_NOBODY_LISTENS = (errno.EPIPE, errno.EIO, errno.ENXIO)


class _Outlet(io.FileIO):
    """A stream's file; what it does not take is dropped, and remembered as `error`."""

    def __init__(self, handle: int) -> None:
        super().__init__(handle, "w", closefd=False)
        self.error: OSError | None = None

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        if self.error is not None:
            return view.nbytes
        try:
            # None if the other side, which shares it, has made it a stream that never waits.
            while (written := super().write(view)) is None:
                select.select([], [self], [])
        except OSError as error:
            self.error = error
            return view.nbytes
        return written


_outlets: dict[str, _Outlet] = {}


def open_streams() -> None:
    """Put streams in place of stdout and stderr that never raise, in any locale.

    A closed stream is opened on the null device: otherwise the next file that is opened would get
    its descriptor, and output would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if sys.platform == "win32" and stream is not None and stream.isatty():
            # Windows' console takes text, whatever its code page; bytes it would read by that.
            continue
        outlet = _outlets[name] = _Outlet(number)
        if stream is not None:
            stream.flush()
        setattr(sys, name, _text_stream(outlet, stream))


def _text_stream(outlet: _Outlet, before: io.TextIOWrapper | None) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding=before.encoding if before is not None else "utf-8",
        # An é that the locale cannot say is shown escaped.
        errors="backslashreplace",
        line_buffering=outlet.fileno() == 2 or outlet.isatty(),
    )


def why_not_written() -> str | None:
    """Reason why standard output could not be written completely; None if it could."""
    for name in _outlets:
        getattr(sys, name).flush()
    error = _outlets["stdout"].error if "stdout" in _outlets else None
    if error is None or error.errno in _NOBODY_LISTENS:
        return None
    return f"standard output cannot be written ({error.strerror})"
