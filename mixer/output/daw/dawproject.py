"""DAWproject 1.0: a zip of project.xml, metadata.xml and audio, for Bitwig, Cubase, Studio One.

Source: https://github.com/bitwig/dawproject (Project.xsd, MetaData.xsd and their reference). Order
of elements is the schema's. Times are in seconds: nothing moves when the tempo is changed.
"""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from mixer.dsp.blocks import db_to_gain
from mixer.errors import OutputError
from mixer.files.whole_file import refuse_existing, whole_file
from mixer.output.daw.formats import EMBED_UP_TO_BYTES
from mixer.output.daw.session import DEFAULT_TEMPO_BPM, DawSession, DawTrack, relative_path
from mixer.version import __version__

_TEMPO_RANGE_BPM = (20.0, 666.0)
_HIGHEST_GAIN = 2.0  # of the faders of the workstations that exchange the format
_MASTER_ID = "master"
# Equal sessions are equal files: the earliest date that a zip can hold.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_COPY_BYTES = 1 << 20


def write_dawproject(
    session: DawSession,
    path: Path,
    *,
    embed: bool | None = None,
    home: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Write a session; the same session and audio give the same bytes.

    Args:
        session: from `daw_session`.
        path: of the file; it appears once it is whole.
        embed: True copies the audio into the file; False refers to it by relative paths. None
            copies up to `EMBED_UP_TO_BYTES` in all and refers beyond.
        home: folder to which the file and what lies beside it are then moved; None if they stay.
        overwrite: replace a file that is there.

    Raises:
        OutputError: the file exists, an audio file cannot be read or named, or the disk is full.
    """
    if not overwrite:
        refuse_existing([path])
    try:
        if embed is None:
            embed = sum(p.stat().st_size for p in _files(session)) <= EMBED_UP_TO_BYTES
        names = _inside(session) if embed else _outside(session, path.parent, home)
        project, metadata = project_xml(session, names, embedded=embed), metadata_xml(session)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial, zipfile.ZipFile(partial, "w") as archive:
            for name, text in (("project.xml", project), ("metadata.xml", metadata)):
                archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), text)
            for source in _files(session) if embed else ():
                _copy(archive, source, names[source])
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise OutputError(f"{path} cannot be written: {error.strerror or error}{where}") from None


def project_xml(session: DawSession, names: dict[Path, str], *, embedded: bool) -> bytes:
    """`project.xml`, UTF-8; `names` tells how each audio file is referred to."""
    project = ET.Element("Project", version="1.0")
    ET.SubElement(project, "Application", name="mixer", version=__version__)
    _transport(project, session)
    structure = ET.SubElement(project, "Structure")
    for group, members in _groups(session):
        parent, destination = structure, _MASTER_ID
        if group is not None:
            destination = f"group-{members[0][0]}"
            parent = _track(structure, destination, group, None, contents="tracks")
            _channel(parent, destination, _MASTER_ID, role="submix")
        for number, track in members:
            element = _track(parent, f"track-{number}", track.name, track.color)
            _channel(element, f"track-{number}", destination, track=track)
    master = _track(structure, _MASTER_ID, "Master", None, contents="audio")
    _channel(master, _MASTER_ID, None, role="master")
    _arrangement(project, session, names, embedded)
    ET.indent(project, " ")
    return _encoded(project)


def metadata_xml(session: DawSession) -> bytes:
    """`metadata.xml`, UTF-8."""
    metadata = ET.Element("MetaData")
    ET.SubElement(metadata, "Title").text = session.title
    ET.indent(metadata, " ")
    return _encoded(metadata)


def _transport(project: ET.Element, session: DawSession) -> None:
    transport = ET.SubElement(project, "Transport")
    tempo_bpm = session.tempo_bpm or DEFAULT_TEMPO_BPM
    low, high = min(_TEMPO_RANGE_BPM[0], tempo_bpm), max(_TEMPO_RANGE_BPM[1], tempo_bpm)
    _parameter(transport, "Tempo", "tempo", "bpm", tempo_bpm, (low, high))
    ET.SubElement(transport, "TimeSignature", id="time-signature", numerator="4", denominator="4")


def _groups(session: DawSession) -> Iterator[tuple[str | None, list[tuple[int, DawTrack]]]]:
    numbered = enumerate(session.tracks, 1)
    for group, members in groupby(numbered, key=lambda member: member[1].group):
        yield group, list(members)


def _track(
    parent: ET.Element, name_id: str, name: str, color: str | None, contents: str = "audio"
) -> ET.Element:
    track = ET.SubElement(parent, "Track", id=name_id, name=name, contentType=contents)
    track.set("loaded", "true")
    if color is not None:
        track.set("color", color)
    return track


def _channel(
    parent: ET.Element,
    name_id: str,
    destination: str | None,
    *,
    role: str = "regular",
    track: DawTrack | None = None,
) -> None:
    channel = ET.SubElement(parent, "Channel", id=f"{name_id}-channel", role=role)
    channel.set("audioChannels", str(track.channels if track else 2))
    channel.set("solo", "false")
    if destination is not None:
        channel.set("destination", f"{destination}-channel")
    muted = track is not None and track.muted
    ET.SubElement(channel, "Mute", id=f"{name_id}-mute", value="true" if muted else "false")
    pan = 0.5 + 0.5 * (track.pan if track else 0.0)
    _parameter(channel, "Pan", f"{name_id}-pan", "normalized", pan, (0.0, 1.0))
    gain = float(db_to_gain(track.gain_db)) if track else 1.0
    highest = max(_HIGHEST_GAIN, gain)
    _parameter(channel, "Volume", f"{name_id}-volume", "linear", gain, (0.0, highest))


def _parameter(
    parent: ET.Element,
    kind: str,
    name_id: str,
    unit: str,
    value: float,
    bounds: tuple[float, float],
) -> None:
    parameter = ET.SubElement(parent, kind, id=name_id, unit=unit, value=_number(value))
    parameter.set("min", _number(bounds[0]))
    parameter.set("max", _number(bounds[1]))


def _arrangement(
    project: ET.Element, session: DawSession, names: dict[Path, str], embedded: bool
) -> None:
    arrangement = ET.SubElement(project, "Arrangement", id="arrangement")
    lanes = ET.SubElement(arrangement, "Lanes", id="lanes", timeUnit="seconds")
    for number, track in enumerate(session.tracks, 1):
        lane = ET.SubElement(lanes, "Lanes", id=f"lane-{number}", track=f"track-{number}")
        clips = ET.SubElement(lane, "Clips", id=f"clips-{number}")
        duration_s = _number(track.duration_s)
        clip = ET.SubElement(clips, "Clip", name=track.name, time="0.0", duration=duration_s)
        clip.set("contentTimeUnit", "seconds")
        clip.set("playStart", "0.0")
        audio = ET.SubElement(clip, "Audio", id=f"audio-{number}", duration=duration_s)
        audio.set("channels", str(track.channels))
        audio.set("sampleRate", str(track.sample_rate))
        file = ET.SubElement(audio, "File", path=names[track.path])
        file.set("external", "false" if embedded else "true")
    if session.markers:
        markers = ET.SubElement(arrangement, "Markers", id="markers", timeUnit="seconds")
        for marker in session.markers:
            ET.SubElement(markers, "Marker", name=marker.name, time=_number(marker.time_s))


def _files(session: DawSession) -> list[Path]:
    """Every audio file once."""
    return list(dict.fromkeys(track.path for track in session.tracks))


def _inside(session: DawSession) -> dict[Path, str]:
    """Names in the container, made of the tracks' own, which are unique."""
    names = {track.path: track.name for track in reversed(session.tracks)}
    return {
        path: f"audio/{number:02d} {_file_name(names[path])}{path.suffix.lower()}"
        for number, path in enumerate(_files(session), 1)
    }


def _file_name(name: str) -> str:
    """Without what some system forbids in a file name."""
    return "".join("_" if sign in '<>:"/\\|?*' else sign for sign in name).strip(" .")


def _outside(session: DawSession, folder: Path, home: Path | None) -> dict[Path, str]:
    """Paths relative to the session's folder; absolute where there is none, as between drives."""
    names = {}
    for source in _files(session):
        names[source] = relative_path(source, folder, home)
        if not names[source].isprintable():
            raise OutputError(
                f"{source} has a name that XML cannot hold; rename it, or embed the audio"
            )
    return names


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_DATE)
    entry.compress_type = compression
    entry.create_system = 3  # the same on every system
    entry.external_attr = 0o644 << 16
    return entry


def _copy(archive: zipfile.ZipFile, source: Path, name: str) -> None:
    # Audio hardly shrinks by deflating, and workstations read stored entries in place.
    entry = _entry(name, zipfile.ZIP_STORED)
    entry.file_size = source.stat().st_size
    with source.open("rb") as file, archive.open(entry, "w") as target:
        shutil.copyfileobj(file, target, _COPY_BYTES)


def _number(value: float) -> str:
    """Shortest text that reads back as the same number; XML's doubles take exponents as well."""
    return repr(float(value))


def _encoded(element: ET.Element) -> bytes:
    text = ET.tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
