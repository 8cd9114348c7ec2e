"""Sessions of any format, read back by the ending of their names."""

from __future__ import annotations

from pathlib import Path

from mixer.errors import InputError
from mixer.files.wording import joined, quote, visible
from mixer.output.daw.daw_formats import DAW_FORMATS, DawFormat
from mixer.output.daw.read_session import MOST_BANDS, MOST_POINTS, ReadSession

READ_FORMATS = tuple(daw for daw in DAW_FORMATS.values() if daw.read_by)


def format_of_session(path: Path) -> DawFormat | None:
    """The format of a session's file, by its ending; None if it is not a session's."""
    ending = path.suffix.lower()
    return next((daw for daw in READ_FORMATS if daw.suffix == ending), None)


def read_session(path: Path) -> ReadSession:
    """Read a session of any format.

    Raises:
        InputError: the file cannot be read, is not a session, or is too large.
    """
    daw = format_of_session(path)
    if daw is None:
        endings = joined([each.suffix for each in READ_FORMATS], "or")
        raise InputError(f"{path} is not a session that mixer reads; give a {endings}")
    session = daw.read(path)
    for track in session.tracks:
        n_bands, n_points = len(track.strip.bands), len(track.strip.automation)
        if n_bands > MOST_BANDS or n_points > MOST_POINTS:
            raise InputError(
                f"{visible(path)}: track {quote(track.name)} has {n_bands} EQ bands and {n_points} "
                f"points of automation; at most {MOST_BANDS} and {MOST_POINTS} are read"
            )
    return session
