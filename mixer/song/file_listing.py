"""Result for every file of a song as data for programs: one record for each file."""

from __future__ import annotations

from typing import TypedDict

from mixer.song.damaged_files import remarks_on
from mixer.song.names.track_names import NOTHING_KNOWN
from mixer.song.recording import Recording
from mixer.song.song import Song


class MixedFile(TypedDict):
    """A recording that is mixed; fields as in `mixer.song.recording.Recording`."""

    file: str
    stem: str | None
    reason: str
    certain: bool
    gain_db: float
    side: str | None
    partner: str | None
    role: str
    start_s: float
    inverted: bool
    remarks: list[str]


class LeftOutFile(TypedDict):
    """A file that is not mixed; `certain` is False if it may be a part of the song."""

    file: str
    reason: str
    certain: bool


def mixed_files(song: Song) -> list[MixedFile]:
    """Stem of each recording, and the reason."""
    return [mixed_file(recording) for recording in song.recordings]


def mixed_file(recording: Recording) -> MixedFile:
    return {
        "file": recording.file,
        "stem": recording.stem,
        "reason": recording.reason,
        "certain": recording.certain,
        "gain_db": recording.gain_db,
        "side": recording.side,
        "partner": recording.partner,
        "role": recording.role,
        "start_s": recording.start_s,
        "inverted": recording.inverted,
        "remarks": [*recording.remarks, *remarks_on(recording.source)],
    }


def left_out_files(song: Song) -> list[LeftOutFile]:
    """Files that are not mixed, with reasons; `certain` is False for possible parts of the song."""
    return [
        {"file": r.file, "reason": r.fault or r.reason, "certain": r.certain} for r in song.left_out
    ]


def doubts(recording: Recording) -> str:
    """Possible problems of a recording that is mixed, in words; empty for none."""
    found = list(recording.remarks)
    if not recording.certain:
        says_nothing = recording.reason.startswith(NOTHING_KNOWN)
        said = "unrecognised file name" if says_nothing else recording.reason
        found.insert(0, f"{said}; mixed into {recording.stem}")
    return "; ".join(found)
