"""The sessions that can be written, one record a format; imports no writer until one is needed.

A new format is a file with its writer and a line in `DAW_FORMATS`: the options of `render` and
`batch`, the manifest's column, the names of outputs and the delivery derive from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mixer.files.wording import joined

if TYPE_CHECKING:
    from mixer.output.daw.daw_session import DawSession
    from mixer.output.daw.read_session import ReadSession


class Device(StrEnum):
    """A device that a workstation has, beside fader, balance and automation."""

    EQ = "equaliser"
    # Ardour's: bells, and shelves of one Q; no passes.
    ACE_EQ = "bells and shelves"
    WIDTH = "width"
    POLARITY = "polarity"
    # Files of one track each at a place of its own; a pair is two channels of one anywhere.
    SIDES = "sides"
    # Automation of the volume passes a low-pass of 25 Hz.
    SMOOTHING = "smoothing"


class SessionWriter(Protocol):
    """Writer of sessions of a format."""

    def __call__(
        self, session: DawSession, path: Path, *, home: Path | None, overwrite: bool
    ) -> None: ...


@dataclass(frozen=True)
class DawFormat:
    """A format of sessions.

    Attributes:
        name: on the command line and in manifests.
        suffix: of its files.
        title: as people call it.
        written_by: the writer, `module:function`; see `SessionWriter`.
        read_by: what reads a session of it back, of its path.
        refused_by: what raises OutputError for a path that the format cannot hold, likewise; empty
            if it holds all.
        devices: what of a strip its sessions hold; the rest goes into the residual.
        return_words: what to do for reverbs of one's own.
        most_gain_db: what a folder's fader and its automation reach together.
        embeds_up_to_bytes: audio up to so much is copied into the file; 0 for links alone.
    """

    name: str
    suffix: str
    title: str
    written_by: str
    read_by: str = ""
    refused_by: str = ""
    devices: frozenset[Device] = frozenset((Device.EQ, Device.WIDTH, Device.POLARITY, Device.SIDES))
    return_words: str = "muted: put a device here, unmute it, mute the audio"
    most_gain_db: float = math.inf
    embeds_up_to_bytes: int = 0

    def write(self, session: DawSession, path: Path, *, home: Path | None, overwrite: bool) -> None:
        """Write a session.

        Args:
            session: from `mixer.output.daw.daw_session.daw_session`.
            path: of the file; it appears once it is whole.
            home: folder to which the file and what lies beside it are then moved; None if they
                stay.
            overwrite: replace a file that is there.

        Raises:
            OutputError: the file exists, cannot be written, or cannot hold a name.
        """
        writer: SessionWriter = _named(self.written_by)
        writer(session, path, home=home, overwrite=overwrite)

    def read(self, path: Path) -> ReadSession:
        """Read a session of it back.

        Raises:
            InputError: the file cannot be read, is not a session, or is too large.
        """
        reader: Callable[[Path], ReadSession] = _named(self.read_by)
        return reader(path)

    def refuse(self, path: str) -> None:
        """Raise OutputError if a session cannot hold the path of an audio file."""
        if self.refused_by:
            refuse: Callable[[str], None] = _named(self.refused_by)
            refuse(path)


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


# Beyond it, copies of the audio cost more than a file that can be moved alone is worth.
EMBED_UP_TO_BYTES = 2 << 30
_HERE = "mixer.output.daw"
DAW_FORMATS = {
    daw.name: daw
    for daw in (
        DawFormat("dawproject", ".dawproject", "DAWproject",
                  f"{_HERE}.dawproject.write_dawproject:write_dawproject",
                  read_by=f"{_HERE}.dawproject.read_dawproject:read_dawproject",
                  devices=frozenset((Device.EQ, Device.SIDES)),
                  embeds_up_to_bytes=EMBED_UP_TO_BYTES),
        DawFormat("reaper", ".rpp", "REAPER", f"{_HERE}.reaper.write_reaper:write_reaper",
                  read_by=f"{_HERE}.reaper.read_reaper:read_reaper",
                  refused_by=f"{_HERE}.reaper.write_reaper:refuse_name"),
        DawFormat("ardour", ".ardour", "Ardour", f"{_HERE}.ardour.write_ardour:write_ardour",
                  refused_by=f"{_HERE}.xml_names:refuse_name",
                  devices=frozenset((Device.ACE_EQ, Device.WIDTH, Device.POLARITY,
                                     Device.SMOOTHING)),
                  return_words="muted: to use its device, which is a different room, unmute it and "
                  "mute the audio",
                  most_gain_db=26.0),
    )
}  # fmt: skip
DAW_SUFFIXES = tuple(daw.suffix for daw in DAW_FORMATS.values())
DAW_TITLES = joined((daw.title for daw in DAW_FORMATS.values()), "or")
