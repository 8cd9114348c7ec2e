"""A mix as a session for a workstation: tracks of clips, each with a strip, in folders.

The contents of the tracks are made elsewhere: the wet stems of a mix
(`mixer.output.daw.wet_session`), or the dry recordings with editable strips
(`mixer.output.daw.editable`). Writers know this alone.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixer.output.daw.strips.native_strip import Strip
from mixer.output.daw.strips.nearness import Nearness
from mixer.output.daw.strips.standby import NO_STANDBY, Echo, Room, Standby
from mixer.song.recording import Recording
from mixer.song.song_file import Marker
from mixer.stems import color_of

# A new project's, if the song does not tell its own; nothing in a session hangs on it.
DEFAULT_TEMPO_BPM = 120.0
_DRY_WHITE_SHARE = 0.45
_LONGEST_NAME = 80
NEUTRAL = Strip()


@dataclass(frozen=True)
class DawClip:
    """An audio file on a track.

    Attributes:
        path: of the file.
        channels, n_samples, sample_rate: of the file.
        start_s: where it begins; below 0 its start is cut.
        gain: a factor; below 0 its polarity is turned round.
        pan: -1 left to 1 right; the balance of a stereo file.
        is_middle: both channels' mean stands for them.
    """

    path: Path
    channels: int
    n_samples: int
    sample_rate: int
    start_s: float = 0.0
    gain: float = 1.0
    pan: float = 0.0
    is_middle: bool = False

    @property
    def duration_s(self) -> float:
        """Length of the whole file."""
        return self.n_samples / self.sample_rate

    @property
    def offset_s(self) -> float:
        """Length cut off its start."""
        return max(0.0, -self.start_s)

    @property
    def position_s(self) -> float:
        """Start of the clip on the time line, in seconds."""
        return max(0.0, self.start_s)

    @property
    def heard_s(self) -> float:
        """Length that is heard."""
        return max(0.0, self.duration_s - self.offset_s)


@dataclass(frozen=True)
class DawTrack:
    """One track.

    Attributes:
        name: of one line, unique in its session.
        color: "#rrggbb".
        clips: its clips; none on a return.
        strip: its settings.
        group: of tracks that belong together in a folder, or None.
        source: the mixer's own name of the track, if it is one of the song's.
        role: what it plays, if that is known.
        notes: what there is to say about it, lines.
        standby: devices that are there switched off.
        device: of a return: what comes back is made by such a one.
        is_return: tracks send to it.
        is_solo_safe: it is heard where others are soloed.
        near: how its strip alone comes out against what is in the mix; None if that is
            silent, or there is nothing to compare with.
    """

    name: str
    color: str
    clips: tuple[DawClip, ...]
    strip: Strip = NEUTRAL
    group: str | None = None
    source: str | None = None
    role: str | None = None
    notes: tuple[str, ...] = ()
    standby: Standby = NO_STANDBY
    device: Room | Echo | None = None
    is_return: bool = False
    is_solo_safe: bool = False
    near: Nearness | None = None

    @property
    def channels(self) -> int:
        """1 if there is one mono file in the middle."""
        return 1 if len(self.clips) == 1 and self.clips[0].channels == 1 else 2


@dataclass(frozen=True)
class DawGroup:
    """A folder whose tracks are summed through a strip of its own.

    Attributes:
        name: unique among the groups.
        color: "#rrggbb"; None for none.
        strip: its settings.
        parent: the group that it is in.
        stem: the mixer's own name of it, a stem or `mixer.console.settings.MASTER`; None for a
            folder that is there for order's sake.
        notes: what there is to say about it, lines.
        standby, is_solo_safe, near: as in `DawTrack`.
    """

    name: str
    color: str | None = None
    strip: Strip = NEUTRAL
    parent: str | None = None
    stem: str | None = None
    notes: tuple[str, ...] = ()
    standby: Standby = NO_STANDBY
    is_solo_safe: bool = False
    near: Nearness | None = None


@dataclass(frozen=True)
class DawSession:
    """Contents of a session file.

    Attributes:
        title: the song's name.
        sample_rate: in Hz.
        n_samples: length of the mix.
        tempo_bpm: None if the song does not tell.
        tracks: in order; those of a group stand together.
        groups: the folders, in order, those that are in others after them; a group that only
            tracks name is a plain one.
        markers: in the order of time.
        left_out: recordings that a workstation cannot open as a file of their own.
        notes: what there is to say about the whole, lines.
    """

    title: str
    sample_rate: int
    n_samples: int
    tempo_bpm: float | None
    tracks: tuple[DawTrack, ...]
    groups: tuple[DawGroup, ...] = ()
    markers: tuple[Marker, ...] = ()
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate


def in_order(session: DawSession) -> Iterator[tuple[DawGroup | DawTrack, int]]:
    """Every folder and track with its depth, a folder in front of what is in it.

    A stem without a folder stands where it comes first among the tracks; folders come after the
    tracks of the one that they are in, empty ones not at all.
    """
    known = {group.name: group for group in session.groups}
    named = dict.fromkeys(track.group for track in session.tracks if track.group is not None)
    groups = {**known, **{name: DawGroup(name) for name in named if name not in known}}
    filled = set(named)
    for name in named:
        parent = groups[name].parent
        while parent is not None and parent not in filled:
            filled.add(parent)
            parent = groups[parent].parent

    def inside(group: DawGroup, depth: int) -> Iterator[tuple[DawGroup | DawTrack, int]]:
        yield group, depth
        for track in session.tracks:
            if track.group == group.name:
                yield track, depth + 1
        for child in groups.values():
            if child.parent == group.name and child.name in filled:
                yield from inside(child, depth + 1)

    begun = set[str]()
    for track in session.tracks:
        if track.group is None:
            yield track, 0
            continue
        root = groups[track.group]
        while root.parent is not None:
            root = groups[root.parent]
        if root.name not in begun:
            begun.add(root.name)
            yield from inside(root, 0)


def plain_markers(markers: Sequence[Marker]) -> tuple[Marker, ...]:
    """Markers by time, with names that any workstation can show."""
    by_time = sorted(markers, key=lambda marker: marker.time_s)
    return tuple(Marker(plain_name(marker.name), float(marker.time_s)) for marker in by_time)


def plain_name(text: str) -> str:
    """Text as a name for workstations and XML: one short line without control characters.

    What a file system allows and text does not, like lone surrogates, becomes `?`.
    """
    kept = "".join(_plain_sign(sign) for sign in unicodedata.normalize("NFC", text))
    return " ".join(kept.split())[:_LONGEST_NAME].rstrip() or "?"


def _plain_sign(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    if kind == "Cf":  # nothing to see, and some turn the direction of writing
        return ""
    return "?" if kind in ("Cs", "Cn", "Co") else sign


def relative_path(source: Path, folder: Path, home: Path | None) -> str:
    """An audio file as seen from a session, with forward slashes; absolute from another drive.

    Args:
        source: the file.
        folder: in which the session is written.
        home: to which it is then moved with all that lies beside it; None if it stays.
    """
    folder = folder.resolve()
    moves_along = source.is_relative_to(folder)
    start = folder if moves_along or home is None else home.resolve()
    try:
        return Path(os.path.relpath(source, start)).as_posix()
    except ValueError:
        return source.as_posix()


class Names:
    """Names already given; a second one of the same gets a number, capitals aside."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def unique(self, text: str) -> str:
        name, number = plain_name(text), 1
        found = name
        while found.casefold() in self._given:
            number += 1
            found = f"{name[: _LONGEST_NAME - 8]} {number}"
        self._given.add(found.casefold())
        return found


def openable(recordings: Sequence[Recording]) -> tuple[list[Recording], tuple[str, ...]]:
    """Recordings that are a file of their own, grouped by stem; and the names of the others.

    Of a stem container a workstation opens the first stream, which is the mixture.
    """
    of_container = {r.source.path for r in recordings if r.source.stream > 0}
    kept = [r for r in recordings if r.source.path not in of_container]
    stems = list(dict.fromkeys(r.stem for r in kept))
    kept.sort(key=lambda r: stems.index(r.stem))
    left_out = [r.file for r in recordings if r.source.path in of_container]
    return kept, tuple(left_out)


def track_color(file: str, stem: str, said: Mapping[str, str]) -> str:
    """A dry track's colour: its own where the song gives it one, else lighter than its stem's."""
    return said.get(file) or _towards_white(color_of(stem, said))


def _towards_white(color: str) -> str:
    parts = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    lighter = (round(part + _DRY_WHITE_SHARE * (255 - part)) for part in parts)
    return "#" + "".join(f"{part:02x}" for part in lighter)
