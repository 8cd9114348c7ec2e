"""One file of a song folder, or one stream of a stem container, as a part of the song."""

from __future__ import annotations

from dataclasses import dataclass

from mixer.audio import AudioSource
from mixer.roles import UNKNOWN
from mixer.song.names.sides import Side


@dataclass(frozen=True)
class Recording:
    """One file, or one stream of a stem container, that belongs to the song.

    Attributes:
        source: its audio file.
        file: its name as shown to the user.
        stem: one of `STEMS`, or None if it is left out.
        reason: why it is in that stem, or left out.
        certain: False if its name is unrecognised, or if it is left out but may be a part of the
            song.
        gain_db: gain from `song.toml`.
        side: "left", "right", "mid" or "side" for one half of a pair of mono files, else None.
        partner: the file that is the other half.
        role: what it plays, one of `mixer.roles.ROLE_NAMES`.
        fault: why its file cannot be used, else None.
        remarks: possible problems that its name or sound suggests, a phrase each.
        start_s: where it begins on the song's time line, in seconds; below 0 its start is cut.
        inverted: whether its polarity is inverted.
        fixes: what `song.toml` says to repair between it and microphones at its source, any of
            `mixer.song.fixes.FIXES`; None if it says nothing.
    """

    source: AudioSource
    file: str
    stem: str | None
    reason: str
    certain: bool = True
    gain_db: float = 0.0
    side: Side | None = None
    partner: str | None = None
    role: str = UNKNOWN
    fault: str | None = None
    remarks: tuple[str, ...] = ()
    start_s: float = 0.0
    inverted: bool = False
    fixes: tuple[str, ...] | None = None
