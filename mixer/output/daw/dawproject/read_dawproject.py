"""DAWproject, read back: tracks, devices that it knows, sends, automation, clips, markers."""

from __future__ import annotations

import itertools
import math
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mixer.errors import InputError
from mixer.files.archive_member import MemberError, read_member
from mixer.files.regular_file import open_regular
from mixer.files.wording import visible
from mixer.files.xml_text import parse_xml
from mixer.output.daw.dawproject.dawproject_devices import (
    BAND_TYPES,
)
from mixer.output.daw.read_session import (
    LEAST_GAIN,
    LONGEST_MARKER,
    MOST_CLIPS,
    MOST_GAIN,
    MOST_TRACKS,
    ReadClip,
    ReadSession,
    ReadTrack,
)
from mixer.output.daw.strips.native_strip import EqBand, Points, Strip
from mixer.song.song_file import MARKER_RANGE_S, TEMPO_RANGE_BPM, Marker

_LONGEST_BYTES, _LONGEST_METADATA_BYTES = 64 << 20, 1 << 20
_KINDS = {word: kind for kind, word in BAND_TYPES.items()}
_OWN_DEVICES = ("Equalizer",)


def read_dawproject(path: Path) -> ReadSession:
    """Read a session.

    Raises:
        InputError: the file cannot be read, is not a DAWproject, or is too large.
    """
    project = _project(path)
    arrangement = project.find("Arrangement/Lanes")
    seconds = _Seconds(project)
    lanes: dict[str, list[ET.Element]] = {}
    for lane in arrangement.iter("Lanes") if arrangement is not None else ():
        if lane.get("track"):
            lanes.setdefault(lane.get("track", ""), []).append(lane)
    names = {
        channel.get("id", ""): track.get("name", "")
        for track in project.iter("Track")
        for channel in track.findall("Channel")
    }
    reader = _Reader(path, lanes, names, seconds)
    structure = project.find("Structure")
    for track in structure.findall("Track") if structure is not None else ():
        reader.read(track, None)
    if len(reader.tracks) > MOST_TRACKS or reader.n_clips > MOST_CLIPS:
        raise InputError(f"{visible(path)} has too many tracks or clips to read")
    return ReadSession(
        path=path,
        daw="dawproject",
        title=_title(path),
        tempo_bpm=seconds.tempo_bpm,
        tracks=tuple(reader.tracks),
        markers=tuple(_markers(project, seconds)),
    )


class _Seconds:
    """Times in seconds: where they are in beats, by the tempo at the start."""

    def __init__(self, project: ET.Element) -> None:
        tempo = _value(project.find("Transport/Tempo"), 0.0)
        low, high = TEMPO_RANGE_BPM
        self.tempo_bpm = tempo if low <= tempo <= high else None
        lanes = project.find("Arrangement/Lanes")
        self.in_beats = lanes is None or lanes.get("timeUnit", "beats") == "beats"

    def of(self, text: str | None, unit: str | None = None) -> float:
        """0 without a time."""
        time = _finite(text, 0.0)
        in_beats = self.in_beats if unit is None else unit == "beats"
        return time * 60.0 / self.tempo_bpm if in_beats and self.tempo_bpm else time


class _Reader:
    def __init__(
        self,
        path: Path,
        lanes: dict[str, list[ET.Element]],
        names: dict[str, str],
        seconds: _Seconds,
    ) -> None:
        self._path = path
        self._lanes, self._names, self._seconds = lanes, names, seconds
        self.tracks: list[ReadTrack] = []
        self.n_clips = 0

    def read(self, element: ET.Element, parent: int | None) -> None:
        """A track and those in it, folders first."""
        if len(self.tracks) > MOST_TRACKS or self.n_clips > MOST_CLIPS:
            raise InputError(f"{visible(self._path)} has too many tracks or clips to read")
        channel = element.find("Channel")
        if channel is not None and channel.get("role") == "master":
            return
        inner = element.findall("Track")
        # Lanes belong to one track: if others shared its id, each would read them again.
        lanes = self._lanes.pop(element.get("id", ""), [])
        each = (clip for lane in lanes for clip in self._clips(lane))
        clips = tuple(itertools.islice(each, MOST_CLIPS + 1 - self.n_clips))
        self.n_clips += len(clips)
        volume_db, automation = self._volume(channel, lanes)
        strip = Strip(
            gain_db=volume_db,
            pan=_pan(channel),
            muted=channel is not None and _is_true(channel.find("Mute")),
            soloed=channel is not None and channel.get("solo") == "true",
            bands=tuple(_bands(channel)),
            automation=automation,
            sends=tuple(self._sends(channel)),
        )
        number = len(self.tracks)
        name = element.get("name", "")
        is_group = bool(inner) and not clips
        foreign = tuple(_foreign(channel))
        self.tracks.append(ReadTrack(name, None, is_group, parent, strip, clips, foreign))
        for child in inner:
            self.read(child, number)

    def _volume(self, channel: ET.Element | None, lanes: list[ET.Element]) -> tuple[float, Points]:
        """The fader in dB, and automation as factors of it."""
        volume = None if channel is None else channel.find("Volume")
        gain = _gain(volume, None if volume is None else volume.get("unit"))
        gain_db = 20.0 * float(np.log10(gain))
        for points in (points for lane in lanes for points in lane.findall("Points")):
            target = points.find("Target")
            if volume is None or target is None or target.get("parameter") != volume.get("id"):
                continue
            unit = points.get("unit") or volume.get("unit")
            return gain_db, tuple(
                (
                    self._seconds.of(point.get("time"), points.get("timeUnit")),
                    _gain(point, unit) / gain,
                )
                for point in points.findall("RealPoint")
            )
        return gain_db, ()

    def _sends(self, channel: ET.Element | None) -> Iterator[tuple[str, float]]:
        for send in channel.findall("Sends/Send") if channel is not None else ():
            to = self._names.get(send.get("destination", ""))
            volume, enabled = send.find("Volume"), send.find("Enable")
            level = _gain(volume, None if volume is None else volume.get("unit"))
            is_on = enabled is None or _is_true(enabled)
            if to is not None and is_on and level > LEAST_GAIN:
                yield to, 20.0 * float(np.log10(level))

    def _clips(self, lane: ET.Element) -> Iterator[ReadClip]:
        for clip in lane.iter("Clip"):
            file = clip.find("Audio/File")
            if file is None:
                file = clip.find(".//File")
            if file is None or not file.get("path"):
                continue
            unit = clip.get("contentTimeUnit")
            yield ReadClip(
                file=file.get("path", ""),
                position_s=max(0.0, self._seconds.of(clip.get("time"))),
                offset_s=max(0.0, self._seconds.of(clip.get("playStart"), unit)),
                length_s=max(0.0, self._seconds.of(clip.get("duration"))),
                inside=file.get("external") != "true",
            )


