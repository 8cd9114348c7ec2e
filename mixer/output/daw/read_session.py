"""A session as it was read back from a file: what an engineer may have made of it, or anybody's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixer.output.daw.strips.native_strip import Strip
from mixer.song.song_file import Marker

# More than any engineer has; a file that says more is not read.
MOST_TRACKS, MOST_CLIPS = 4_000, 200_000
# Most of a single track: learning takes time with their square.
MOST_BANDS, MOST_POINTS = 500, 20_000
LONGEST_MARKER = 200  # characters
# A fader that is all the way down; what a file says above the other is nonsense.
LEAST_GAIN, MOST_GAIN = 1e-9, 1e9


@dataclass(frozen=True)
class ReadClip:
    """A part of a file on a track.

    Attributes:
        file: its path as it is in the session; not looked at.
        position_s, offset_s, length_s: where it is heard, from where in the file, how long.
        gain: a factor.
        pan: -1 to 1.
        is_middle: the mean of both channels alone.
        inside: it is in the session's own container.
    """

    file: str
    position_s: float
    offset_s: float
    length_s: float
    gain: float = 1.0
    pan: float = 0.0
    is_middle: bool = False
    inside: bool = False


@dataclass(frozen=True)
class ReadTrack:
    """A track, or a folder of tracks.

    Attributes:
        name: as in the session.
        identity: by which its workstation knows it; None if the format has none that lasts.
        is_group: tracks are in it.
        parent: the folder that it is in, by its place among the tracks; None for none.
        strip: its settings; of several equalisers the bands of all.
        clips: its clips.
        foreign: names of devices that are not understood.
        remarks: what was read as less than it is, a phrase each.
    """

    name: str
    identity: str | None
    is_group: bool
    parent: int | None
    strip: Strip
    clips: tuple[ReadClip, ...] = ()
    foreign: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadSession:
    """A whole session.

    Attributes:
        path: of its file.
        daw: the name of its format.
        title: of the song; empty if it says none.
        tempo_bpm: None if it says none.
        tracks: folders in front of what is in them.
        markers: by time.
    """

    path: Path
    daw: str
    title: str
    tempo_bpm: float | None
    tracks: tuple[ReadTrack, ...]
    markers: tuple[Marker, ...] = ()