def _project(path: Path) -> ET.Element:
    try:
        with open_regular(path) as file:
            return parse_xml(read_member(file, "project.xml", _LONGEST_BYTES))
    except OSError as error:
        raise InputError(f"{visible(path)}: cannot be read ({error.strerror})") from None
    except (MemberError, ValueError) as error:
        raise InputError(
            f"{visible(path)} is not a DAWproject that mixer can read: {error}"
        ) from None


def _title(path: Path) -> str:
    try:
        with open_regular(path) as file:
            metadata = parse_xml(read_member(file, "metadata.xml", _LONGEST_METADATA_BYTES))
    except (OSError, MemberError, ValueError):
        return ""
    return metadata.findtext("Title") or ""


def _bands(channel: ET.Element | None) -> Iterator[EqBand]:
    for equaliser in channel.findall("Devices/Equalizer") if channel is not None else ():
        enabled = equaliser.find("Enabled")
        if enabled is not None and not _is_true(enabled):
            continue
        for band in equaliser.findall("Band"):
            kind, on = _KINDS.get(band.get("type", "")), band.find("Enabled")
            hz = _value(band.find("Freq"), 0.0)
            if kind is None or not 1.0 <= hz <= 1e5 or (on is not None and not _is_true(on)):
                continue
            q = float(np.clip(_value(band.find("Q"), 0.7071), 0.01, 1_000.0))
            gain_db = float(np.clip(_value(band.find("Gain"), 0.0), -90.0, 90.0))
            yield EqBand(kind, hz, gain_db, q)


def _foreign(channel: ET.Element | None) -> Iterator[str]:
    devices = None if channel is None else channel.find("Devices")
    for device in devices if devices is not None else ():
        enabled = device.find("Enabled")
        if device.tag not in _OWN_DEVICES and (enabled is None or _is_true(enabled)):
            yield device.get("deviceName") or device.get("name") or device.tag


def _pan(channel: ET.Element | None) -> float:
    pan = None if channel is None else channel.find("Pan")
    if pan is None:
        return 0.0
    is_linear = pan.get("unit") == "linear"
    value = _value(pan, 0.0) if is_linear else 2.0 * _value(pan, 0.5) - 1.0
    return float(np.clip(value, -1.0, 1.0))


def _markers(project: ET.Element, seconds: _Seconds) -> Iterator[Marker]:
    found = []
    for marker in project.findall("Arrangement/Markers/Marker"):
        name = marker.get("name", "").strip()[:LONGEST_MARKER]
        time_s = seconds.of(marker.get("time"))
        if name and MARKER_RANGE_S[0] <= time_s <= MARKER_RANGE_S[1]:
            found.append(Marker(name, time_s))
    yield from sorted(found, key=lambda marker: marker.time_s)


def _gain(parameter: ET.Element | None, unit: str | None) -> float:
    """A level as a factor; 1 by default, and never quite 0."""
    if unit == "decibel":
        return float(10.0 ** (np.clip(_value(parameter, 0.0), -180.0, 60.0) / 20.0))
    return min(max(_value(parameter, 1.0), LEAST_GAIN), MOST_GAIN)


def _value(parameter: ET.Element | None, otherwise: float) -> float:
    return otherwise if parameter is None else _finite(parameter.get("value"), otherwise)


def _finite(text: str | None, otherwise: float) -> float:
    try:
        value = float(text or "")
    except ValueError:
        return otherwise
    return value if math.isfinite(value) else otherwise


def _is_true(parameter: ET.Element | None) -> bool:
    return parameter is not None and parameter.get("value") in ("true", "1")
